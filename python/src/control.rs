//! How other processes of the same user ask a running job: a Unix socket for each job, in a folder that only the
//! user can enter. A request is a line of JSON, `{"ask": "info"}`, and so is the answer.
//!
//! A job that can't have one (no such sockets, a folder that can't be used) runs without.

/// What a job is to others: told in each answer to `info`.
#[derive(Clone)]
pub struct Identity {
    pub id: String,
    pub name: String,
}

#[cfg(unix)]
pub use unix::Control;

#[cfg(not(unix))]
pub use nowhere::Control;

#[cfg(not(unix))]
mod nowhere {
    use std::sync::Arc;

    use flott::runtime::JobHandle;

    use super::Identity;
    use crate::savepoints::Savepoints;

    #[derive(Default)]
    pub struct Control;

    impl Control {
        pub fn open(self: &Arc<Self>, _handle: JobHandle, _savepoints: Savepoints, _identity: Identity) {}

        pub fn close(&self) {}
    }
}

#[cfg(unix)]
mod unix {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
    use std::time::Duration;

    use flott::runtime::{JobHandle, JobStatus};
    use serde_json::{Value as Json, json};

    use super::Identity;
    use crate::savepoints::{Savepoints, stop_named};

    /// How long a process that asks may take over a line, and a job's tasks over an answer.
    const PATIENCE: Duration = Duration::from_secs(2);
    const ANSWERS: Duration = Duration::from_secs(1);
    /// The longest request, in bytes.
    const REQUEST: u64 = 64 << 10;

    enum State {
        Unopened,
        Open(PathBuf),
        Closed,
    }

    /// The socket of one job.
    pub struct Control(Mutex<State>);

    impl Default for Control {
        fn default() -> Self {
            Control(Mutex::new(State::Unopened))
        }
    }

    impl Control {
        fn state(&self) -> MutexGuard<'_, State> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Listens for questions, unless the job is over already or there is nowhere to listen.
        pub fn open(self: &Arc<Self>, handle: JobHandle, savepoints: Savepoints, identity: Identity) {
            let mut state = self.state();
            if !matches!(*state, State::Unopened) {
                return;
            }
            let Some(path) = folder().map(|folder| folder.join(format!("{}.sock", identity.id))) else { return };
            let Ok(listener) = UnixListener::bind(&path) else { return };
            let private = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600));
            let control = self.clone();
            let listen = move || {
                for stream in listener.incoming() {
                    if matches!(*control.state(), State::Closed) {
                        break;
                    }
                    if let Ok(stream) = stream {
                        let (handle, savepoints, identity) = (handle.clone(), savepoints.clone(), identity.clone());
                        // whoever asked may be gone; the job has nothing to do with that
                        let serve = move || drop(serve(&stream, &handle, &savepoints, &identity));
                        // a savepoint takes its time, and others ask meanwhile
                        drop(std::thread::Builder::new().name("flott-asked".into()).spawn(serve));
                    }
                }
            };
            let started = private.and_then(|()| std::thread::Builder::new().name("flott-control".into()).spawn(listen));
            match started {
                Ok(_) => *state = State::Open(path),
                Err(_) => drop(std::fs::remove_file(path)),
            }
        }

        /// The job is over: nobody can ask it any more.
        pub fn close(&self) {
            let before = std::mem::replace(&mut *self.state(), State::Closed);
            if let State::Open(path) = before {
                // the thread waits for someone to come
                drop(UnixStream::connect(&path));
                drop(std::fs::remove_file(path));
            }
        }
    }

    /// Where the user's jobs are: `FLOTT_CONTROL_DIR`, or a folder of the user's own. Made when missing; `None` if it is
    /// open to others or can't be used.
    fn folder() -> Option<PathBuf> {
        let user = std::fs::metadata("/proc/self").map(|own| own.uid()).ok();
        let path = match (std::env::var_os("FLOTT_CONTROL_DIR"), std::env::var_os("XDG_RUNTIME_DIR")) {
            (Some(own), _) if own.is_empty() => return None,
            (Some(own), _) => PathBuf::from(own),
            (None, Some(runtime)) if Path::new(&runtime).is_dir() => PathBuf::from(runtime).join("flott"),
            (None, _) => std::env::temp_dir().join(format!("flott-{}", user?)),
        };
        // it may be there already
        let _ = std::fs::DirBuilder::new().mode(0o700).recursive(true).create(&path);
        let made = std::fs::symlink_metadata(&path).ok()?;
        let own = made.is_dir() && made.mode() & 0o077 == 0 && user.is_none_or(|user| made.uid() == user);
        own.then_some(path)
    }

    fn serve(
        stream: &UnixStream,
        handle: &JobHandle,
        savepoints: &Savepoints,
        identity: &Identity,
    ) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut lines = BufReader::new(stream.try_clone()?.take(REQUEST));
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            let request: Json = serde_json::from_str(&line).unwrap_or_default();
            if request["ask"] == "savepoint" {
                savepoint(&request, savepoints, stream.try_clone()?);
            } else {
                say(stream, &answer(&request, handle, identity))?;
            }
            line.clear();
        }
        Ok(())
    }

    fn say(mut stream: &UnixStream, answer: &str) -> std::io::Result<()> {
        stream.write_all(format!("{answer}\n").as_bytes())
    }

    /// Takes a savepoint and says where it is. Where the job ends with it, that is said before it ends.
    fn savepoint(request: &Json, savepoints: &Savepoints, stream: UnixStream) {
        let (said, wait) = mpsc::channel::<()>();
        let deliver = move |result: flott::Result<String>| {
            let answer = match result {
                Ok(path) => json!({"path": path}),
                Err(error) => json!({"error": error.to_string()}),
            };
            // whoever asked may be gone
            let _ = say(&stream, &answer.to_string());
            drop(said);
        };
        match request["stop"].as_str().map(stop_named).transpose() {
            Ok(stop) => savepoints.ask(request["directory"].as_str().map(str::to_owned), stop, deliver),
            Err(error) => deliver(Err(error)),
        }
        // ends when it has been said
        let _ = wait.recv();
    }

    fn answer(request: &Json, handle: &JobHandle, identity: &Identity) -> String {
        match request["ask"].as_str() {
            Some("info") => json!({
                "id": identity.id,
                "name": identity.name,
                "pid": std::process::id(),
                "status": status(handle.status()),
                "runtime_ms": handle.runtime().as_millis() as u64,
            })
            .to_string(),
            Some("explain") => handle.standing(ANSWERS).to_json(),
            Some("cancel") => {
                handle.cancel();
                json!({"status": status(handle.status())}).to_string()
            }
            other => json!({"error": format!("this job does not know the question {other:?}")}).to_string(),
        }
    }

    /// As PyFlink's `JobStatus` has it.
    fn status(status: JobStatus) -> &'static str {
        crate::job::status_name(status)
    }
}
