//! Identities, and how those minted for a write are computed from its request id.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Takes the hyphenated form only, in either case: other spellings of one id would pass for others.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                uuid::fmt::Hyphenated::from_str(text).map(|id| Self(id.into_uuid()))
            }
        }
    )*};
}

ids! {
    /// A customer for life, and its temporary GUID while it is pending.
    CustomerId,
    /// An address for life.
    AddressId,
    /// A contact for life.
    ContactId,
    /// One write, as named by its caller.
    RequestId,
    /// One async write on its way to headquarters.
    RevisionId,
}

const COLLECTION: &str = "customers/";

impl CustomerId {
    /// `customers/{uuid}`.
    pub fn resource_name(self) -> String {
        format!("{COLLECTION}{self}")
    }

    /// The reverse of [`Self::resource_name`]; `None` for anything else.
    pub fn from_resource_name(name: &str) -> Option<Self> {
        name.strip_prefix(COLLECTION)?.parse().ok()
    }
}

impl RequestId {
    pub fn customer_id(self) -> CustomerId {
        CustomerId(self.derive("customer", 0))
    }

    /// Id of the `index`th address that this write adds.
    pub fn address_id(self, index: usize) -> AddressId {
        AddressId(self.derive("address", index))
    }

    /// Id of the `index`th contact that this write adds.
    pub fn contact_id(self, index: usize) -> ContactId {
        ContactId(self.derive("contact", index))
    }

    pub fn revision_id(self) -> RevisionId {
        RevisionId(self.derive("revision", 0))
    }

    /// The same on every replica and path, and in the order of `index`. Time-ordered where the request id is (v7
    /// gives v7 of the same millisecond), so that the hot tables grow at their end; v8 otherwise.
    fn derive(self, kind: &str, index: usize) -> Uuid {
        let hash = |index: usize| {
            let mut hasher = blake3::Hasher::new_derive_key("csu 2026 identity minted for a write");
            hasher.update(self.0.as_bytes());
            hasher.update(&(index as u64).to_le_bytes());
            hasher.update(kind.as_bytes());
            hasher.finalize()
        };
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&hash(index).as_bytes()[..8]);
        // 12 bits: more than a request may bring.
        bytes[6..8].copy_from_slice(&u16::try_from(index & 0xfff).unwrap_or(0xfff).to_be_bytes());
        let sorted = self.0.get_version_num() == 7;
        if sorted {
            bytes[..6].copy_from_slice(&self.0.as_bytes()[..6]);
        } else {
            bytes[..6].copy_from_slice(&hash(usize::MAX).as_bytes()[..6]);
        }
        uuid::Builder::from_bytes(bytes)
            .with_variant(uuid::Variant::RFC4122)
            .with_version(if sorted { uuid::Version::SortRand } else { uuid::Version::Custom })
            .into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::limits::MAX_ADDRESSES;

    proptest! {
        #[test]
        fn minted_ids_are_stable_distinct_and_keep_the_time(bytes: [u8; 16], v7: bool) {
            let request = RequestId(if v7 {
                uuid::Builder::from_bytes(bytes)
                    .with_variant(uuid::Variant::RFC4122)
                    .with_version(uuid::Version::SortRand)
                    .into_uuid()
            } else {
                uuid::Builder::from_random_bytes(bytes).into_uuid()
            });
            let minted = [
                request.customer_id().0,
                request.revision_id().0,
                request.address_id(0).0,
                request.address_id(1).0,
                request.contact_id(0).0,
                request.contact_id(1).0,
            ];
            for (position, id) in minted.iter().enumerate() {
                prop_assert!(!minted[..position].contains(id));
                prop_assert_ne!(*id, request.0);
                prop_assert_eq!(id.get_version_num(), if v7 { 7 } else { 8 });
                prop_assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
                if v7 {
                    prop_assert_eq!(&id.as_bytes()[..6], &request.0.as_bytes()[..6]);
                }
            }
            prop_assert_eq!(request.customer_id(), request.customer_id());
            prop_assert!(request.address_id(0) < request.address_id(1));
            prop_assert!(request.contact_id(9) < request.contact_id(10));
            for index in 1..MAX_ADDRESSES {
                prop_assert!(request.address_id(index - 1) < request.address_id(index));
                prop_assert!(request.contact_id(index - 1) < request.contact_id(index));
            }
        }

        #[test]
        fn resource_names_come_back(bytes: [u8; 16]) {
            let id = CustomerId(Uuid::from_bytes(bytes));
            prop_assert_eq!(CustomerId::from_resource_name(&id.resource_name()), Some(id));
        }
    }

    /// A write that is repeated after an update of the program mints what it minted before.
    #[test]
    fn minted_ids_stay_as_they_were_released() {
        let v7: RequestId = "0195e9f4-0000-7000-8000-000000000001".parse().unwrap();
        let v4: RequestId = "9f0c1a52-6f1e-4c83-9d5b-3f6f2f6f0a11".parse().unwrap();
        let minted =
            [v7.customer_id().0, v7.address_id(1).0, v4.customer_id().0, v4.address_id(1).0];
        let released = [
            "0195e9f4-0000-7000-afa8-341685907233",
            "0195e9f4-0000-7001-a7af-ffa9069253f3",
            "5f8760cb-9ebc-8000-8921-690aa0c014e6",
            "853e0ac7-757e-8001-ab8d-b60b60e97fe2",
        ];
        assert_eq!(minted.map(|id| id.to_string()), released);
    }

    #[test]
    fn other_spellings_are_no_ids() {
        for text in [
            "",
            "customers/",
            "{0195e9f4-0000-7000-8000-000000000000}",
            "0195e9f4000070008000000000000000",
        ] {
            assert!(text.parse::<CustomerId>().is_err(), "{text}");
        }
        assert_eq!(
            CustomerId::from_resource_name("customer/0195e9f4-0000-7000-8000-000000000000"),
            None
        );
    }
}
