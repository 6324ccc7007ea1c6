//! Which characters the national language tables have. Generated: do not edit.
//!
//! From `tests/fixtures/gsm-national-tables.json` (3GPP TS 23.038 Annex A); to write it again, in `js/`: `node scripts/national.mjs`.
//! In the order of the languages' identifiers, from 1.

use super::national::Letters;

/// The locking shift tables (A.3).
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "bits")]
pub(super) const LOCKING: [Letters; 13] = [
    Letters { first: 0x080, bits: [0xFFFFFFFF00002400, 0x07FFFFFE87FFFFFF, 0x000000B800000000, 0x124602B1904202B0, 0x00030000C0000000, 0x00000000C0000000], others: &[0x0393, 0x0394, 0x0398, 0x039B, 0x039E, 0x03A0, 0x03A3, 0x03A6, 0x03A8, 0x03A9, 0x20AC] }, // Turkish
    Letters { first: 0x080, bits: [0; 6], others: &[] }, // Spanish has none
    Letters { first: 0x080, bits: [0xFFFFFFFF00002400, 0x57FFFFFFD7FFFFFF, 0x040004A800000000, 0x1438268F1438268F, 0, 0], others: &[0x0394, 0x20AC, 0x221E] }, // Portuguese
    Letters { first: 0x980, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xF3C5FDFFFFF99FEE, 0x000300003080799F, 0, 0], others: &[] }, // Bengali
    Letters { first: 0xA80, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xF3EDFDFFFFFBBFEE, 0x0002000F00013BBF, 0, 0], others: &[] }, // Gujarati
    Letters { first: 0x900, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xF3FFFFFFFFFFFFEE, 0xD804000000013FFF, 0, 0], others: &[] }, // Hindi
    Letters { first: 0xC80, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xF3EFFDFFFFFDDFEC, 0x0000000F00603DDF, 0, 0], others: &[] }, // Kannada
    Letters { first: 0xD00, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xE3FFFDFFFFFDDFEC, 0x0200000F00803DDF, 0, 0], others: &[] }, // Malayalam
    Letters { first: 0xB00, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xF3EDFDFFFFF99FEE, 0x0000000F00C0399F, 0, 0], others: &[] }, // Oriya
    Letters { first: 0xA00, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xD36DFDFFFFF987EE, 0x001F000000023987, 0, 0], others: &[] }, // Punjabi
    Letters { first: 0xB80, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xC3FFC718D63DC7EC, 0x0207000000813DC7, 0, 0], others: &[] }, // Tamil
    Letters { first: 0xC00, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0xE3EFFDFFFFFDDFEE, 0x0000000F00603DDF, 0, 0], others: &[] }, // Telugu
    Letters { first: 0x600, bits: [0x8FFF530300002400, 0x07FFFFFE00000000, 0x03FFFD8600000000, 0xFE01000000FBA176, 0x5C0A8E40074AB7FB, 0x0000000000251016], others: &[] }, // Urdu
];

/// The single shift tables (A.2).
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "bits")]
pub(super) const SINGLE: [Letters; 13] = [
    Letters { first: 0x080, bits: [0x0000000000001000, 0x7800000078000000, 0, 0x0000008000000000, 0x00030000C0000000, 0x00000000C0000000], others: &[0x20AC] }, // Turkish
    Letters { first: 0x080, bits: [0x0000000000001000, 0x7800000078000000, 0, 0x0408208204082002, 0, 0], others: &[0x20AC] }, // Spanish
    Letters { first: 0x080, bits: [0x0000000000001000, 0x7800000078000000, 0, 0x0438248E0438240F, 0, 0], others: &[0x0393, 0x0398, 0x03A0, 0x03A3, 0x03A6, 0x03A8, 0x03A9, 0x20AC] }, // Portuguese
    Letters { first: 0x980, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0x07FCFFCF80000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x20AC] }, // Bengali
    Letters { first: 0xA80, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0x0000FFC000000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x0964, 0x0965, 0x20AC] }, // Gujarati
    Letters { first: 0x900, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0x0003FFFFFF1E0000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x20AC] }, // Hindi
    Letters { first: 0xC80, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0x0006FFC040000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x0964, 0x0965, 0x20AC] }, // Kannada
    Letters { first: 0xD00, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0xFC3FFFC000000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x0964, 0x0965, 0x20AC] }, // Malayalam
    Letters { first: 0xB00, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0x0003FFC0B0000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x0964, 0x0965, 0x20AC] }, // Oriya
    Letters { first: 0xA00, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0x0020FFC05E000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x0964, 0x0965, 0x20AC] }, // Punjabi
    Letters { first: 0xB80, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0x05F8FFC000000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x0964, 0x0965, 0x20AC] }, // Tamil
    Letters { first: 0xC00, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0, 0xFF00FFC003000000, 0, 0], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF] }, // Telugu
    Letters { first: 0x600, bits: [0x7000ACFC00001000, 0x78000000FFFFFFFF, 0x00000000881FF003, 0x000C180001040001, 0, 0x03FF000000102000], others: &[0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00BF, 0x20AC] }, // Urdu
];
