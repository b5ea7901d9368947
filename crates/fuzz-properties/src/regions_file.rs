//! The regions file of the official SDKs.

use std::collections::BTreeMap;

use serde_json::Value;
use session_export::{Endpoint, EndpointOverrides};

use crate::input::{is_one_line, shown, text};

/// Longest error: a URL of at most 2,000 bytes, twice and escaped, and a sentence.
const LONGEST: usize = 16_000;

/// A text that is JSON, and so YAML too, has the endpoints that a second reader sees in the JSON; a comment behind a
/// text changes nothing; an error is one line of bounded length and names a line that the text has.
///
/// # Panics
///
/// When that does not hold.
pub fn regions_file(data: &[u8]) {
    let text = text(data);
    let overrides = match EndpointOverrides::default().regions_yaml(&text) {
        Ok(overrides) => overrides,
        Err(error) => {
            let shown = shown(&error);
            assert!(is_one_line(&error.to_string()), "{error}");
            assert!(shown.len() <= LONGEST, "{} bytes", shown.len());
            if let Some((_, rest)) = shown.split_once("regions file, line ") {
                let line = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
                let lines = text.split(['\n', '\r']).count() + 1;
                assert!(
                    line.parse::<usize>()
                        .is_ok_and(|line| (1..=lines).contains(&line)),
                    "{error}"
                );
            }
            return;
        }
    };
    let commented = format!("{text}\n# a comment\n");
    assert_eq!(
        EndpointOverrides::default().regions_yaml(&commented).ok(),
        Some(overrides.clone())
    );
    let Ok(Value::Object(services)) = serde_json::from_str::<Value>(&text) else {
        return;
    };
    for (region, urls) in by_region(&services) {
        let endpoint = Endpoint::builder().region(&*region).overrides(&overrides).build();
        let Ok(endpoint) = endpoint else {
            continue;
        };
        let said = |service: &str| {
            urls.get(service)
                .map(|url| url.trim_end_matches('/').to_ascii_lowercase())
        };
        for (service, found) in [
            ("workspaceapp", Some(endpoint.sessions())),
            ("workspace", Some(endpoint.export_centre())),
            ("iam", endpoint.iam()),
        ] {
            let found = found.map(|url| url.as_str().to_ascii_lowercase());
            // Ports that the scheme implies are left out, and so are slashes.
            let is_plain = |url: &String| url.matches(':').count() == 1 && url.matches('/').count() == 2;
            if let Some(said) = said(service).filter(is_plain) {
                assert_eq!(found.as_ref(), Some(&said), "{region} {service}");
            }
        }
    }
}

/// The endpoints of each region whose values are texts: by the service's name in lower case.
fn by_region(services: &serde_json::Map<String, Value>) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut regions: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (service, entries) in services {
        for entry in entries.as_array().into_iter().flatten() {
            let one = entry.get("endpoint").filter(|one| !one.is_null());
            let first = entry.get("endpoints").and_then(|list| list.get(0));
            if let (Some(id), Some(url)) = (
                entry.get("id").and_then(Value::as_str),
                one.or(first).and_then(Value::as_str),
            ) {
                let urls = regions.entry(id.to_owned()).or_default();
                urls.insert(service.to_ascii_lowercase(), url.to_owned());
            }
        }
    }
    regions
}
