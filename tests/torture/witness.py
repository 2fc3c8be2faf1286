"""The witness: a receiver in its own process that writes down what arrives before it answers."""

from __future__ import annotations

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

# Of one kind the receiver knows a key again and answers as the first time; of the other it can only be asked.
DEDUPES, ASKED = "/a", "/b/"
ANSWERS_AFTER_S = 0.02  # taken and not yet answered: the moment at which a kill hurts


def stand(log: Path, port_file: Path) -> None:
    """Listen until killed; every effect is one line of `log`, on the disk before the answer leaves."""
    known: dict[str, str] = {}
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            key = unquote(self.headers["Idempotency-Key"])
            if not (self.path == DEDUPES and key in known):
                os.write(out, f"{self.path[1]} {key}\n".encode())
            known.setdefault(key, self.headers.get("X-Tocsin-Digest", ""))
            time.sleep(ANSWERS_AFTER_S)
            self._answer(200, {"receipt": f"R-{key}", "digest": known[key]})

        def do_GET(self) -> None:
            self._answer(200 if unquote(self.path.removeprefix(ASKED)) in known else 404, {})

        def _answer(self, status: int, said: dict[str, str]) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A sender that was killed hangs up in the middle: that is what is tried here."""

    server = Server(("127.0.0.1", 0), Handler)
    port_file.with_suffix(".new").write_text(str(server.server_port))
    port_file.with_suffix(".new").rename(port_file)
    server.serve_forever()
