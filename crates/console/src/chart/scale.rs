//! Up to which number an axis goes.

/// The least of 2, 4, 6, 8, 10, 20, 40, … that is not below this: its half is a whole number as well.
pub(super) fn top(most: u64) -> u64 {
    let mut step: u64 = 2;
    while step.saturating_mul(5) < most {
        step = step.saturating_mul(10);
    }
    most.max(1).div_ceil(step).saturating_mul(step)
}

/// How high a number stands under a top, in tenths of a hundredth, from above.
pub(super) fn depth(value: u64, top: u64) -> u64 {
    let height = u128::from(value.min(top)) * 1_000 / u128::from(top.max(1));
    1_000 - u64::try_from(height).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (most, expected) in [
            (0, 2),
            (1, 2),
            (2, 2),
            (3, 4),
            (9, 10),
            (10, 10),
            (11, 20),
            (61, 80),
            (101, 200),
            (999_999, 1_000_000),
        ] {
            assert_eq!(top(most), expected, "{most}");
        }
    }

    #[test]
    fn no_number_is_too_large() {
        assert!(top(u64::MAX) > 0);
        assert_eq!(depth(u64::MAX, u64::MAX), 0);
    }

    #[test]
    fn nothing_is_at_the_bottom_and_the_top_at_the_top() {
        assert_eq!([0, 1, 4].map(|value| depth(value, 4)), [1_000, 750, 0]);
    }
}
