"""`python -m workspace`: the workspace, its page and the regulator's desk, in one process on loopback."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from workspace import desk, pages, wire
from workspace.faults import Faults, Settings
from workspace.server import Server, listen
from workspace.state import Workspace
from workspace.switchboard import RETRY_WAITS_S, Switchboard

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m workspace", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="port of the page and the API; 0 for any free one")
    parser.add_argument("--state", type=Path, required=True, help="directory that keeps the workspace")
    parser.add_argument("--manifest", type=Path, required=True, help="the app's manifest, as Slack takes it (YAML)")
    parser.add_argument("--members", type=Path, required=True, help="team, members and channels (JSON)")
    parser.add_argument("--smtp-port", type=int, default=0, help="port of the desk's mailbox; 0 for any free one")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh", help="language of the page for a new visitor")
    parser.add_argument("--bot-token", default=wire.BOT_TOKEN)
    parser.add_argument("--app-token", default=wire.APP_TOKEN)
    parser.add_argument("--portal-token", default="portal-local-tocsin")
    parser.add_argument(
        "--portal-key", action="append", default=[], metavar="ID=SECRET", help="by which the desk checks signatures"
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input closes")
    faults = parser.add_argument_group("faults")
    faults.add_argument("--latency-ms", type=float, default=0, help="wait before each answer")
    faults.add_argument("--rate-limits", action="store_true", help="keep Slack's rate limits")
    faults.add_argument("--lose-answers", type=float, default=0, metavar="P", help="share of answers lost, 0 to 1")
    faults.add_argument("--drop-sockets", type=float, default=0, metavar="SECONDS", help="age at which sockets end")
    faults.add_argument("--retry-scale", type=float, default=1, help="factor on the waits between redeliveries")
    faults.add_argument("--seed", type=int, default=0, help="which answers are lost")
    return parser.parse_args(argv)


def faults_of(given: argparse.Namespace) -> Faults:
    """The faults that are on from the start; raises ValueError for a figure out of range."""
    asked = {
        "latency_ms": given.latency_ms,
        "rate_limits": given.rate_limits,
        "lose_answers": given.lose_answers,
        "drop_sockets_s": given.drop_sockets,
    }
    return Faults(Settings.read(asked, Settings()), seed=given.seed)


def wire_of(given: argparse.Namespace, port: int) -> wire.Wire:
    """The workspace and the app's side of it."""
    space = Workspace(
        directory=given.state,
        manifest=yaml.safe_load(given.manifest.read_text("utf-8")),
        members=json.loads(given.members.read_text("utf-8")),
    )
    space.base_url = f"http://127.0.0.1:{port}/"
    faults = faults_of(given)
    waits = tuple(each * given.retry_scale for each in RETRY_WAITS_S)
    board = Switchboard(app_id=space.app_id, faults=faults, retry_waits_s=waits)
    tokens = wire.Tokens(bot=given.bot_token, app=given.app_token)
    return wire.make(space, faults, tokens=tokens, switchboard=board)


def announce(ready: dict[str, Any]) -> None:
    """Print the one line that says it answers."""
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def follow_parent(server: Server) -> None:
    """End the server when standard input closes, so that a killed parent leaves no orphan."""

    def watch() -> None:
        # Not `sys.stdin`: a thread inside its buffer makes the interpreter abort at the end.
        while os.read(0, 4096):
            pass
        server.leave()

    threading.Thread(target=watch, name="parent", daemon=True).start()


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end; give the exit status (2: it could not start, and why is on standard error)."""
    given = arguments(argv)
    try:
        bound, port = listen(given.port)
        whole = wire_of(given, port)
    except (OSError, ValueError, yaml.YAMLError) as wrong:
        sys.stderr.write(f"workspace: {wrong}\n")
        return 2
    serve(given, whole, bound)
    return 0


def serve(given: argparse.Namespace, whole: wire.Wire, bound: socket.socket) -> None:
    """Serve the app's side, the page and the desk on a bound socket until told to end."""
    keys = dict(each.split("=", 1) for each in given.portal_key)
    table = desk.Desk(directory=given.state, portal_token=given.portal_token, lang=given.lang, keys=keys)
    ready = {
        "ready": whole.space.base_url,
        "api": f"{whole.space.base_url}api/",
        "smtp_port": table.start(smtp_port=given.smtp_port),
        "bot_token": given.bot_token,
        "app_token": given.app_token,
    }
    routes = [*pages.build(whole.space, lang=given.lang), *desk.build(table)]
    server = Server(whole, routes, once_ready=lambda: announce(ready), on_leave=table.stop)
    if given.exit_with_parent:
        follow_parent(server)
    server.run(sockets=[bound])
    whole.space.close()


if __name__ == "__main__":
    raise SystemExit(main())
