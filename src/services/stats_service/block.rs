//! Day blocks: days in columns as they lie in the database, both ways.

use std::ops::Range;

use diesel::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    column::{ColumnId, Needed},
    day::{Day, Places},
};
use crate::{
    blocks::{self, Coded, Column, CorruptBlock, Directory},
    db::{
        Db, DbError, load_rows,
        schema::{day_block, day_part},
    },
    domain::SiteId,
};

/// Columns whose encoded form is shorter share part 0: a row of their own would cost more than it saves.
const SMALL_BYTES: usize = 1_024;

/// The column that names the custom properties of a day, ascending; the `n`th is column `FIRST_PROPERTY + n`.
const PROPERTY_NAMES: u16 = 99;
const FIRST_PROPERTY: u16 = 100;

/// What is known of a closed day without its columns.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = day_block, primary_key(site_id, day))]
pub(super) struct Block {
    pub(super) site_id: i64,
    pub(super) day: i32,
    pub(super) from_at: i64,
    pub(super) to_at: i64,
    pub(super) events: i32,
    pub(super) visits: i32,
    pub(super) first_event_id: i64,
    pub(super) last_event_id: i64,
    pub(super) is_swept: bool,
}

impl Block {
    fn rows(&self) -> usize {
        usize::try_from(self.events).unwrap_or(0)
    }

    fn visits(&self) -> usize {
        usize::try_from(self.visits).unwrap_or(0)
    }

    fn rows_of(&self, id: ColumnId) -> usize {
        if id.is_of_event() {
            self.rows()
        } else {
            self.visits()
        }
    }
}

/// A part of a day as stored.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = day_part)]
pub(super) struct Part {
    pub(super) site_id: i64,
    pub(super) day: i32,
    pub(super) part: i32,
    pub(super) data: Vec<u8>,
}

/// The closed days that have time in common with `from..to`, ascending.
pub(super) async fn find_blocks(
    db: &Db,
    site: SiteId,
    from: i64,
    to: i64,
) -> Result<Vec<Block>, DbError> {
    let query = day_block::table
        .filter(day_block::site_id.eq(site.0))
        .filter(day_block::to_at.gt(from))
        .filter(day_block::from_at.lt(to))
        .order(day_block::day)
        .select(day_block::all_columns);
    load_rows!(db, query)
}

/// Most events of blocks read at a time: some megabytes, whatever the site's size.
const BATCH_EVENTS: usize = 200_000;

/// Fewer are read with as many statements as more.
const LEAST_BATCH_EVENTS: usize = 20_000;

/// Most days of blocks read at a time.
const BATCH_DAYS: usize = 64;

/// Cuts days into runs that are read at a time, of about `wanted` events within what memory allows. Gives their places.
pub(super) fn batches<T>(
    days: &[T],
    events: impl Fn(&T) -> usize,
    wanted: usize,
) -> Vec<Range<usize>> {
    let most = wanted.clamp(LEAST_BATCH_EVENTS, BATCH_EVENTS);
    let mut batches = Vec::new();
    let (mut first, mut sum) = (0, 0);
    for (at, day) in days.iter().enumerate() {
        if at > first && (sum >= most || at - first == BATCH_DAYS) {
            batches.push(first..at);
            (first, sum) = (at, 0);
        }
        sum += events(day);
    }
    if first < days.len() {
        batches.push(first..days.len());
    }
    batches
}

/// Encodes all columns of a day.
pub(super) fn encode(site: SiteId, number: i32, day: &Day) -> Vec<Part> {
    let mut columns: Vec<(u16, Vec<u8>)> = ColumnId::ALL
        .into_iter()
        .filter_map(|id| Some((id as u16, blocks::encode(&*day.column(id)?))))
        .collect();
    let mut properties: Vec<_> = day.properties().collect();
    properties.sort_unstable_by_key(|(name, _)| *name);
    properties.truncate(usize::from(u16::MAX - FIRST_PROPERTY));
    if !properties.is_empty() {
        let names = Coded {
            values: properties.iter().map(|(name, _)| (*name).clone()).collect(),
            codes: (0..properties.len() as u32).collect(),
        };
        columns.push((PROPERTY_NAMES, blocks::encode(&Column::Texts(names))));
    }
    for (id, (_, values)) in (FIRST_PROPERTY..).zip(properties) {
        columns.push((id, blocks::encode(&Column::Texts(values.clone()))));
    }
    let part = |part, data| Part {
        site_id: site.0,
        day: number,
        part,
        data,
    };
    let (small, large): (Vec<_>, Vec<_>) = columns
        .into_iter()
        .partition(|(_, data)| data.len() < SMALL_BYTES);
    let mut parts = vec![part(0, Directory::pack(&small))];
    parts.extend(
        large
            .into_iter()
            .map(|(id, data)| part(i32::from(id) + 1, data)),
    );
    parts
}

/// A column of the empty word.
fn empty_words(rows: usize) -> Column {
    Column::Words(Coded {
        values: vec![0; rows.min(1)],
        codes: vec![0; rows],
    })
}

/// Columns of closed days as read, still encoded.
#[derive(Default)]
pub(super) struct Encoded {
    /// By day and part.
    parts: FxHashMap<(i32, i32), Vec<u8>>,
    /// All of them together.
    pub(super) bytes: u64,
}

impl Encoded {
    /// Reads what is needed of some days, which stand in ascending order, and is not here yet.
    pub(super) async fn read(
        &mut self,
        db: &Db,
        site: SiteId,
        days: &[i32],
        needed: &Needed,
    ) -> Result<(), DbError> {
        let mut parts = vec![0];
        parts.extend(
            ColumnId::ALL
                .into_iter()
                .filter(|id| needed.has(*id))
                .map(|id| i32::from(id as u16) + 1),
        );
        // Which property has which number differs from day to day: a second look is dearer than some columns too many.
        let beyond = if needed.has_properties() {
            i32::from(PROPERTY_NAMES)
        } else {
            i32::MAX
        };
        let known: FxHashSet<i32> = self
            .parts
            .keys()
            .filter(|(day, _)| Some(day) == days.first())
            .map(|(_, part)| *part)
            .collect();
        parts.retain(|part| !known.contains(part));
        self.load(db, site, days, parts, beyond).await
    }

    /// Reads what tells which properties and currencies some days have, which stand in ascending order.
    pub(super) async fn read_extras(
        &mut self,
        db: &Db,
        site: SiteId,
        days: &[i32],
    ) -> Result<(), DbError> {
        let columns = [PROPERTY_NAMES, ColumnId::RevenueCurrency as u16];
        let mut parts = vec![0];
        parts.extend(columns.map(|column| i32::from(column) + 1));
        self.load(db, site, days, parts, i32::MAX).await
    }

    /// Reads some parts, and all beyond a number.
    async fn load(
        &mut self,
        db: &Db,
        site: SiteId,
        days: &[i32],
        parts: Vec<i32>,
        beyond: i32,
    ) -> Result<(), DbError> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            return Ok(());
        };
        let query = day_part::table
            .filter(day_part::site_id.eq(site.0))
            .filter(day_part::day.between(*first, *last))
            .filter(day_part::part.eq_any(parts).or(day_part::part.gt(beyond)))
            .select((day_part::day, day_part::part, day_part::data));
        let rows: Vec<(i32, i32, Vec<u8>)> = load_rows!(db, query)?;
        let wanted: FxHashSet<i32> = days.iter().copied().collect();
        for (day, part, data) in rows {
            if wanted.contains(&day) {
                self.bytes += data.len() as u64;
                self.parts.insert((day, part), data);
            }
        }
        Ok(())
    }

    fn find(&self, day: i32, column: u16) -> Result<Option<&[u8]>, CorruptBlock> {
        if let Some(data) = self.parts.get(&(day, i32::from(column) + 1)) {
            return Ok(Some(data));
        }
        match self.parts.get(&(day, 0)) {
            Some(part) => Directory::find(part, column),
            None => Err(CorruptBlock::CutShort),
        }
    }

    /// Whether one of some words stands in a column of a day.
    pub(super) fn has(
        &self,
        day: i32,
        column: ColumnId,
        words: &FxHashSet<i64>,
    ) -> Result<bool, CorruptBlock> {
        match self.find(day, column as u16)? {
            Some(data) => {
                let values = blocks::decode_words(data)?.unwrap_or_default();
                Ok(values.iter().any(|word| words.contains(word)))
            }
            None if column.is_added() => Ok(words.contains(&0)),
            None => Err(CorruptBlock::CutShort),
        }
    }

    /// The names of the properties of a day, ascending.
    pub(super) fn property_names(&self, day: i32) -> Result<Vec<String>, CorruptBlock> {
        self.texts(day, PROPERTY_NAMES)
    }

    /// Whether an event of a day has an amount of money.
    pub(super) fn has_revenue(&self, day: i32) -> Result<bool, CorruptBlock> {
        let currencies = self.texts(day, ColumnId::RevenueCurrency as u16)?;
        Ok(currencies.iter().any(|code| !code.is_empty()))
    }

    /// The different texts of a column of a day; none if it is not there.
    fn texts(&self, day: i32, column: u16) -> Result<Vec<String>, CorruptBlock> {
        match self.find(day, column)? {
            Some(data) => Ok(blocks::decode_texts(data)?.unwrap_or_default()),
            None => Ok(Vec::new()),
        }
    }

    /// Decodes what is needed of a day.
    pub(super) fn decode(&self, block: &Block, needed: &Needed) -> Result<Day, CorruptBlock> {
        let mut day = Day::new(block.from_at, block.to_at, block.rows(), block.visits());
        self.add(&mut day, block, needed, None)?;
        Ok(day)
    }

    /// Decodes what is needed of a day and is not there yet.
    pub(super) fn decode_more(
        &self,
        day: &mut Day,
        block: &Block,
        needed: &Needed,
    ) -> Result<(), CorruptBlock> {
        self.add(day, block, needed, None)
    }

    /// Decodes what is needed of some events of a day, whose places ascend, and of their visits: a smaller day. What is there of the
    /// whole day is taken from it.
    pub(super) fn decode_some(
        &self,
        whole: &Day,
        events: Vec<u32>,
        block: &Block,
        needed: &Needed,
    ) -> Result<Day, CorruptBlock> {
        let visit_of = if whole.has(ColumnId::Visit) {
            let all = whole.indexes(ColumnId::Visit);
            Some(events.iter().map(|event| all[*event as usize]).collect())
        } else if needed.has(ColumnId::Visit) {
            Some(self.indexes(block, ColumnId::Visit, Some(&events))?)
        } else {
            None
        };
        let mut visits = visit_of.clone().unwrap_or_default();
        visits.sort_unstable();
        visits.dedup();
        let places = Places { events, visits };
        let mut day = whole.pick(&places);
        if let Some(visit_of) = visit_of {
            let visits = &places.visits;
            let place = |visit| visits.partition_point(|other| *other < visit) as u32;
            day.put_indexes(ColumnId::Visit, visit_of.into_iter().map(place).collect());
        }
        self.add(&mut day, block, needed, Some(&places))?;
        Ok(day)
    }

    /// Adds the columns that a day lacks, of all its rows or of those at some places.
    fn add(
        &self,
        day: &mut Day,
        block: &Block,
        needed: &Needed,
        places: Option<&Places>,
    ) -> Result<(), CorruptBlock> {
        let lacks = |day: &Day, id: &ColumnId| needed.has(*id) && !day.has(*id);
        for id in ColumnId::ALL {
            if !lacks(day, &id) {
                continue;
            }
            let at = places.map(|places| places.of(id));
            if id.is_index() {
                day.put_indexes(id, self.indexes(block, id, at)?);
                continue;
            }
            let rows = block.rows_of(id);
            day.put(
                id,
                match self.find(block.day, id as u16)? {
                    Some(data) => decode(data, rows, at)?,
                    None if id.is_added() => empty_words(at.map_or(rows, <[u32]>::len)),
                    None => return Err(CorruptBlock::CutShort),
                },
            );
        }
        if needed.has_properties() {
            self.add_properties(day, block, needed, places)?;
        }
        Ok(())
    }

    fn indexes(
        &self,
        block: &Block,
        id: ColumnId,
        at: Option<&[u32]>,
    ) -> Result<Vec<u32>, CorruptBlock> {
        let data = self.find(block.day, id as u16)?;
        let data = data.ok_or(CorruptBlock::CutShort)?;
        let indexes = match at {
            Some(at) => blocks::decode_indexes_at(data, block.rows(), at)?,
            None => blocks::decode_indexes(data, block.rows())?,
        };
        let is_lost = |visit: &u32| *visit as usize >= block.visits();
        if id == ColumnId::Visit && indexes.iter().any(is_lost) {
            return Err(CorruptBlock::Invalid("an event has no visit"));
        }
        Ok(indexes)
    }

    fn add_properties(
        &self,
        day: &mut Day,
        block: &Block,
        needed: &Needed,
        places: Option<&Places>,
    ) -> Result<(), CorruptBlock> {
        let names = self.property_names(block.day)?;
        for (id, name) in (FIRST_PROPERTY..).zip(names) {
            if needed.has_property(&name) && day.property(&name).is_none() {
                let data = self.find(block.day, id)?.ok_or(CorruptBlock::CutShort)?;
                let at = places.map(|places| places.events.as_slice());
                if let Column::Texts(values) = decode(data, block.rows(), at)? {
                    day.put_property(name, values);
                }
            }
        }
        Ok(())
    }
}

fn decode(data: &[u8], rows: usize, at: Option<&[u32]>) -> Result<Column, CorruptBlock> {
    match at {
        Some(at) => blocks::decode_at(data, rows, at),
        None => blocks::decode(data, rows),
    }
}
