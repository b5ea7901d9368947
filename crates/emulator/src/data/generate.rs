//! Draws the sessions: when people work, where, how long they stay, and what goes wrong.

use chrono::{DateTime, Datelike, Utc};

use super::outages::Outages;
use super::{Directory, IdKey, Session, State};
use crate::random::Dice;
use crate::time;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
pub(super) const DAY: i64 = 24 * HOUR;

/// How likely a session starts in each hour of the day (UTC).
const HOURS: [u64; 24] = [
    2, 1, 1, 1, 1, 3, 8, 20, 40, 38, 30, 24, 18, 30, 32, 28, 20, 12, 8, 6, 5, 4, 3, 2,
];

const WEEKDAY: u64 = 100;
const WEEKEND: u64 = 15;

/// No two weekdays are alike: each has up to this much more than [`WEEKDAY`].
const BUSY: u64 = 25;

/// Every tenth session starts within this many days before the anchor, so that a week never is without sessions,
/// however few there are.
const RECENT_DAYS: u32 = 5;

/// Nobody stays for longer, also where the newest sessions, which are open, are old.
const LONGEST: i64 = 30 * DAY;

/// The directory, the key of the ids, and the sessions, newest first.
pub(super) fn generate(
    seed: u64,
    count: usize,
    days: u32,
    anchor: DateTime<Utc>,
) -> (Directory, IdKey, Vec<Session>) {
    let mut dice = Dice::new(seed);
    let directory = Directory::new(count, &mut dice);
    let key = IdKey::new(&mut dice);
    let draw = Draw {
        recent: Calendar::new(anchor, days.min(RECENT_DAYS), &mut dice),
        calendar: Calendar::new(anchor, days, &mut dice),
        outages: Outages::new(anchor, days, &directory, &mut dice),
        anchor: anchor.timestamp_millis(),
        directory: &directory,
    };
    let mut sessions: Vec<Session> = (0..u32::try_from(count).unwrap_or(u32::MAX))
        .map(|number| draw.session(number, &mut dice))
        .collect();
    sessions.sort_unstable_by(|a, b| {
        b.started
            .cmp(&a.started)
            .then_with(|| key.id(a.number).cmp(&key.id(b.number)))
    });
    leave_open(&mut sessions, draw.anchor, &mut dice);
    (directory, key, sessions)
}

/// The days before an anchor, weighted by how much is worked on each.
struct Calendar {
    anchor: i64,
    /// The sum of the weights up to each day; index 0 is the day before the anchor.
    sums: Vec<u64>,
}

impl Calendar {
    fn new(anchor: DateTime<Utc>, days: u32, dice: &mut Dice) -> Self {
        let anchor = anchor.timestamp_millis();
        let mut sum = 0;
        let mut up_to = |day: u32| {
            let weekday = time::from_millis(anchor - i64::from(day + 1) * DAY).weekday();
            sum += if weekday.number_from_monday() > 5 {
                WEEKEND
            } else {
                WEEKDAY + dice.below(BUSY)
            };
            sum
        };
        Self {
            anchor,
            sums: (0..days).map(&mut up_to).collect(),
        }
    }

    fn draw(&self, shift: i64, dice: &mut Dice) -> i64 {
        let drawn = dice.below(self.sums.last().copied().unwrap_or(1));
        let day = self.sums.partition_point(|sum| *sum <= drawn) as i64 + 1;
        let hour = (dice.weighted(&HOURS) as i64 + shift).clamp(0, 23);
        self.anchor - day * DAY + hour * HOUR + dice.below(HOUR as u64) as i64
    }
}

/// What a session is drawn from.
struct Draw<'a> {
    recent: Calendar,
    calendar: Calendar,
    outages: Outages,
    anchor: i64,
    directory: &'a Directory,
}

impl Draw<'_> {
    /// A session that is over. Its end lies before the anchor, so that it does not change during the day.
    fn session(&self, number: u32, dice: &mut Dice) -> Session {
        // Exact shares instead of chances, so that small sets show failures as well: five in a hundred, of which
        // three are in an outage. One fails after it began, because a failure is not the same as the state InitFail.
        let outage = match number % 100 {
            38 | 63 | 88 => self.outages.draw(dice),
            _ => None,
        };
        let failed_later = number % 100 == 37;
        let never_ran = matches!(number % 100, 13 | 38 | 63 | 88);
        // The smaller of two draws: some people use the service far more than others.
        let users = self.directory.users().len();
        let index = dice.index(users).min(dice.index(users));
        let user = self.directory.user(index);
        let (started, server) = match outage {
            Some(outage) => (outage.moment(dice), outage.server(dice)),
            None => {
                let calendar = if number.is_multiple_of(10) {
                    &self.recent
                } else {
                    &self.calendar
                };
                let started = calendar.draw(user.shift, dice);
                (started, self.server(user.server, started, dice))
            }
        };
        let lasts = if never_ran || failed_later {
            5 * SECOND + dice.below(55 * SECOND as u64) as i64
        } else {
            180 * SECOND + (dice.below(5 * HOUR as u64) + dice.below(4 * HOUR as u64)) as i64
        };
        let lasts = if started + lasts < self.anchor {
            lasts
        } else {
            dice.below((self.anchor - started).max(0) as u64) as i64
        };
        let failure = match outage {
            Some(outage) => Some(outage.failure),
            None if never_ran || failed_later => Some(dice.index(self.directory.failure_count())),
            None => None,
        };
        let public_ip = if dice.below(10) < 7 {
            user.office_ip
        } else {
            user.home_ip
        };
        Session {
            started,
            number,
            lasts: u32::try_from(lasts).unwrap_or(u32::MAX),
            user: small(index),
            server: small(server),
            public_ip: small(public_ip),
            state: if never_ran {
                State::InitFail
            } else {
                State::SignedOut
            },
            failure: failure.map_or(Session::CREATED, |failure| failure as u8),
        }
    }

    /// Where somebody works: mostly on the usual server, else on another one of its group, and not on one that is
    /// out of order.
    fn server(&self, usual: usize, started: i64, dice: &mut Dice) -> usize {
        let (groups, servers) = (self.directory.group_count(), self.directory.servers().len());
        let mut server = if dice.below(10) < 8 {
            usual
        } else {
            (usual + groups * dice.index(servers / groups)) % servers
        };
        for _ in 0..servers / groups {
            if !self.outages.covers(server, started) {
                break;
            }
            server = (server + groups) % servers;
        }
        server
    }
}

/// Every list of the directory is shorter than 65,536.
pub(super) fn small(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
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
        let longest = (anchor - session.started).clamp(0, LONGEST);
        session.lasts = u32::try_from(dice.below(longest as u64)).unwrap_or(u32::MAX);
    }
}
