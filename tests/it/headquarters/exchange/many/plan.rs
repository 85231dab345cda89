//! What the origins write.

use csu::{
    domain::{origin::Origin, submission::Submission, time::Timestamp},
    proto::exchange::{CustomerFields, CustomerRow, Revision},
    wire,
};

use super::super::{
    batch::pending,
    workers::{Random, origin},
};
use crate::harness::{
    revisions::{add_address, create, rename, set_group, update},
    uploads::captured,
};

pub(super) const REVISIONS: usize = 10_000;
const CUSTOMERS: usize = 500;
/// Of the customers: those that all origins edit. The others belong to one each.
const SHARED: usize = 100;
const ORIGINS: u128 = 3;
/// Headquarters does not have it.
const NO_GROUP: &str = "31";

/// All that an origin uploads, in its order.
pub(super) struct Stream {
    pub(super) origin: Origin,
    pub(super) revisions: Vec<Planned>,
}

pub(super) struct Planned {
    pub(super) submission: Submission,
    pub(super) content: Content,
}

/// What a revision would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// With an address.
    Create {
        last_name: String,
        group: &'static str,
    },
    Rename(String),
    Group(&'static str),
    AddAddress,
}

/// A customer, and who creates it.
struct Customer {
    create: Revision,
    content: Content,
    origin: usize,
    is_shared: bool,
    is_created: bool,
}

impl Planned {
    pub(super) fn counter(&self) -> i64 {
        self.submission.capture.expect("it is async").counter.0
    }

    pub(super) fn captured_at(&self) -> Timestamp {
        self.submission.capture.expect("it is async").at
    }
}

impl Content {
    pub(super) fn group(&self) -> Option<&'static str> {
        match self {
            Self::Create { group, .. } | Self::Group(group) => Some(group),
            Self::Rename(_) | Self::AddAddress => None,
        }
    }

    pub(super) fn has_group_that_is_not_there(&self) -> bool {
        self.group() == Some(NO_GROUP)
    }
}

/// The same for the same seed, but for the ids. The origins take turns, so that each captures at a time of its own.
pub(super) fn plan(random: &mut Random) -> Vec<Stream> {
    let mut customers: Vec<_> = (0..CUSTOMERS).map(|number| customer(random, number)).collect();
    let stream = |number| Stream { origin: origin(number), revisions: Vec::new() };
    let mut streams: Vec<_> = (1..=ORIGINS).map(stream).collect();
    for turn in 0..REVISIONS {
        let number = turn % streams.len();
        let customer = choose(random, &mut customers, number);
        let (revision, content) = written(random, customer, number, turn);
        let stream = &mut streams[number];
        let counter = i64::try_from(stream.revisions.len()).expect("few") + 1;
        let uploaded = captured(counter, turn as u64, revision);
        let submission = wire::uploaded_submission(stream.origin, uploaded).expect("it is sound");
        stream.revisions.push(Planned { submission, content });
    }
    assert!(customers.iter().all(|customer| customer.is_created));
    streams
}

fn customer(random: &mut Random, number: usize) -> Customer {
    let last_name = format!("Created{number}");
    let mut create = create(&last_name);
    let group = if random.below(12) == 0 { NO_GROUP } else { "30" };
    set_group(&mut create, group);
    let (is_shared, origin) = (number < SHARED, number % ORIGINS as usize);
    let content = Content::Create { last_name, group };
    Customer { create, content, origin, is_shared, is_created: false }
}

/// One that the origin may write. Seldom one that another is yet to create.
fn choose<'a>(random: &mut Random, all: &'a mut [Customer], origin: usize) -> &'a mut Customer {
    loop {
        let at = random.below(all.len());
        let customer = &all[at];
        let is_known = customer.origin == origin || customer.is_created || random.below(40) == 0;
        if (customer.origin == origin || customer.is_shared) && is_known {
            return &mut all[at];
        }
    }
}

fn written(
    random: &mut Random,
    customer: &mut Customer,
    origin: usize,
    turn: usize,
) -> (Revision, Content) {
    if customer.origin == origin && !customer.is_created {
        customer.is_created = true;
        return (customer.create.clone(), customer.content.clone());
    }
    let seen = pending(&customer.create);
    match random.below(60) {
        0 => edit(&seen, NO_GROUP),
        1..10 => edit(&seen, ["10", "30"][random.below(2)]),
        10..25 => (add_address(&seen, "2 Pine Street"), Content::AddAddress),
        _ => {
            let name = format!("Name{turn}");
            (rename(&seen, &name), Content::Rename(name))
        }
    }
}

fn edit(seen: &CustomerRow, group: &'static str) -> (Revision, Content) {
    let customer_group = Some(group.to_owned());
    let fields = CustomerFields { customer_group, ..CustomerFields::default() };
    (update(seen, fields), Content::Group(group))
}
