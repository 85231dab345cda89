//! How customers are found: terms folded so that case and accents don't matter, the same on every database.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::domain::{
    customer::{ContactKind, Customer},
    field::CustomerField,
};

/// What a term is. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermKind {
    NameWord = 1,
    Phone = 2,
    Email = 3,
    AccountNumber = 4,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    pub kind: TermKind,
    pub text: String,
}

/// One thing that a found customer must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    pub kind: TermKind,
    pub text: String,
    /// Whether a term may go on after `text`.
    pub prefix: bool,
}

impl TermKind {
    pub const fn code(self) -> i64 {
        self as i64
    }
}

impl Criterion {
    pub fn meets(&self, term: &Term) -> bool {
        term.kind == self.kind
            && if self.prefix { term.text.starts_with(&self.text) } else { term.text == self.text }
    }

    /// Least text above all terms that meet it, in the order of bytes. Terms hold no control characters; NUL would be
    /// lower still, but PostgreSQL takes none.
    pub fn end(&self) -> String {
        let after = if self.prefix { char::MAX } else { '\u{1}' };
        format!("{}{after}", self.text)
    }

    /// Smallest term of the customer that meets it: a customer is found there and nowhere else, so that no page
    /// shows it twice.
    pub fn first_met(&self, terms: &BTreeSet<Term>) -> Option<Term> {
        terms.iter().find(|term| self.meets(term)).cloned()
    }
}

/// All that a customer is found by.
pub fn terms(customer: &Customer) -> BTreeSet<Term> {
    let mut terms = BTreeSet::new();
    let mut add = |kind, text: String| {
        if !text.is_empty() {
            terms.insert(Term { kind, text });
        }
    };
    for field in [
        CustomerField::FirstName,
        CustomerField::MiddleName,
        CustomerField::LastName,
        CustomerField::OrganizationName,
    ] {
        for word in words(customer.fields.get(field)) {
            add(TermKind::NameWord, word);
        }
    }
    for contact in &customer.contacts {
        match contact.kind {
            ContactKind::Phone => add(TermKind::Phone, contact.value.clone()),
            ContactKind::Email => add(TermKind::Email, fold(&contact.value)),
        }
    }
    add(TermKind::Email, fold(customer.fields.get(CustomerField::ReceiptEmail)));
    add(TermKind::AccountNumber, customer.account_number.as_deref().map(fold).unwrap_or_default());
    terms
}

/// The words of a name, folded. Apostrophes don't part words (`O'Neill` is `oneill`), other punctuation does.
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .replace(['\'', '’', '`'], "")
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Lower case without accents; letters that Unicode doesn't decompose are spelt as their readers type them.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in
        text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase)
    {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            mark if is_combining_mark(mark) => {}
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::sample::{anna, fields};

    #[test]
    fn case_and_accents_do_not_matter() {
        for (written, folded) in [
            ("Ánder", "ander"),
            ("STRAßE", "strasse"),
            ("Łukasz", "lukasz"),
            ("Søren", "soren"),
            ("İstanbul", "istanbul"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ] {
            assert_eq!(fold(written), folded);
        }
        assert_eq!(words("Jean-Luc O'Neill"), ["jean", "luc", "oneill"]);
    }

    #[test]
    fn a_customer_is_found_by_names_contacts_and_number() {
        let mut customer = Customer { account_number: Some("C-0000042".to_owned()), ..anna() };
        customer.fields.set(CustomerField::LastName, "Rossi-D'Angelò");
        customer.fields.set(CustomerField::ReceiptEmail, "Receipts@example.com");
        let terms = terms(&customer);
        let all: Vec<_> = terms.iter().map(|term| (term.kind, term.text.as_str())).collect();
        let expected = [
            (TermKind::NameWord, "anna"),
            (TermKind::NameWord, "dangelo"),
            (TermKind::NameWord, "rossi"),
            (TermKind::Phone, "+390612345678"),
            (TermKind::Email, "anna@example.com"),
            (TermKind::Email, "receipts@example.com"),
            (TermKind::Email, "rossi@example.com"),
            (TermKind::AccountNumber, "c-0000042"),
        ];
        assert_eq!(all, expected);

        let criterion =
            |kind, text: &str, prefix| Criterion { kind, text: text.to_owned(), prefix };
        let first = criterion(TermKind::Email, "r", true).first_met(&terms);
        assert_eq!(
            first.map(|term| term.text).as_deref(),
            Some("receipts@example.com"),
            "found once"
        );
        assert_eq!(criterion(TermKind::NameWord, "anna@", true).first_met(&terms), None);
        assert_eq!(criterion(TermKind::NameWord, "ann", false).first_met(&terms), None);
    }

    #[test]
    fn a_pending_customer_without_contacts_is_found_by_its_name_alone() {
        let customer = Customer {
            fields: fields([(CustomerField::OrganizationName, "Contoso & Söhne, Inc.")]),
            contacts: Vec::new(),
            ..anna()
        };
        let words: Vec<_> = terms(&customer).into_iter().map(|term| term.text).collect();
        assert_eq!(words, ["contoso", "inc", "sohne"]);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,30}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn all_prefixes_lie_within_the_range(text in "[a-zé漢\u{10fffe}]{1,8}", cut in 1usize..8) {
            let prefix: String = text.chars().take(cut).collect();
            let criterion = Criterion { kind: TermKind::NameWord, text: prefix.clone(), prefix: true };
            let term = Term { kind: TermKind::NameWord, text: text.clone() };
            prop_assert!(criterion.meets(&term));
            prop_assert!(text >= prefix && text < criterion.end());
        }
    }
}
