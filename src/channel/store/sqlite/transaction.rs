//! A writing transaction: SQLite's one write lock is every lock of the contract.

use async_trait::async_trait;
use sqlx::Sqlite;
use uuid::Uuid;

use crate::{
    channel::store::{
        Applied, IdRange, Rows, Taken, Transaction, configuration, payload, rows,
        sqlite::sql,
        staging::{self, RevisionTuple},
    },
    domain::{
        base::Base,
        configuration::{ChannelConfigurationRows, GlobalConfigurationRows},
        id::{CustomerId, RequestId},
        job::DownloadJob,
        known::KnownCustomer,
        lease::Lease,
        outcome::{Outcome, OutcomeStatus},
        revision::{Counter, Revision, RevisionKey},
        time::Timestamp,
        write::RequestRecord,
    },
    storage::{
        StoreError, StoreResult,
        sqlite::{put, put_each, uuids},
        to_text,
    },
};

pub(super) struct SqliteTransaction(pub(super) sqlx::Transaction<'static, Sqlite>);

impl SqliteTransaction {
    /// Revisions that wait no longer.
    async fn resolve(&mut self, rows: &Rows) -> StoreResult<()> {
        if rows.resolved.is_empty() {
            return Ok(());
        }
        sqlx::query(sql::RESOLVE)
            .bind(numbers(&rows.resolved))
            .bind(rows.resolved_at.millis())
            .execute(&mut *self.0)
            .await?;
        for complete in [
            sql::COMPLETE_CUSTOMERS,
            sql::COMPLETE_ADDRESSES,
            sql::COMPLETE_CONTACTS,
            sql::COMPLETE_AFFILIATIONS,
            sql::COMPLETE_ATTRIBUTES,
        ] {
            sqlx::query(complete).bind(numbers(&rows.completed)).execute(&mut *self.0).await?;
        }
        Ok(())
    }

    async fn set_applied(&mut self, job: DownloadJob, applied: Applied) -> StoreResult<bool> {
        let done = sqlx::query(sql::SET_APPLIED)
            .bind(job.as_str())
            .bind(applied.version)
            .bind(applied.at.millis())
            .execute(&mut *self.0)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn replace(
        &mut self,
        tables: [(&'static str, &'static str, String); 2],
    ) -> StoreResult<()> {
        for (clear, insert, rows) in tables {
            sqlx::query(clear).execute(&mut *self.0).await?;
            sqlx::query(insert).bind(rows).execute(&mut *self.0).await?;
        }
        Ok(())
    }
}

/// Counters as the statements take them.
fn numbers(counters: &[Counter]) -> String {
    to_text(&counters.iter().map(|counter| counter.0).collect::<Vec<_>>())
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn lock_customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<CustomerId>> {
        // The file is locked, and all that is in it.
        Ok(ids.to_vec())
    }

    async fn customers(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<KnownCustomer>> {
        super::customers(&mut self.0, ids).await
    }

    async fn request_records(&mut self, ids: &[RequestId]) -> StoreResult<Vec<RequestRecord>> {
        super::request_records(&mut self.0, ids).await
    }

    async fn waiting_revisions(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Revision>> {
        let rows: Vec<RevisionTuple> = sqlx::query_as(sql::WAITING_REVISIONS)
            .bind(uuids(ids.iter().map(|id| id.0)))
            .fetch_all(&mut *self.0)
            .await?;
        rows.iter().map(staging::revision).collect()
    }

    async fn revision_keys(&mut self, counters: &[Counter]) -> StoreResult<Vec<RevisionKey>> {
        let rows: Vec<(i64, Uuid, Uuid)> = sqlx::query_as(sql::REVISION_KEYS)
            .bind(numbers(counters))
            .fetch_all(&mut *self.0)
            .await?;
        Ok(rows.into_iter().map(payload::revision_key).collect())
    }

    async fn bases(&mut self, ids: &[CustomerId]) -> StoreResult<Vec<Base>> {
        let rows: Vec<(Uuid, i64, String, String)> = sqlx::query_as(sql::BASES)
            .bind(uuids(ids.iter().map(|id| id.0)))
            .fetch_all(&mut *self.0)
            .await?;
        rows.into_iter().map(payload::base).collect()
    }

    async fn outcomes(
        &mut self,
        ids: &[CustomerId],
    ) -> StoreResult<Vec<(Counter, OutcomeStatus, i64)>> {
        let rows: Vec<(i64, String, i64)> = sqlx::query_as(sql::OUTCOMES)
            .bind(uuids(ids.iter().map(|id| id.0)))
            .fetch_all(&mut *self.0)
            .await?;
        rows.into_iter().map(payload::outcome).collect()
    }

    async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> StoreResult<Option<Lease>> {
        let row: Option<(i64,)> = sqlx::query_as(sql::TAKE_LEASE)
            .bind(name)
            .bind(holder)
            .bind(now.millis())
            .bind(until.millis())
            .fetch_optional(&mut *self.0)
            .await?;
        Ok(row.map(|(fence,)| Lease { name: name.to_owned(), holder, fence }))
    }

    async fn hold_lease(&mut self, lease: &Lease, until: Timestamp) -> StoreResult<()> {
        let done = sqlx::query(sql::HOLD_LEASE)
            .bind(&lease.name)
            .bind(lease.holder)
            .bind(lease.fence)
            .bind(until.millis())
            .execute(&mut *self.0)
            .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Fenced) }
    }

    async fn release_lease(&mut self, lease: &Lease) -> StoreResult<()> {
        sqlx::query(sql::RELEASE_LEASE)
            .bind(&lease.name)
            .bind(lease.holder)
            .bind(lease.fence)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn mark_processed(&mut self, up_to: Counter, at: Timestamp) -> StoreResult<()> {
        sqlx::query(sql::MARK_PROCESSED)
            .bind(up_to.0)
            .bind(at.millis())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn absent(
        &mut self,
        range: &IdRange,
        kept: &[CustomerId],
        version: i64,
        limit: u32,
    ) -> StoreResult<Vec<CustomerId>> {
        let (above, up_to) = payload::ends(range);
        let rows: Vec<(Uuid,)> = sqlx::query_as(sql::ABSENT)
            .bind(above)
            .bind(up_to)
            .bind(version)
            .bind(uuids(kept.iter().map(|id| id.0)))
            .bind(i64::from(limit))
            .fetch_all(&mut *self.0)
            .await?;
        Ok(rows.into_iter().map(|(id,)| CustomerId(id)).collect())
    }

    async fn mark_uploaded(&mut self, up_to: Counter, at: Timestamp) -> StoreResult<()> {
        sqlx::query(sql::MARK_UPLOADED)
            .bind(up_to.0)
            .bind(at.millis())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn put_outcomes(&mut self, outcomes: &[Outcome], at: Timestamp) -> StoreResult<()> {
        let rows: Vec<_> = outcomes.iter().map(|outcome| rows::outcome(outcome, at)).collect();
        put(&mut self.0, sql::PUT_OUTCOMES, &rows).await?;
        Ok(())
    }

    async fn set_customers_applied(&mut self, applied: Applied) -> StoreResult<()> {
        self.set_applied(DownloadJob::Customers, applied).await.map(|_| ())
    }

    async fn take_counters(
        &mut self,
        revisions: u32,
        events: u32,
        now: Timestamp,
    ) -> StoreResult<Taken> {
        let last: (i64, i64, i64) = sqlx::query_as(sql::TAKE_COUNTERS)
            .bind(i64::from(revisions))
            .bind(i64::from(events))
            .bind(now.millis())
            .fetch_one(&mut *self.0)
            .await?;
        Ok(payload::taken(last, revisions, events))
    }

    async fn insert(&mut self, rows: &Rows) -> StoreResult<()> {
        put_each(&mut self.0, sql::INSERT_CUSTOMERS, &rows.new_customers).await?;
        put_each(&mut self.0, sql::CHANGE_CUSTOMERS, &rows.changed_customers).await?;
        put_each(&mut self.0, sql::REBASE_CUSTOMERS, &rows.rebased_customers).await?;
        put_each(&mut self.0, sql::INSERT_RECORDS, &rows.records).await?;
        put(&mut self.0, sql::PUT_ADDRESSES, &rows.addresses).await?;
        put(&mut self.0, sql::PUT_ADDRESS_BASES, &rows.address_bases).await?;
        put(&mut self.0, sql::REMOVE_ADDRESSES, &rows.removed_addresses).await?;
        put_each(&mut self.0, sql::REMOVE_CUSTOMERS, &rows.removed_customers).await?;
        put(&mut self.0, sql::INSERT_REVISIONS, &rows.revisions).await?;
        put(&mut self.0, sql::INSERT_STAGED_CUSTOMERS, &rows.staged_customers).await?;
        put(&mut self.0, sql::INSERT_STAGED_ADDRESSES, &rows.staged_addresses).await?;
        put(&mut self.0, sql::INSERT_STAGED_CONTACTS, &rows.staged_contacts).await?;
        put(&mut self.0, sql::REMOVE_TERMS, &rows.terms_removed).await?;
        put(&mut self.0, sql::ADD_TERMS, &rows.terms_added).await?;
        put(&mut self.0, sql::INSERT_EVENTS, &rows.events).await?;
        self.resolve(rows).await
    }

    async fn apply_channel_configuration(
        &mut self,
        rows: &ChannelConfigurationRows,
        applied: Applied,
    ) -> StoreResult<bool> {
        if !self.set_applied(DownloadJob::ChannelConfiguration, applied).await? {
            return Ok(false);
        }
        let (channels, groups) = configuration::channel_rows(rows);
        self.replace([
            (sql::CLEAR_CHANNELS, sql::INSERT_CHANNELS, channels),
            (sql::CLEAR_CUSTOMER_GROUPS, sql::INSERT_CUSTOMER_GROUPS, groups),
        ])
        .await?;
        Ok(true)
    }

    async fn apply_global_configuration(
        &mut self,
        rows: &GlobalConfigurationRows,
        applied: Applied,
    ) -> StoreResult<bool> {
        if !self.set_applied(DownloadJob::GlobalConfiguration, applied).await? {
            return Ok(false);
        }
        let (features, limits) = configuration::global_rows(rows);
        self.replace([
            (sql::CLEAR_FEATURES, sql::INSERT_FEATURES, features),
            (sql::CLEAR_FIELD_LIMITS, sql::INSERT_FIELD_LIMITS, limits),
        ])
        .await?;
        Ok(true)
    }

    async fn set_request_hash_key(&mut self, key: &[u8; 32]) -> StoreResult<()> {
        sqlx::query(sql::SET_REQUEST_HASH_KEY).bind(key.as_slice()).execute(&mut *self.0).await?;
        Ok(())
    }

    async fn prune_request_records(&mut self, before: Timestamp, limit: u32) -> StoreResult<u64> {
        let done = sqlx::query(sql::PRUNE_RECORDS)
            .bind(before.millis())
            .bind(i64::from(limit))
            .execute(&mut *self.0)
            .await?;
        Ok(done.rows_affected())
    }

    async fn commit(self: Box<Self>) -> StoreResult<()> {
        self.0.commit().await.map_err(|error| StoreError::of_commit(&error))
    }
}
