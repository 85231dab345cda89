//! Canonical forms of single values. Descriptions never repeat the value: it may be personal data.

use std::str::FromStr as _;

use unic_langid::LanguageIdentifier;

use crate::domain::error::FieldReason;

/// Canonical value, or what is wrong with it.
pub type Checked = Result<String, (FieldReason, String)>;

/// Trimmed, without control characters, of at most `limit` characters.
pub fn plain(raw: &str, limit: u32) -> Checked {
    bounded(raw, limit, FieldReason::TooLong)
}

/// Like [`plain`], with the reason that exceeding the limit has.
pub fn bounded(raw: &str, limit: u32, too_long: FieldReason) -> Checked {
    let value = raw.trim();
    if value.chars().any(char::is_control) {
        return Err((FieldReason::ControlCharacter, "holds a control character".to_owned()));
    }
    let length = value.chars().count();
    if length > limit as usize {
        return Err((too_long, format!("has {length} characters; at most {limit} are allowed")));
    }
    Ok(value.to_owned())
}

/// An address for mail; its domain is brought to lower case.
pub fn email(raw: &str, limit: u32) -> Checked {
    let value = plain(raw, limit)?;
    if value.is_empty() {
        return Ok(value);
    }
    let options = email_address::Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    let parsed = email_address::EmailAddress::parse_with_options(&value, options)
        .map_err(|_| (FieldReason::InvalidEmail, "is no e-mail address".to_owned()))?;
    Ok(format!("{}@{}", parsed.local_part(), parsed.domain().to_lowercase()))
}

/// E.164; a national number is read by `country`.
pub fn phone(raw: &str, country: &str, limit: u32) -> Checked {
    const LONGEST_TYPED: usize = 40;
    let invalid = || (FieldReason::InvalidPhone, "is no phone number".to_owned());
    let typed = plain(raw, u32::MAX)?;
    if typed.is_empty() {
        return Ok(typed);
    }
    // The parser has panicked on texts that are far from a number, so it never sees them.
    let plausible = typed.chars().enumerate().all(|(position, letter)| {
        letter.is_ascii_digit() || " ()-./".contains(letter) || (letter == '+' && position == 0)
    }) && typed.chars().any(|letter| letter.is_ascii_digit());
    if typed.len() > LONGEST_TYPED || !plausible {
        return Err(invalid());
    }
    let country = phonenumber::country::Id::from_str(country).ok();
    let number = phonenumber::parse(country, &typed).map_err(|_| invalid())?;
    if !phonenumber::is_valid(&number) {
        return Err(invalid());
    }
    let canonical = number.format().mode(phonenumber::Mode::E164).to_string();
    plain(&canonical, limit)
}

/// ISO 3166-1 alpha-2; alpha-3 is understood.
pub fn country(raw: &str) -> Checked {
    let code = raw.trim().to_ascii_uppercase();
    match code.len() {
        0 => Some(String::new()),
        2 => rust_iso3166::from_alpha2(&code).map(|country| country.alpha2.to_owned()),
        3 => rust_iso3166::from_alpha3(&code).map(|country| country.alpha2.to_owned()),
        _ => None,
    }
    .ok_or((FieldReason::InvalidCountry, "is no ISO 3166-1 country code".to_owned()))
}

/// BCP 47, of a language and a region that exist.
pub fn language(raw: &str) -> Checked {
    let value = raw.trim();
    if value.is_empty() {
        return Ok(String::new());
    }
    let known = |tag: &LanguageIdentifier| {
        let language = tag.language.as_str();
        let language_exists = isolang::Language::from_639_1(language)
            .or(isolang::Language::from_639_3(language))
            .is_some();
        let region_exists = tag.region.is_none_or(|region| {
            let region = region.as_str();
            // UN M.49 areas (`es-419`) have digits and no table here.
            region.chars().all(|letter| letter.is_ascii_digit())
                || rust_iso3166::from_alpha2(region).is_some()
        });
        language_exists && region_exists
    };
    LanguageIdentifier::from_str(value)
        .ok()
        .filter(known)
        .map(|tag| tag.to_string())
        .ok_or((FieldReason::InvalidLanguage, "is no BCP 47 language".to_owned()))
}

/// ISO 4217.
pub fn currency(raw: &str) -> Checked {
    let code = raw.trim().to_ascii_uppercase();
    if code.is_empty() {
        return Ok(code);
    }
    iso_currency::Currency::from_code(&code)
        .map(|currency| currency.code().to_owned())
        .ok_or((FieldReason::InvalidCurrency, "is no ISO 4217 currency".to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn canonical_forms() {
        let table: &[(Checked, &str)] = &[
            (plain("  Anna Maria ", 10), "Anna Maria"),
            (email(" Anna@Example.COM ", 255), "Anna@example.com"),
            (phone("(713) 555-0142", "US", 20), "+17135550142"),
            (phone("+39 06 1234 5678", "US", 20), "+390612345678"),
            (country("usa"), "US"),
            (country("it"), "IT"),
            (language("en-us"), "en-US"),
            (language("zh-hant-tw"), "zh-Hant-TW"),
            (language("es-419"), "es-419"),
            (currency("eur"), "EUR"),
        ];
        for (checked, expected) in table {
            assert_eq!(checked.as_deref(), Ok(*expected));
        }
    }

    #[test]
    fn what_is_refused() {
        let table = [
            (plain("four", 3), FieldReason::TooLong),
            (plain("a\0b", 9), FieldReason::ControlCharacter),
            (email("anna", 255), FieldReason::InvalidEmail),
            (email("anna@", 255), FieldReason::InvalidEmail),
            (email("anna@localhost", 255), FieldReason::InvalidEmail),
            (email("a b@example.com", 255), FieldReason::InvalidEmail),
            (phone("call me", "US", 20), FieldReason::InvalidPhone),
            (phone("12", "US", 20), FieldReason::InvalidPhone),
            (phone("+", "US", 20), FieldReason::InvalidPhone),
            (country("UK"), FieldReason::InvalidCountry),
            (country("Italy"), FieldReason::InvalidCountry),
            (language("english"), FieldReason::InvalidLanguage),
            (language("en_XX"), FieldReason::InvalidLanguage),
            (language("qq-US"), FieldReason::InvalidLanguage),
            (currency("DOLLARS"), FieldReason::InvalidCurrency),
        ];
        for (position, (checked, expected)) in table.into_iter().enumerate() {
            assert_eq!(checked.map_err(|(reason, _)| reason), Err(expected), "row {position}");
        }
    }

    proptest! {
        #[test]
        fn phones_never_panic_and_stay_canonical(raw in "\\PC{0,45}|[+0-9 ().#:;extp/-]{0,45}") {
            for country in ["US", "IT", "EE", ""] {
                if let Ok(number) = phone(&raw, country, 20) {
                    prop_assert_eq!(phone(&number, country, 20), Ok(number));
                }
            }
        }

        #[test]
        fn canonical_values_stay(raw in "\\PC{0,20}|[a-z.]{1,9}@[a-z]{1,9}.com|[a-zA-Z]{2,3}([-_][a-zA-Z]{2,4}){0,2}") {
            for check in [|raw: &str| email(raw, 255), country, language, currency] {
                if let Ok(value) = check(&raw) {
                    prop_assert_eq!(check(&value), Ok(value));
                }
            }
        }
    }
}
