//! Money: currencies, decimal strings and exactly one rounding.
//!
//! Nothing here knows what is being sold. Values are exact decimals; a binary float never enters or leaves, because
//! money crosses every boundary as a decimal string (domain rule 10). Imports nothing of ours.

mod amount;
mod currency;
mod decimal;
mod error;
mod price;

pub use amount::{AMOUNT_MAX, Amount, Rounding};
pub use currency::Currency;
pub use decimal::{DECIMAL_LENGTH_MAX, parse_decimal};
pub use error::MoneyError;
pub use price::Price;
pub use rust_decimal::Decimal;
