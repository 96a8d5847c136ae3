//! The way that one visit went, as far as a question shows it.

use super::super::words::Word;
use crate::domain::{JourneyDirection, JourneyQuery};

/// What of a visit's way is asked for.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// Where it begins or ends; `None` is the first or last page.
    pub(super) page: Option<Word>,
    pub(super) direction: JourneyDirection,
    pub(super) steps: usize,
}

/// The pages of a visit, the latest last: the first of its way forward, the last of its way back.
#[derive(Clone, Copy, Default)]
pub(super) struct Trail {
    pages: [Word; JourneyQuery::STEP_LIMIT],
    len: usize,
    /// Whether the page was met at which a way back ends.
    has_ended: bool,
    /// Whether the filters choose the visit.
    pub(super) is_selected: bool,
}

impl Trail {
    /// Takes the next pageview.
    pub(super) fn view(&mut self, page: Word, way: &Way) {
        let last = self.len.checked_sub(1).map(|last| self.pages[last]);
        if last == Some(page) || self.has_ended {
            return;
        }
        match way.direction {
            JourneyDirection::Forward => {
                let begins = last.is_some() || way.page.is_none_or(|first| first == page);
                if begins && self.len < way.steps {
                    self.push(page);
                }
            }
            JourneyDirection::Back => {
                if self.len == way.steps {
                    self.pages.copy_within(1..way.steps, 0);
                    self.len -= 1;
                }
                self.push(page);
                self.has_ended = way.page == Some(page);
            }
        }
    }

    fn push(&mut self, page: Word) {
        self.pages[self.len] = page;
        self.len += 1;
    }

    /// The pages in the direction of the question, at most as many as its steps; fewer if the visit has no more of them. None if
    /// there is no such journey.
    pub(super) fn steps(&self, way: &Way) -> Vec<Word> {
        let pages = self.pages[..self.len].iter().copied();
        match way.direction {
            JourneyDirection::Forward => pages.collect(),
            JourneyDirection::Back if way.page.is_some() && !self.has_ended => Vec::new(),
            JourneyDirection::Back => pages.rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(views: &[Word], page: Option<Word>, direction: JourneyDirection) -> Vec<Word> {
        let way = Way {
            page,
            direction,
            steps: 3,
        };
        let mut trail = Trail::default();
        views.iter().for_each(|view| trail.view(*view, &way));
        trail.steps(&way)
    }

    #[test]
    fn a_way_forward_begins_at_the_first_view_of_its_page() {
        let forward = JourneyDirection::Forward;
        assert_eq!(steps(&[1, 1, 2, 1, 3], None, forward), [1, 2, 1]);
        assert_eq!(steps(&[1, 2, 2, 3, 2], Some(2), forward), [2, 3, 2]);
        assert_eq!(steps(&[1, 2], Some(2), forward), [2]);
        assert_eq!(steps(&[1, 3], Some(2), forward), [0; 0]);
        assert_eq!(steps(&[], None, forward), [0; 0]);
    }

    #[test]
    fn a_way_back_ends_at_the_first_view_of_its_page() {
        let back = JourneyDirection::Back;
        assert_eq!(steps(&[1, 2, 3, 4, 4], None, back), [4, 3, 2]);
        assert_eq!(steps(&[1, 3, 2, 4, 2], Some(2), back), [2, 3, 1]);
        assert_eq!(steps(&[2, 1], Some(2), back), [2]);
        assert_eq!(steps(&[1, 3], Some(2), back), [0; 0]);
    }
}
