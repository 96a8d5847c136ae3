//! Roll-ups: the figures of closed days and of months of them, by the values of each dimension. What they hold is what a
//! [`Tally`] without a condition would count, so that an unfiltered question costs what it shows, not what was collected.

use diesel::prelude::*;
use jiff::civil;

use super::{axis::Axis, column::ColumnId};
use crate::{
    blocks::{self, Coded, Column, CorruptBlock, Directory},
    db::{Db, DbError, load_rows, schema::roll_up},
    domain::{Dimension, Figures, SiteId},
};

/// The number of a dimension in the table. Part of the format: they never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RollUpId(pub(super) i32);

impl RollUpId {
    /// By day: keys are days since 1970.
    pub(super) const DAYS: Self = Self(0);

    /// All that are kept.
    pub(super) fn all() -> Vec<Self> {
        let columns = Dimension::ALL.into_iter().filter_map(ColumnId::of);
        let times = [Dimension::Hour, Dimension::Weekday].map(Axis::Time);
        let axes = columns.map(Axis::Words).chain(times);
        std::iter::once(Self::DAYS)
            .chain(axes.filter_map(|axis| Self::of(&axis)))
            .collect()
    }

    /// The roll-up that can stand for a count by an axis.
    pub(super) fn of(axis: &Axis) -> Option<Self> {
        match axis {
            Axis::Words(column) => Some(Self(i32::from(*column as u16) + 1)),
            Axis::Time(Dimension::Hour) => Some(Self(1_001)),
            Axis::Time(_) => Some(Self(1_002)),
            Axis::Property(_) | Axis::Buckets(_) => None,
        }
    }

    /// The axis that it is counted by; `None` for [`RollUpId::DAYS`].
    pub(super) fn axis(self) -> Option<Axis> {
        match self.0 {
            0 => None,
            1_001 => Some(Axis::Time(Dimension::Hour)),
            1_002 => Some(Axis::Time(Dimension::Weekday)),
            number => ColumnId::ALL
                .into_iter()
                .find(|id| i32::from(*id as u16) + 1 == number)
                .map(Axis::Words),
        }
    }

    /// Whether pages' scroll depths are measured.
    pub(super) fn has_scroll(self) -> bool {
        self.0 == i32::from(ColumnId::Page as u16) + 1
    }
}

/// Figures by the values of a dimension, for one day or a month.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = roll_up)]
pub(super) struct RollUp {
    pub(super) site_id: i64,
    pub(super) first_day: i32,
    pub(super) days: i32,
    pub(super) dimension: i32,
    pub(super) data: Vec<u8>,
}

const FIELDS: u16 = 9;

fn field(figures: &Figures, at: u16) -> u64 {
    match at {
        0 => figures.visitors,
        1 => figures.visits,
        2 => figures.pageviews,
        3 => figures.events,
        4 => figures.bounces,
        5 => figures.duration_ms,
        6 => figures.engaged_ms,
        7 => figures.scroll_percents,
        _ => figures.scrolls,
    }
}

fn field_mut(figures: &mut Figures, at: u16) -> &mut u64 {
    match at {
        0 => &mut figures.visitors,
        1 => &mut figures.visits,
        2 => &mut figures.pageviews,
        3 => &mut figures.events,
        4 => &mut figures.bounces,
        5 => &mut figures.duration_ms,
        6 => &mut figures.engaged_ms,
        7 => &mut figures.scroll_percents,
        _ => &mut figures.scrolls,
    }
}

/// Encodes rows of figures by key.
pub(super) fn encode(mut rows: Vec<(i64, Figures)>) -> Vec<u8> {
    rows.sort_unstable_by_key(|(key, _)| *key);
    let keys = Coded {
        values: rows.iter().map(|(key, _)| *key).collect(),
        codes: (0..rows.len() as u32).collect(),
    };
    let mut columns = vec![(0, blocks::encode(&Column::Words(keys)))];
    for at in 0..FIELDS {
        let values = rows
            .iter()
            .map(|(_, figures)| field(figures, at).cast_signed());
        columns.push((at + 1, blocks::encode(&Column::Numbers(values.collect()))));
    }
    Directory::pack(&columns)
}

/// Decodes what [`encode`] made, keys ascending.
pub(super) fn decode(data: &[u8]) -> Result<Vec<(i64, Figures)>, CorruptBlock> {
    let directory = Directory::read(data)?;
    let mut rows: Vec<(i64, Figures)> = Vec::new();
    for (id, data) in directory.columns() {
        if id == 0 {
            let keys = blocks::decode_words(data)?.unwrap_or_default();
            rows = keys
                .into_iter()
                .map(|key| (key, Figures::default()))
                .collect();
        } else if let Column::Numbers(values) = blocks::decode(data, rows.len())? {
            for ((_, figures), value) in rows.iter_mut().zip(values) {
                *field_mut(figures, id - 1) = value.cast_unsigned();
            }
        }
    }
    Ok(rows)
}

impl RollUp {
    /// Its rows.
    ///
    /// # Errors
    /// [`DbError::Block`] if it is damaged.
    pub(super) fn decode(&self) -> Result<Vec<(i64, Figures)>, DbError> {
        decode(&self.data).map_err(|reason| DbError::Block {
            site: self.site_id,
            day: self.first_day,
            reason,
        })
    }
}

/// Reads the roll-ups of the days `first..=last` by some dimensions.
pub(super) async fn find_days(
    db: &Db,
    site: SiteId,
    first: i32,
    last: i32,
    ids: &[RollUpId],
) -> Result<Vec<RollUp>, DbError> {
    let ids: Vec<i32> = ids.iter().map(|id| id.0).collect();
    let query = roll_up::table
        .filter(roll_up::site_id.eq(site.0))
        .filter(roll_up::first_day.between(first, last))
        .filter(roll_up::days.eq(1))
        .filter(roll_up::dimension.eq_any(ids))
        .select(roll_up::all_columns);
    load_rows!(db, query)
}

/// Reads the roll-ups of months that begin in `first..=last` by some dimensions.
pub(super) async fn find_months(
    db: &Db,
    site: SiteId,
    first: i32,
    last: i32,
    ids: &[RollUpId],
) -> Result<Vec<RollUp>, DbError> {
    let ids: Vec<i32> = ids.iter().map(|id| id.0).collect();
    let query = roll_up::table
        .filter(roll_up::site_id.eq(site.0))
        .filter(roll_up::first_day.between(first, last))
        .filter(roll_up::days.gt(1))
        .filter(roll_up::dimension.eq_any(ids))
        .select(roll_up::all_columns);
    load_rows!(db, query)
}

/// Days since 1970 of a date.
pub(super) fn day_number(date: civil::Date) -> i32 {
    let epoch = civil::date(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

/// The date of days since 1970.
pub(super) fn date_of(number: i32) -> civil::Date {
    use jiff::ToSpan;
    civil::date(1970, 1, 1).saturating_add(number.days())
}
