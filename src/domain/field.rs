//! The writable fields of customers and addresses as data, so that masks, merges, etags and rows need no code
//! for each of them. A value is held in its canonical text; an empty field is absent.

use std::{collections::BTreeMap, fmt::Debug, hash::Hash};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A closed set of fields with stable names and numbers.
pub trait Field:
    Copy + Ord + Hash + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    const ALL: &'static [Self];

    /// As in update masks and stored rows.
    fn name(self) -> &'static str;

    /// As in etags. Never reused.
    fn number(self) -> u8;

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

macro_rules! fields {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident = $number:literal $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $enum { $(#[serde(rename = $name)] $variant),* }

        impl Field for $enum {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            fn number(self) -> u8 {
                match self { $(Self::$variant => $number),* }
            }
        }
    };
}

fields! {
    /// Writable fields of a customer. The primary contacts are ids; the flags shown are derived from them.
    CustomerField {
        Type = 1 "type",
        FirstName = 2 "first_name",
        MiddleName = 3 "middle_name",
        LastName = 4 "last_name",
        OrganizationName = 5 "organization_name",
        Language = 6 "language",
        CustomerGroup = 7 "customer_group",
        Currency = 8 "currency",
        ReceiptOption = 9 "receipt_option",
        ReceiptEmail = 10 "receipt_email",
        IdentificationNumber = 11 "identification_number",
        PrimaryPhone = 12 "primary_phone",
        PrimaryEmail = 13 "primary_email",
    }
}

fields! {
    /// Writable fields of an address. Which one is primary stands on the customer.
    AddressField {
        Purpose = 1 "purpose",
        Street = 2 "street",
        StreetNumber = 3 "street_number",
        Building = 4 "building",
        District = 5 "district",
        City = 6 "city",
        County = 7 "county",
        State = 8 "state",
        PostalCode = 9 "postal_code",
        Country = 10 "country",
    }
}

/// Populated fields with their canonical values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound = "F: Field")]
pub struct Fields<F: Field>(BTreeMap<F, String>);

/// New values of some fields; an empty one clears the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound = "F: Field")]
pub struct Patch<F: Field>(BTreeMap<F, String>);

impl<F: Field> Default for Fields<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F: Field> Default for Patch<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F: Field> Fields<F> {
    /// Empty for an unpopulated field.
    pub fn get(&self, field: F) -> &str {
        self.0.get(&field).map_or("", String::as_str)
    }

    pub fn set(&mut self, field: F, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() {
            self.0.remove(&field);
        } else {
            self.0.insert(field, value);
        }
    }

    /// Sets the field unless it is populated.
    pub fn set_default(&mut self, field: F, value: &str) {
        if self.get(field).is_empty() {
            self.set(field, value);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Populated fields in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = (F, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// The patch that makes these fields of an empty record.
    pub fn as_patch(&self) -> Patch<F> {
        Patch(self.0.clone())
    }

    /// Lays the patch over the fields.
    pub fn apply(&mut self, patch: &Patch<F>) {
        for (field, value) in patch.iter() {
            self.set(field, value);
        }
    }
}

impl<F: Field> Patch<F> {
    pub fn set(&mut self, field: F, value: impl Into<String>) {
        self.0.insert(field, value.into());
    }

    /// `None`: the patch leaves the field alone.
    pub fn get(&self, field: F) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (F, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// Only what would change `fields`: the mask of a revision.
    #[must_use]
    pub fn differing_from(&self, fields: &Fields<F>) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(field, value)| fields.get(**field) != value.as_str())
                .map(|(field, value)| (*field, value.clone()))
                .collect(),
        )
    }
}

impl<F: Field> FromIterator<(F, String)> for Patch<F> {
    fn from_iter<I: IntoIterator<Item = (F, String)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl<F: Field> FromIterator<(F, String)> for Fields<F> {
    fn from_iter<I: IntoIterator<Item = (F, String)>>(iter: I) -> Self {
        let mut fields = Self::default();
        for (field, value) in iter {
            fields.set(field, value);
        }
        fields
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::{collection::btree_map, prelude::*, sample::select};

    use super::*;

    pub fn patch<F: Field>() -> impl Strategy<Value = Patch<F>> {
        btree_map(select(F::ALL), "[a-c]{0,2}", 0..6).prop_map(Patch)
    }

    proptest! {
        #[test]
        fn a_mask_holds_only_what_differs_and_is_enough(
            before in patch::<CustomerField>(), change in patch::<CustomerField>(),
        ) {
            let mut fields = Fields::default();
            fields.apply(&before);
            let mask = change.differing_from(&fields);
            for (field, value) in mask.iter() {
                prop_assert_ne!(fields.get(field), value);
            }
            let (mut by_mask, mut by_change) = (fields.clone(), fields);
            by_mask.apply(&mask);
            by_change.apply(&change);
            prop_assert_eq!(&by_mask, &by_change);
            prop_assert!(change.differing_from(&by_change).is_empty());
        }

        #[test]
        fn an_empty_value_is_no_value(change in patch::<AddressField>()) {
            let mut fields = Fields::default();
            fields.apply(&change);
            prop_assert!(fields.iter().all(|(_, value)| !value.is_empty()));
        }
    }

    #[test]
    fn names_and_numbers_are_unique() {
        fn check<F: Field>() {
            for (position, field) in F::ALL.iter().enumerate() {
                assert_eq!(F::from_name(field.name()), Some(*field));
                assert!(F::ALL[..position].iter().all(|other| other.number() != field.number()));
            }
        }
        check::<CustomerField>();
        check::<AddressField>();
    }
}
