//! Slices of one target, of which the median counts.

use crate::bench::load::Sample;

#[derive(Default)]
pub(super) struct Rounds(Vec<Sample>);

impl Rounds {
    pub(super) fn add(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// The median: one slice in which the machine did something else says nothing. `None`: there were none.
    pub(super) fn per_second(&self) -> Option<f64> {
        median(self.0.iter().map(Sample::per_second))
    }

    /// In milliseconds.
    pub(super) fn quantile(&self, quantile: f64) -> Option<f64> {
        median(self.0.iter().map(|sample| millis(sample.latencies.value_at_quantile(quantile))))
    }

    /// What headquarters took, in milliseconds.
    pub(super) fn headquarters(&self, quantile: f64) -> Option<f64> {
        median(self.0.iter().map(|sample| millis(sample.headquarters.value_at_quantile(quantile))))
    }
}

/// `None`: there are none.
pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

pub(super) fn millis(micros: u64) -> f64 {
    f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1_000.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::load::Answered;

    #[test]
    fn the_median_of_the_rounds_counts() {
        let mut rounds = Rounds::default();
        assert_eq!((rounds.per_second(), rounds.quantile(0.5)), (None, None));
        for (calls, micros) in [(10, 1_000), (1, 90_000), (12, 2_000)] {
            let mut sample = Sample::new().unwrap();
            for _ in 0..calls {
                sample.record(Duration::from_micros(micros), Answered::default()).unwrap();
            }
            sample.took = Duration::from_secs(1);
            rounds.add(sample);
        }
        assert_eq!((rounds.per_second(), rounds.quantile(0.5)), (Some(10.0), Some(2.0)));
    }
}
