//! How a database's SQL is written down: as constants, each with a name.

/// Constants of the statements, and a list of them.
macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        $(pub const $name: &str = $text;)*
        /// All of them, for the test that prepares each.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

pub(crate) use statements;
