//! The connection itself: what a fault does to it, past HTTP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::answers::Answer;
use super::faults::{Spoil, WireEffect};

/// What the server speaks HTTP over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Makes the connection's end a reset (RST).
    fn reset_on_close(&mut self);
}

/// A TCP connection that ends when it is dropped, even if a forked process still holds it open.
pub(super) struct TcpWire {
    stream: TcpStream,
    resets: bool,
}

impl TcpWire {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Answers are small: waiting to fill a packet would only slow them down. Without it, they still arrive.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            resets: false,
        }
    }
}

impl Wire for TcpWire {
    fn reset_on_close(&mut self) {
        self.resets = self.stream.set_zero_linger().is_ok();
    }
}

impl Drop for TcpWire {
    fn drop(&mut self) {
        if !self.resets {
            // It fails where the client was first, which is as well.
            let _ = SockRef::from(&self.stream).shutdown(std::net::Shutdown::Both);
        }
    }
}

impl AsyncRead for TcpWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for TcpWire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Does to a connection what the fault says. `answer` is what the client would have got.
pub(super) async fn break_off(
    mut wire: impl Wire,
    effect: &WireEffect,
    answer: &Answer,
) -> io::Result<()> {
    match effect {
        WireEffect::Reset => wire.reset_on_close(),
        WireEffect::Close => wire.shutdown().await?,
        WireEffect::Stall => until_the_client_goes(&mut wire).await?,
        WireEffect::Garbage => {
            wire.write_all(b"\x00\xff\xfe\x16\x03 this is not HTTP\r\n\r\n\x00")
                .await?;
            wire.shutdown().await?;
        }
        WireEffect::Oversized(status) => endless(&mut wire, *status).await?,
        WireEffect::Spoil(spoil) => spoiled(&mut wire, *spoil, answer).await?,
    }
    Ok(())
}

async fn spoiled(wire: &mut impl Wire, spoil: Spoil, answer: &Answer) -> io::Result<()> {
    let body = answer.body();
    match spoil {
        Spoil::StallBody | Spoil::Truncate => {
            // An answer without a body is made to promise one.
            let promised = body.len().max(64);
            wire.write_all(&head(answer, promised)).await?;
            wire.write_all(&body[..body.len() / 2]).await?;
            wire.flush().await?;
            match spoil {
                Spoil::StallBody => until_the_client_goes(wire).await,
                _ => wire.shutdown().await,
            }
        }
        Spoil::Slow(pause) => {
            for byte in [head(answer, body.len()), body.clone()].concat() {
                wire.write_all(&[byte]).await?;
                wire.flush().await?;
                tokio::time::sleep(pause).await;
            }
            wire.shutdown().await
        }
    }
}

/// The head of an answer that promises a body of `length` bytes.
fn head(answer: &Answer, length: usize) -> Bytes {
    let status = answer.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!(
        "HTTP/1.1 {} {reason}\r\n{CONTENT_LENGTH}: {length}\r\n",
        status.as_u16()
    )
    .into_bytes();
    for (name, value) in answer.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"connection: close\r\n\r\n");
    head.into()
}

/// A body that goes on until the client has had enough.
async fn endless(wire: &mut impl Wire, status: StatusCode) -> io::Result<()> {
    const CHUNK: usize = 1 << 16;
    let reason = status.canonical_reason().unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        status.as_u16()
    );
    wire.write_all(head.as_bytes()).await?;
    let chunk = [
        format!("{CHUNK:x}\r\n").as_bytes(),
        &vec![b' '; CHUNK],
        b"\r\n",
    ]
    .concat();
    loop {
        wire.write_all(&chunk).await?;
    }
}

/// Reads and forgets whatever the client still sends.
async fn until_the_client_goes(wire: &mut impl Wire) -> io::Result<()> {
    let mut unread = [0; 1024];
    while wire.read(&mut unread).await? > 0 {}
    Ok(())
}
