"""`python -m workspace.desk`: the desk alone, on loopback."""

import argparse
import json
import socket
import sys
from pathlib import Path

import uvicorn

from workspace.desk.routes import application
from workspace.desk.state import Desk


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workspace.desk", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--portal-token", default="portal-local-tocsin")
    parser.add_argument("--portal-key", action="append", default=[], metavar="ID=SECRET", help="checks signatures")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh")
    return parser.parse_args(argv)


class _Server(uvicorn.Server):
    """uvicorn, which says on standard output when it answers."""

    smtp_port: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print one line of JSON with the addresses."""
        await super().startup(sockets=sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            ready = {"ready": f"http://127.0.0.1:{port}/desk", "smtp_port": self.smtp_port}
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()


def main(argv: list[str]) -> None:
    """Serve the desk alone until told to end."""
    given = _arguments(argv)
    keys = dict(each.split("=", 1) for each in given.portal_key)
    desk = Desk(directory=given.state, portal_token=given.portal_token, lang=given.lang, home_url="/desk", keys=keys)
    config = uvicorn.Config(
        application(desk), host="127.0.0.1", port=given.port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    server.smtp_port = desk.start(smtp_port=given.smtp_port)
    server.run()
    desk.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
