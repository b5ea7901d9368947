//! Outages: now and then some servers of a group are out of order for hours, and sessions fail in clusters.

use chrono::{DateTime, Datelike, Utc};

use super::Directory;
use super::generate::DAY;
use crate::random::Dice;
use crate::time;

const MINUTE: i64 = 60_000;

/// There is one outage in this many days, and at least one.
const INTERVAL: u32 = 6;

/// Of this many servers of a group, one is out of order in an outage, and at least one.
const SERVERS_PER_CASUALTY: usize = 10;

/// The failures that outages show are the first ones of the directory's.
const KINDS: usize = 2;

/// Some servers of one group, for some hours.
#[derive(Debug)]
pub(super) struct Outage {
    begin: i64,
    lasts: i64,
    /// The first of the servers; the others follow in steps of `step`.
    first: usize,
    step: usize,
    casualties: usize,
    servers: usize,
    pub(super) failure: usize,
}

impl Outage {
    /// When somebody tries in vain: more in the beginning than later.
    pub(super) fn moment(&self, dice: &mut Dice) -> i64 {
        let lasts = self.lasts as u64;
        self.begin + dice.below(lasts).min(dice.below(lasts)) as i64
    }

    pub(super) fn server(&self, dice: &mut Dice) -> usize {
        (self.first + self.step * dice.index(self.casualties)) % self.servers
    }

    fn covers(&self, server: usize, at: i64) -> bool {
        let steps = (server + self.servers - self.first) % self.servers;
        (self.begin..self.begin + self.lasts).contains(&at)
            && steps.is_multiple_of(self.step)
            && steps / self.step < self.casualties
    }
}

/// One outage in each interval before the anchor; index 0 is the newest.
pub(super) struct Outages {
    anchor: i64,
    outages: Vec<Outage>,
}

impl Outages {
    pub(super) fn new(anchor: DateTime<Utc>, days: u32, directory: &Directory, dice: &mut Dice) -> Self {
        let anchor = anchor.timestamp_millis();
        let servers = directory.servers().len();
        let step = directory.group_count();
        let outage = |interval: u32| {
            let newest = interval * INTERVAL;
            let length = (days - newest).min(INTERVAL);
            let mut day = anchor;
            // Most of them strike while people work.
            for _ in 0..4 {
                day = anchor - (i64::from(newest) + 1 + dice.below(u64::from(length)) as i64) * DAY;
                if time::from_millis(day).weekday().number_from_monday() <= 5 {
                    break;
                }
            }
            // From 07:00 to 17:59 at the latest, so that it is over before the day is.
            let begin = day + (7 * 60 + dice.below(5 * 60) as i64) * MINUTE;
            Outage {
                begin,
                lasts: (60 + dice.below(5 * 60) as i64) * MINUTE,
                first: dice.index(servers),
                step,
                casualties: (servers / step / SERVERS_PER_CASUALTY).max(1),
                servers,
                failure: dice.index(KINDS),
            }
        };
        Self {
            anchor,
            outages: (0..days.div_ceil(INTERVAL)).map(outage).collect(),
        }
    }

    pub(super) fn draw(&self, dice: &mut Dice) -> Option<&Outage> {
        self.outages.get(dice.index(self.outages.len()))
    }

    /// Whether a server is out of order at a moment.
    pub(super) fn covers(&self, server: usize, at: i64) -> bool {
        let interval = (self.anchor - at - 1).max(0) / (i64::from(INTERVAL) * DAY);
        self.outages
            .get(interval as usize)
            .is_some_and(|outage| outage.covers(server, at))
    }
}
