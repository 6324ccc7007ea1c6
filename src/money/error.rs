//! What can be wrong with money that a caller hands in, or that a sum grows to.

use super::{AMOUNT_MAX, Currency, DECIMAL_LENGTH_MAX, Decimal};

/// A value that is not money, or no longer fits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Not the code of an active ISO 4217 currency with a minor unit.
    #[error("`{input}` is not a currency: write an active ISO 4217 code in capitals, such as `USD`")]
    UnknownCurrency {
        /// The caller's text, shortened.
        input: Box<str>,
    },
    /// Not of the form `-?digits(.digits)?`, or with zeros in front.
    #[error(
        "`{input}` is not a decimal: write digits with at most one point and no zeros in front, such as `6.20`"
    )]
    NotADecimal {
        /// The caller's text, shortened.
        input: Box<str>,
    },
    /// More characters than an exact decimal holds.
    #[error("`{input}` is too long: write a decimal of at most {DECIMAL_LENGTH_MAX} characters")]
    TooLong {
        /// The caller's text, shortened.
        input: Box<str>,
    },
    /// A price below zero.
    #[error("`{input}` is negative: write a price of zero or more")]
    Negative {
        /// The caller's value.
        input: Decimal,
    },
    /// An amount beyond [`AMOUNT_MAX`].
    #[error("the amount is too large: at most {AMOUNT_MAX} units of a currency can be counted")]
    OutOfRange,
    /// Two currencies in one sum.
    #[error("`{left}` and `{right}` cannot be added: amounts must be of one currency")]
    CurrenciesDiffer {
        /// Currency of the first amount.
        left: Currency,
        /// Currency of the second amount.
        right: Currency,
    },
}

/// The most characters of a caller's text that an error repeats.
const EXCERPT_CHARACTERS_MAX: usize = 48;

/// The beginning of a caller's text, so that an error stays readable whatever came in.
pub(super) fn excerpt(input: &str) -> Box<str> {
    match input.char_indices().nth(EXCERPT_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", input.get(..end).unwrap_or_default()).into(),
        None => input.into(),
    }
}
