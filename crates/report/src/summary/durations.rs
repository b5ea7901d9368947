//! How long sessions lasted.

use crate::figures::{Bin, Durations};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// Where bins end. Finer where most sessions of a working day are.
const BOUNDS: [u64; 10] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    12 * HOUR,
    24 * HOUR,
];

pub(super) fn of(mut lasted: Vec<u64>) -> Durations {
    lasted.sort_unstable();
    Durations {
        sessions: lasted.len() as u64,
        median_ms: quantile(&lasted, 0.5),
        p95_ms: quantile(&lasted, 0.95),
        longest_ms: lasted.last().copied(),
        histogram: histogram(&lasted),
    }
}

/// `quantile_cont` of SQL: the value at `part` of the way from the first to the last, between two of them in proportion.
fn quantile(sorted: &[u64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = part * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below as f64 + (above - below) as f64 * at.fract())
}

fn histogram(sorted: &[u64]) -> Vec<Bin> {
    let starts = [0].into_iter().chain(BOUNDS);
    let ends = BOUNDS.into_iter().map(Some).chain([None]);
    let mut before = 0;
    starts
        .zip(ends)
        .map(|(from_ms, to_ms)| {
            let up_to = to_ms.map_or(sorted.len(), |to| sorted.partition_point(|lasted| *lasted < to));
            let sessions = (up_to - before) as u64;
            before = up_to;
            Bin {
                from_ms,
                to_ms,
                sessions,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_between_its_neighbours_in_proportion() {
        // `SELECT quantile_cont(x, [0.5, 0.95]) FROM (VALUES (10), (20), (40), (80)) t(x)` of DuckDB says [30.0, 74.0].
        let durations = of(vec![80, 10, 40, 20]);
        assert_eq!(durations.median_ms, Some(30.0));
        assert!((durations.p95_ms.unwrap() - 74.0).abs() < 1e-9);
        assert_eq!(durations.longest_ms, Some(80));
        assert_eq!(of(vec![7]).p95_ms, Some(7.0));
        assert_eq!(of(Vec::new()).median_ms, None);
    }

    #[test]
    fn every_length_is_in_one_bin() {
        let bins = of(vec![0, MINUTE - 1, MINUTE, 5 * MINUTE, 24 * HOUR, u64::MAX]).histogram;
        let counts: Vec<_> = bins.iter().map(|bin| bin.sessions).collect();
        assert_eq!(counts, [2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
        assert!(bins.windows(2).all(|pair| pair[0].to_ms == Some(pair[1].from_ms)));
    }
}
