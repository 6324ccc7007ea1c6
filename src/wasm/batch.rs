//! A batch of messages: many in one crossing, their strings one after another in one text. `docs/boundary.md` has the words.

use super::words::Input;
use crate::catalog::Catalog;
use crate::engine::{Message, Result, Tags};

/// Tickets from here on are those of a batch's messages, whose answers are written shorter.
pub(super) const TICKETS: u32 = 1 << 31;

/// The messages of an estimate, likewise: they have no ids, and one without a text is its segments, which stand in the attempt's place.
pub(super) fn estimated<'a>(
    catalog: &'a Catalog,
    text: &'a str,
    words: &'a [u32],
) -> impl Iterator<Item = Result<Message>> + 'a {
    let mut input = Input::new(text, words);
    std::iter::from_fn(move || {
        let [_, to] = [input.string()?, input.string()?];
        let text = input.optional()?;
        let tags = Tags { purpose: input.optional()?, project: input.optional()? };
        let segments = input.word()?;
        Some(match text {
            Some(text) => Message::preview(catalog, to, text, tags),
            None => Message::sized(catalog, to, segments, tags),
        })
    })
}

/// The messages of a batch, each as it is read; none behind words that do not fit the text.
pub(super) fn messages<'a>(
    catalog: &'a Catalog,
    text: &'a str,
    words: &'a [u32],
) -> impl Iterator<Item = Result<Message>> + 'a {
    let mut input = Input::new(text, words);
    std::iter::from_fn(move || {
        let [id, to, text] = [input.string()?, input.string()?, input.string()?];
        let tags = Tags { purpose: input.optional()?, project: input.optional()? };
        let attempt = input.word()?;
        Some(Message::reserve(catalog, id, to, text, tags, attempt))
    })
}
