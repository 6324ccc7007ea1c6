//! What may stand for characters that GSM-7 cannot carry. Data alone.

/// Typographic characters, and what a keyboard has for them.
pub(super) const TYPOGRAPHIC: &[(&str, &str)] = &[
    (
        "\u{2018}\u{2019}\u{201A}\u{201B}\u{2032}\u{2035}\u{2039}\u{203A}\u{2B9}\u{2BB}\u{2BC}\u{2BD}\u{2C8}`´",
        "'",
    ),
    ("\u{201C}\u{201D}\u{201E}\u{201F}\u{2033}\u{2036}«»\u{2BA}\u{301D}\u{301E}\u{301F}「」『』", "\""),
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{2043}\u{FE58}\u{FE63}•‣·∙●▪", "-"),
    ("\t\u{A0}\u{202F}\u{205F}\u{3000}", " "),
    ("\u{B}\u{85}\u{2028}\u{2029}", "\n"),
    ("\u{AD}\u{61C}\u{180E}\u{200B}\u{200E}\u{200F}\u{2060}\u{FEFF}", ""),
    ("…", "..."),
    ("‥", ".."),
    ("∼〜～", "~"),
    ("×✕✖", "x"),
    ("÷⁄∕", "/"),
    ("、，", ","),
    ("。．", "."),
    ("【〔", "["),
    ("】〕", "]"),
    ("‹〈《", "<"),
    ("〉》", ">"),
    ("¹", "1"),
    ("²", "2"),
    ("³", "3"),
    ("¼", "1/4"),
    ("½", "1/2"),
    ("¾", "3/4"),
    ("©", "(c)"),
    ("®", "(R)"),
    ("™", "(TM)"),
    ("№", "No."),
    ("→", "->"),
    ("←", "<-"),
    ("≤", "<="),
    ("≥", ">="),
    ("￡₤", "£"),
    ("￥", "¥"),
    ("ª", "a"),
    ("º", "o"),
    ("ﬀ", "ff"),
    ("ﬁ", "fi"),
    ("ﬂ", "fl"),
    ("ﬃ", "ffi"),
    ("ﬄ", "ffl"),
];

/// A letter with a combining mark, and the letter of GSM-7 that is both: nothing is lost.
pub(super) const COMPOSED: &[(&str, &str)] = &[
    ("a\u{300}", "à"),
    ("e\u{300}", "è"),
    ("i\u{300}", "ì"),
    ("o\u{300}", "ò"),
    ("u\u{300}", "ù"),
    ("e\u{301}", "é"),
    ("E\u{301}", "É"),
    ("n\u{303}", "ñ"),
    ("N\u{303}", "Ñ"),
    ("a\u{308}", "ä"),
    ("o\u{308}", "ö"),
    ("u\u{308}", "ü"),
    ("A\u{308}", "Ä"),
    ("O\u{308}", "Ö"),
    ("U\u{308}", "Ü"),
    ("a\u{30A}", "å"),
    ("A\u{30A}", "Å"),
    ("C\u{327}", "Ç"),
];

/// Letters that stand for two.
pub(super) const ACCENTS: &[(&str, &str)] =
    &[("Œ", "OE"), ("œ", "oe"), ("Ĳ", "IJ"), ("ĳ", "ij"), ("Þ", "Th"), ("þ", "th"), ("ẞ", "ß"), ("ŉ", "'n")];

/// Base letters of U+00C0 to U+023F; a point where there is none.
pub(super) const LATIN: &[u8; 384] = b"\
    AAAAAA.CEEEEIIIIDNOOOOO.OUUUUY..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y\
    AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi..JjKkkLlLlLl.\
    .LlNnNnNn.NnOoOoOo..RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs\
    b........DD....E..f....I..l.....Oo.............Uu....Zz.........\
    .............AaIiOoUuUuUuUuUu.AaAa..GgGgKkOoOo..j...Gg..NnAa....\
    AaAaEeEeIiIiOoOoRrRrUuUuSsTt..Hh......AaEeOoOoOoOoYy.........L..\
";

/// Base letters of U+1E00 to U+1EFF.
pub(super) const LATIN_ADDITIONAL: &[u8; 256] = b"\
    AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm\
    MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv\
    WwWwWwWwWwXxXxYyZzZzZzhtwy......AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe\
    EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy......\
";

/// Latin letters that look like U+0370 to U+03FF, for a word that has Latin letters too; a point where none does.
pub(super) const GREEK_LIKE: &[u8; 144] = b"\
    ..............;.........EHI.O.Y..AB.EZH.IK.MN.O.P..TY.X...Iu.nii\
    aB..en.i.k.vvEop.ot..x.w.ouo....................................\
    ................\
";

/// Capitals of GSM-7 for U+0386 to U+03CE, as Greek is written in messages.
pub(super) const GREEK: &str = "A.EHI.O.YΩIABΓΔEZHΘIKΛMNΞOΠP.ΣTYΦXΨΩIYAEHIYABΓΔEZHΘIKΛMNΞOΠPΣΣTYΦXΨΩIYOYΩ";

/// Latin letters that look like U+0400 to U+045F, for a word that has Latin letters too; a point where none does.
pub(super) const CYRILLIC_LIKE: &[u8; 96] = b"\
    EE...SIIJ.......A.B..E....K.MHO.PCTY.X..........\
    a....e........o.pc.y.x..........ee...siij.......\
";

/// Latin letters for the capitals U+0400 to U+042F, one after the other.
pub(super) const CYRILLIC: &str = "E Yo Dj G Ye Dz I Yi J Lj Nj C K I U Dz \
    A B V G D E Zh Z I Y K L M N O P R S T U F Kh Ts Ch Sh Shch - Y - E Yu Ya";
