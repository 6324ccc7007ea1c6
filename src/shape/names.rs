//! Names of an enumeration's variants: each is written and read under one.

/// Gives an enumeration `ALL` and `NAMES`, `as_str` and `parse`, by one list of its variants and what each is called.
macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        impl $type {
            /// Every one, in order.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];
            /// Their names, in the same order.
            pub const NAMES: [&'static str; Self::ALL.len()] = [$($name),*];

            /// As catalogs, documents and answers write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// That of this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use names;
