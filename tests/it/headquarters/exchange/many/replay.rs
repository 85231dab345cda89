//! What must have become of it, given the order in which headquarters gave the outcomes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use csu::{
    domain::{
        field::CustomerField,
        id::{CustomerId, RevisionId},
        time::Timestamp,
    },
    headquarters::store::SharedStore,
};
use uuid::Uuid;

use super::plan::{Content, Planned, REVISIONS, Stream};
use crate::harness::{Database, Engine};

/// A row of `revision`.
#[derive(Debug)]
struct Row {
    origin: usize,
    counter: i64,
    id: RevisionId,
    customer: CustomerId,
    status: String,
    version: i64,
    contained_in: Option<i64>,
    reason: String,
}

/// A customer as it must be.
struct Expected {
    last_name: Value,
    group: Value,
    addresses: usize,
}

/// A value, and when the write was captured that it is from.
struct Value(String, Timestamp);

/// What headquarters has by then.
#[derive(Default)]
struct Replay {
    customers: HashMap<CustomerId, Expected>,
    /// Customers of which something of an origin has failed.
    stuck: HashSet<(CustomerId, usize)>,
}

/// Compares all revisions and all customers.
pub(super) async fn check(database: &Database, store: &SharedStore, plan: &[Stream]) {
    let mut rows = rows(database, plan).await;
    let all = plan.iter().enumerate().flat_map(|(at, stream)| {
        stream.revisions.iter().map(move |it| (at, it.counter(), it.submission.revision_id()))
    });
    let found = rows.iter().map(|row| (row.origin, row.counter, row.id));
    assert!(all.eq(found), "each revision is there once");
    in_order(&rows);

    rows.sort_by_key(|row| row.version);
    let mut replay = Replay::default();
    let mut reasons = BTreeMap::<_, usize>::new();
    for row in &rows {
        let planned = &plan[row.origin].revisions[usize::try_from(row.counter).unwrap() - 1];
        assert_eq!(row.customer, planned.submission.draft.customer_id);
        let expected = replay.outcome(row.origin, planned);
        assert_eq!((row.status.as_str(), row.reason.as_str()), expected, "{row:?}");
        assert_eq!(row.contained_in.is_some(), row.status == "SYNCHRONIZED", "{row:?}");
        *reasons.entry(row.reason.as_str()).or_default() += 1;
    }
    for reason in ["", "CUSTOMER_GROUP_NOT_FOUND", "CUSTOMER_NOT_FOUND", "EARLIER_REVISION_FAILED"]
    {
        assert!(reasons.contains_key(reason), "nothing has shown {reason:?}: {reasons:?}");
    }
    replay.compare(store).await;
}

/// The outcomes of a customer's revisions from one origin follow each other as the revisions do; no two are one.
fn in_order(rows: &[Row]) {
    let mut last = HashMap::new();
    for row in rows {
        let before = last.insert((row.origin, row.customer), row.version);
        assert!(before < Some(row.version), "{row:?} overtakes {before:?}");
    }
    let versions: BTreeSet<_> = rows.iter().map(|row| row.version).collect();
    assert!(versions.into_iter().eq(1..=i64::try_from(REVISIONS).unwrap()));
}

impl Replay {
    /// Status and reason of the next revision.
    fn outcome(&mut self, origin: usize, planned: &Planned) -> (&'static str, &'static str) {
        let customer = planned.submission.draft.customer_id;
        if self.stuck.contains(&(customer, origin)) {
            return ("PARKED", "EARLIER_REVISION_FAILED");
        }
        let creates = matches!(planned.content, Content::Create { .. });
        let reason = if !creates && !self.customers.contains_key(&customer) {
            "CUSTOMER_NOT_FOUND"
        } else if planned.content.has_group_that_is_not_there() {
            "CUSTOMER_GROUP_NOT_FOUND"
        } else {
            self.write(customer, planned);
            return ("SYNCHRONIZED", "");
        };
        self.stuck.insert((customer, origin));
        ("FAILED", reason)
    }

    fn write(&mut self, id: CustomerId, planned: &Planned) {
        let at = planned.captured_at();
        if let Content::Create { last_name, group } = &planned.content {
            let new = Expected {
                last_name: Value(last_name.clone(), at),
                group: Value((*group).to_owned(), at),
                addresses: 1,
            };
            assert!(self.customers.insert(id, new).is_none(), "{id} is created twice");
            return;
        }
        let customer = self.customers.get_mut(&id).expect("it was looked for");
        match &planned.content {
            Content::Rename(name) => customer.last_name.lay(name, at),
            Content::Group(group) => customer.group.lay(group, at),
            Content::AddAddress | Content::Create { .. } => customer.addresses += 1,
        }
    }

    async fn compare(&self, store: &SharedStore) {
        let ids: Vec<_> = self.customers.keys().copied().collect();
        let records = store.records(&ids).await.expect("a read");
        assert_eq!(records.len(), ids.len(), "each customer is there");
        let mut numbers = BTreeSet::new();
        for record in records {
            let customer = record.base.customer;
            let expected = &self.customers[&customer.id];
            assert_eq!(customer.fields.get(CustomerField::LastName), expected.last_name.0);
            assert_eq!(customer.fields.get(CustomerField::CustomerGroup), expected.group.0);
            assert_eq!(customer.addresses.len(), expected.addresses);
            numbers.insert(customer.account_number.expect("headquarters gives one"));
        }
        assert_eq!(numbers.len(), ids.len(), "each has an account number of its own");
    }
}

impl Value {
    /// Nobody knew the other's: of two, the one that was captured later is kept.
    fn lay(&mut self, value: &str, at: Timestamp) {
        if self.0 != value && at >= self.1 {
            *self = Self(value.to_owned(), at);
        }
    }
}

/// All revisions, by origin and counter.
async fn rows(database: &Database, plan: &[Stream]) -> Vec<Row> {
    let hex = |column: &str| match database.engine {
        Engine::Sqlite => format!("lower(hex({column}))"),
        Engine::Postgres => format!("replace({column}::text, '-', '')"),
    };
    let query = format!(
        "SELECT {} || ' ' || counter || ' ' || {} || ' ' || {} || ' ' || status || ' ' || coalesce(version, 0)
            || ' ' || coalesce(contained_in, 0) || ' ' || coalesce(error_reason, '')
        FROM revision ORDER BY database_id, counter",
        hex("database_id"),
        hex("id"),
        hex("customer_id")
    );
    let uuid = |text: &str| text.parse::<Uuid>().expect("an id");
    let row = |text: String| {
        let columns: Vec<_> = text.split(' ').collect();
        let [origin, counter, id, customer, status, version, contained_in, reason] = columns[..]
        else {
            panic!("other columns: {text}");
        };
        let origin = uuid(origin);
        let contained_in = contained_in.parse().expect("a number");
        Row {
            origin: plan.iter().position(|it| it.origin.database_id == origin).expect("of ours"),
            counter: counter.parse().expect("a number"),
            id: RevisionId(uuid(id)),
            customer: CustomerId(uuid(customer)),
            status: status.to_owned(),
            version: version.parse().expect("a number"),
            contained_in: (contained_in > 0).then_some(contained_in),
            reason: reason.to_owned(),
        }
    };
    database.texts(&query).await.into_iter().map(row).collect()
}
