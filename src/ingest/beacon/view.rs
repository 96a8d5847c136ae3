//! What of a message is about the view of a page: its title, the width of the window, the visitor's language.

use super::{Fields, whole_number};
use crate::ingest::text::without_control;

impl Fields {
    /// Line breaks part words, so that they are not just taken out.
    pub(super) fn title(&self) -> Option<String> {
        let text = self.first(&["t", "title", "page_title"])?.as_str()?;
        let mut title = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            let word = without_control(word);
            if !title.is_empty() && !word.is_empty() {
                title.push(' ');
            }
            title.push_str(&word);
        }
        (!title.is_empty()).then_some(title)
    }

    pub(super) fn width(&self) -> Option<u32> {
        let value = self.first(&["w", "screen_width", "screenWidth", "screen"])?;
        let width = match value.as_str().and_then(|size| size.split_once('x')) {
            Some((width, _)) => width.parse().ok()?,
            None => whole_number(value)?,
        };
        u32::try_from(width).ok().filter(|width| *width > 0)
    }

    pub(super) fn language(&self) -> Option<String> {
        Some(self.first(&["l", "language"])?.as_str()?.to_owned())
    }
}
