//! Decimal strings, read strictly.

use super::error::{MoneyError, excerpt};
use rust_decimal::Decimal;

/// The longest decimal read, in characters: this many digits always fit the 96 bits of a [`Decimal`] exactly.
pub const DECIMAL_LENGTH_MAX: usize = 28;

/// Reads a plain decimal, `-?digits(.digits)?`, keeping its scale: `6.20` stays `6.20`. Zeros in front are refused: they are
/// what is left of a thousands sign or of a decimal comma (`0,079`), and the price would be another.
///
/// # Errors
/// [`MoneyError::NotADecimal`] for exponents, a plus sign, separators, spaces, zeros in front, a point without digits on both
/// sides;
/// [`MoneyError::TooLong`] beyond [`DECIMAL_LENGTH_MAX`].
pub fn parse_decimal(input: &str) -> Result<Decimal, MoneyError> {
    if !is_plain(input.as_bytes()) {
        return Err(MoneyError::NotADecimal { input: excerpt(input) });
    }
    if input.len() > DECIMAL_LENGTH_MAX {
        return Err(MoneyError::TooLong { input: excerpt(input) });
    }
    let mut value =
        Decimal::from_str_exact(input).map_err(|_| MoneyError::NotADecimal { input: excerpt(input) })?;
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    Ok(value)
}

fn is_plain(input: &[u8]) -> bool {
    let unsigned = input.strip_prefix(b"-").unwrap_or(input);
    let mut parts = unsigned.splitn(2, |&byte| byte == b'.');
    let padded = matches!(unsigned, [b'0', b'0'..=b'9', ..]);
    !padded && parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn read() {
        for (input, output) in [
            ("0", "0"),
            ("6.20", "6.20"),
            ("-6.20", "-6.20"),
            ("-0.0", "0.0"),
            ("0.07", "0.07"),
            ("0.00000000000000000000000001", "0.00000000000000000000000001"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
        ] {
            assert_eq!(parse_decimal(input).unwrap().to_string(), output);
        }
    }

    #[test]
    fn refused() {
        for input in [
            "", "-", ".", "1.", ".5", "+1", "1e3", "1_000", "1,5", " 1", "1 ", "1.2.3", "--1", "٣", "NaN",
            "007", "0079", "00", "-01", "00.5",
        ] {
            let such = "write digits with at most one point and no zeros in front, such as `6.20`";
            assert_eq!(
                parse_decimal(input).unwrap_err().to_string(),
                format!("`{input}` is not a decimal: {such}")
            );
        }
        assert!(matches!(parse_decimal(&"1".repeat(29)), Err(MoneyError::TooLong { .. })));
        let long = parse_decimal(&"1".repeat(10_000)).unwrap_err().to_string();
        assert!(long.len() < 200, "{long}");
    }

    proptest! {
        #[test]
        fn written_as_read(whole in 0_u64.., fraction in "[0-9]{1,6}", negative: bool) {
            let sign = if negative && (whole > 0 || fraction.contains(|c| c != '0')) { "-" } else { "" };
            let input = format!("{sign}{whole}.{fraction}");
            prop_assert_eq!(parse_decimal(&input).unwrap().to_string(), input);
        }

        #[test]
        fn never_panics(input: String) {
            let _ = parse_decimal(&input);
        }
    }
}
