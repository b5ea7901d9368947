//! A hundred exports at once through a client that lets eight in, and a 429 with a window of a minute in the middle.
//!
//! `cargo test -p session-export --test many_at_once -- --nocapture` shows the numbers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use common::{Answer, PROJECT, answer, clock, json, no_filter, seconds, static_token};
use futures_util::future::join_all;
use session_export::{Client, Clock, Endpoint, Request, Transport, WaitPolicy};
use session_export_transport::test_util::ManualClock;

const EXPORTS: usize = 100;
const LIMIT: usize = 8;
const WINDOW: Duration = seconds(60);
/// How long the service takes over every answer, and over a file.
const LATENCY: Duration = Duration::from_millis(150);
const MAKING: Duration = seconds(3);
/// The request that is throttled: about a third of all have been sent by then.
const THROTTLED: usize = 200;

/// A service that throttles once, and then refuses everything until the window has passed.
#[derive(Clone, Debug)]
struct Service {
    clock: ManualClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    arrivals: Vec<Duration>,
    refused: usize,
    window: Option<(Duration, Duration)>,
    submitted: Vec<Duration>,
    finished: BTreeMap<usize, Duration>,
    most_running: usize,
}

#[async_trait]
impl Transport for Service {
    async fn send(&self, request: Request) -> Answer {
        let now = self.clock.monotonic();
        let throttled = {
            let mut state = self.state.lock().unwrap();
            state.arrivals.push(now);
            if state.arrivals.len() == THROTTLED {
                state.window = Some((now, now + WINDOW));
            }
            let throttled = state.window.is_some_and(|(_, end)| now < end);
            state.refused += usize::from(throttled);
            throttled
        };
        self.clock.sleep(LATENCY).await;
        if throttled {
            let text = "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 minute";
            return json(
                429,
                format!(r#"{{"error_code":"APIGW.0308","error_msg":"{text}"}}"#),
            );
        }
        Ok(self.answer(&request))
    }
}

impl Service {
    fn answer(&self, request: &Request) -> session_export::Response {
        let now = self.clock.monotonic();
        let mut state = self.state.lock().unwrap();
        let uri = request.uri();
        let ok = |body: String| answer(200, &[("content-type", "application/json")], body);
        if request.method() == "POST" {
            state.submitted.push(now);
            let running = state.submitted.len() - state.finished.len();
            state.most_running = state.most_running.max(running);
            return ok(format!(r#"{{"task_id":"{}"}}"#, state.submitted.len() - 1));
        }
        if let Some(query) = uri.query() {
            let number: usize = query.strip_prefix("task_id=").unwrap().parse().unwrap();
            let made = now >= state.submitted[number] + MAKING;
            let status = if made { "SUCCESS" } else { "CREATING" };
            return ok(format!(
                r#"{{"count":1,"export_tasks":[{{"task_id":"{number}","status":"{status}"}}]}}"#
            ));
        }
        let number = uri.path().rsplit('/').nth(1).unwrap().parse().unwrap();
        state.finished.insert(number, now);
        answer(200, &[("content-length", "4")], "PK\x03\x04")
    }
}

fn per_second(count: usize, time: Duration) -> f64 {
    let tenths = (count as f64 / time.as_secs_f64() * 10.0).round();
    tenths / 10.0
}

#[test]
fn the_window_is_kept_and_nobody_starves() {
    let clock = clock();
    let service = Service {
        clock: clock.clone(),
        state: Arc::default(),
    };
    let client = Client::builder(Endpoint::region("cn-north-4").unwrap(), PROJECT.parse().unwrap())
        .transport(service.clone())
        .authenticator(static_token())
        .clock(clock.clone())
        .exports_in_flight(LIMIT)
        .build()
        .unwrap();
    let export = |number: usize| {
        let (client, clock) = (client.clone(), clock.clone());
        async move {
            let task = client.export_sessions(no_filter()).submit().await.unwrap();
            let ready = task
                .wait(WaitPolicy::default().longest_pause(seconds(2)))
                .await
                .unwrap();
            let receipt = ready.download().to_writer(&mut Vec::new()).await.unwrap();
            assert_eq!(receipt.bytes, 4);
            (number, task.task_id().to_string(), clock.monotonic())
        }
    };
    let done = clock.drive(join_all((0..EXPORTS).map(export)));
    let state = service.state.lock().unwrap();
    let (from, to) = state.window.unwrap();
    let end = clock.monotonic();
    let between = |from: Duration, to: Duration| {
        state
            .arrivals
            .iter()
            .filter(|time| (from..to).contains(*time))
            .count()
    };

    // Nobody is lost or served twice, and they are taken on in the order in which they came.
    assert_eq!((state.submitted.len(), state.finished.len()), (EXPORTS, EXPORTS));
    for (number, task, _) in &done {
        assert_eq!(&number.to_string(), task);
    }
    assert_eq!(state.most_running, LIMIT);

    // Until the first 429 is back, whatever was under way goes on; after it nothing more is sent.
    let answered = from + LATENCY;
    let held = between(answered, to);
    assert_eq!(held, 0);
    assert!(state.refused <= LIMIT, "{}", state.refused);

    // The window is not hit at once: the first second after it has at most a request each tenth of a second, and what
    // those that were let in send next.
    let burst = (0..10)
        .map(|tenth| {
            let start = to + LATENCY + Duration::from_millis(100 * tenth);
            between(start, start + Duration::from_millis(100))
        })
        .max()
        .unwrap();
    assert!(burst <= 3, "{burst}");

    // Nobody waits for more than the window beyond what an export takes on a quiet day.
    let times: Vec<Duration> = (0..EXPORTS)
        .map(|number| state.finished[&number] - state.submitted[number])
        .collect();
    let (quiet, longest) = (times[0], *times.iter().max().unwrap());
    assert!(quiet < seconds(8), "{quiet:?}");
    assert!(longest < WINDOW + seconds(10), "{longest:?}");
    let starts: Vec<_> = state.submitted.iter().skip(LIMIT).zip(&state.submitted).collect();
    let gap = starts
        .iter()
        .map(|(later, earlier)| **later - **earlier)
        .max()
        .unwrap();
    assert!(gap < WINDOW + seconds(12), "{gap:?}");

    let (before, after) = (between(Duration::ZERO, from), between(to, end));
    println!("{EXPORTS} exports, {LIMIT} in flight; a 429 at {from:.1?} whose window ends at {to:.1?}");
    println!(
        "requests/s before {}, during 0 ({} refused, all sent before the first 429 was back; {held} after it), after {}",
        per_second(before, from),
        state.refused,
        per_second(after, end - to)
    );
    println!("at most {burst} requests in any tenth of the first second after the window");
    println!(
        "an export took {quiet:.1?} on a quiet day, {longest:.1?} at most; all were done after {end:.1?}"
    );
    println!(
        "a place was given to a later export within {gap:.1?}; at most {} at once",
        state.most_running
    );
}
