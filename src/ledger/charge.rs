//! What a message costs: one credit a segment, or, while an account is under an earlier charge model, as many credits a segment as that
//! says for the region (domain rule 34).

use super::hold::Hold;
use super::state::Ledger;
use crate::money::Price;
use crate::numbering::Region;

/// Credits for so many segments, one or more, at so many credits each: rounded down, never in the seller's favour, but at least one.
/// Without a rate a segment is a credit.
pub fn credits(segments: u32, rate: Option<Price>) -> u32 {
    let Some(rate) = rate.map(Price::value) else { return segments };
    // 96 bits of digits times 8 bits of segments, over a power of ten of at most 94 bits: exact.
    let digits = u128::try_from(rate.mantissa()).unwrap_or(0).saturating_mul(segments.into());
    let one = 10_u128.checked_pow(rate.scale()).unwrap_or(u128::MAX);
    let whole = digits.checked_div(one).unwrap_or(0);
    u32::try_from(whole).unwrap_or(u32::MAX).max(1)
}

impl Hold {
    /// What it costs, by the charge model that held it.
    pub fn credits(&self) -> u32 {
        self.credits_of(self.segments)
    }

    /// What so many of its segments cost, one or more; none cost nothing.
    pub fn credits_of(&self, segments: u32) -> u32 {
        if segments == 0 { 0 } else { credits(segments, self.rate) }
    }
}

impl Ledger {
    /// Credits for a segment to a region by the account's charge model; none where it is under none, or that has no rate for the
    /// region. The rates are those of the present revision of the catalog, as its prices are; what was held keeps its own.
    pub fn rate(&self, region: Region) -> Option<Price> {
        let model = self.account().charge_model()?;
        self.catalog().legacy_model(model)?.rate(region)
    }

    /// Whether the account's charge model has no rate for a region: a message there is refused, its cost never guessed.
    pub(super) fn is_unrated(&self, region: Region) -> bool {
        self.account().charge_model().is_some() && self.rate(region).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_exact_and_rounded_once_down_to_one_at_least() {
        for (segments, rate, expected) in [
            (1, "1", 1),
            (1, "1.5", 1),
            (2, "1.5", 3),
            (3, "1.5", 4),
            (1, "0.001", 1),
            (255, "0.01", 2),
            (3, "0.3333333333333333333333333", 1),
            (3, "0.33333333333333333333333334", 1),
            (3, "1.6666666666666666666666667", 5),
            (3, "1.6666666666666666666666666", 4),
            (255, "1000", 255_000),
            (255, "999.9999999999999999999999", 254_999),
        ] {
            assert_eq!(credits(segments, rate.parse().ok()), expected, "{segments} {rate}");
        }
        assert_eq!(credits(7, None), 7);
    }
}
