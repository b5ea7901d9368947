//! An export centre that loses submits, and lists its tasks truly or not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use session_export::{
    Ambiguity, Client, Clock, Delivery, Error, Reconciliation, Request, Transport, TransportErrorKind,
    format_timestamp,
};
use session_export_transport::test_util::ManualClock;

use crate::common::{Answer, answer, broken, client, clock, no_filter, seconds};

/// The service: its tasks, how it lists them, and how far its clock is from this machine's.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) clock: ManualClock,
    pub(crate) state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Id, creation time as text, whether it was downloaded.
    pub(crate) tasks: Vec<(String, String, bool)>,
    pub(crate) ahead: TimeDelta,
    pub(crate) dated: bool,
    /// Instead of the date that it is.
    pub(crate) date: Option<&'static str>,
    /// Without `is_download` the list hides tasks that were downloaded.
    pub(crate) hides: bool,
    pub(crate) page: usize,
    pub(crate) count: Count,
    pub(crate) order: Order,
    pub(crate) submit: Submit,
    pub(crate) lists: Vec<String>,
    pub(crate) latency: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Count {
    True,
    None,
    TooFew,
    TooMany,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    Newest,
    Oldest,
    IgnoresOffset,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Submit {
    Lost,
    Created,
    Hangs,
}

#[async_trait]
impl Transport for Service {
    async fn send(&self, request: Request) -> Answer {
        let uri = request.uri().to_string();
        if request.method() == "POST" {
            let submit = self.state.lock().unwrap().submit;
            return match submit {
                Submit::Lost => broken(TransportErrorKind::Closed, Delivery::Unknown),
                Submit::Created => {
                    let id = self.create(Duration::ZERO);
                    Ok(answer(200, &[], format!(r#"{{"task_id":"{id}"}}"#)))
                }
                Submit::Hangs => std::future::pending().await,
            };
        }
        let latency = self.state.lock().unwrap().latency;
        let before = self.clock.now();
        if !latency.is_zero() {
            self.clock.sleep(latency).await;
        }
        let mut state = self.state.lock().unwrap();
        state.lists.push(uri.split_once('?').unwrap().1.to_owned());
        let asked = |name: &str| {
            let rest = uri.split_once(&format!("{name}="))?.1;
            Some(rest.split('&').next().unwrap().to_owned())
        };
        let number = |name: &str| asked(name).map_or(0, |text| text.parse::<usize>().unwrap());
        let only = asked("is_download") == Some("true".to_owned());
        let mut tasks: Vec<_> = state
            .tasks
            .iter()
            .filter(|(_, _, downloaded)| {
                if only {
                    *downloaded
                } else {
                    !(state.hides && *downloaded)
                }
            })
            .cloned()
            .collect();
        tasks.sort_by(|a, b| b.1.cmp(&a.1));
        if state.order == Order::Oldest {
            tasks.reverse();
        }
        let offset = if state.order == Order::IgnoresOffset {
            0
        } else {
            number("offset")
        };
        let page = number("limit").min(state.page);
        let rows: Vec<_> = tasks.iter().skip(offset).take(page).map(row).collect();
        let count = match state.count {
            Count::True => format!(r#""count":{},"#, tasks.len()),
            Count::None => String::new(),
            Count::TooFew => format!(r#""count":{},"#, tasks.len().min(1)),
            Count::TooMany => format!(r#""count":{},"#, tasks.len() + 5),
        };
        let body = format!(r#"{{{count}"export_tasks":[{}]}}"#, rows.join(","));
        // Written while the answer was on its way.
        let date = (before + latency / 2 + state.ahead)
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let headers = [("date", state.date.unwrap_or(&date))];
        Ok(answer(200, if state.dated { &headers } else { &[] }, body))
    }
}

fn row((id, created, downloaded): &(String, String, bool)) -> String {
    let id = if id.is_empty() {
        String::new()
    } else {
        format!(r#""task_id":"{id}","#)
    };
    format!(r#"{{{id}"create_time":"{created}","status":"SUCCESS","is_download":{downloaded}}}"#)
}

impl Service {
    pub(crate) fn new() -> (Self, Client) {
        let service = Self {
            clock: clock(),
            state: Arc::new(Mutex::new(State {
                tasks: Vec::new(),
                ahead: TimeDelta::zero(),
                dated: true,
                date: None,
                hides: false,
                page: 100,
                count: Count::True,
                order: Order::Newest,
                submit: Submit::Lost,
                lists: Vec::new(),
                latency: Duration::ZERO,
            })),
        };
        let client = client(service.clone(), &service.clock);
        (service, client)
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    /// A task that is created so long after now, by the service's clock.
    pub(crate) fn create(&self, after: Duration) -> String {
        self.create_at(TimeDelta::from_std(after).unwrap())
    }

    pub(crate) fn create_at(&self, after: TimeDelta) -> String {
        let mut state = self.state.lock().unwrap();
        let created = format_timestamp(self.clock.now() + state.ahead + after);
        let id = format!("task{}", state.tasks.len());
        state.tasks.push((id.clone(), created, false));
        id
    }

    /// A task with this text as its time.
    pub(crate) fn create_with(&self, id: &str, created: &str) {
        self.set(|state| state.tasks.push((id.to_owned(), created.to_owned(), false)));
    }

    pub(crate) fn lose(&self, client: &Client) -> Ambiguity {
        let error = self
            .clock
            .drive(client.export_sessions(no_filter()).submit())
            .unwrap_err();
        assert!(error.is_ambiguous(), "{error}");
        error.ambiguity().unwrap().clone()
    }

    pub(crate) fn ask(&self, client: &Client, ambiguity: &Ambiguity) -> Result<Reconciliation, Error> {
        self.clock.drive(client.reconcile(ambiguity))
    }

    /// Asks when it can be known.
    pub(crate) fn find_out(&self, client: &Client, ambiguity: &Ambiguity) -> Result<Reconciliation, Error> {
        self.clock.advance(seconds(30));
        self.ask(client, ambiguity)
    }
}
