//! Plausible people, the same for the same seed and number.

use fake::{
    Fake as _,
    faker::{address::en as address, name::en as name},
    rand::{RngExt as _, SeedableRng as _, rngs::StdRng},
};

use crate::proto::channel::{Address, Contact, ContactKind, Customer};

/// The `number`th customer of a seed: a person with a phone, an e-mail address and an address. No two numbers below
/// 10,000,000 have a phone or an e-mail address in common.
pub fn customer_at(seed: u64, number: u64) -> Customer {
    let mut random = StdRng::seed_from_u64(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let first_name: String = name::FirstName().fake_with_rng(&mut random);
    let last_name: String = name::LastName().fake_with_rng(&mut random);
    let contact = |kind: ContactKind, value: String| Contact {
        kind: kind.into(),
        value,
        ..Contact::default()
    };
    let contacts = vec![
        contact(ContactKind::Phone, phone_at(number)),
        contact(ContactKind::Email, email_at(&first_name, number)),
    ];
    let street: String = address::StreetName().fake_with_rng(&mut random);
    let address = Address {
        street_number: random.random_range(1..2_000).to_string(),
        street,
        city: address::CityName().fake_with_rng(&mut random),
        state: "WA".to_owned(),
        postal_code: format!("{:05}", random.random_range(98_000..99_500)),
        ..Address::default()
    };
    Customer { first_name, last_name, contacts, addresses: vec![address], ..Customer::default() }
}

/// Area codes, of which each has 792 exchanges (200 to 991) of 10,000 lines.
const AREAS: [u64; 8] = [206, 253, 360, 425, 509, 503, 541, 208];

fn phone_at(number: u64) -> String {
    let (line, rest) = (number % 10_000, number / 10_000);
    let (exchange, area) = (200 + rest % 792, AREAS[usize::try_from(rest / 792 % 8).unwrap_or(0)]);
    format!("+1{area}{exchange}{line:04}")
}

fn email_at(first_name: &str, number: u64) -> String {
    let letters: String = first_name.chars().filter(char::is_ascii_alphabetic).collect();
    format!("{}.{number}@example.com", letters.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn people_are_the_same_again_and_nobody_is_another() {
        assert_eq!(customer_at(1, 42), customer_at(1, 42));
        assert_ne!(customer_at(1, 42), customer_at(2, 42));
        let numbers = (0..5_000).chain((1..1_000).map(|it| it * 10_007));
        let numbers: HashSet<_> = numbers.collect();
        let values = numbers.iter().flat_map(|number| customer_at(1, *number).contacts);
        let contacts: HashSet<_> = values.map(|contact| contact.value).collect();
        assert_eq!(contacts.len(), 2 * numbers.len());
    }
}
