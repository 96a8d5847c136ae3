//! What events were worth: exact sums, one a currency, never summed across.
//!
//! Amounts arrive as floating-point numbers. Each is taken as a whole number of millionths, so that a sum is exact and the same in
//! whatever order it was added up; up to 10⁹ with six decimals, which is what ingestion takes, nothing is lost by that.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Millionths of a unit.
const MILLION: i128 = 1_000_000;

/// Currencies whose amounts are written with no or with three decimals (ISO 4217); all others have two.
const WITHOUT_DECIMALS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
];
const WITH_THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// ISO 4217 code.
    pub currency: String,
    /// Millionths of the currency's unit; negative for refunds.
    pub millionths: i128,
}

impl Money {
    /// The amount as a number: exact up to nine billion, beyond it the nearest there is.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest number is meant")]
    pub fn value(&self) -> f64 {
        self.millionths as f64 / MILLION as f64
    }

    /// How many decimals amounts of the currency are written with.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        let code = self.currency.as_str();
        if WITHOUT_DECIMALS.contains(&code) {
            0
        } else if WITH_THREE.contains(&code) {
            3
        } else {
            2
        }
    }

    /// The amount without its sign in the smallest unit that is written, cents of euros, half a unit rounded up.
    ///
    /// ```
    /// use trackflow::domain::Money;
    /// let money = |currency: &str| Money { currency: currency.into(), millionths: -1_234_500_000 };
    /// assert_eq!(money("EUR").minor_units(), 123_450);
    /// assert_eq!(money("JPY").minor_units(), 1_235);
    /// ```
    #[must_use]
    pub fn minor_units(&self) -> u128 {
        let unit = 10_u128.pow(6 - self.decimals());
        (self.millionths.unsigned_abs() + unit / 2) / unit
    }
}

/// What some events were worth in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevenueTotal {
    /// The sum; refunds count against it.
    pub total: Money,
    /// Events that carry an amount.
    pub events: u64,
}

impl RevenueTotal {
    /// The mean of an event that carries an amount, to the nearest millionth, half a one away from zero.
    #[must_use]
    pub fn average(&self) -> Money {
        let events = i128::from(self.events.max(1));
        let half = events / 2 * self.total.millionths.signum();
        Money {
            currency: self.total.currency.clone(),
            millionths: (self.total.millionths + half) / events,
        }
    }
}

/// What some events were worth, by currency.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RevenueByCurrency(Vec<RevenueTotal>);

impl RevenueByCurrency {
    /// One entry for each currency, ascending by code.
    #[must_use]
    pub fn totals(&self) -> &[RevenueTotal] {
        &self.0
    }

    /// Whether no event carries an amount.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What there is of one currency.
    #[must_use]
    pub fn of(&self, currency: &str) -> Option<&RevenueTotal> {
        self.0.iter().find(|entry| entry.total.currency == currency)
    }

    /// Adds what an event was worth.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "ingestion takes amounts up to 10⁹; anything else would saturate"
    )]
    pub fn add(&mut self, currency: &str, amount: f64) {
        self.add_total(currency, (amount * 1e6).round() as i128, 1);
    }

    fn add_total(&mut self, currency: &str, millionths: i128, events: u64) {
        let code = |entry: &RevenueTotal| entry.total.currency.as_str().cmp(currency);
        let at = self.0.binary_search_by(code).unwrap_or_else(|at| {
            let total = Money {
                currency: currency.to_owned(),
                millionths: 0,
            };
            self.0.insert(at, RevenueTotal { total, events: 0 });
            at
        });
        self.0[at].total.millionths += millionths;
        self.0[at].events += events;
    }
}

impl AddAssign<&Self> for RevenueByCurrency {
    fn add_assign(&mut self, other: &Self) {
        for entry in &other.0 {
            let total = &entry.total;
            self.add_total(&total.currency, total.millionths, entry.events);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_in_whatever_order() {
        // As floating-point numbers these add up to 0.9999999999999999, or to something else in another order.
        let amounts = [0.1, 1e9, 0.2, -1e9, 0.3, 0.4, 19.99, -19.99, 0.000_001];
        let sum = |amounts: &mut dyn Iterator<Item = &f64>| {
            let mut sum = RevenueByCurrency::default();
            amounts.for_each(|amount| sum.add("EUR", *amount));
            sum
        };
        let forwards = sum(&mut amounts.iter());
        assert_eq!(forwards.of("EUR").unwrap().total.millionths, 1_000_001);
        assert_eq!(sum(&mut amounts.iter().rev()), forwards);
        let mut halves = sum(&mut amounts[..4].iter());
        halves += &sum(&mut amounts[4..].iter());
        assert_eq!(halves, forwards);
    }

    #[test]
    fn every_amount_that_can_be_written_is_kept() {
        for (text, millionths) in [
            ("999999999.999999", 999_999_999_999_999),
            ("1000000000", 1_000_000_000_000_000),
            ("-0.07", -70_000),
            ("1.005", 1_005_000),
            ("0.0000004", 0),
        ] {
            let mut sum = RevenueByCurrency::default();
            sum.add("EUR", text.parse().unwrap());
            assert_eq!(sum.totals()[0].total.millionths, millionths, "{text}");
        }
    }

    #[test]
    fn currencies_stay_apart_and_in_order() {
        let mut sum = RevenueByCurrency::default();
        for (currency, amount) in [("USD", 5.0), ("EUR", 2.0), ("USD", 2.5), ("JPY", 100.0)] {
            sum.add(currency, amount);
        }
        let found: Vec<_> = sum
            .totals()
            .iter()
            .map(|entry| {
                (
                    entry.total.currency.as_str(),
                    entry.total.value(),
                    entry.events,
                )
            })
            .collect();
        assert_eq!(found, [("EUR", 2.0, 1), ("JPY", 100.0, 1), ("USD", 7.5, 2)]);
    }

    #[test]
    fn a_mean_is_rounded_to_the_nearest() {
        for (millionths, events, expected) in [(10, 4, 3), (-10, 4, -3), (7, 3, 2), (9, 3, 3)] {
            let total = Money {
                currency: "EUR".into(),
                millionths,
            };
            let average = RevenueTotal { total, events }.average();
            assert_eq!(average.millionths, expected, "{millionths} ÷ {events}");
        }
    }
}
