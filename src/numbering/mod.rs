//! Numbers and the region that they belong to (ITU-T E.164).
//!
//! [`E164`] reads a number, [`region`] finds its region by leading digits, [`resolve`] tells all that can be told of whatever
//! somebody has written. What a region costs is not known here. Imports nothing of ours.

mod decode;
mod dial;
mod e164;
mod lengths;
mod lookup;
mod notation;
mod region;
mod resolve;
mod table;

pub use e164::{DIGITS_MAX, DIGITS_MIN, E164};
pub use lookup::region;
pub use region::Region;
pub use resolve::{Resolution, Unresolved, resolve};
#[cfg(target_arch = "wasm32")]
pub(crate) use resolve::{names, resolve_at};

/// A text that is no number or no region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// Not an international number.
    #[error(
        "`{input}` is not an E.164 number: write `+`, the calling code and the number, {DIGITS_MIN} to {DIGITS_MAX} \
         digits in all, such as `+61412345678`"
    )]
    NotE164 {
        /// The caller's text, shortened.
        input: Box<str>,
    },
    /// `UK`, which ISO 3166-1 only reserves: the United Kingdom is `GB`, and numbers belong there.
    #[error("`UK` is not a region: ISO 3166-1 has `GB` for the United Kingdom")]
    UnitedKingdom,
    /// Not a region code.
    #[error(
        "`{input}` is not a region: write the two capitals of ISO 3166-1, such as `AU`, or the calling code of a worldwide \
         service, such as `870`"
    )]
    NotARegion {
        /// The caller's text, shortened.
        input: Box<str>,
    },
}

/// The most characters of a caller's text that an error repeats.
const EXCERPT_CHARACTERS_MAX: usize = 48;

/// The beginning of a caller's text, so that an error stays readable whatever came in.
fn excerpt(input: &str) -> Box<str> {
    match input.char_indices().nth(EXCERPT_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", input.get(..end).unwrap_or_default()).into(),
        None => input.into(),
    }
}
