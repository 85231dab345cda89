//! The programs under test, each a process of its own.

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::transport::Endpoint;

use crate::{
    channel::realtime,
    proto::channel::{
        GetChannelConfigurationRequest, channel_service_client::ChannelServiceClient,
    },
    runtime::clock::monotonic,
};

/// Longest wait for a process that starts: a new unit first takes all customers.
const START_LIMIT: Duration = Duration::from_mins(30);
const PACE: Duration = Duration::from_millis(20);
/// Most of its log that is shown of a process that does not start.
const TAIL: usize = 2_000;

/// A process that serves, until it is dropped.
pub(super) struct Process {
    child: Child,
    log: PathBuf,
    /// What to call.
    pub(super) url: String,
    /// Where its metrics are.
    http: String,
}

/// Starts programs, whose logs are in a folder.
pub(super) struct Programs<'a> {
    /// This program.
    pub(super) program: &'a Path,
    pub(super) logs: &'a Path,
}

impl Programs<'_> {
    pub(super) async fn echo(&self) -> anyhow::Result<Process> {
        let (mut command, address) = (self.command(), free_address()?);
        command.args(["bench", "echo", "--listen", &address]);
        let process = self.start("echo", command, &address, String::new())?;
        process.until_connected().await
    }

    pub(super) async fn headquarters(&self, database: &str) -> anyhow::Result<Process> {
        let (mut command, address, http) = (self.command(), free_address()?, free_address()?);
        command.args(["serve", "--role", "headquarters", "--demo", "true", "--jobs", "manual"]);
        command.args(["--headquarters-listen", &address, "--headquarters-http-listen", &http]);
        command.env("CSU__HEADQUARTERS__DATABASE", database);
        let process = self.start("headquarters", command, &address, http)?;
        process.until_connected().await
    }

    /// `settings`: of its channel, by name.
    pub(super) async fn unit(
        &self,
        database: &str,
        headquarters: &str,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Process> {
        let (mut command, address, http) = (self.command(), free_address()?, free_address()?);
        command.args(["serve", "--role", "channel", "--headquarters", headquarters]);
        command.args(["--channel-listen", &address, "--channel-http-listen", &http]);
        command.env("CSU__CHANNEL__DATABASE", database);
        for (name, value) in settings {
            command.env(format!("CSU__CHANNEL__{name}"), value);
        }
        let process = self.start("unit", command, &address, http)?;
        process.until_it_serves().await
    }

    /// Brings new databases to their schema.
    pub(super) fn migrate(&self, channel: &str, headquarters: &str) -> anyhow::Result<()> {
        let mut command = self.command();
        command.arg("migrate").env("CSU__CHANNEL__DATABASE", channel);
        command.env("CSU__HEADQUARTERS__DATABASE", headquarters);
        let migrated = command.stdout(Stdio::null()).output().context("csu migrate")?;
        let said = String::from_utf8_lossy(&migrated.stderr);
        anyhow::ensure!(migrated.status.success(), "csu migrate: {said}");
        Ok(())
    }

    /// Nothing in the environment steers it.
    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command.env_clear().current_dir(self.logs).stdin(Stdio::null());
        command
    }

    fn start(
        &self,
        name: &str,
        mut command: Command,
        address: &str,
        http: String,
    ) -> anyhow::Result<Process> {
        let log = self.logs.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| log.display().to_string())?;
        let child = command.stdout(Stdio::null()).stderr(file).spawn().context(name.to_owned())?;
        Ok(Process { child, log, url: format!("http://{address}"), http })
    }
}

impl Process {
    async fn until_connected(self) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(self.url.clone())?;
        self.until(async || endpoint.connect().await.is_ok()).await
    }

    async fn until_it_serves(self) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(self.url.clone())?.connect_lazy();
        let request =
            GetChannelConfigurationRequest { channel: super::callers::CHANNEL.to_owned() };
        self.until(async || {
            let mut service = ChannelServiceClient::new(channel.clone());
            service.get_channel_configuration(request.clone()).await.is_ok()
        })
        .await
    }

    async fn until(mut self, mut condition: impl AsyncFnMut() -> bool) -> anyhow::Result<Self> {
        let started = monotonic();
        while !condition().await {
            let ended = self.child.try_wait()?.is_some();
            if ended || started.elapsed() > START_LIMIT {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let tail = log.char_indices().rev().take(TAIL).last().map_or(0, |(at, _)| at);
                anyhow::bail!("{} does not serve: {}", self.log.display(), &log[tail..]);
            }
            tokio::time::sleep(PACE).await;
        }
        Ok(self)
    }

    /// How often it has called headquarters for somebody.
    pub(super) async fn headquarters_calls(&self) -> anyhow::Result<u64> {
        let mut connection = TcpStream::connect(&self.http).await.context("no metrics")?;
        connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
        let mut metrics = String::new();
        connection.read_to_string(&mut metrics).await?;
        let counts = metrics.lines().filter(|line| line.starts_with(realtime::CALLS));
        Ok(counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
    }

    /// Stops it where it is: its connections stay, and nobody answers.
    pub(super) fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    pub(super) fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.context("a process has a number")?, signal)?)
    }

    pub(super) fn kill(&mut self) {
        // Its databases go away with it: there is nothing to end in an orderly way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Most memory that it has had, in KiB.
    pub(super) fn peak_memory_kib(&self) -> Option<u64> {
        self.status_kib("VmHWM:")
    }

    /// Memory that it has now, in KiB.
    pub(super) fn memory_kib(&self) -> Option<u64> {
        self.status_kib("VmRSS:")
    }

    fn status_kib(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Nobody has it at the moment.
fn free_address() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?.to_string())
}
