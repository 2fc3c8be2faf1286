"""Socket Mode: tickets, live sockets, envelopes to one of them, acknowledgements, redelivery, refreshes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import threading
import time
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from workspace.refusals import Doc, NotConnected

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from workspace.faults import Faults

ACK_WITHIN_S = 3.0
# Slack sends an event again at once, after a minute and after five.
RETRY_WAITS_S = (0.0, 60.0, 300.0)
TICKET_LIFE_S = 60.0
# A socket told to refresh is closed this much later; Slack, too, leaves the client a moment.
CLOSE_AFTER_S = 0.25
# How long an envelope waits for a socket when one was there this short a time ago: the app is reconnecting.
GAP_S = 2.0
POLICY_VIOLATION = 1008


@dataclass(kw_only=True, eq=False)
class Line:
    """One live socket. `routed` is false from the moment it was told to disconnect."""

    socket: WebSocket
    since: float
    routed: bool = True


@dataclass(kw_only=True)
class Switchboard:
    """All sockets of the app. `ask` may be called from any thread but the event loop's; `tell` from any."""

    app_id: str
    faults: Faults
    ack_within_s: float = ACK_WITHIN_S
    retry_waits_s: Sequence[float] = RETRY_WAITS_S
    _lines: list[Line] = field(default_factory=list)
    _tickets: dict[str, float] = field(default_factory=dict)
    _waiting: dict[str, Future[Doc | None]] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None
    _turn: int = 0
    _last_seen: float = float("-inf")
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    # ------------------------------------------------------------------- tickets

    def ticket(self) -> str:
        """Make a ticket for one connection."""
        made = secrets.token_urlsafe(18)
        now = time.monotonic()
        self._tickets = {key: until for key, until in self._tickets.items() if until > now}
        self._tickets[made] = now + TICKET_LIFE_S
        return made

    # ------------------------------------------------------------------- sockets

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the event loop on which sockets are served."""
        self._loop = loop

    @property
    def connections(self) -> int:
        """How many sockets envelopes may go to."""
        return sum(each.routed for each in self._lines)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection to its end; a ticket used, unknown or old is refused."""
        until = self._tickets.pop(socket.query_params.get("ticket", ""), 0.0)
        if until < time.monotonic() or self._closed:
            await socket.close(POLICY_VIOLATION)
            return
        await socket.accept()
        line = Line(socket=socket, since=time.monotonic())
        self._lines.append(line)
        try:
            await socket.send_json(self._hello())
            await self._listen(line)
        except (WebSocketDisconnect, RuntimeError):
            # RuntimeError: Starlette's word for a socket that closed under a send.
            pass
        finally:
            self._forget(line)

    def _hello(self) -> Doc:
        debug = {"host": "applink-local", "build_number": 1, "approximate_connection_time": 18060}
        return {
            "type": "hello",
            "num_connections": self.connections,
            "connection_info": {"app_id": self.app_id},
            "debug_info": debug,
        }

    async def _listen(self, line: Line) -> None:
        while True:
            text = await line.socket.receive_text()
            with contextlib.suppress(json.JSONDecodeError):
                self._acknowledged(json.loads(text))

    def _acknowledged(self, said: object) -> None:
        if not isinstance(said, dict):
            return
        with self._lock:
            waiting = self._waiting.pop(str(said.get("envelope_id", "")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(_payload(said.get("payload")))

    def _forget(self, line: Line) -> None:
        if line in self._lines:
            self._lines.remove(line)
            self._last_seen = time.monotonic()

    async def refresh_old(self) -> None:
        """Refresh the sockets that are older than the faults allow."""
        limit = self.faults.settings.drop_sockets_s
        for line in list(self._lines):
            if limit and line.routed and time.monotonic() - line.since >= limit:
                await self._refresh(line)

    async def _refresh(self, line: Line) -> None:
        line.routed = False
        self._last_seen = time.monotonic()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            debug = {"host": "applink-local"}
            await line.socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": debug})
        self._spawn(self._close_soon(line))

    async def _close_soon(self, line: Line) -> None:
        await asyncio.sleep(CLOSE_AFTER_S)
        await _hang_up(line)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Close every socket, answer everyone who waits with None, and end the redeliveries."""
        self._closed = True
        for line in list(self._lines):
            await _hang_up(line)
        for task in list(self._tasks):
            task.cancel()
        self.release()

    def release(self) -> None:
        """Let everyone go who waits for an acknowledgement; callable from any thread."""
        self._closed = True
        with self._lock:
            waiting, self._waiting = list(self._waiting.values()), {}
        for each in waiting:
            if not each.done():
                each.set_result(None)

    # ----------------------------------------------------------------- envelopes

    def ask(self, kind: str, payload: Doc, *, accepts_response_payload: bool) -> Doc | None:
        """Send one envelope and wait for its acknowledgement (see records.Outlet)."""
        if self._loop is None or self._closed:
            raise NotConnected
        envelope = _envelope(kind, payload, accepts_response_payload=accepts_response_payload)
        waiting, until = self._await(envelope), time.monotonic() + self.ack_within_s
        try:
            sent = asyncio.run_coroutine_threadsafe(self._send(envelope), self._loop)
            if not sent.result(self.ack_within_s):
                raise NotConnected
            return waiting.result(max(0.0, until - time.monotonic()))
        except Late:
            return None
        finally:
            self._give_up(envelope)

    def _await(self, envelope: Doc) -> Future[Doc | None]:
        waiting: Future[Doc | None] = Future()
        with self._lock:
            self._waiting[envelope["envelope_id"]] = waiting
        return waiting

    def _give_up(self, envelope: Doc) -> None:
        with self._lock:
            self._waiting.pop(envelope["envelope_id"], None)

    async def _send(self, envelope: Doc) -> bool:
        """Send to one socket, the next in turn; wait a little for one when the app is just reconnecting."""
        text = json.dumps(envelope, ensure_ascii=False)
        until = max(time.monotonic(), min(self._last_seen, time.monotonic()) + GAP_S)
        while True:
            for line in self._in_turn():
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                    await line.socket.send_text(text)
                    return True
            if time.monotonic() >= until or self._closed:
                return False
            await asyncio.sleep(0.01)

    def _in_turn(self) -> list[Line]:
        routed = [each for each in self._lines if each.routed]
        self._turn += 1
        start = self._turn % len(routed) if routed else 0
        return [*routed[start:], *routed[:start]]

    def tell(self, event: Doc) -> None:
        """Send an event, and again when it is not acknowledged; return at once."""
        if self._loop is not None and not self._closed:
            # The loop may have ended between the look and the call: then the event has nobody to go to.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._start_telling, event)

    def _start_telling(self, event: Doc) -> None:
        self._spawn(self._deliver(event))

    async def _deliver(self, event: Doc) -> None:
        for attempt, wait in enumerate((0.0, *self.retry_waits_s)):
            if wait:
                await asyncio.sleep(wait)
            extra = {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
            envelope = _envelope("events_api", event, accepts_response_payload=False) | extra
            if await self._acknowledges(envelope):
                return

    async def _acknowledges(self, envelope: Doc) -> bool:
        waiting = self._await(envelope)
        try:
            if not await self._send(envelope):
                return False
            await asyncio.wait_for(asyncio.wrap_future(waiting), self.ack_within_s)
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._give_up(envelope)


def _envelope(kind: str, payload: Doc, *, accepts_response_payload: bool) -> Doc:
    return {
        "envelope_id": str(uuid.uuid4()),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": accepts_response_payload,
    }


def _payload(given: object) -> Doc:
    if isinstance(given, dict):
        return given
    return {"text": given} if isinstance(given, str) and given else {}


async def _hang_up(line: Line) -> None:
    if line.socket.application_state == WebSocketState.CONNECTED:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await line.socket.close()
