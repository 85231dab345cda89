//! `ListRuns`.

use crate::{
    domain::{
        error::{Error, Result},
        job::RunId,
    },
    headquarters::{
        grpc::{
            page::{self, Page},
            scheduler::convert,
        },
        operations::{Headquarters, scheduler},
    },
    proto::headquarters::{ListRunsRequest, ListRunsResponse},
};

pub(super) async fn list(
    headquarters: &Headquarters,
    request: ListRunsRequest,
) -> Result<ListRunsResponse> {
    let ListRunsRequest { job, page_size, page_token } = request;
    let size = page::size(page_size).map_err(|violation| Error::InvalidFields(vec![violation]))?;
    let page = Page::new("runs", &[&job], size, &page_token)?;
    let before = page.after.map(|id| RunId(i64::from_be_bytes(id)));
    let job = Some(job).filter(|code| !code.is_empty());
    let mut runs = scheduler::list_runs(headquarters, job.as_deref(), before, page.limit()).await?;
    let next_page_token = page.cut(&mut runs, |last| last.run.id.0.to_be_bytes());
    Ok(ListRunsResponse { runs: runs.into_iter().map(convert::run).collect(), next_page_token })
}
