"""A local workspace on a free port, and Slack's own SDK and Bolt as its clients."""

# ruff: noqa: ANN401 - the fixtures live in conftest, which tests cannot import; Bolt injects by name

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from workspace import wire
from workspace.faults import Faults
from workspace.server import Server, listen
from workspace.state import Workspace
from workspace.switchboard import Switchboard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANIFEST = Path(__file__).parents[2] / "slack-manifest.yaml"
MEMBERS = {
    "team": {"id": "T0LOCAL", "name": "Tocsin", "domain": "tocsin-local"},
    "members": [
        {"id": "U01", "name": "li.wei", "real_name": "李伟", "email": "li.wei@example.org", "locale": "zh-CN"},
        {"id": "U02", "name": "wang.fang", "real_name": "王芳", "email": "wang.fang@example.org", "locale": "en-US"},
        {"id": "U03", "name": "zhao.min", "real_name": "赵敏", "email": "zhao.min@example.org", "locale": "zh-CN"},
    ],
    "channels": [{"name": "duty-room", "topic": "值班", "members": "all"}],
}


@dataclass
class Clock:
    """The workspace's clock: the real one, moved by hand."""

    ahead: float = 0

    def __call__(self) -> float:
        """Unix seconds."""
        return time.time() + self.ahead


@dataclass(kw_only=True)
class Local:
    """A running workspace, with what a test asks of it."""

    space: Workspace
    faults: Faults
    board: Switchboard
    clock: Clock
    base: str
    handlers: list[SocketModeHandler] = field(default_factory=list)

    @property
    def room(self) -> str:
        """The id of #duty-room."""
        found = self.space.find_channel("duty-room")
        assert found is not None
        return str(found["id"])

    def client(self, token: str = wire.BOT_TOKEN) -> WebClient:
        """Slack's client as the product sets it up: a base URL and a token, no retries of its own."""
        return WebClient(token=token, base_url=f"{self.base}api/", retry_handlers=[], timeout=5)

    def bolt(self) -> App:
        """An app on this workspace; it checks its token as it is made."""
        return App(client=self.client(), process_before_response=False)

    def connect(self, app: App) -> SocketModeHandler:
        """Connect an app and wait until its socket is live."""
        before = self.board.connections
        handler = SocketModeHandler(app, wire.APP_TOKEN)
        self.handlers.append(handler)
        handler.connect()
        until(lambda: self.board.connections > before)
        return handler

    def said(self, channel: str, viewer: str = "U01") -> list[dict[str, Any]]:
        """What a person sees in a channel, without joins and other announcements."""
        return [each for each in self.space.messages(channel, viewer=viewer) if not each.get("subtype")]

    def notices(self, user: str) -> list[str]:
        """The codes of what the workspace told a person."""
        return [each["code"] for each in self.space.notices_to(user)]


def until(true: Callable[[], object], within: float = 4.0) -> None:
    """Wait for something to become true, or fail."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


@pytest.fixture(name="until")
def fixture_until() -> Callable[..., None]:
    """The waiting itself, for tests."""
    return until


@pytest.fixture(name="servers", scope="session")
def fixture_servers() -> Iterator[list[threading.Thread]]:
    """The threads of all servers; at the end of the session each must have ended."""
    threads: list[threading.Thread] = []
    yield threads
    for each in threads:
        each.join(3)
    assert not any(each.is_alive() for each in threads), "a server did not end"


@pytest.fixture(name="start")
def fixture_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: list[threading.Thread]
) -> Iterator[Callable[..., Local]]:
    """Start workspaces: `scopes` are added to the manifest's, `without` taken away, the rest is the switchboard's."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:

        def start(*, scopes: tuple[str, ...] = (), without: tuple[str, ...] = (), **board: Any) -> Local:
            manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
            granted = manifest["oauth_config"]["scopes"]
            granted["bot"] = [each for each in [*granted["bot"], *scopes] if each not in without]
            clock = Clock()
            space = Workspace(directory=tmp_path / "state", manifest=manifest, members=MEMBERS, clock=clock)
            bound, port = listen(0)
            space.base_url = f"http://127.0.0.1:{port}/"
            faults = Faults()
            switchboard = Switchboard(app_id=space.app_id, faults=faults, **board)
            server = Server(wire.make(space, faults, switchboard=switchboard))
            local = Local(space=space, faults=faults, board=switchboard, clock=clock, base=space.base_url)
            thread = threading.Thread(target=_serve, args=(server, local, bound), daemon=True)
            thread.start()
            servers.append(thread)
            until(lambda: server.started)
            stack.callback(_end, local, server)
            return local

        yield start


def _serve(server: Server, local: Local, bound: socket.socket) -> None:
    server.run(sockets=[bound])
    local.space.close()


def _end(local: Local, server: Server) -> None:
    """Begin to end; the next test does not wait for it."""
    for handler in local.handlers:
        handler.client.auto_reconnect_enabled = False
    server.leave()
    for handler in local.handlers:
        # Its threads take a second to notice.
        threading.Thread(target=_close, args=(handler,), daemon=True).start()


def _close(handler: SocketModeHandler) -> None:
    # The SDK's client may trip over its own reconnection while it is closed.
    with suppress(AttributeError):
        handler.close()


@pytest.fixture(name="local")
def fixture_local(start: Callable[..., Local]) -> Local:
    """A workspace with quick timeouts and redeliveries."""
    return start(ack_within_s=0.6, retry_waits_s=(0.0, 0.1))
