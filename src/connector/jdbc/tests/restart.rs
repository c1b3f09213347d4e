//! A real server is killed in the middle of the writing and started again: no row is lost, none is there twice.
//!
//! The servers of the other tests are shared, so these start their own in a temporary folder. They run where the
//! variable of their database is set and its programs are installed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::databases::{Setup, Target};
use super::writing::{pairs, upsert};
use crate::batch::Batch;
use crate::connector::SinkWriter;
use crate::types::Shape;

const BATCHES: i64 = 300;
const ROWS: i64 = 50;

/// A server of this test alone.
struct Server {
    folder: tempfile::TempDir,
    command: Box<dyn Fn(&Path) -> Command + Send>,
    /// What kills it without a chance to clean up.
    signal: &'static str,
    process: Option<Child>,
}

impl Server {
    fn start(&mut self) {
        let mut command = (self.command)(self.folder.path());
        let log = std::fs::File::create(self.folder.path().join("server.log")).unwrap();
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.process = Some(process.unwrap());
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let id = process.id().to_string();
            Command::new("kill").args([self.signal, &id]).status().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it and waits until it answers a query.
    fn start_and_await(&mut self, target: &Target) {
        self.start();
        let deadline = Instant::now() + Duration::from_secs(60);
        while let Err(error) = target.try_query("SELECT 1") {
            assert!(Instant::now() < deadline, "the server did not start within a minute: {error}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The program on the path or in one of those folders.
fn program(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(folders.iter().cloned()).map(|folder| folder.join(name));
    let found = found.into_iter().find(|file| file.exists());
    if found.is_none() {
        eprintln!("not run: {name} is not installed");
    }
    found
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn mariadb(port: u16) -> Option<Server> {
    Target::mariadb()?;
    let server = program("mariadbd", &["/usr/sbin".into()])?;
    let install = program("mariadb-install-db", &[])?;
    let folder = tempfile::tempdir().unwrap();
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let user = format!("--user={}", user.trim());
    run(Command::new(install)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &user])
        .arg(format!("--datadir={}", folder.path().join("data").display())));
    let command = move |folder: &Path| {
        let mut command = Command::new(&server);
        command
            .args(["--no-defaults", "--bind-address=127.0.0.1", &user])
            .arg(format!("--datadir={}", folder.join("data").display()))
            .arg(format!("--socket={}", folder.join("socket").display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            .arg(format!("--port={port}"));
        command
    };
    Some(Server { folder, command: Box::new(command), signal: "-KILL", process: None })
}

fn postgres(port: u16) -> Option<Server> {
    Target::postgres()?;
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    let (server, initdb) = (program("postgres", &folders)?, program("initdb", &folders)?);
    let folder = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root
    let as_user = move |program: &Path| {
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    };
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder.path()));
    }
    let data = folder.path().join("data");
    run(as_user(&initdb).args(["-U", "postgres", "-A", "trust", "--no-sync", "-D"]).arg(&data).current_dir("/"));
    let command = move |folder: &Path| {
        let mut command = as_user(&server);
        command.current_dir("/").arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
        command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        command
    };
    // SIGQUIT ends it at once and dirtily, its children with it; what follows is crash recovery
    Some(Server { folder, command: Box::new(command), signal: "-QUIT", process: None })
}

/// Writes while another thread kills the server and starts it again, twice.
fn killed_and_restarted(mut server: Server, target: &Target) {
    let table = target.table("id BIGINT PRIMARY KEY, name VARCHAR(20)");
    let setup = Setup::default().option("batch-size", ROWS).option("max-retries", 200);
    let (flushes, retries) = (setup.metrics.counter("flushes"), setup.metrics.counter("retries"));
    let mut writer = setup.writer(&target.url, &upsert(target, &table), pairs([1], ["a"]).schema()).unwrap();
    std::thread::scope(|scope| {
        let killer = scope.spawn(move || {
            for at in [BATCHES / 5, BATCHES / 2] {
                while flushes.get() < at as u64 {
                    std::thread::yield_now();
                }
                let before = retries.get();
                server.kill();
                // the writer has met the gap before the server is back
                while retries.get() < before + 2 {
                    std::thread::sleep(Duration::from_millis(1));
                }
                server.start_and_await(target);
            }
            server
        });
        for batch in 0..BATCHES {
            let ids = batch * ROWS..(batch + 1) * ROWS;
            writer.write(Batch::columns(pairs(ids, ["x"; ROWS as usize]), Shape::Row)).unwrap();
        }
        writer.flush().unwrap();
        writer.close().unwrap();
        let server = killer.join().unwrap();
        assert_eq!(target.count(&table) as i64, BATCHES * ROWS);
        let sum = target.query(&format!("SELECT count(DISTINCT id), sum(id) FROM {table}"));
        let last = BATCHES * ROWS - 1;
        assert_eq!(sum[0][0].as_deref(), Some((last + 1).to_string().as_str()));
        assert_eq!(sum[0][1].as_deref(), Some((last * (last + 1) / 2).to_string().as_str()));
        drop(server);
    });
    assert!(setup.counter("retries") >= 4);
    assert_eq!(setup.counter("numRecordsSend") as i64, BATCHES * ROWS);
}

#[test]
fn mariadb_is_killed_and_restarted() {
    let port = free_port();
    let Some(mut server) = mariadb(port) else { return };
    let root = Target::at(format!("jdbc:mariadb://127.0.0.1:{port}/mysql?user=root"));
    server.start_and_await(&root);
    root.run("CREATE DATABASE test");
    let target = Target::at(format!("jdbc:mariadb://127.0.0.1:{port}/test?user=root"));
    killed_and_restarted(server, &target);
}

#[test]
fn postgres_is_killed_and_restarted() {
    let port = free_port();
    let Some(mut server) = postgres(port) else { return };
    let target = Target::at(format!("jdbc:postgresql://127.0.0.1:{port}/postgres?user=postgres&password=any"));
    server.start_and_await(&target);
    killed_and_restarted(server, &target);
}
