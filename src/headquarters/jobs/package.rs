//! Builds packages: chunk by chunk, so that the largest company takes no more memory than a small one, and once for
//! all databases that need the same.

use futures::{Stream, StreamExt as _, pin_mut};

use crate::{
    domain::{lease::Lease, session::PackageId, time::Timestamp},
    headquarters::{
        Headquarters,
        jobs::lease::under,
        store::{Package, PackageKey, Transaction},
    },
    proto::exchange::PackageRow,
    storage::{StoreError, StoreResult},
    wire::package::{Finished, Label, PackageWriter},
};

/// Bytes of chunks that are kept until there is a transaction for them.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// A package that is there, or whose last chunks wait for the transaction that makes use of it.
#[derive(Clone)]
pub(super) enum Built {
    There(Package),
    New(NewPackage),
}

#[derive(Clone)]
pub(super) struct NewPackage {
    key: PackageKey,
    created_at: Timestamp,
    /// Where earlier chunks are stored.
    begun: Option<PackageId>,
    stored: u32,
    chunks: Vec<Vec<u8>>,
    header: Vec<u8>,
    rows: u64,
    bytes: u64,
}

impl Built {
    pub(super) const fn rows(&self) -> u64 {
        match self {
            Self::There(package) => package.rows,
            Self::New(new) => new.rows,
        }
    }

    pub(super) const fn bytes(&self) -> u64 {
        match self {
            Self::There(package) => package.bytes,
            Self::New(new) => new.bytes,
        }
    }

    /// Makes it whole, if it is new.
    pub(super) async fn store(&self, transaction: &mut dyn Transaction) -> StoreResult<PackageId> {
        match self {
            Self::There(package) => Ok(package.id),
            Self::New(new) => new.store(transaction).await,
        }
    }
}

impl NewPackage {
    async fn store(&self, transaction: &mut dyn Transaction) -> StoreResult<PackageId> {
        let id = match self.begun {
            Some(id) => id,
            None => transaction.begin_package(&self.key, self.created_at).await?,
        };
        transaction.add_chunks(id, self.stored, &self.chunks).await?;
        let chunks = self.stored + count(&self.chunks);
        let (header, rows, bytes) = (self.header.clone(), self.rows, self.bytes);
        let package = Package { id, key: self.key.clone(), header, chunks, rows, bytes };
        transaction.finish_package(&package).await?;
        Ok(id)
    }

    /// Stores the chunks that there are, so that there is room for more.
    async fn make_room(&mut self, headquarters: &Headquarters, lease: &Lease) -> StoreResult<()> {
        let (begun, stored, chunks) = (self.begun, self.stored, std::mem::take(&mut self.chunks));
        let (key, created_at) = (self.key.clone(), self.created_at);
        self.stored += count(&chunks);
        let id = under(headquarters, lease, move |transaction| {
            let (key, chunks) = (key.clone(), chunks.clone());
            Box::pin(async move {
                let id = match begun {
                    Some(id) => id,
                    None => transaction.begin_package(&key, created_at).await?,
                };
                transaction.add_chunks(id, stored, &chunks).await?;
                Ok(id)
            })
        })
        .await?;
        self.begun = Some(id);
        Ok(())
    }
}

/// The package of this key: the one that is there, or one of these rows.
pub(super) async fn build(
    headquarters: &Headquarters,
    lease: &Lease,
    key: PackageKey,
    rows: impl Stream<Item = StoreResult<PackageRow>> + Send,
) -> StoreResult<Built> {
    if let Some(package) = headquarters.store.package(&key).await? {
        return Ok(Built::There(package));
    }
    let created_at = headquarters.clock.now();
    let label = Label { job: key.job, from: key.from, to: key.to, full: key.full, created_at };
    let mut new = NewPackage {
        key,
        created_at,
        begun: None,
        stored: 0,
        chunks: Vec::new(),
        header: Vec::new(),
        rows: 0,
        bytes: 0,
    };
    let mut writer = PackageWriter::new();
    let mut kept = 0;
    pin_mut!(rows);
    while let Some(row) = rows.next().await {
        let Some(chunk) = writer.push(row?).map_err(|error| unwritable(&error))? else { continue };
        kept += chunk.len();
        new.chunks.push(chunk);
        if kept >= KEPT_BYTES {
            new.make_room(headquarters, lease).await?;
            kept = 0;
        }
    }
    let Finished { header, last, rows, bytes, .. } =
        writer.finish(&label).map_err(|error| unwritable(&error))?;
    new.chunks.push(last);
    Ok(Built::New(NewPackage { header, rows, bytes, ..new }))
}

/// Rows that nobody could read are refused, too.
fn unwritable(error: &std::io::Error) -> StoreError {
    StoreError::Refused(format!("a package can't be written: {error}"))
}

fn count(chunks: &[Vec<u8>]) -> u32 {
    u32::try_from(chunks.len()).unwrap_or(u32::MAX)
}
