//! The limit: a bare loop of hyper over kept-alive connections, without validation, signing or Python.
//!
//! `limit PORT CALLS IN_FLIGHT` prints wall and CPU seconds as JSON.

use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const BODY: &str = r#"{"src_ak":"source-access-key","src_sk":"source-secret-key","dst_ak":"target-access-key","dst_sk":"target-secret-key"}"#;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let [port, calls, in_flight] = arguments[..] else {
        return Err("limit PORT CALLS IN_FLIGHT".into());
    };
    let began = Instant::now();
    let loops: Vec<_> = (0..in_flight).map(|_| tokio::spawn(run(port, calls / in_flight))).collect();
    for one in loops {
        one.await??;
    }
    let wall = began.elapsed().as_secs_f64();
    println!("{{\"wall\": {wall}, \"cpu\": {}}}", cpu()?);
    Ok(())
}

/// The CPU seconds of this thread, the only one, so far.
fn cpu() -> Result<f64, Failure> {
    let told = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds = told.split(' ').next().unwrap_or_default();
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}

async fn run(port: usize, calls: usize) -> Result<(), Failure> {
    let stream = TcpStream::connect(("127.0.0.1", u16::try_from(port)?)).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    for _ in 0..calls {
        let request = Request::post("/v2/p/tasks/1234567890123/start")
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from_static(BODY.as_bytes())))?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        response.into_body().collect().await?;
    }
    Ok(())
}
