//! The token cache against a model of it, one caller at a time, over random sequences of events.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::future::pending;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use proptest::prelude::*;
use session_export_auth::{
    AuthError, AuthErrorKind, Authenticate, ProvideToken, Stamp, Token, TokenAuthenticator,
};
use session_export_transport::{Request, RequestBody};

const SECOND: i64 = 1_000_000_000;

#[derive(Clone, Copy, Debug)]
enum Event {
    /// A caller comes, and this is what the provider would say.
    Get(Answer),
    /// The service rejects the credential of one of the generations so far.
    Reject(prop::sample::Index),
    /// The clock moves by so many nanoseconds, or is set back.
    Move(i64),
    /// It moves to a place in the last part of the life of what is held, in twenty-fourths of that part.
    MoveInto(i64),
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    /// A token that ends so many nanoseconds after the time of the call.
    Lasts(i64),
    NoEnd,
    Fails,
    /// Nothing, until the caller gives up.
    Hangs,
}

/// What a caller sees.
#[derive(Debug, PartialEq)]
enum Seen {
    Token(String, Stamp),
    Failed(String),
    Expired,
    GaveUp,
}

/// The rules of design section 7, written down once more in whole nanoseconds.
#[derive(Default)]
struct Model {
    fetches: u64,
    generations: u64,
    held: Option<Held>,
}

#[derive(Clone, Copy)]
struct Held {
    fetch: u64,
    generation: u64,
    fetched: i64,
    end: Option<i64>,
    /// When the last renewal that came to nothing began, and for how long none is tried.
    pause: Option<(i64, i64)>,
}

impl Held {
    fn seen(&self) -> Seen {
        Seen::Token(format!("t{}", self.fetch), Stamp::new(self.generation))
    }

    fn last_part(&self, end: i64) -> i64 {
        ((end - self.fetched) / 5).min(600 * SECOND)
    }
}

impl Model {
    fn get(&mut self, at: i64, answer: Answer) -> Seen {
        let usable = self.held.filter(|held| held.end.is_none_or(|end| at < end));
        if let (Some(held), Some(stored)) = (usable, &mut self.held) {
            let Some(end) = held.end else { return held.seen() };
            let is_fresh = at < end - held.last_part(end);
            let is_paused = held
                .pause
                .is_some_and(|(since, length)| (at - since).abs() < length);
            if is_fresh || is_paused {
                return held.seen();
            }
            // As if it came to nothing; if it does not, this is overwritten.
            let first = (30 * SECOND).min(held.last_part(end) / 4);
            let length = held.pause.map_or(first, |(_, last)| 2 * last);
            stored.pause = Some((at, length.min(end - at)));
        }
        self.fetches += 1;
        let failure = match answer {
            Answer::Hangs => return Seen::GaveUp,
            Answer::Fails => Seen::Failed(format!("failure {}", self.fetches)),
            Answer::Lasts(life) if life <= 0 => Seen::Expired,
            Answer::Lasts(_) | Answer::NoEnd => {
                self.generations += 1;
                let end = match answer {
                    Answer::Lasts(life) => Some(at + life),
                    _ => None,
                };
                let held = Held {
                    fetch: self.fetches,
                    generation: self.generations,
                    fetched: at,
                    end,
                    pause: None,
                };
                self.held = Some(held);
                return held.seen();
            }
        };
        usable.map_or(failure, |held| held.seen())
    }

    fn reject(&mut self, generation: u64) {
        self.held = self.held.filter(|held| held.generation != generation);
    }
}

/// Says what it is told to, at the time that it is told.
#[derive(Debug)]
struct Told(Mutex<(u64, DateTime<Utc>, Answer)>);

#[async_trait]
impl ProvideToken for Told {
    async fn provide_token(&self) -> Result<Token, AuthError> {
        let (fetch, at, answer) = {
            let mut told = self.0.lock().unwrap();
            told.0 += 1;
            *told
        };
        let token = || Token::new(format!("t{fetch}"));
        match answer {
            Answer::Lasts(life) => Ok(token()?.with_expiry(at + TimeDelta::nanoseconds(life))),
            Answer::NoEnd => token(),
            Answer::Fails => Err(AuthError::other(format!("failure {fetch}"))),
            Answer::Hangs => pending().await,
        }
    }
}

fn get(authenticator: &TokenAuthenticator<Arc<Told>>, at: DateTime<Utc>) -> Seen {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = "https://workspace.example.com/".parse().unwrap();
    let answer = {
        let mut call = authenticator.authenticate(&mut request, at);
        // A fetch after one that was given up begins with the second poll.
        (&mut call).now_or_never().or_else(|| (&mut call).now_or_never())
    };
    match answer {
        None => Seen::GaveUp,
        Some(Ok(stamp)) => Seen::Token(
            request.headers()["x-auth-token"].to_str().unwrap().to_owned(),
            stamp,
        ),
        Some(Err(error)) if *error.kind() == AuthErrorKind::Expired => Seen::Expired,
        Some(Err(error)) => Seen::Failed(std::error::Error::source(&error).unwrap().to_string()),
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    let life = prop_oneof![
        2 => -5..=5_i64,
        4 => -5 * SECOND..=120 * SECOND,
        4 => 0..=7_200 * SECOND,
    ];
    prop_oneof![
        4 => life.prop_map(Answer::Lasts),
        1 => Just(Answer::NoEnd),
        3 => Just(Answer::Fails),
        2 => Just(Answer::Hangs),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let step = prop_oneof![
        1 => -3..=3_i64,
        4 => 0..=40 * SECOND,
        2 => 0..=900 * SECOND,
        1 => -900 * SECOND..=0,
    ];
    prop_oneof![
        4 => (-1..=25_i64).prop_map(Event::MoveInto),
        6 => answer().prop_map(Event::Get),
        1 => any::<prop::sample::Index>().prop_map(Event::Reject),
        3 => step.prop_map(Event::Move),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_does_what_the_model_does(events in prop::collection::vec(event(), 1..80)) {
        let start = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let told = Arc::new(Told(Mutex::new((0, start, Answer::Hangs))));
        let authenticator = TokenAuthenticator::new(Arc::clone(&told));
        let mut model = Model::default();
        let mut now = 0;
        for event in events {
            match event {
                Event::Move(by) => now += by,
                Event::MoveInto(part) => {
                    if let Some((held, end)) = model.held.and_then(|held| Some((held, held.end?))) {
                        let length = held.last_part(end);
                        now = end - length + length * part / 24;
                    }
                }
                Event::Reject(_) if model.generations == 0 => {}
                Event::Reject(which) => {
                    let generation = which.index(usize::try_from(model.generations).unwrap()) as u64 + 1;
                    model.reject(generation);
                    authenticator.rejected(Stamp::new(generation)).now_or_never().unwrap();
                }
                Event::Get(answer) => {
                    let at = start + TimeDelta::nanoseconds(now);
                    {
                        let mut told = told.0.lock().unwrap();
                        (told.1, told.2) = (at, answer);
                    }
                    let seen = get(&authenticator, at);
                    prop_assert_eq!(seen, model.get(now, answer), "at {}", now);
                    prop_assert_eq!(told.0.lock().unwrap().0, model.fetches, "fetches at {}", now);
                }
            }
        }
    }
}
