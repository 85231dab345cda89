//! Finds customers by what a cashier is told.

use crate::{
    channel::{
        operations::{Unit, get_customer::customer_of_number},
        store::SearchPosition,
    },
    domain::{
        configuration::ChannelConfiguration,
        error::{Error, FieldReason, Result, Violation},
        id::CustomerId,
        known::KnownCustomer,
        search::{self, Criterion, TermKind},
        validation,
    },
};

const DEFAULT_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;
/// Terms read at a time when several criteria must be met: most will not meet the others.
const NARROWING: usize = 200;
/// Longest name searched for, in characters.
const LONGEST_NAME: usize = 255;
/// Terms read for one page at the most: a search that finds little among much goes on in the next page.
const MOST_TERMS: usize = 5_000;

#[derive(Debug, Clone, Default)]
pub struct SearchCustomers {
    pub channel: String,
    pub phone: String,
    pub email: String,
    pub account_number: String,
    pub name: String,
    /// 0: the default.
    pub page_size: i32,
    pub page_token: String,
}

#[derive(Debug, Clone)]
pub struct SearchPage {
    pub customers: Vec<KnownCustomer>,
    /// Empty on the last page.
    pub next_page_token: String,
}

/// # Errors
/// `InvalidFields`, `InvalidPageToken`, `ChannelNotConfigured`, `Unavailable`.
pub async fn search_customers(unit: &Unit, request: SearchCustomers) -> Result<SearchPage> {
    // Only a phone number is read by the channel's country: other searches need no channel.
    let configuration = if request.phone.is_empty() && request.channel.is_empty() {
        None
    } else {
        Some(unit.configuration.get(&request.channel).await?.configuration)
    };
    let (criteria, size) = check(&request, configuration.as_deref())?;
    let after = token::parse(&request.page_token, &criteria)?;
    if let Some(number) = criteria.iter().find(|wanted| wanted.kind == TermKind::AccountNumber) {
        let customers = one(unit, &number.text, &criteria).await?;
        return Ok(SearchPage { customers, next_page_token: String::new() });
    }
    page(unit, &criteria, size, after).await
}

/// Pages through the terms of the most telling criterion and keeps the customers that meet all of them.
async fn page(
    unit: &Unit,
    criteria: &[Criterion],
    size: usize,
    mut after: Option<SearchPosition>,
) -> Result<SearchPage> {
    let Some(leading) = criteria.first() else {
        return Ok(SearchPage { customers: Vec::new(), next_page_token: String::new() });
    };
    let mut found = Vec::new();
    let mut read = 0;
    loop {
        let wanted = (size + 1).max(if criteria.len() > 1 { NARROWING } else { 0 });
        let limit = u32::try_from(wanted).unwrap_or(u32::MAX);
        let positions = unit.store.search(leading, after.as_ref(), limit).await?;
        let ids: Vec<_> = positions.iter().map(|position| position.customer_id).collect();
        let mut known = unit.store.customers(&ids).await?;
        for position in &positions {
            if found.len() == size {
                return Ok(SearchPage {
                    customers: found,
                    next_page_token: after
                        .map(|last| token::of(&last, criteria))
                        .unwrap_or_default(),
                });
            }
            if let Some(customer) = take(&mut known, position, criteria) {
                found.push(customer);
            }
            after = Some(position.clone());
        }
        read += positions.len();
        if positions.len() < wanted {
            return Ok(SearchPage { customers: found, next_page_token: String::new() });
        }
        if read >= MOST_TERMS {
            let next_page_token = after.map(|last| token::of(&last, criteria)).unwrap_or_default();
            return Ok(SearchPage { customers: found, next_page_token });
        }
    }
}

/// The customer at this position if it meets every criterion and is found here and not at another of its terms.
fn take(
    known: &mut Vec<KnownCustomer>,
    position: &SearchPosition,
    criteria: &[Criterion],
) -> Option<KnownCustomer> {
    let index = known.iter().position(|known| known.customer.id == position.customer_id)?;
    let terms = search::terms(&known[index].customer);
    let first = criteria.first()?.first_met(&terms)?;
    let meets = first.text == position.term
        && criteria.iter().all(|criterion| criterion.first_met(&terms).is_some());
    meets.then(|| known.swap_remove(index))
}

async fn one(unit: &Unit, number: &str, criteria: &[Criterion]) -> Result<Vec<KnownCustomer>> {
    let Some(id) = customer_of_number(unit, number).await? else { return Ok(Vec::new()) };
    let mut known = unit.store.customers(&[id]).await?;
    known.retain(|known| {
        let terms = search::terms(&known.customer);
        criteria
            .iter()
            .filter(|criterion| criterion.kind != TermKind::AccountNumber)
            .all(|criterion| criterion.first_met(&terms).is_some())
    });
    Ok(known)
}

/// The criteria, most telling first, and the size of a page.
fn check(
    request: &SearchCustomers,
    configuration: Option<&ChannelConfiguration>,
) -> Result<(Vec<Criterion>, usize)> {
    let mut violations = Vec::new();
    let mut criteria = Vec::new();
    let mut add = |kind, text: Result<String>, prefix| match text {
        Ok(text) if text.is_empty() => {}
        Ok(text) => criteria.push(Criterion { kind, text, prefix }),
        Err(Error::InvalidFields(bad)) => violations.extend(bad),
        Err(_) => {}
    };
    let number = validation::search_account_number(&request.account_number);
    add(TermKind::AccountNumber, number, false);
    if let Some(configuration) = configuration {
        add(TermKind::Phone, validation::search_phone(&request.phone, configuration), false);
    }
    add(TermKind::Email, validation::search_email(&request.email), false);
    if request.name.chars().count() > LONGEST_NAME {
        violations.push(Violation::new(
            "name",
            FieldReason::TooLong,
            format!("at most {LONGEST_NAME} characters are allowed"),
        ));
    } else {
        let mut words = search::words(&request.name);
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        criteria.extend(words.into_iter().map(|text| Criterion {
            kind: TermKind::NameWord,
            text,
            prefix: true,
        }));
    }
    if criteria.is_empty() && violations.is_empty() {
        violations.push(Violation::new(
            "name",
            FieldReason::Required,
            "give a phone, an email, an account_number or a name to search for",
        ));
    }
    let size = page_size(request.page_size).unwrap_or_else(|violation| {
        violations.push(violation);
        DEFAULT_PAGE
    });
    if violations.is_empty() { Ok((criteria, size)) } else { Err(Error::InvalidFields(violations)) }
}

fn page_size(size: i32) -> Result<usize, Violation> {
    match usize::try_from(size) {
        Ok(0) => Ok(DEFAULT_PAGE),
        Ok(size) if size <= LARGEST_PAGE => Ok(size),
        _ => Err(Violation::new(
            "page_size",
            FieldReason::OutOfRange,
            format!("give 1 to {LARGEST_PAGE}, or 0 for {DEFAULT_PAGE}"),
        )),
    }
}

/// Page tokens: opaque, and bound to the search that they belong to.
mod token {
    use super::{Criterion, CustomerId, Error, Result, SearchPosition};

    const FINGERPRINT: usize = 8;

    pub(super) fn of(position: &SearchPosition, criteria: &[Criterion]) -> String {
        let mut bytes = fingerprint(criteria).to_vec();
        bytes.extend(position.customer_id.0.as_bytes());
        bytes.extend(position.term.as_bytes());
        hex::encode(bytes)
    }

    pub(super) fn parse(token: &str, criteria: &[Criterion]) -> Result<Option<SearchPosition>> {
        if token.is_empty() {
            return Ok(None);
        }
        let parse = || {
            let bytes = hex::decode(token).ok()?;
            let (of_search, rest) = bytes.split_at_checked(FINGERPRINT)?;
            let (id, term) = rest.split_at_checked(16)?;
            // No term holds a NUL, and PostgreSQL takes none.
            (of_search == fingerprint(criteria) && !term.contains(&0)).then_some(())?;
            Some(SearchPosition {
                term: String::from_utf8(term.to_vec()).ok()?,
                customer_id: CustomerId(uuid::Uuid::from_slice(id).ok()?),
            })
        };
        parse().map(Some).ok_or(Error::InvalidPageToken)
    }

    fn fingerprint(criteria: &[Criterion]) -> [u8; FINGERPRINT] {
        let mut hasher = blake3::Hasher::new();
        for criterion in criteria {
            hasher.update(&criterion.kind.code().to_le_bytes());
            hasher.update(&(criterion.text.len() as u64).to_le_bytes());
            hasher.update(criterion.text.as_bytes());
        }
        let mut fingerprint = [0; FINGERPRINT];
        fingerprint.copy_from_slice(&hasher.finalize().as_bytes()[..FINGERPRINT]);
        fingerprint
    }
}
