//! Pages of lists: how long they are, and the tokens by which one follows another.

use crate::domain::error::{Error, FieldReason, Result, Violation};

const DEFAULT_SIZE: u32 = 50;
const LARGEST_SIZE: u32 = 500;
const FINGERPRINT: usize = 8;

/// A page that is asked for, of a list whose positions have so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<const N: usize> {
    size: u32,
    /// Of the list with its filters: a token of another one is none of it.
    fingerprint: [u8; FINGERPRINT],
    /// The last of the page before.
    pub after: Option<[u8; N]>,
}

/// How many to a page; 0: the default.
pub fn size(page_size: u32) -> Result<u32, Violation> {
    match page_size {
        0 => Ok(DEFAULT_SIZE),
        1..=LARGEST_SIZE => Ok(page_size),
        _ => Err(Violation::new(
            "page_size",
            FieldReason::OutOfRange,
            format!("give 1 to {LARGEST_SIZE}, or 0 for {DEFAULT_SIZE}"),
        )),
    }
}

impl<const N: usize> Page<N> {
    /// `list` is the name of the list, `filters` are all that narrow it.
    ///
    /// # Errors
    /// `InvalidPageToken`.
    pub fn new(list: &str, filters: &[&str], size: u32, token: &str) -> Result<Self> {
        let fingerprint = fingerprint(list, filters);
        let after = match token {
            "" => None,
            token => Some(position(token, fingerprint).ok_or(Error::InvalidPageToken)?),
        };
        Ok(Self { size, fingerprint, after })
    }

    /// How many to read: one more than to a page, which tells whether there is a next one.
    pub const fn limit(&self) -> u32 {
        self.size + 1
    }

    /// Cuts what was read to the page, and says the token of the next one; empty: there is none.
    pub fn cut<T>(&self, found: &mut Vec<T>, position_of: impl FnOnce(&T) -> [u8; N]) -> String {
        let size = self.size as usize;
        if found.len() <= size {
            return String::new();
        }
        found.truncate(size);
        let last = found.last().map(position_of);
        last.map(|last| hex::encode([&self.fingerprint[..], &last].concat())).unwrap_or_default()
    }
}

fn fingerprint(list: &str, filters: &[&str]) -> [u8; FINGERPRINT] {
    let mut hasher = blake3::Hasher::new();
    for part in std::iter::once(&list).chain(filters) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut fingerprint = [0; FINGERPRINT];
    fingerprint.copy_from_slice(&hasher.finalize().as_bytes()[..FINGERPRINT]);
    fingerprint
}

fn position<const N: usize>(token: &str, fingerprint: [u8; FINGERPRINT]) -> Option<[u8; N]> {
    let bytes = hex::decode(token).ok()?;
    let (of_list, position) = bytes.split_at_checked(FINGERPRINT)?;
    (of_list == fingerprint).then_some(())?;
    position.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(filters: &[&str], token: &str) -> Result<Page<1>> {
        Page::new("numbers", filters, 2, token)
    }

    #[test]
    fn a_page_goes_on_after_the_last_of_the_one_before() {
        let first = page(&["a"], "").unwrap();
        assert_eq!((first.after, first.limit()), (None, 3));
        let mut found = vec![9, 8, 7];
        let token = first.cut(&mut found, |last| [*last]);
        assert_eq!(found, [9, 8]);
        let next = page(&["a"], &token).unwrap();
        assert_eq!(next.after, Some([8]));
        let mut found = vec![7, 6];
        assert_eq!((next.cut(&mut found, |last| [*last]), found), (String::new(), vec![7, 6]));
    }

    #[test]
    fn a_token_belongs_to_one_list() {
        let token = page(&["a", "b"], "").unwrap().cut(&mut vec![3, 2, 1], |last| [*last]);
        assert!(page(&["a", "b"], &token).is_ok());
        for filters in [&["a"][..], &["ab", ""], &["b", "a"], &[]] {
            assert_eq!(page(filters, &token), Err(Error::InvalidPageToken), "{filters:?}");
        }
        assert!(Page::<1>::new("letters", &["a", "b"], 2, &token).is_err());
        assert!(Page::<2>::new("numbers", &["a", "b"], 2, &token).is_err());
        for token in ["x", "00", &token[2..], &format!("{token}00"), &format!(" {token}")] {
            assert_eq!(page(&["a", "b"], token), Err(Error::InvalidPageToken), "{token}");
        }
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!((size(0), size(1), size(500)), (Ok(50), Ok(1), Ok(500)));
        for too_many in [501, u32::MAX] {
            let violation = size(too_many).unwrap_err();
            assert_eq!(
                (violation.field.as_str(), violation.reason),
                ("page_size", FieldReason::OutOfRange)
            );
        }
    }
}
