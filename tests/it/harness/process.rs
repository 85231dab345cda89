//! The program as a process: started, watched, signalled and killed as an operator or a bad day would.

use std::{
    fmt::Write as _,
    net::{SocketAddr, TcpListener},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use csu::runtime::clock::{Clock as _, TestClock};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinSet,
};

use super::{Company, Database, Engine, START, packages, replica::Clients, tools, wait};

/// A `csu` that may not serve yet.
pub struct Starting {
    child: Child,
    output: Output,
    readers: JoinSet<()>,
}

/// A `csu` that serves.
pub struct Process {
    running: Starting,
    /// Of the unit; of headquarters where that is all there is.
    pub grpc: SocketAddr,
    pub http: SocketAddr,
    /// Of its headquarters.
    pub headquarters: Option<Served>,
}

/// Where a part of a process is served.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
}

/// What a process has written to its standard output and error.
#[derive(Clone, Default)]
pub struct Output {
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
}

/// A `csu` that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// A unit on ports that are free, whose headquarters is away. Its database is one that has registered: [`stocked`].
pub fn serve(database: &str) -> Command {
    let mut command = serve_as("channel");
    command.args(["--channel-database", database, "--headquarters", "http://127.0.0.1:1"]);
    command
}

/// A unit on ports that are free, with a headquarters.
pub fn serve_with(database: &str, headquarters: &Process) -> Command {
    let mut command = serve_as("channel");
    let url = headquarters.headquarters_url();
    command.args(["--channel-database", database, "--headquarters", &url]);
    command
}

/// A headquarters on ports that are free, which begins with the demo company.
pub fn serve_headquarters(database: &str) -> Command {
    let mut command = serve_as("headquarters");
    command.args(["--headquarters-database", database, "--demo", "true"]);
    command
}

/// `csu serve` in a role, on ports that are free.
pub fn serve_as(role: &str) -> Command {
    let mut command = csu();
    command.args(["serve", "--role", role]);
    for part in ["channel", "headquarters"] {
        command.args([format!("--{part}-listen"), "127.0.0.1:0".to_owned()]);
        command.args([format!("--{part}-http-listen"), "127.0.0.1:0".to_owned()]);
    }
    command
}

/// A database that has registered and got the demo company's configuration, before headquarters went away.
pub async fn stocked(engine: Engine) -> Database {
    let database = Database::new(engine).await;
    stock(&database).await;
    database
}

/// The same with a database that is migrated, and opened by nobody.
pub async fn stock(database: &Database) {
    let clock = Arc::new(TestClock::new(START));
    let store = database.open(clock.now()).await;
    packages::store(&store, &clock, &Company::new().packages()).await;
    store.close().await;
}

/// The program under test, and nothing in its environment that could steer it.
pub fn csu() -> Command {
    let mut command = Command::new(tools::csu());
    command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
    // Nobody's csu.toml lies there.
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Runs a command of the program to its end.
pub async fn run(mut command: Command) -> Ended {
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = wait::bounded("the command's end", running).await.expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Sends a signal by its name.
pub fn signal(name: &str, process: u32) {
    let sent = std::process::Command::new("sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &process.to_string()])
        .status()
        .expect("sh");
    assert!(sent.success(), "{process} takes SIG{name}");
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

impl Starting {
    /// Waits until it takes calls.
    pub async fn serving(mut self) -> Process {
        let mut found = None;
        wait::until("csu serves", async || {
            found = parts(&self.output.stdout());
            let ended = self.child.try_wait().expect("its state");
            assert!(ended.is_none(), "csu has ended: {}", self.output.all());
            found.is_some()
        })
        .await;
        let (unit, headquarters) = found.expect("csu says where it serves");
        let Served { grpc, http } = unit.or(headquarters).expect("a part");
        Process { running: self, grpc, http, headquarters }
    }

    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Asks it to do something, by the name of a signal.
    pub fn signal(&self, name: &str) {
        signal(name, self.child.id().expect("it runs"));
    }

    /// As a power cut would: SIGKILL.
    pub async fn kill(mut self) {
        self.child.start_kill().expect("it runs");
        wait::bounded("csu's end", self.child.wait()).await.expect("its status");
    }

    pub async fn ended(mut self) -> Ended {
        let status = wait::bounded("csu's end", self.child.wait()).await.expect("its status");
        wait::bounded("the end of its output", self.readers.join_all()).await;
        Ended { status, stdout: self.output.stdout(), stderr: self.output.stderr() }
    }
}

impl Process {
    /// Starts it and waits until it takes calls.
    pub async fn start(command: Command) -> Self {
        Self::spawn(command).serving().await
    }

    /// Starts it.
    pub fn spawn(mut command: Command) -> Starting {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let output = Output::default();
        let mut readers = JoinSet::new();
        readers.spawn(read(child.stdout.take().expect("piped"), Arc::clone(&output.stdout)));
        readers.spawn(read(child.stderr.take().expect("piped"), Arc::clone(&output.stderr)));
        Starting { child, output, readers }
    }

    pub async fn connect(&self) -> Clients {
        Clients::connect(self.grpc).await
    }

    /// What commands call to reach its headquarters.
    pub fn headquarters_url(&self) -> String {
        format!("http://{}", self.headquarters.expect("it has one").grpc)
    }

    pub fn output(&self) -> &Output {
        self.running.output()
    }

    /// Asks it to do something, by the name of a signal.
    pub fn signal(&self, name: &str) {
        self.running.signal(name);
    }

    pub async fn ended(self) -> Ended {
        self.running.ended().await
    }

    /// As a power cut would: SIGKILL.
    pub async fn kill(self) {
        self.running.kill().await;
    }

    /// In an orderly way.
    pub async fn stop(self) {
        self.signal("TERM");
        let ended = self.ended().await;
        assert!(ended.status.success(), "{ended:?}");
    }
}

impl Output {
    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    fn all(&self) -> String {
        format!("{}\n{}", self.stdout(), self.stderr())
    }
}

async fn read(stream: impl AsyncRead + Unpin, text: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await.expect("text") {
        writeln!(text.lock().unwrap(), "{line}").expect("memory");
    }
}

/// The unit and the headquarters that a greeting tells of, once it is there whole.
fn parts(greeting: &str) -> Option<(Option<Served>, Option<Served>)> {
    let (_, role) = greeting.split_once("(role ")?;
    let (role, _) = role.split_once(')')?;
    let unit = served(greeting, "scale unit");
    let headquarters = served(greeting, "headquarters");
    let is_whole = match role {
        "all" => unit.is_some() && headquarters.is_some(),
        "headquarters" => headquarters.is_some(),
        _ => unit.is_some(),
    };
    is_whole.then_some((unit, headquarters))
}

/// What is said below a line of its own.
fn served(greeting: &str, part: &str) -> Option<Served> {
    let (_, lines) = greeting.split_once(&format!("\n{part}\n"))?;
    Some(Served { grpc: after(lines, "  gRPC ")?, http: after(lines, "http://")? })
}

/// The address that follows a text.
fn after(text: &str, before: &str) -> Option<SocketAddr> {
    let (_, rest) = text.split_once(before)?;
    rest.trim_start().split([' ', '/', '\n']).next()?.parse().ok()
}
