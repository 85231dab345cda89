//! What stands while one engine is measured: headquarters with its customers, a unit that has them, a server that only
//! answers, and the engine alone over a copy of the unit's database.

use std::sync::{Arc, atomic::AtomicU64};

use crate::{
    bench::{
        callers::{Calls, Company, Workload},
        engine::EngineAlone,
        fill, jobs,
        jobs::JobFigure,
        processes::{Process, Programs},
    },
    runtime::ids,
    storage::{DatabaseUrl, Scratch},
};

pub(super) struct Stage<'a> {
    pub(super) engine: &'static str,
    pub(super) programs: &'a Programs<'a>,
    pub(super) company: Company,
    pub(super) echo: Process,
    pub(super) headquarters: Process,
    pub(super) unit: Process,
    /// Of the unit.
    pub(super) database: String,
    pub(super) alone: EngineAlone,
    /// The next customer to make.
    next: Arc<AtomicU64>,
}

/// What there is to know of how it was set up.
pub(super) struct SetUp {
    /// The unit's memory before it was asked anything, in KiB.
    pub(super) idle_kib: u64,
    pub(super) jobs: Vec<JobFigure>,
}

impl<'a> Stage<'a> {
    pub(super) async fn set(
        engine: &'static str,
        programs: &'a Programs<'a>,
        scratch: &mut Scratch,
        company: Company,
        say: &(dyn Fn(&str) + Sync),
    ) -> anyhow::Result<(Self, SetUp)> {
        let say = |text: &str| say(&format!("{engine}: {text}"));
        let of_headquarters = scratch.database("headquarters", ids::new_database_id()).await?;
        let database = scratch.database("channel", ids::new_database_id()).await?;
        programs.migrate(&database, &of_headquarters)?;
        fill(&of_headquarters.parse()?, company.customers, company.seed, &say).await?;

        say("a new unit takes its customers");
        let headquarters = programs.headquarters(&of_headquarters).await?;
        let unit = programs.unit(&database, &headquarters.url, &[]).await?;
        let jobs = jobs::first_session(&headquarters, engine).await?;
        // A copy needs the database for itself.
        drop(unit);
        let copy = scratch.copy(&database, "alone", ids::new_database_id()).await?;
        let alone = EngineAlone::open(&copy.parse::<DatabaseUrl>()?, company).await?;
        let unit = programs.unit(&database, &headquarters.url, &[]).await?;
        let idle_kib = unit.memory_kib().unwrap_or_default();
        let echo = programs.echo().await?;
        let next = Arc::new(AtomicU64::new(company.customers));
        let stage =
            Self { engine, programs, company, echo, headquarters, unit, database, alone, next };
        Ok((stage, SetUp { idle_kib, jobs }))
    }

    pub(super) async fn calls(
        &self,
        server: &Process,
        workload: Workload,
    ) -> anyhow::Result<Arc<Calls>> {
        let next = Arc::clone(&self.next);
        Ok(Arc::new(Calls::connect(&server.url, workload, self.company, next).await?))
    }

    /// The unit starts anew, with settings of its channel, and calls headquarters here.
    pub(super) async fn restart_unit(
        &mut self,
        headquarters: &str,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        self.unit.kill();
        self.unit = self.programs.unit(&self.database, headquarters, settings).await?;
        Ok(())
    }
}
