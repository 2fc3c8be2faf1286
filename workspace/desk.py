"""A stand-in for the regulator's own portal and mailbox: it takes notices in, and its log is the witness."""

import argparse
import asyncio
import base64
import binascii
import email
import email.policy
import hashlib
import hmac
import ipaddress
import json
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, unquote, urlsplit

import requests
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from workspace.guard import Guard, hang_up
from workspace.pages import showing
from workspace.pages.words import WORDS

LOG_NAME: Final = "desk.jsonl"
TELL_EVERY: Final = timedelta(seconds=2)
TELL_WITHIN: Final = timedelta(minutes=10)
TELL_TIMEOUT_S: Final = 2.0
HANG_S: Final = 120.0
DRILL_MARKS: Final = ("演练", "EXERCISE")
NAME_LIMIT: Final = 80
MAIL_LIMIT_BYTES: Final = 33_554_432
FAULTS: Final = ("ok", "500", "hang", "lose_answer", "301", "drip", "wrong_digest")

Door = Literal["portal", "mail"]


def wall_clock() -> datetime:
    """Read the host's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One notice that reached the desk, by portal or by mail, and what became of it."""

    receipt: str
    via: Door
    key: str
    received_at: datetime
    sha256: str
    incident: str
    kind: str
    seq: str
    title: str
    text: str
    digest: str
    claimed_digest: str
    lang: str
    sender: str
    receipt_url: str
    addressee: str = ""
    reference: str = ""
    repeats: int = 0
    acknowledged_at: datetime | None = None
    by: str = ""
    told_at: datetime | None = None
    told_status: int | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the portal says back: an HTTP status and a JSON body."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A misbehaviour asked for by a test, for the next `count` arrivals at one door."""

    mode: str = "ok"
    count: int = 0


class Log:
    """An append-only file of JSON lines, forced to disk before anyone is answered."""

    def __init__(self, path: Path) -> None:
        """Open the log at `path`; a last line torn by a kill is closed off, and never read as an entry."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
        self._out = path.open("ab")
        if torn:
            self._out.write(b"\n")

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one entry and wait until the disk has it."""
        self._out.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._out.flush()
        os.fsync(self._out.fileno())

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the whole entries, oldest first."""
        self._out.flush()
        for line in self._path.read_bytes().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def close(self) -> None:
        """Close the file."""
        self._out.close()


def digest_of(text: str) -> str:
    """Give the SHA-256, in hex, of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_drill(body: Mapping[str, Any]) -> bool:
    """Say whether a notice calls itself an exercise; such a one has no business at a regulator's desk."""
    return body.get("exercise") is True or any(mark in str(body.get("title", "")) for mark in DRILL_MARKS)


def is_loopback(url: str) -> bool:
    """Say whether a URL is plain http(s) to this very machine."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def from_portal(entry: Mapping[str, Any], body: Mapping[str, Any]) -> Arrival:
    """Make the arrival that a logged portal notice stands for."""
    text = str(body["text"])
    return Arrival(
        receipt=entry["receipt"],
        via="portal",
        key=entry["key"],
        received_at=datetime.fromisoformat(entry["received_at"]),
        sha256=entry["sha256"],
        incident=str(body.get("incident") or ""),
        kind=str(body.get("kind") or ""),
        seq=str(body.get("seq") or ""),
        title=str(body["title"]),
        text=text,
        digest=digest_of(text),
        claimed_digest=str(body.get("digest") or ""),
        lang=str(body.get("lang") or ""),
        sender=str(body.get("sender") or ""),
        receipt_url=str(body.get("receipt_url") or ""),
        addressee=str(body.get("addressee") or ""),
        reference=str(body.get("reference") or ""),
    )


def parse_mail(raw: bytes) -> EmailMessage:
    """Read a mail with the modern policy, so that headers come decoded."""
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


def text_of(mail: EmailMessage) -> str:
    """Give the plain text of a mail, or nothing when it has none."""
    part = mail.get_body(preferencelist=("plain",))
    return str(part.get_content()) if part is not None else ""


def from_mail(entry: Mapping[str, Any]) -> Arrival:
    """Make the arrival that a logged mail stands for."""
    mail = parse_mail(base64.b64decode(entry["raw_base64"]))
    text = text_of(mail)
    return Arrival(
        receipt=entry["receipt"],
        via="mail",
        key=str(mail.get("Message-ID", "")),
        received_at=datetime.fromisoformat(entry["received_at"]),
        sha256=entry["sha256"],
        incident=str(mail.get("X-Incident", "")),
        kind=str(mail.get("X-Kind", "")),
        seq=str(mail.get("X-Seq", "")),
        title=str(mail.get("Subject", "")),
        text=text,
        digest=digest_of(text),
        claimed_digest=str(mail.get("X-Digest", "")),
        lang=str(mail.get("Content-Language", "")),
        sender=str(mail.get("From", entry.get("sender", ""))),
        receipt_url=str(mail.get("X-Receipt-URL", "")).strip(),
        addressee=str(mail.get("To") or ", ".join(entry.get("recipients", []))),
        reference=str(mail.get("X-Reference", "")),
    )


def _link_of(raw: bytes) -> str:
    """Where a mail wants its receipt; a notice always says."""
    return str(parse_mail(raw).get("X-Receipt-URL", "")).strip()


class Desk:
    """What arrived at the regulator's, who acknowledged it, and who still has to be told so.

    All of it is rebuilt from the log at start, so a killed desk forgets nothing it had answered for.
    """

    def __init__(
        self,
        *,
        directory: Path,
        portal_token: str,
        now: Callable[[], datetime] = wall_clock,
        tell_every: timedelta = TELL_EVERY,
        lang: str = "zh",
        home_url: str = "/",
    ) -> None:
        """Open `directory`/desk.jsonl and take up where it ends; `now` gives aware instants."""
        self.lang = lang
        self.home_url = home_url
        self._token = portal_token
        self._now = now
        self._tell_every = tell_every
        self._changed = threading.Condition(threading.RLock())
        self._version = 0
        self._arrivals: dict[str, Arrival] = {}
        self._by_key: dict[str, str] = {}
        self._faults: dict[Door, Fault] = {"portal": Fault(), "mail": Fault()}
        self._ending = threading.Event()
        self._teller: threading.Thread | None = None
        self._mailbox: Mailbox | None = None
        self._log = Log(directory / LOG_NAME)
        for entry in self._log.entries():
            self._replay(entry)

    # What stands

    def arrivals(self) -> list[Arrival]:
        """List what was received, newest first."""
        with self._changed:
            return sorted(self._arrivals.values(), key=lambda one: (one.received_at, one.receipt), reverse=True)

    def arrival(self, receipt: str) -> Arrival | None:
        """Find one notice by its receipt number."""
        with self._changed:
            return self._arrivals.get(receipt)

    def by_key(self, key: str) -> Arrival | None:
        """Find a portal notice by the key its sender gave it."""
        with self._changed:
            return self._arrivals.get(self._by_key.get(key, ""))

    def entries(self) -> list[dict[str, Any]]:
        """Read the whole log, as the witness would be asked to."""
        with self._changed:
            return list(self._log.entries())

    @property
    def version(self) -> int:
        """Count changes, so that an open page knows when to look again."""
        return self._version

    def wait(self, seen: int, timeout: float) -> int:
        """Block until something newer than `seen` stands, at most `timeout` seconds; answer the count."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen or self._ending.is_set(), timeout)
            return self._version

    def admits(self, authorization: str) -> bool:
        """Check a bearer token without leaking how much of it was right."""
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._token}".encode())

    # What comes in

    def receive(self, *, key: str, raw: bytes) -> Answer:
        """Take one portal notice: log it, then answer 201 new, 200 repeated, 400, 409 or 422 refused."""
        entry: dict[str, Any] = {
            "event": "portal",
            "key": key,
            "received_at": self._now().isoformat(),
            "sha256": hashlib.sha256(raw).hexdigest(),
            **_kept(raw),
        }
        body = _notice_in(raw)
        with self._changed:
            if body is None:
                return self._refuse(entry, 400, "malformed")
            known = self.by_key(key)
            if known is not None:
                return self._again(entry, known)
            if is_drill(body):
                return self._refuse(entry, 422, "exercise")
            entry["receipt"] = self._next_receipt()
            self._write(entry)
            return Answer(status=201, body=receipt_of(self._arrivals[entry["receipt"]]))

    def receive_mail(self, *, raw: bytes, sender: str, recipients: list[str]) -> bool:
        """Take one mail; False when it calls itself an exercise and was refused."""
        entry: dict[str, Any] = {
            "event": "mail",
            "received_at": self._now().isoformat(),
            "sha256": hashlib.sha256(raw).hexdigest(),
            "sender": sender,
            "recipients": recipients,
            "raw_base64": base64.b64encode(raw).decode(),
        }
        with self._changed:
            if is_drill({"title": str(parse_mail(raw).get("Subject", ""))}):
                self._refuse(entry, 422, "exercise")
                return False
            if not _link_of(raw):
                # Somebody's own mail that passes through the same server: kept, and no notice.
                self._write({**entry, "event": "letter"})
            else:
                self._write({**entry, "receipt": self._next_receipt()})
            return True

    def acknowledge(self, receipt: str, *, by: str) -> bool:
        """Mark a notice as acknowledged and begin telling its sender; False when there is no such notice."""
        with self._changed:
            arrival = self._arrivals.get(receipt)
            if arrival is None:
                return False
            if arrival.acknowledged_at is None:
                at = self._now().isoformat()
                self._write({"event": "acknowledged", "receipt": receipt, "acknowledged_at": at, "by": by})
            return True

    # Faults, for tests

    def misbehave(self, mode: str, *, count: int, on: Door = "portal") -> None:
        """Answer the next `count` arrivals at one door in a bad way; "ok" ends it."""
        with self._changed:
            self._faults[on] = Fault(mode=mode, count=0 if mode == "ok" else count)

    def next_fault(self, on: Door) -> str:
        """Use up one misbehaviour and name it, "ok" when there is none."""
        with self._changed:
            fault = self._faults[on]
            if fault.count <= 0:
                return "ok"
            self._faults[on] = replace(fault, count=fault.count - 1)
            return fault.mode

    # Starting and ending

    def start(self, *, smtp_port: int | None = 0) -> int | None:
        """Start the mailbox and the telling of acknowledgements; answer the mailbox's port, None for no mailbox."""
        self._teller = threading.Thread(target=self._tell_until_end, name="desk-teller", daemon=True)
        self._teller.start()
        if smtp_port is None:
            return None
        self._mailbox = Mailbox(self)
        return self._mailbox.start(smtp_port)

    def stop(self) -> None:
        """End the mailbox, the teller and every open page stream."""
        self._ending.set()
        with self._changed:
            self._changed.notify_all()
        if self._mailbox is not None:
            self._mailbox.stop()
        if self._teller is not None:
            self._teller.join(timeout=TELL_TIMEOUT_S)
        self._log.close()

    @property
    def ending(self) -> bool:
        """Say whether the desk is being closed."""
        return self._ending.is_set()

    # Inside

    def _write(self, entry: dict[str, Any]) -> None:
        self._log.append(entry)
        self._replay(entry)
        self._version += 1
        self._changed.notify_all()

    def _refuse(self, entry: dict[str, Any], status: int, why: str) -> Answer:
        self._write({**entry, "refused": why})
        return Answer(status=status, body={"error": why})

    def _again(self, entry: dict[str, Any], known: Arrival) -> Answer:
        if entry["sha256"] != known.sha256:
            return self._refuse(entry, 409, "key_used_for_another_notice")
        self._write({**entry, "receipt": known.receipt, "repeat": True})
        return Answer(status=200, body=receipt_of(known))

    def _next_receipt(self) -> str:
        return f"CA-{self._now().year}-{len(self._arrivals) + 1:04d}"

    def _replay(self, entry: Mapping[str, Any]) -> None:
        match entry.get("event"):
            case "portal" | "mail" if "refused" not in entry:
                self._replay_arrival(entry)
            case "acknowledged":
                at = datetime.fromisoformat(entry["acknowledged_at"])
                self._amend(entry["receipt"], acknowledged_at=at, by=entry["by"])
            case "told":
                at = datetime.fromisoformat(entry["told_at"])
                self._amend(entry["receipt"], told_at=at, told_status=entry["status"])
            case _:
                pass

    def _replay_arrival(self, entry: Mapping[str, Any]) -> None:
        receipt = entry["receipt"]
        if entry.get("repeat"):
            self._amend(receipt, repeats=self._arrivals[receipt].repeats + 1)
            return
        body = _notice_in(_raw_of(entry)) if entry["event"] == "portal" else None
        arrival = from_mail(entry) if body is None else from_portal(entry, body)
        self._arrivals[receipt] = arrival
        if arrival.via == "portal":
            self._by_key[arrival.key] = receipt

    def _amend(self, receipt: str, **changes: Any) -> None:  # noqa: ANN401 - the fields of one Arrival
        self._arrivals[receipt] = replace(self._arrivals[receipt], **changes)

    def _untold(self) -> list[Arrival]:
        """List the acknowledgements whose sender has not heard, and still may."""
        oldest = self._now() - TELL_WITHIN
        with self._changed:
            return [
                one
                for one in self._arrivals.values()
                if one.acknowledged_at is not None
                and one.acknowledged_at >= oldest
                and one.told_at is None
                and is_loopback(one.receipt_url)
            ]

    def _tell_until_end(self) -> None:
        seen = -1
        while not self._ending.is_set():
            untold = self._untold()
            for arrival in untold:
                self._tell(arrival)
            left = any(one.told_at is None for one in self._untold())
            seen = self._rest(seen, pending=left)

    def _rest(self, seen: int, *, pending: bool) -> int:
        """Sleep until the next try is due, or until something new stands."""
        if pending:
            self._ending.wait(self._tell_every.total_seconds())
            return -1
        return self.wait(self._version if seen == -1 else seen, 1.0)

    def _tell(self, arrival: Arrival) -> None:
        """POST the acknowledgement once; only a 2xx counts as heard."""
        status = _post_receipt(arrival)
        if status is None or not requests.codes.ok <= status < requests.codes.multiple_choices:
            return
        with self._changed:
            at = self._now().isoformat()
            self._write({"event": "told", "receipt": arrival.receipt, "told_at": at, "status": status})


def receipt_of(arrival: Arrival) -> dict[str, Any]:
    """Give the receipt a portal answers with."""
    return {
        "receipt": arrival.receipt,
        "digest": arrival.digest,
        "received_at": arrival.received_at.isoformat(),
    }


def _kept(raw: bytes) -> dict[str, str]:
    """Keep a body byte for byte: as text where it is UTF-8, else in base64."""
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}


def _raw_of(entry: Mapping[str, Any]) -> bytes:
    """Give back the very bytes that an entry kept."""
    if "raw" in entry:
        return str(entry["raw"]).encode()
    try:
        return base64.b64decode(entry["raw_base64"])
    except (KeyError, binascii.Error):
        return b""


def _notice_in(raw: bytes) -> dict[str, Any] | None:
    """Read a notice's JSON; None when it is no object with a title and a text."""
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    whole = isinstance(body, dict) and body.get("title") and body.get("text")
    return body if whole else None


def _post_receipt(arrival: Arrival) -> int | None:
    """POST one acknowledgement straight to loopback, past any proxy; None when nobody answered."""
    at = arrival.acknowledged_at
    told = {"receipt": arrival.receipt, "acknowledged_at": at.isoformat() if at else None, "by": arrival.by}
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(arrival.receipt_url, json=told, timeout=TELL_TIMEOUT_S, allow_redirects=False)
        except requests.RequestException:
            return None
        return answer.status_code


class Mailbox:
    """An SMTP server on loopback, in a thread of its own, that hands every mail to the desk."""

    def __init__(self, desk: Desk) -> None:
        """Prepare a mailbox for `desk`; nothing listens until it is started."""
        self._desk = desk
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="desk-mailbox", daemon=True)

    def start(self, port: int) -> int:
        """Listen on 127.0.0.1 at `port`, 0 for any free one; answer the port."""
        self._thread.start()
        listening: Future[asyncio.Server] = asyncio.run_coroutine_threadsafe(self._listen(port), self._loop)
        return int(listening.result(timeout=5).sockets[0].getsockname()[1])

    async def _listen(self, port: int) -> asyncio.Server:
        return await self._loop.create_server(self._session, "127.0.0.1", port)

    def _session(self) -> SMTP:
        return SMTP(self, loop=self._loop, enable_SMTPUTF8=True, data_size_limit=MAIL_LIMIT_BYTES)

    def stop(self) -> None:
        """Stop listening and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=1)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep one mail before saying so, or misbehave as a test asked."""
        fault = self._desk.next_fault("mail")
        if fault == "500":
            return "451 4.3.0 Try again later"
        if fault == "hang":
            await asyncio.sleep(HANG_S)
        taken = await asyncio.to_thread(self._take, envelope)
        if fault == "lose_answer" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 Kept" if taken else "554 5.7.1 An exercise does not belong here"

    def _take(self, envelope: Envelope) -> bool:
        raw = envelope.original_content or b""
        recipients = [str(one) for one in envelope.rcpt_tos]
        return self._desk.receive_mail(raw=raw, sender=str(envelope.mail_from or ""), recipients=recipients)


# The portal over HTTP


async def _post_notice(request: Request) -> Response:
    desk: Desk = request.state.desk
    refusal = _refuse_stranger(desk, request)
    if refusal is not None:
        return refusal
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        return JSONResponse({"error": "idempotency_key_required"}, 400)
    raw = await request.body()
    fault = desk.next_fault("portal")
    if fault in {"500", "hang", "301"}:
        return await _untaken(fault)
    answer = await run_in_threadpool(desk.receive, key=key, raw=raw)
    if fault == "lose_answer":
        await hang_up(request.scope)
    if fault == "wrong_digest":
        return JSONResponse({**answer.body, "digest": "0" * 64}, answer.status)
    if fault == "drip":
        return StreamingResponse(_drip(answer), answer.status, media_type="application/json")
    return JSONResponse(answer.body, answer.status)


async def _untaken(fault: str) -> Response:
    """Misbehave without having taken the notice."""
    if fault == "301":
        return RedirectResponse("/desk/portal/moved", 301)
    if fault == "hang":
        await asyncio.sleep(HANG_S)
    return JSONResponse({"error": "internal"}, 500)


async def _drip(answer: Answer) -> AsyncIterator[bytes]:
    """Let the answer out one byte a second."""
    for byte in json.dumps(answer.body).encode():
        yield bytes([byte])
        await asyncio.sleep(1)


async def _get_notice(request: Request) -> Response:
    desk: Desk = request.state.desk
    refusal = _refuse_stranger(desk, request)
    if refusal is not None:
        return refusal
    arrival = desk.by_key(request.path_params["key"])
    if arrival is None:
        return JSONResponse({"error": "not_found"}, 404)
    return JSONResponse(receipt_of(arrival))


def _refuse_stranger(desk: Desk, request: Request) -> Response | None:
    if desk.admits(request.headers.get("authorization", "")):
        return None
    return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})


async def _control(request: Request) -> Response:
    desk: Desk = request.state.desk
    asked = await request.json()
    mode = str(asked.get("mode", "ok"))
    if mode not in FAULTS:
        return JSONResponse({"error": "unknown_mode", "modes": FAULTS}, 400)
    on: Door = "mail" if asked.get("on") == "mail" else "portal"
    desk.misbehave(mode, count=int(asked.get("count", 1)), on=on)
    return JSONResponse({"mode": mode, "count": int(asked.get("count", 1)), "on": on})


# The pages

OFFICER: Final = "officer"
NUMBERED: Final = frozenset({"update", "follow_up", "supplementary"})
# A paragraph begins two spaces in; what stands further in was set towards the right edge.
SET_RIGHT: Final = "\u3000" * 3


def letter_parts(text: str) -> list[tuple[bool, str]]:
    """Cut a text for showing into runs of lines, True for a run to stand on the right without its leading spaces."""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    runs = groupby(lines, key=lambda line: line.startswith(SET_RIGHT))
    return [(right, "".join(f"{line.strip() if right else line}\n" for line in run)) for right, run in runs]


def _officer(request: Request, *, default: str) -> str:
    """Give the name its reader last acknowledged under, else the officer on duty."""
    known = unquote(request.cookies.get(OFFICER, ""))[:NAME_LIMIT]
    return known or showing.words_for(request, default=default)["desk_officer"]


def _show(request: Request, desk: Desk, *, groups: list[tuple[str, list[Arrival]]], one: Arrival | None) -> Response:
    waiting = sum(each.acknowledged_at is None for _, letters in groups for each in letters)
    return showing.page(
        request,
        "desk.html",
        default=desk.lang,
        desk=desk,
        groups=groups,
        waiting=waiting,
        one=one,
        officer=_officer(request, default=desk.lang),
        numbered=NUMBERED,
        letter_parts=letter_parts,
    )


def _grouped(arrivals: list[Arrival]) -> list[tuple[str, list[Arrival]]]:
    """Group arrivals by incident, the incident heard of last first."""
    groups: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        groups.setdefault(arrival.incident, []).append(arrival)
    return list(groups.items())


async def _list_page(request: Request) -> Response:
    desk: Desk = request.state.desk
    return _show(request, desk, groups=_grouped(desk.arrivals()), one=None)


async def _one_page(request: Request) -> Response:
    desk: Desk = request.state.desk
    arrival = desk.arrival(request.path_params["receipt"])
    if arrival is None:
        return RedirectResponse("/desk", 303)
    return _show(request, desk, groups=[], one=arrival)


async def _acknowledge(request: Request) -> Response:
    desk: Desk = request.state.desk
    form = await request.form()
    given = str(form.get("by") or "").strip()[:NAME_LIMIT]
    by = given or _officer(request, default=desk.lang)
    receipt = request.path_params["receipt"]
    await run_in_threadpool(desk.acknowledge, receipt, by=by)
    answer = RedirectResponse("/desk" if form.get("back") else f"/desk/notices/{receipt}", 303)
    _remember(answer, given)
    return answer


def _remember(answer: Response, given: str) -> None:
    """Keep the name for the next acknowledgement, unless it is only the page's own word for whoever is on duty."""
    if given and given not in {words["desk_officer"] for words in WORDS.values()}:
        answer.set_cookie(OFFICER, quote(given), max_age=31_536_000, samesite="lax", httponly=True)


async def _stream(request: Request) -> Response:
    desk: Desk = request.state.desk
    return showing.stream(request, lambda: desk.version, desk.wait, lambda: desk.ending)


def build(desk: Desk) -> list[BaseRoute]:
    """Give the desk's routes: the portal, the pages, and the control of its faults."""

    def on(path: str, endpoint: Callable[..., Any], *methods: str) -> Route:
        async def bound(request: Request) -> Response:
            request.state.desk = desk
            answer: Response = await endpoint(request)
            return answer

        return Route(path, bound, methods=list(methods) or ["GET"])

    return [
        on("/desk", _list_page),
        on("/desk/stream", _stream),
        on("/desk/notices/{receipt}", _one_page),
        on("/desk/notices/{receipt}/acknowledge", _acknowledge, "POST"),
        on("/desk/portal/notices", _post_notice, "POST"),
        on("/desk/portal/notices/{key:path}", _get_notice),
        on("/desk/_control", _control, "POST"),
    ]


def application(desk: Desk) -> ASGIApp:
    """Give the desk alone as an application, with the look it shares with the workspace page."""
    return Guard(Starlette(routes=[*build(desk), Mount("/static", StaticFiles(directory=showing.STATIC))]))


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workspace.desk", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--portal-token", default="portal-local-tocsin")
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
    desk = Desk(directory=given.state, portal_token=given.portal_token, lang=given.lang, home_url="/desk")
    config = uvicorn.Config(
        application(desk), host="127.0.0.1", port=given.port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    server.smtp_port = desk.start(smtp_port=given.smtp_port)
    server.run()
    desk.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
