//! The fastest answer there is: every request gets an empty 200, over kept-alive connections. Prints its port.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    // The body is read, as a service would.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Empty::new());
    response.headers_mut().insert(
        "x-request-id",
        hyper::header::HeaderValue::from_static("0123456789abcdef0123456789abcdef"),
    );
    Ok(response)
}
