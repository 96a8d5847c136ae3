//! The amounts that the events of a day carry.

use super::{
    column::{ColumnId, Needed},
    day::Day,
};

/// Adds the columns that amounts are read from.
pub(super) fn need(needed: &mut Needed) {
    needed.add(ColumnId::RevenueAmount);
    needed.add(ColumnId::RevenueCurrency);
}

/// The events of a day that carry an amount: their places, currencies and amounts. Cost: nothing on a day without any.
pub(super) fn amounts(day: &Day) -> impl Iterator<Item = (usize, &str, f64)> {
    let currencies = day.texts(ColumnId::RevenueCurrency);
    let has_any = currencies.values.iter().any(|code| !code.is_empty());
    let codes: &[u32] = if has_any { &currencies.codes } else { &[] };
    let amounts = day.numbers(ColumnId::RevenueAmount);
    let events = codes.iter().zip(amounts).enumerate();
    events.filter_map(|(event, (code, bits))| {
        let currency = currencies.values[*code as usize].as_str();
        let amount = f64::from_bits(bits.cast_unsigned());
        (!currency.is_empty()).then_some((event, currency, amount))
    })
}
