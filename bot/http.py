"""The small HTTP side: health, readiness, metrics, receipts that come back, a plan and a call sheet to print."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import documents, regulator
from bot.press import House
from bot.views import pages
from errors import Refusal, UnknownReceipt
from escalation import addresses
from escalation.records import Deadline, Dispatch, Standing
from incidents import report, returns
from incidents.records import Incident
from playbooks.records import Version, playbook_of
from store import presses

log = structlog.get_logger()
CAP = 16 * 1024  # bytes; a receipt is a few hundred
SAID_MOST = 200  # characters kept of what an authority calls itself or its receipt
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")  # as `incidents.report` makes them; nothing else is looked up
NUMBER = re.compile(r"[A-Z]+-\d{4}-\d{4,9}")  # an incident's
NUMBER_MOST = 2**31 - 1  # what the column of a version's number holds
LOOPBACK = ("127.0.0.1", "localhost")

Checks = Callable[[], Mapping[str, str | None]]


@dataclass(frozen=True, kw_only=True)
class Side:
    """What the HTTP side needs: the house, what readiness looks at, where sheets lie."""

    house: House
    checks: Checks
    sheets: Path


def build(side: Side) -> Starlette:
    """Every route, as an ASGI app."""

    async def ready(_request: Request) -> Response:
        found = await run_in_threadpool(side.checks)
        sound = all(fault is None for fault in found.values())
        told = {name: fault or "ok" for name, fault in found.items()}
        waits = await run_in_threadpool(_waits, side.house)
        return JSONResponse({"ready": sound, "checks": told, "waits": waits}, status_code=200 if sound else 503)

    async def measured(_request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(_metrics, side), media_type="text/plain; version=0.0.4")

    async def receipt(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": "a JSON object of at most 16 KB is expected"}, status_code=400)
        return await run_in_threadpool(_receipt, side.house, request.path_params["token"], body)

    async def plan(request: Request) -> Response:
        code, number = request.path_params["code"], int(request.path_params["number"])
        if number > NUMBER_MOST or not code.isprintable():
            return _missing()
        return await run_in_threadpool(_plan, side.house, code, number, request.query_params.get("lang"))

    async def sheet(request: Request) -> Response:
        number = request.path_params["number"]
        if request.url.hostname not in LOOPBACK:  # phone numbers: nothing for a name that outsiders reach
            return _missing()
        return await run_in_threadpool(_sheet, side.sheets, number) if NUMBER.fullmatch(number) else _missing()

    async def returned(request: Request) -> Response:
        asked = (request.path_params["page"], request.path_params["form"])
        found = await run_in_threadpool(documents.returned, side.house, *asked)
        return Response(found.content, media_type=found.media_type) if found else _missing()

    return Starlette(
        routes=[
            Route("/healthz", _alive),
            Route("/readyz", ready),
            Route("/metrics", measured),
            Route("/receipts/{token}", receipt, methods=["POST"]),
            Route("/plans/{code}/{number:int}", plan),
            Route("/sheets/{number}", sheet),
            *(regulator.routes(side.house, side.house.links, _line) if side.house.links else ()),
            Route("/returns/{page}.{form}", returned),
            _letters(side.house),
        ],
        # Sheets hold phone numbers: a page in a browser on this host must not read them under a name of its own.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(side.house), www_redirect=False)],
    )


def _letters(house: House) -> Route:
    async def letter(request: Request) -> Response:
        found = await run_in_threadpool(documents.letter, house, request.path_params["digest"])
        return Response(found, media_type="application/pdf") if found else _missing()

    return Route("/letters/{digest}.pdf", letter)


def _hosts(house: House) -> list[str]:
    """What we may be called: this machine, and the address that links point to."""
    public = urlsplit(house.receipts).hostname
    return [*LOOPBACK, *([public] if public else [])]


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})


def _missing() -> Response:
    return PlainTextResponse("没有找到 / not found", status_code=404)


async def _body(request: Request) -> dict[str, Any] | None:
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > CAP:
            return None
    try:
        found = json.loads(read)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _sheet(sheets: Path, number: str) -> Response:
    path = sheets / f"{number}.html"
    return HTMLResponse(path.read_text("utf-8")) if path.is_file() else _missing()


def _receipt(house: House, token: str, body: Mapping[str, Any]) -> Response:
    """An authority acknowledges: a press like any other, taken once; an unknown token is refused."""
    try:
        if not TOKEN.fullmatch(token):
            raise UnknownReceipt
        try:
            _acknowledge(house, token, body)
        except IntegrityError:
            # It came twice at the same instant, to two processes: look again, once, at what stands now.
            _acknowledge(house, token, body)
    except Refusal as refusal:
        log.info("receipt refused", code=refusal.code)
        return JSONResponse({"error": refusal.sentence("en")}, status_code=404)
    house.wake()
    return JSONResponse({"ok": True})


def _acknowledge(house: House, token: str, body: Mapping[str, Any]) -> None:
    at = house.clock()
    who, proof = _line(body.get("by")), _line(body.get("receipt"))
    with house.database.begin() as session:
        if presses.first(session, f"receipt:{token}", at=at):
            said_at, people = _said_at(body, at), house.people
            of = returns.acknowledge(session, token, who=who, receipt=proof, said_at=said_at, people=people, at=at)
            if of is None:
                report.acknowledge(session, token, who=who, receipt=proof, said_at=said_at, at=at)


def _line(said: object, most: int = SAID_MOST) -> str:
    """What an outsider said, as one short line: PostgreSQL refuses a NUL, and no database keeps half a character."""
    whole = str(said or "").encode("utf-8", "replace").decode()
    return " ".join("".join(each if each.isprintable() else " " for each in whole).split())[:most]


def _said_at(body: Mapping[str, Any], at: datetime) -> datetime:
    try:
        said = datetime.fromisoformat(str(body.get("acknowledged_at")))
    except ValueError:
        return at
    return said if said.tzinfo is not None and said <= at else at


def _plan(house: House, code: str, number: int, lang: str | None) -> Response:
    with house.database.read() as session:
        wanted = select(Version).where(Version.code == code, Version.number == number)
        version = session.scalars(wanted).one_or_none()
        if version is None:
            return _missing()
        book, label = playbook_of(version), version.label
    return HTMLResponse(pages.plan(book, label, lang or house.view.lang))


def _waits(house: House) -> dict[str, list[str]]:
    """What keeps notices from leaving until a person acts; the house itself is sound all the same."""
    try:
        with house.database.read() as session:
            found = addresses.unconfirmed(session)
    except SQLAlchemyError:  # the checks say so
        return {}
    return {"unconfirmed_addresses": [f"{each.office} {each.channel}" for each in found]} if found else {}


def _metrics(side: Side) -> bytes:
    registry, at = CollectorRegistry(), side.house.clock()
    with side.house.database.read() as session:
        _count(registry, session, "tocsin_incidents", "Incidents by state", {"state": Incident.state})
        dispatches = {"courier": Dispatch.courier, "state": Dispatch.state}
        _count(registry, session, "tocsin_dispatches", "Dispatches by courier and state", dispatches)
        deadlines = {"kind": Deadline.kind, "state": Deadline.state}
        _count(registry, session, "tocsin_deadlines", "Deadlines by kind and state", deadlines)
        late = select(func.count()).where(
            Deadline.state == Standing.RUNNING, Deadline.kind == "clock", Deadline.due_at <= at
        )
        overdue = Gauge("tocsin_clocks_late", "Statutory and internal clocks that are past due", registry=registry)
        overdue.set(session.scalar(late) or 0)
        held = Gauge("tocsin_addresses_unconfirmed", "Changed addresses that nobody confirmed", registry=registry)
        held.set(len(addresses.unconfirmed(session)))
    for name, fault in side.checks().items():
        gauge = Gauge(f"tocsin_ready_{name}", f"Whether {name} is sound", registry=registry)
        gauge.set(0 if fault else 1)
    return generate_latest(registry)


def _count(registry: CollectorRegistry, session: Session, name: str, told: str, by: Mapping[str, Any]) -> None:
    gauge = Gauge(name, told, list(by), registry=registry)
    columns = list(by.values())
    for *found, count in session.execute(select(*columns, func.count()).group_by(*columns)):
        gauge.labels(*(getattr(each, "value", each) for each in found)).set(count)
