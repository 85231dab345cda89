//! What somebody saw of a customer, who is looked at again and again.

use csu::proto::channel::Customer;

use super::PENDING;

/// What was seen last, as positions in the order in which it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct View {
    pub(super) first_name: usize,
    last_name: usize,
    pub(super) addresses: usize,
    pub(super) number: Option<String>,
}

impl View {
    pub(super) fn followed_by(&self, shown: &Customer, temporary: &str) -> Self {
        let number = (shown.account_number != temporary).then(|| shown.account_number.clone());
        let after = Self {
            first_name: position(&shown.first_name),
            last_name: position(&shown.last_name),
            addresses: shown.addresses.len(),
            number,
        };
        assert!(
            after.first_name >= self.first_name
                && after.last_name >= self.last_name
                && after.addresses >= self.addresses
                && (self.number.is_none() || after.number == self.number),
            "{self:?} was seen, and then {after:?}"
        );
        let shows_pending = shown.account_number_display == PENDING;
        assert_eq!(shows_pending, after.number.is_none(), "{shown:?}");
        after
    }
}

/// The value that is written as the so manieth.
pub(super) fn text(position: usize) -> String {
    format!("Name {position}")
}

fn position(text: &str) -> usize {
    text.strip_prefix("Name ").and_then(|it| it.parse().ok()).expect("a name of ours")
}
