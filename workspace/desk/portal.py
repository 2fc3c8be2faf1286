"""The portal over HTTP: notices are posted, asked for by key, and met by whatever misbehaviour was asked for."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from workspace.desk.arrivals import Answer, Told, receipt_of
from workspace.desk.faults import MOST, Door, modes
from workspace.desk.state import Desk
from workspace.guard import hang_up

HANG_S: Final = 120.0
WAIT_S: Final = "5"
UNTAKEN: Final = frozenset({"500", "503", "refuse", "hang", "301"})


async def post_notice(request: Request) -> Response:
    """Take a notice: 201 new, 200 repeated, else refused."""
    desk: Desk = request.state.desk
    refusal = _refuse_stranger(desk, request)
    if refusal is not None:
        return refusal
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        return JSONResponse({"error": "idempotency_key_required"}, 400)
    raw = await request.body()
    fault = desk.next_fault("portal")
    if fault in UNTAKEN:
        return await _untaken(fault)
    answer = await run_in_threadpool(desk.receive, key=key, raw=raw, told=_told(request))
    return await _answered(request, answer, fault)


def _told(request: Request) -> Told:
    said = request.headers
    return Told(
        digest=said.get("x-tocsin-digest", ""),
        stamp=said.get("x-tocsin-timestamp", ""),
        signature=said.get("x-tocsin-signature", ""),
    )


async def _answered(request: Request, answer: Answer, fault: str) -> Response:
    """Answer what was taken, or misbehave after having taken it."""
    if fault == "lose_answer":
        await hang_up(request.scope)
    if fault == "wrong_digest":
        return JSONResponse({**answer.body, "digest": "0" * 64}, answer.status)
    if fault == "drip":
        return StreamingResponse(_drip(answer), answer.status, media_type="application/json")
    return JSONResponse(answer.body, answer.status)


async def _untaken(fault: str) -> Response:
    """Misbehave without having taken the notice."""
    match fault:
        case "301":
            return RedirectResponse("/desk/portal/moved", 301)
        case "503":
            return JSONResponse({"error": "busy"}, 503, {"Retry-After": WAIT_S})
        case "refuse":
            return JSONResponse({"error": "refused"}, 422)
        case "hang":
            await asyncio.sleep(HANG_S)
    return JSONResponse({"error": "internal"}, 500)


async def _drip(answer: Answer) -> AsyncIterator[bytes]:
    """Let the answer out one byte a second."""
    for byte in json.dumps(answer.body).encode():
        yield bytes([byte])
        await asyncio.sleep(1)


async def get_notice(request: Request) -> Response:
    """Say whether a notice with that key arrived."""
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


async def control(request: Request) -> Response:
    """Set a misbehaviour: `{mode, count, on}`."""
    desk: Desk = request.state.desk
    asked = await request.json()
    mode, count = str(asked.get("mode", "ok")), int(asked.get("count", 1))
    on: Door = "mail" if asked.get("on") == "mail" else "portal"
    if mode not in modes(on):
        return JSONResponse({"error": "unknown_mode", "modes": modes(on)}, 400)
    desk.misbehave(mode, count=count, on=on)
    return JSONResponse({"mode": mode, "count": count, "on": on})


async def set_fault(request: Request) -> Response:
    """Set a misbehaviour by the page's form, or clear it; what cannot be read changes nothing."""
    desk: Desk = request.state.desk
    form = await request.form()
    on: Door = "mail" if form.get("on") == "mail" else "portal"
    mode, count = str(form.get("mode") or ""), str(form.get("count") or "1")
    if mode in modes(on) and count.isdecimal() and 0 < int(count) <= MOST:
        desk.misbehave(mode, count=int(count), on=on)
    return RedirectResponse("/desk/mailbox" if on == "mail" else "/desk", 303)
