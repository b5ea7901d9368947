//! Placeholders for what differs from run to run, or is a secret.

use super::tap::Exchange;

/// What is replaced, and by what.
#[derive(Default)]
pub(crate) struct Placeholders(Vec<(String, String)>);

impl Placeholders {
    pub(crate) fn add(&mut self, text: &str, placeholder: impl Into<String>) {
        assert!(text.len() > 3, "{text:?} would be found everywhere");
        if !self.0.iter().any(|(known, _)| known == text) {
            self.0.push((text.to_owned(), placeholder.into()));
        }
    }

    /// The values of headers that are new in each exchange.
    pub(crate) fn add_headers(&mut self, exchanges: &[Exchange]) {
        for text in exchanges
            .iter()
            .flat_map(|exchange| [&exchange.request, &exchange.response])
        {
            let head = text.split("\r\n\r\n").next().unwrap_or_default();
            for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
                match name.to_ascii_lowercase().as_str() {
                    "x-auth-token" | "x-subject-token" => self.add(value, "<token>"),
                    "x-request-id" | "x-iam-trace-id" => self.add(value, "<request id>"),
                    "date" => self.add(value, "<date>"),
                    "etag" => self.add(value.trim_matches('"'), "<entity tag>"),
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (found, placeholder) in &self.0 {
            text = text.replace(found.as_str(), placeholder);
        }
        text
    }

    /// Request and response, each as a block.
    pub(crate) fn blocks(&self, exchange: &Exchange) -> String {
        let block = |text: &str| {
            let text = self.apply(text).replace("\r\n", "\n");
            format!("```http\n{}\n```\n", text.trim_end())
        };
        format!("{}\n{}", block(&exchange.request), block(&exchange.response))
    }
}
