//! Postal addresses.

use crate::domain::{
    error::FieldReason,
    field::{AddressField, Field as _, Fields},
    validation::{Checker, Choice, text},
};

/// An address as it came in. `texts` holds raw values.
#[derive(Debug, Clone, Default)]
pub struct AddressInput {
    pub texts: Fields<AddressField>,
    pub purpose: Choice,
    pub primary: bool,
}

/// Checks an address and completes it with the channel's country and the purpose that its customer's type has.
/// An address in which nothing but the purpose is filled is `EMPTY_ADDRESS`, as headquarters would say.
pub fn address(
    checker: &mut Checker<'_>,
    path: &str,
    input: &AddressInput,
    of_organization: bool,
) -> Fields<AddressField> {
    let mut fields = Fields::default();
    let purpose = checker.choice(&format!("{path}.purpose"), input.purpose);
    fields.set(AddressField::Purpose, purpose);
    if input.texts.iter().all(|(_, value)| value.trim().is_empty()) {
        checker.add(path, FieldReason::EmptyAddress, "fill at least one field of the address");
        return fields;
    }
    for (field, raw) in input.texts.iter() {
        let limit = checker.configuration.limits.address(field);
        let value = match field {
            AddressField::Country => text::country(raw),
            AddressField::Street => text::bounded(raw, limit, FieldReason::StreetLengthExceeded),
            AddressField::County => text::bounded(raw, limit, FieldReason::CountyLengthExceeded),
            _ => text::plain(raw, limit),
        };
        let value = checker.take(&format!("{path}.{}", field.name()), value);
        fields.set(field, value);
    }
    fields.set_default(AddressField::Purpose, if of_organization { "BUSINESS" } else { "HOME" });
    fields.set_default(AddressField::Country, &checker.configuration.country);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        sample::{configuration, fields},
        validation::tests::{expected, found},
    };

    #[test]
    fn an_address_is_taken_whole_or_not_at_all() {
        let configuration = configuration();
        let check = |input: &AddressInput, of_organization| {
            let mut checker = Checker::new(&configuration);
            let fields = address(&mut checker, "address", input, of_organization);
            checker.finish(fields)
        };
        let street = |length| {
            let text = "é".repeat(length);
            AddressInput {
                texts: fields([(AddressField::Street, text.as_str())]),
                ..AddressInput::default()
            }
        };
        let taken = check(&street(250), false).unwrap();
        assert_eq!(
            taken.get(AddressField::Street).chars().count(),
            250,
            "characters count, not bytes"
        );
        assert_eq!(
            (taken.get(AddressField::Purpose), taken.get(AddressField::Country)),
            ("HOME", "US")
        );
        assert_eq!(check(&street(10), true).unwrap().get(AddressField::Purpose), "BUSINESS");
        let refused = found(check(&street(251), false));
        assert_eq!(refused, expected([("address.street", FieldReason::StreetLengthExceeded)]));

        let given = AddressInput {
            texts: fields([(AddressField::County, "Co. Kildare"), (AddressField::Country, "irl")]),
            purpose: Choice::Known("DELIVERY"),
            primary: true,
        };
        assert_eq!(
            found(check(&given, false)),
            expected([("address.county", FieldReason::CountyLengthExceeded)])
        );
        let mut shorter = given.clone();
        shorter.texts.set(AddressField::County, "Kildare");
        let taken = check(&shorter, false).unwrap();
        assert_eq!(
            (taken.get(AddressField::Purpose), taken.get(AddressField::Country)),
            ("DELIVERY", "IE")
        );

        let mut blank = AddressInput { purpose: Choice::Known("HOME"), ..AddressInput::default() };
        for field in AddressField::ALL.iter().filter(|field| **field != AddressField::Purpose) {
            blank.texts.set(*field, " \t");
        }
        assert_eq!(found(check(&blank, false)), expected([("address", FieldReason::EmptyAddress)]));
    }
}
