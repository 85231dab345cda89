//! Account numbers.

/// Number `count` of a sequence in its format: the first run of `#` is replaced by the digits, filled up with
/// zeros. A sequence that outgrows its format goes on with more digits, and a format without `#` gets them at its
/// end: two numbers are never the same.
pub fn account_number(format: &str, count: i64) -> String {
    let Some(start) = format.find('#') else { return format!("{format}{count}") };
    let width = format[start..].chars().take_while(|letter| *letter == '#').count();
    format!("{}{count:0width$}{}", &format[..start], &format[start + width..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_stand_where_the_format_says() {
        for (format, count, expected) in [
            ("C-#######", 42, "C-0000042"),
            ("C-#######", 9_999_999, "C-9999999"),
            ("C-#######", 10_000_000, "C-10000000"),
            ("####/NL", 7, "0007/NL"),
            ("#-#", 3, "3-#"),
            ("K", 12, "K12"),
            ("", 1, "1"),
        ] {
            assert_eq!(account_number(format, count), expected);
        }
    }

    proptest! {
        #[test]
        fn no_number_comes_twice(format in "[A-Z]{0,2}-?#{0,4}[a-z]{0,2}", a in 1i64..100_000, b in 1i64..100_000) {
            prop_assert_eq!(a == b, account_number(&format, a) == account_number(&format, b));
        }
    }
}
