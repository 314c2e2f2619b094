//! The local OMS: a real HTTP server with the service's behaviour, states and errors, and faults on demand.
//!
//! A request goes one way: `server` accepts it, `service` takes it through `router`, `faults`, `recording`, `auth`
//! and `state`, `answers` has the words, `wire` breaks the connection where a fault says so.

mod answers;
mod auth;
mod canonical;
mod clock;
mod faults;
mod identity;
mod persistence;
mod recording;
mod router;
mod server;
mod service;
mod signature;
pub mod state;
mod wire;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

pub use faults::{Effect, Fault, Filter, Reply, Spoil, WireEffect};
pub use identity::{Identity, POD_PATH};
pub use recording::RecordedRequest;

use crate::operation::Resource;
use crate::secret::SecretString;
use auth::Gate;
use clock::Clock;
use server::{Command, Server};
use service::Service;
use state::{SyncTask, Task, TaskGroup, World};

/// How long stopping, and whatever the server is told, may take.
const STOPPING: Duration = Duration::from_secs(2);

/// How a local OMS is set up.
pub struct Config {
    /// The access key and the secret key that requests are signed with.
    pub key: Option<(String, SecretString)>,
    /// The token of a temporary key.
    pub security_token: Option<SecretString>,
    /// The token that requests may carry instead of a signature.
    pub token: Option<SecretString>,
    /// How many wrong signatures in a row lock a key for five minutes; never where it is `None`.
    pub lock_after: Option<u32>,
    /// IAM and its like, where they are served too.
    pub identity: Option<Identity>,
    /// The only project there is.
    pub project_id: String,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 for a free one.
    pub port: u16,
    /// How many seconds its clock is ahead of the machine's.
    pub clock_offset: f64,
    /// How many started tasks run at once; `None` for no limit.
    pub running_limit: Option<usize>,
    /// How many requests are kept for [`Emulator::requests`].
    pub max_requests: usize,
    /// The file that its state is read from and kept in.
    pub state: Option<PathBuf>,
}

/// The local OMS. Inert in a forked child: there, only the parent's server runs.
pub struct Emulator {
    service: Arc<Service>,
    /// Where it is to listen.
    wanted: SocketAddr,
    /// Where it listens, or did.
    address: OnceLock<SocketAddr>,
    state: Option<PathBuf>,
    stage: Mutex<Stage>,
    /// The process that made it.
    process: u32,
}

enum Stage {
    Fresh,
    Running {
        runtime: Runtime,
        commands: mpsc::UnboundedSender<Command>,
    },
    Stopped,
}

impl Emulator {
    /// A local OMS that does not run yet.
    ///
    /// # Errors
    ///
    /// The state file cannot be read.
    pub fn new(config: Config) -> io::Result<Self> {
        let clock = Clock::new(config.clock_offset);
        let mut world = match &config.state {
            Some(path) => persistence::load(path, clock.now_ms())?,
            None => World::default(),
        };
        if let Some(limit) = config.running_limit {
            world.limit_running(limit);
        }
        let mut gate = Gate::new(
            config.key,
            config.security_token,
            config.token,
            config.lock_after,
        );
        if config.identity.is_some() {
            gate.close();
        }
        let service = Service {
            clock,
            gate,
            identity: config.identity,
            project_id: config.project_id,
            faults: faults::Faults::default(),
            recording: recording::Recording::new(config.max_requests),
            world: Mutex::new(world),
        };
        Ok(Self {
            service: Arc::new(service),
            wanted: SocketAddr::new(config.host, config.port),
            address: OnceLock::new(),
            state: config.state,
            stage: Mutex::new(Stage::Fresh),
            process: std::process::id(),
        })
    }

    /// Starts the server. One that runs goes on running.
    ///
    /// # Errors
    ///
    /// The port cannot be had, or the server was stopped before or belongs to another process.
    pub fn start(&self) -> io::Result<()> {
        if self.elsewhere() {
            return Err(io::Error::other(
                "this local OMS runs in the process that made it",
            ));
        }
        let mut stage = self.stage();
        match *stage {
            Stage::Running { .. } => return Ok(()),
            Stage::Stopped => {
                return Err(io::Error::other(
                    "this local OMS was stopped; make a new one",
                ));
            }
            Stage::Fresh => {}
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("local-oms")
            .enable_all()
            .build()?;
        let server = {
            let _within = runtime.enter();
            Server::bind(self.wanted).map_err(|e| {
                io::Error::new(e.kind(), format!("cannot listen on {}: {e}", self.wanted))
            })?
        };
        self.address.get_or_init(|| server.address);
        let (commands, received) = mpsc::unbounded_channel();
        runtime.spawn(server.run(Arc::clone(&self.service), received));
        if let Some(path) = &self.state {
            runtime.spawn(persistence::keep_saved(
                Arc::clone(&self.service),
                path.clone(),
            ));
        }
        *stage = Stage::Running { runtime, commands };
        Ok(())
    }

    /// Stops the server: the port is free and every connection has ended. One that does not run stays so.
    ///
    /// # Errors
    ///
    /// The state could not be saved.
    pub fn stop(&self) -> io::Result<()> {
        if self.elsewhere() {
            return Ok(());
        }
        let before = std::mem::replace(&mut *self.stage(), Stage::Stopped);
        let Stage::Running { runtime, commands } = before else {
            return Ok(());
        };
        drop(commands);
        // In a thread of its own: the caller's may belong to another runtime, where waiting would be a panic.
        std::thread::scope(|scope| {
            scope.spawn(|| runtime.shutdown_timeout(STOPPING));
        });
        match &self.state {
            Some(path) => persistence::save(&self.service, path),
            None => Ok(()),
        }
    }

    /// Where it answers; `None` before it is started. Also in a forked child, where clients may want it.
    #[must_use]
    pub fn endpoint(&self) -> Option<String> {
        self.address
            .get()
            .map(|address| format!("http://{address}"))
    }

    /// Whether this is a forked child of the process that made it. Its locks may be held by threads that are not
    /// here, so that only [`Emulator::endpoint`], [`Emulator::stop`] and dropping it are sure to return.
    #[must_use]
    pub fn elsewhere(&self) -> bool {
        self.process != std::process::id()
    }

    /// Adds tasks that are alike.
    ///
    /// # Errors
    ///
    /// What is wrong with the task.
    pub fn add_tasks(&self, ids: Vec<String>, task: &Task) -> Result<(), String> {
        let (mut world, now) = (self.service.world(), self.service.clock.now_ms());
        ids.into_iter()
            .try_for_each(|id| world.add_task(id, task.clone(), now))
    }

    /// Adds a task group.
    ///
    /// # Errors
    ///
    /// What is wrong with the group.
    pub fn add_task_group(&self, id: String, group: TaskGroup) -> Result<(), String> {
        self.service
            .world()
            .add_task_group(id, group, self.service.clock.now_ms())
    }

    /// Adds a synchronization task.
    pub fn add_sync_task(&self, id: String, task: SyncTask) {
        self.service
            .world()
            .add_sync_task(id, task, self.service.clock.now_ms());
    }

    /// What the service would answer to "show", as JSON; `None` where there is no such thing.
    #[must_use]
    pub fn show(&self, resource: &Resource, id: &str) -> Option<Bytes> {
        let now = self.service.clock.now_ms();
        self.service.world().show(resource, id, now).ok()
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.service.recording.requests()
    }

    /// How often each start was carried out: operation, id, count.
    #[must_use]
    pub fn starts(&self) -> Vec<(&'static str, String, u64)> {
        self.service.world().starts()
    }

    /// How many keys and tokens IAM and its like have given.
    #[must_use]
    pub fn issued(&self) -> u64 {
        let identity = self.service.identity.as_ref();
        identity.map_or(0, |identity| identity.issued.load(Ordering::Relaxed))
    }

    /// Lets every key and token that they have given expire now.
    pub fn expire_issued(&self) {
        self.service.gate.expire_issued();
    }

    /// Has the next requests meet a fault.
    pub fn inject(&self, fault: Fault) {
        self.service.faults.inject(fault);
    }

    /// Ends every connection and refuses new ones for a while, at once.
    pub fn refuse(&self, time: Duration) {
        self.tell(|done| Command::Refuse(time, done));
    }

    /// Takes every fault back, and accepts connections again.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
        self.tell(Command::Accept);
    }

    /// Tells the server something and waits until it has done it. One that does not run needs no telling.
    fn tell(&self, command: impl FnOnce(std::sync::mpsc::Sender<()>) -> Command) {
        let commands = match &*self.stage() {
            Stage::Running { commands, .. } => commands.clone(),
            Stage::Fresh | Stage::Stopped => return,
        };
        let (done, heard) = std::sync::mpsc::channel();
        if commands.send(command(done)).is_ok() {
            // An error means that the server was stopped meanwhile, or that its port was taken from it.
            let _ = heard.recv_timeout(STOPPING);
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let elsewhere = self.elsewhere();
        let stage = self.stage.get_mut().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(stage, Stage::Stopped);
        if elsewhere {
            // The runtime's threads are the parent's: waiting for them here would never end.
            std::mem::forget(before);
        } else if let Stage::Running { runtime, .. } = before {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpStream};

    fn local() -> Emulator {
        Emulator::new(Config {
            key: None,
            security_token: None,
            token: None,
            lock_after: None,
            identity: None,
            project_id: "p".to_owned(),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            clock_offset: 0.0,
            running_limit: None,
            max_requests: 10,
            state: None,
        })
        .expect("set up")
    }

    fn connect(local: &Emulator) -> io::Result<TcpStream> {
        let endpoint = local.endpoint().expect("started");
        TcpStream::connect(endpoint.trim_start_matches("http://"))
    }

    #[test]
    fn it_serves_without_python_until_it_is_stopped() {
        let local = local();
        assert_eq!(local.endpoint(), None);
        local.start().expect("started");
        local
            .add_tasks(vec!["7".to_owned()], &Task::default())
            .expect("added");
        let mut kept = connect(&local).expect("connected");
        kept.write_all(b"POST /v2/p/tasks/7/start HTTP/1.1\r\nHost: h\r\nContent-Length: 27\r\n\r\n{\"dst_ak\":\"a\",\"dst_sk\":\"s\"}")
            .expect("sent");
        let mut answer = [0; 15];
        kept.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        assert_eq!(local.starts(), [("start_task", "7".to_owned(), 1)]);
        local.stop().expect("stopped");
        assert!(kept.read_to_end(&mut Vec::new()).is_ok());
        assert!(connect(&local).is_err());
        local.stop().expect("stopped already");
        assert!(local.start().is_err());
    }

    #[tokio::test]
    async fn it_can_be_used_and_dropped_within_a_runtime() {
        let (one, other) = (local(), local());
        for local in [&one, &other] {
            local.start().expect("started");
            local.refuse(Duration::from_secs(60));
            assert!(connect(local).is_err());
            local.clear_faults();
            assert!(connect(local).is_ok());
        }
        one.stop().expect("stopped");
        drop(other);
    }
}
