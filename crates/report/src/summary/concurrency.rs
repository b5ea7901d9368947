//! How many sessions there were at once.

use crate::figures::{Concurrency, Step};
use crate::zone::Zone;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The course has no more steps than this, and up to two for its ends.
const MOST_STEPS: i64 = 240;
/// How long a step can be: what divides a day, so that days begin with a step.
const LENGTHS: [i64; 11] = [
    SECOND,
    10 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
];

/// When sessions began and when they ended. Which end belongs to which beginning does not matter.
#[derive(Debug, Default)]
pub(super) struct Presence {
    starts: Vec<i64>,
    ends: Vec<i64>,
    open: Vec<i64>,
}

impl Presence {
    /// A session that ends when it starts is there at no time.
    pub(super) fn closed(&mut self, start: i64, end: i64) {
        if start < end {
            self.starts.push(start);
            self.ends.push(end);
        }
    }

    pub(super) fn open(&mut self, start: i64) {
        self.open.push(start);
    }

    /// A session is there from its start up to, and without, its end: where one begins when another ends, there is one.
    /// Open ones are there until `horizon`.
    pub(super) fn into_concurrency(self, horizon: i64, zone: &Zone) -> Concurrency {
        let Self {
            mut starts,
            mut ends,
            open,
        } = self;
        starts.extend(open.into_iter().filter(|start| *start < horizon));
        ends.resize(starts.len(), horizon);
        starts.sort_unstable();
        ends.sort_unstable();
        let (Some(&first), Some(&last)) = (starts.first(), ends.last()) else {
            return Concurrency::default();
        };
        let mut course = Course::new(first, last, zone);
        let mut remaining = ends.iter().peekable();
        let (mut now, mut peak, mut at) = (0, 0, first);
        for start in starts {
            while let Some(end) = remaining.next_if(|end| **end <= start) {
                now -= 1;
                course.level(*end, now);
            }
            now += 1;
            course.level(start, now);
            if now > peak {
                (peak, at) = (now, start);
            }
        }
        for end in remaining {
            now -= 1;
            course.level(*end, now);
        }
        Concurrency {
            peak,
            at: zone.of_millis(at),
            step_ms: course.length.unsigned_abs(),
            steps: course.into_steps(zone),
        }
    }
}

/// The most at once within each step.
struct Course {
    from: i64,
    length: i64,
    most: Vec<u64>,
    /// So many there are, since then.
    level: u64,
    since: i64,
}

impl Course {
    /// The course from the first moment up to the last, which is later.
    fn new(first: i64, last: i64, zone: &Zone) -> Self {
        let span = last - first;
        let length = LENGTHS
            .into_iter()
            .find(|length| span / length <= MOST_STEPS)
            .unwrap_or_else(|| (span / DAY / MOST_STEPS + 1) * DAY);
        // Steps begin at full hours, or days, of the zone.
        let offset = zone
            .of_millis(first)
            .map_or(0, |first| i64::from(first.offset().local_minus_utc()) * SECOND);
        let from = first - (first + offset).rem_euclid(length.min(DAY));
        let steps = usize::try_from((last - 1 - from) / length).unwrap_or_default() + 1;
        Self {
            from,
            length,
            most: vec![0; steps],
            level: 0,
            since: first,
        }
    }

    /// From then on there are so many. Of several levels at one moment only the last one counts.
    fn level(&mut self, at: i64, level: u64) {
        if at > self.since {
            let step = |moment: i64| usize::try_from((moment - self.from) / self.length).unwrap_or_default();
            let touched = step(self.since)..=step(at - 1);
            for most in self.most.get_mut(touched).unwrap_or_default() {
                *most = self.level.max(*most);
            }
            self.since = at;
        }
        self.level = level;
    }

    fn into_steps(self, zone: &Zone) -> Vec<Step> {
        let Self {
            from, length, most, ..
        } = self;
        let starts = (0..).map(|index| zone.of_millis(from + length * index));
        starts
            .zip(most)
            .filter_map(|(from, most)| Some(Step { from: from?, most }))
            .collect()
    }
}
