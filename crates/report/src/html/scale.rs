//! From numbers to places in a chart.

/// A drawing of fixed size; its page scales it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// As wide as the page.
    pub(super) const WIDE: Self = Self {
        width: 980.0,
        height: 230.0,
        left: 46.0,
        right: 10.0,
        top: 14.0,
        bottom: 26.0,
    };
    /// Half as wide.
    pub(super) const HALF: Self = Self {
        width: 470.0,
        ..Self::WIDE
    };

    pub(super) fn inner_width(&self) -> f64 {
        self.width - self.left - self.right
    }

    pub(super) fn floor(&self) -> f64 {
        self.height - self.bottom
    }
}

/// The vertical scale: from nothing up to the most there is, with lines at round numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    frame: Frame,
    top: u64,
    step: u64,
}

impl Scale {
    pub(super) fn new(frame: Frame, most: u64) -> Self {
        Self {
            frame,
            top: most.max(1),
            step: round_step(most),
        }
    }

    pub(super) fn y(&self, value: u64) -> f64 {
        self.frame.floor() - self.height(value)
    }

    /// How high it is; whatever is not nothing can be seen.
    pub(super) fn height(&self, value: u64) -> f64 {
        if value == 0 {
            return 0.0;
        }
        let room = self.frame.floor() - self.frame.top;
        (value as f64 / self.top as f64 * room).max(1.0)
    }

    /// The numbers at the side.
    pub(super) fn ticks(&self) -> impl Iterator<Item = u64> + use<> {
        let Self { top, step, .. } = *self;
        (0..=top / step).map(move |index| index * step)
    }
}

/// 1, 2 or 5 and zeros, so that there are two to five of them.
fn round_step(most: u64) -> u64 {
    let mut step: u64 = 1;
    for factor in [2, 5, 10].into_iter().cycle() {
        if most / step <= 5 {
            break;
        }
        let decade = step.ilog10();
        let base = 10_u64.pow(decade);
        match base.checked_mul(factor) {
            Some(next) => step = next,
            None => break,
        }
    }
    step
}

/// Every how many of `count` places can have a label, where there is room for `room` of them.
pub(super) fn label_stride(count: usize, room: usize) -> usize {
    let least = count.div_ceil(room.max(1)).max(1);
    [1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 60]
        .into_iter()
        .find(|stride| *stride >= least)
        .unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |most| Scale::new(Frame::WIDE, most).ticks().collect::<Vec<_>>();
        assert_eq!(ticks(0), [0, 1]);
        assert_eq!(ticks(1), [0, 1]);
        assert_eq!(ticks(4), [0, 1, 2, 3, 4]);
        assert_eq!(ticks(6), [0, 2, 4, 6]);
        assert_eq!(ticks(87), [0, 20, 40, 60, 80]);
        assert_eq!(ticks(1_204), [0, 500, 1_000]);
        for most in [7, 99, 101, 12_345, 1_000_000, u64::MAX / 7, u64::MAX] {
            let scale = Scale::new(Frame::WIDE, most);
            let count = scale.ticks().count();
            assert!((3..=6).contains(&count), "{most}: {count}");
            assert!(scale.y(most) >= Frame::WIDE.top - 0.01, "{most}");
        }
    }

    #[test]
    fn what_is_not_nothing_can_be_seen() {
        let scale = Scale::new(Frame::WIDE, 1_000_000);
        assert_eq!((scale.height(0), scale.height(1)), (0.0, 1.0));
    }

    #[test]
    fn labels_have_room() {
        assert_eq!(
            (label_stride(7, 14), label_stride(60, 14), label_stride(5_000, 10)),
            (1, 5, 500)
        );
    }
}
