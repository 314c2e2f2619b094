"""A server of the tests' own, plain or with TLS, that does to a connection whatever a test wants."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Connection:
    """One accepted connection."""

    def __init__(self, raw, server):
        self.raw = raw
        self._server = server
        self._buffer = b""

    def request(self):
        """The next whole request: its first line and everything; None when the client has gone."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, _ = self._buffer.partition(b"\r\n\r\n")
        lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        end = len(head) + 4 + sum(lengths)
        while len(self._buffer) < end:
            if not self._more():
                return None
        request, self._buffer = self._buffer[:end], self._buffer[end:]
        self._server.requests.append(request)
        return request

    def _more(self):
        data = self.raw.recv(1 << 16)
        self._buffer += data
        return data

    def send(self, *parts, every=0.0):
        for part in parts:
            self.raw.sendall(part)
            time.sleep(every)

    def trickle(self, data, every):
        self.send(*(data[n : n + 1] for n in range(len(data))), every=every)

    def hold(self):
        """Say nothing until the client goes."""
        while self.raw.recv(1 << 16):
            pass

    def reset(self):
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.raw.close()


class Server:
    """Gives every connection to `behave`, in a thread of its own, and closes it when that returns."""

    def __init__(self, behave, *, tls=None):
        self._behave = behave
        self._tls = tls
        self.requests = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Only a shutdown wakes the thread that accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        # A client that gives up on a hostile server is what is tested; here it is the connection that breaks.
        with contextlib.suppress(OSError), raw:
            raw.settimeout(20)
            if self._tls:
                with self._tls.wrap_socket(raw, server_side=True) as wrapped:
                    self._behave(Connection(wrapped, self))
            else:
                self._behave(Connection(raw, self))
