"""What the tests of credentials share."""

from __future__ import annotations

import contextlib
import http.server
import threading

AK, SK, PROJECT, REGION = "AKAKAKAKAKAKAKAKAKAK", "SKsksksksksksksksksksksksksksksksksksksk", "p-1", "cn-north-4"
TOKEN = "identity-token"


def fill(emulator, tasks=50):
    emulator.add_tasks(range(1, tasks + 1), duration=60.0)


def at(local, **settings):
    """A client's settings for a local OMS."""
    return {"endpoint": local.endpoint, "region": REGION, "project_id": PROJECT, **settings}


@contextlib.contextmanager
def answering(answer, *, with_body=False):
    """A server that gives to every request what `answer(method, path, headers)` says: status, headers, body.

    With `with_body`, `answer` is given the body too. `None` stands for no answer at all.
    """
    stop = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            more = (body,) if with_body else ()
            given = answer(self.command, self.path, self.headers, *more)
            if given is None:
                stop.wait(20)
                return
            status, headers, body = given
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = _any  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
