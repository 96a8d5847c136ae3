//! Money in words: the currency's code, then the amount with the currency's decimals.

use trackflow::domain::Money;

use super::Figure;

/// An amount: `EUR 1,234.50`; from 10,000 units up `EUR 12.3k` for the eye.
#[must_use]
pub fn money(money: &Money) -> Figure {
    let unit = 10_u128.pow(money.decimals());
    let minor = money.minor_units();
    let sign = match money.millionths {
        ..0 if minor > 0 => "−",
        _ => "",
    };
    let start = format!("{} {sign}", money.currency);
    let whole = |units: u128| u64::try_from(units).unwrap_or(u64::MAX);
    let mut exact = format!("{start}{}", super::exact(whole(minor / unit)));
    if unit > 1 {
        let width = money.decimals() as usize;
        exact.push_str(&format!(".{:0width$}", minor % unit));
    }
    let short = match whole((minor + unit / 2) / unit) {
        units @ 10_000.. => format!("{start}{}", super::short(units)),
        _ => exact.clone(),
    };
    Figure { short, exact }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (currency, millionths, short, exact) in [
            ("EUR", 0, "EUR 0.00", "EUR 0.00"),
            ("EUR", 29_000_000, "EUR 29.00", "EUR 29.00"),
            ("EUR", 1_005_000, "EUR 1.01", "EUR 1.01"),
            ("EUR", -4_999, "EUR 0.00", "EUR 0.00"),
            ("EUR", -5_000, "EUR −0.01", "EUR −0.01"),
            ("USD", 9_999_490_000, "USD 9,999.49", "USD 9,999.49"),
            ("USD", 9_999_500_000, "USD 10.0k", "USD 9,999.50"),
            ("USD", 1_234_567_890_000, "USD 1.2M", "USD 1,234,567.89"),
            ("JPY", 1_500_000, "JPY 2", "JPY 2"),
            ("KWD", 1_234_500, "KWD 1.235", "KWD 1.235"),
        ] {
            let found = money(&Money {
                currency: currency.into(),
                millionths,
            });
            assert_eq!((&found.short[..], &found.exact[..]), (short, exact));
        }
    }
}
