//! The program as a process: started, watched, signalled and killed as an operator or a bad day would.

use std::{
    fmt::Write as _,
    net::{SocketAddr, TcpListener},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinSet,
};

use super::{replica::Clients, tools, wait};

/// A `csu` that serves.
pub struct Process {
    child: Child,
    output: Output,
    readers: JoinSet<()>,
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

/// `csu serve` on ports that are free, with the demo company.
pub fn serve(database: &str) -> Command {
    let mut command = csu();
    command.args(["serve", "--channel-listen", "127.0.0.1:0"]);
    command.args(["--channel-http-listen", "127.0.0.1:0", "--channel-database", database]);
    command
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

impl Process {
    /// Starts it and waits until it takes calls.
    pub async fn start(mut command: Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let output = Output::default();
        let mut readers = JoinSet::new();
        readers.spawn(read(child.stdout.take().expect("piped"), Arc::clone(&output.stdout)));
        readers.spawn(read(child.stderr.take().expect("piped"), Arc::clone(&output.stderr)));
        let mut found = (None, None);
        wait::until("csu serves", async || {
            let stdout = output.stdout();
            found = (after(&stdout, "  gRPC "), after(&stdout, "http://"));
            let ended = child.try_wait().expect("its state");
            assert!(ended.is_none(), "csu has ended: {}", output.all());
            found.0.is_some() && found.1.is_some()
        })
        .await;
        let (Some(grpc), Some(http)) = found else { panic!("csu says where it serves") };
        Self { child, output, readers, grpc, http }
    }

    pub async fn connect(&self) -> Clients {
        Clients::connect(self.grpc).await
    }

    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Asks it to do something, by the name of a signal.
    pub fn signal(&self, name: &str) {
        signal(name, self.child.id().expect("it runs"));
    }

    pub async fn ended(mut self) -> Ended {
        let status = wait::bounded("csu's end", self.child.wait()).await.expect("its status");
        wait::bounded("the end of its output", self.readers.join_all()).await;
        Ended { status, stdout: self.output.stdout(), stderr: self.output.stderr() }
    }

    /// As a power cut would: SIGKILL.
    pub async fn kill(mut self) {
        self.child.start_kill().expect("it runs");
        wait::bounded("csu's end", self.child.wait()).await.expect("its status");
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

/// The address that follows a text.
fn after(text: &str, before: &str) -> Option<SocketAddr> {
    let (_, rest) = text.split_once(before)?;
    rest.trim_start().split([' ', '/', '\n']).next()?.parse().ok()
}
