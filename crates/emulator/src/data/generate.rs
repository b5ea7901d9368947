//! Draws the sessions: when people work, how long they stay, and what goes wrong.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Utc};

use super::{Directory, Session, State};
use crate::random::Dice;
use crate::time;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// How likely a session starts in each hour of the day (UTC).
const HOURS: [u64; 24] = [
    2, 1, 1, 1, 1, 3, 8, 20, 40, 38, 30, 24, 18, 30, 32, 28, 20, 12, 8, 6, 5, 4, 3, 2,
];

const WEEKDAY: u64 = 100;
const WEEKEND: u64 = 15;

/// Every tenth session starts within this many days before the anchor, so that a week never is without sessions,
/// however few there are.
const RECENT_DAYS: u32 = 5;

/// The directory and the sessions, newest first.
pub(super) fn generate(
    seed: u64,
    count: usize,
    days: u32,
    anchor: DateTime<Utc>,
) -> (Directory, Vec<Session>) {
    let mut dice = Dice::new(seed);
    let directory = Directory::new(&mut dice);
    let recent = Calendar::new(anchor, days.min(RECENT_DAYS));
    let calendar = Calendar::new(anchor, days);
    let mut ids = HashSet::with_capacity(count);
    let mut sessions = Vec::with_capacity(count);
    for number in 0..count {
        let id = loop {
            let id = dice.u128();
            if ids.insert(id) {
                break id;
            }
        };
        let started = if number % 10 == 0 {
            recent.draw(&mut dice)
        } else {
            calendar.draw(&mut dice)
        };
        sessions.push(session(
            id,
            number,
            started,
            calendar.anchor,
            &directory,
            &mut dice,
        ));
    }
    sessions.sort_unstable_by_key(|session: &Session| (std::cmp::Reverse(session.started), session.id));
    leave_open(&mut sessions, calendar.anchor, &mut dice);
    (directory, sessions)
}

/// The days before an anchor, weighted by how much is worked on each.
struct Calendar {
    anchor: i64,
    /// Index 0 is the day before the anchor.
    weights: Vec<u64>,
}

impl Calendar {
    fn new(anchor: DateTime<Utc>, days: u32) -> Self {
        let anchor = anchor.timestamp_millis();
        let weight = |day: u32| {
            let weekday = time::from_millis(anchor - i64::from(day + 1) * DAY).weekday();
            if weekday.number_from_monday() > 5 {
                WEEKEND
            } else {
                WEEKDAY
            }
        };
        Self {
            anchor,
            weights: (0..days).map(weight).collect(),
        }
    }

    fn draw(&self, dice: &mut Dice) -> i64 {
        let day = dice.weighted(&self.weights) as i64 + 1;
        let hour = dice.weighted(&HOURS) as i64;
        self.anchor - day * DAY + hour * HOUR + dice.below(HOUR as u64) as i64
    }
}

/// A session that is over. Its end lies before the anchor, so that it does not change during the day.
fn session(
    id: u128,
    number: usize,
    started: i64,
    anchor: i64,
    directory: &Directory,
    dice: &mut Dice,
) -> Session {
    // The smaller of two draws: some people use the service far more than others.
    let user = dice
        .index(directory.user_count())
        .min(dice.index(directory.user_count()));
    // Exact shares instead of chances, so that small sets show failures as well. One in a hundred fails after it
    // began, because a failure is not the same as the state InitFail.
    let state = if number % 25 == 13 {
        State::InitFail
    } else {
        State::SignedOut
    };
    let failed = state == State::InitFail || number % 100 == 37;
    let lasts = if failed {
        5 * SECOND + dice.below(55 * SECOND as u64) as i64
    } else {
        180 * SECOND + (dice.below(5 * HOUR as u64) + dice.below(4 * HOUR as u64)) as i64
    };
    let ended = if started + lasts < anchor {
        started + lasts
    } else {
        started + dice.below((anchor - started).max(0) as u64) as i64
    };
    Session {
        id,
        number: u32::try_from(number).unwrap_or(u32::MAX),
        user,
        server: dice.index(directory.server_count()),
        // Each person has two devices of their own.
        client: (user * 2 + dice.index(2)) % directory.client_count(),
        public_ip: dice.index(directory.public_ip_count()),
        app: (dice.below(10) < 4).then(|| dice.index(directory.app_count())),
        state,
        failure: failed.then(|| dice.index(directory.failure_count())),
        connecting: started - 300 - dice.below(3 * SECOND as u64) as i64,
        started,
        ended: Some(ended),
        updated: ended,
    }
}

/// Reopens the newest sessions that did not fail: 2 %, and at least three where there are as many.
fn leave_open(sessions: &mut [Session], anchor: i64, dice: &mut Dice) {
    let open = (sessions.len() / 50).max(3);
    let candidates = sessions
        .iter_mut()
        .filter(|session| session.succeeded())
        .take(open);
    for (index, session) in candidates.enumerate() {
        session.state = if index < (open / 10).max(1) {
            State::AppcInit
        } else if index < open * 7 / 10 {
            State::Active
        } else {
            State::Disconnected
        };
        session.ended = None;
        session.updated = session.started + dice.below((anchor - session.started).max(0) as u64) as i64;
    }
}
