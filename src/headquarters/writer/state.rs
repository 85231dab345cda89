//! What a batch's customers, requests and revisions were under its locks, and what that makes of its writes.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    domain::{
        base::Base,
        conclusion::{Conclusion, Failure, Step, Uploaded},
        error::{Error, Result},
        id::{CustomerId, RequestId},
        merge::Record,
        origin::Origin,
        revision::Counter,
        submission::{Capture, PerformedRequest, Submission, Verdict},
        time::Timestamp,
    },
    headquarters::{store::Transaction, writer::batch::Answer},
    storage::{StoreError, StoreResult},
};

pub(super) struct State {
    records: HashMap<CustomerId, Record>,
    memories: HashMap<RequestId, PerformedRequest>,
    uploaded: HashMap<(Origin, Counter), Uploaded>,
    customer_groups: HashSet<String>,
}

/// What is to become of a write.
pub(super) enum Judged {
    /// Nothing is written.
    Told(Result<Answer>),
    Perform(Verdict),
    Fail(Failure),
    Park(Failure),
}

pub(super) fn requests(writes: &[Submission]) -> Vec<RequestId> {
    writes.iter().map(|write| write.draft.request_id).collect()
}

pub(super) fn by_id(records: Vec<Record>) -> HashMap<CustomerId, Record> {
    records.into_iter().map(|record| (record.base.customer.id, record)).collect()
}

/// Where those of the writes stand that were uploaded.
pub(super) async fn uploaded(
    transaction: &mut dyn Transaction,
    writes: &[Submission],
) -> StoreResult<HashMap<(Origin, Counter), Uploaded>> {
    let place = |write: &Submission| Some((write.origin, write.capture?.counter));
    let places: Vec<_> = writes.iter().filter_map(place).collect();
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(transaction.uploaded(&places).await?.into_iter().collect())
}

impl State {
    pub(super) async fn read(
        transaction: &mut dyn Transaction,
        writes: &[Submission],
    ) -> StoreResult<Self> {
        let mut customers: Vec<_> = writes.iter().map(|write| write.draft.customer_id).collect();
        customers.sort_unstable();
        let locked = transaction.lock_customers(&customers).await?;
        // In statements after the lock, so that they see what its previous holder wrote. Revisions come first: a
        // customer that is not there yet can't be locked, and whoever finds its create done has to find it too.
        let uploaded = uploaded(transaction, writes).await?;
        let mut records = by_id(transaction.records(&customers).await?);
        if records.keys().any(|id| !locked.contains(id)) {
            // Created between the two statements: seen, but not locked.
            return Err(StoreError::Conflict);
        }
        let memories: HashMap<_, _> =
            transaction.performed(&requests(writes)).await?.into_iter().collect();
        // A repetition that names another customer is answered with its own, which is only read.
        let is_read = |id: &CustomerId| customers.binary_search(id).is_ok();
        let performed = || memories.values().map(|memory| memory.customer_id);
        if performed().any(|id| is_read(&id) && !records.contains_key(&id)) {
            // Created between two statements.
            return Err(StoreError::Conflict);
        }
        let others: Vec<_> = performed().filter(|id| !is_read(id)).collect();
        if !others.is_empty() {
            records.extend(by_id(transaction.records(&others).await?));
        }
        let customer_groups = customer_groups(transaction, writes).await?;
        Ok(Self { records, memories, uploaded, customer_groups })
    }

    pub(super) fn judge(&self, write: &Submission) -> Judged {
        match &write.capture {
            None => self.judge_call(write),
            Some(capture) => self.judge_upload(write, *capture),
        }
    }

    /// A real-time write is performed, or its caller is told why not.
    fn judge_call(&self, write: &Submission) -> Judged {
        match self.verdict(write) {
            Ok(Verdict::Performed) => {
                let base = self.as_it_is(write).ok_or(Error::Internal);
                Judged::Told(base.map(|base| Answer::Customer(Box::new(base))))
            }
            Ok(verdict) => Judged::Perform(verdict),
            Err(refused) => Judged::Told(Err(refused)),
        }
    }

    /// An uploaded revision gets its outcome, unless it has one or it is not its turn. One that was never uploaded is
    /// nobody's.
    fn judge_upload(&self, write: &Submission, capture: Capture) -> Judged {
        let Some(uploaded) = self.uploaded.get(&(write.origin, capture.counter)) else {
            return Judged::Told(Err(Error::Internal));
        };
        match uploaded.step(self.verdict(write)) {
            Ok(Step::Nothing) => Judged::Told(Ok(Answer::Concluded(Conclusion::Before))),
            Ok(Step::Perform(verdict)) => Judged::Perform(verdict),
            Ok(Step::Fail(failure)) => Judged::Fail(failure),
            Ok(Step::Park(failure)) => Judged::Park(failure),
            Err(error) => Judged::Told(Err(error)),
        }
    }

    fn verdict(&self, write: &Submission) -> Result<Verdict> {
        let draft = &write.draft;
        let verdict = write
            .judge(self.memories.get(&draft.request_id), self.records.get(&draft.customer_id))?;
        match (verdict, write.customer_group()) {
            (Verdict::Create | Verdict::Merge, Some(code))
                if !self.customer_groups.contains(code) =>
            {
                Err(Error::CustomerGroupNotFound { code: code.to_owned() })
            }
            _ => Ok(verdict),
        }
    }

    pub(super) fn record(&self, write: &Submission) -> Option<Record> {
        self.records.get(&write.draft.customer_id).cloned()
    }

    /// The customer of a write that was performed before.
    pub(super) fn as_it_is(&self, write: &Submission) -> Option<Base> {
        let memory = self.memories.get(&write.draft.request_id);
        let customer = memory.map_or(write.draft.customer_id, |memory| memory.customer_id);
        self.records.get(&customer).map(|record| record.base.clone())
    }

    /// When an uploaded revision came.
    pub(super) fn received_at(&self, write: &Submission) -> Option<Timestamp> {
        let place = (write.origin, write.capture?.counter);
        self.uploaded.get(&place).map(|uploaded| uploaded.received_at)
    }
}

/// Those of the customer groups that the writes set which there are.
async fn customer_groups(
    transaction: &mut dyn Transaction,
    writes: &[Submission],
) -> StoreResult<HashSet<String>> {
    let codes: BTreeSet<_> =
        writes.iter().filter_map(Submission::customer_group).map(ToOwned::to_owned).collect();
    if codes.is_empty() {
        return Ok(HashSet::new());
    }
    let codes: Vec<_> = codes.into_iter().collect();
    Ok(transaction.customer_groups(&codes).await?.into_iter().collect())
}
