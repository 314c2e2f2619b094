//! The socket: a listener that can be closed for a while, and the connections it has accepted.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc::Sender};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::service::{Broken, Service};
use super::wire::{TcpWire, Wire, break_off};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 4096;

/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(20);

/// What the server can be told.
pub(super) enum Command {
    /// Refuse connections for a while, and end those there are. Says when it does.
    Refuse(Duration, Sender<()>),
    /// Accept connections again. Says when it does.
    Accept(Sender<()>),
}

/// A listener that stops listening when it is dropped, even if a forked process still holds it open.
struct Listener(TcpListener);

impl Drop for Listener {
    fn drop(&mut self) {
        // Not every system shuts a listener down; closing it does the rest.
        let _ = SockRef::from(&self.0).shutdown(std::net::Shutdown::Both);
    }
}

/// Where the server is: listening, or holding its port without listening, so that the system refuses connections.
enum Door {
    Open(Listener),
    Shut(TcpSocket, Instant),
}

/// A socket that holds `address`.
fn hold(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv6() {
        TcpSocket::new_v6()?
    } else {
        TcpSocket::new_v4()?
    };
    // Connections of an earlier server on this port may not be quite over.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// A server that has its port, and not yet its life.
pub(super) struct Server {
    listener: Listener,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

impl Server {
    /// Takes a port; 0 takes a free one. Within a runtime.
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = hold(address)?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener: Listener(listener),
            address,
        })
    }

    /// Serves until nobody can tell it anything any more; then every connection ends.
    pub(super) async fn run(
        self,
        service: Arc<Service>,
        mut commands: mpsc::UnboundedReceiver<Command>,
    ) {
        let address = self.address;
        let mut door = Door::Open(self.listener);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    None => break,
                    Some(Command::Refuse(time, done)) => {
                        connections.shutdown().await;
                        door = shut(door, address, time).await;
                        // Nobody waits for it any more: that is no reason to stop.
                        let _ = done.send(());
                    }
                    Some(Command::Accept(done)) => {
                        door = open(door, address).await;
                        let _ = done.send(());
                    }
                },
                accepted = accept(&door) => match accepted {
                    Some(Ok((stream, _))) => {
                        connections.spawn(connection(TcpWire::new(stream), Arc::clone(&service)));
                    }
                    Some(Err(_)) => sleep(NO_ROOM).await,
                    None => door = open(door, address).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// The next connection; `None` when it is time to open the door again.
async fn accept(door: &Door) -> Option<io::Result<(tokio::net::TcpStream, SocketAddr)>> {
    match door {
        Door::Open(listener) => Some(listener.0.accept().await),
        Door::Shut(_, until) => {
            sleep_until(*until).await;
            None
        }
    }
}

async fn shut(door: Door, address: SocketAddr, time: Duration) -> Door {
    // The old socket gives the port up before the new one can hold it.
    drop(door);
    Door::Shut(held(address).await, Instant::now() + time)
}

async fn open(door: Door, address: SocketAddr) -> Door {
    let mut socket = match door {
        Door::Open(listener) => return Door::Open(listener),
        Door::Shut(socket, _) => socket,
    };
    loop {
        match socket.listen(BACKLOG) {
            Ok(listener) => return Door::Open(Listener(listener)),
            Err(_) => socket = held(address).await,
        }
    }
}

/// Holds an address, as soon as the system gives it.
async fn held(address: SocketAddr) -> TcpSocket {
    loop {
        match hold(address) {
            Ok(socket) => return socket,
            Err(_) => sleep(NO_ROOM).await,
        }
    }
}

/// Serves one connection to its end.
async fn connection(wire: impl Wire, service: Arc<Service>) {
    let answering = service_fn(move |request| Box::pin(Arc::clone(&service).serve(request)));
    let mut http = http1::Builder::new()
        .auto_date_header(false)
        // A request that has arrived in whole is carried out, even if its client has hung up since.
        .half_close(true)
        .serve_connection(TokioIo::new(wire), answering);
    let ended = poll_fn(|cx| http.poll_without_shutdown(cx)).await;
    let Err(error) = ended else { return };
    let Some(broken) = std::error::Error::source(&error).and_then(|e| e.downcast_ref::<Broken>())
    else {
        return;
    };
    // hyper has written nothing of an answer, and gives the connection back.
    let wire = http.into_parts().io.into_inner();
    // Whatever the client makes of it, the fault has been done.
    let _ = break_off(wire, &broken.effect, &broken.answer).await;
}
