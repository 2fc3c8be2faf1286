"""What an app speaks to: the Web API, the sockets, response URLs, uploads, downloads, and the control of faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from workspace import api_chat, api_people, api_rooms, api_shelf, api_views, blocks
from workspace.api import Call, Method
from workspace.faults import Faults
from workspace.guard import hang_up
from workspace.refusals import Doc, Refused
from workspace.switchboard import Switchboard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket

    from workspace.state import Workspace

BOT_TOKEN, APP_TOKEN = "xoxb-local-tocsin", "xapp-local-tocsin"
TICK_S = 0.1

METHODS: Mapping[str, Method] = {
    **api_chat.METHODS,
    **api_rooms.METHODS,
    **api_people.METHODS,
    **api_views.METHODS,
    **api_shelf.METHODS,
}


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The two tokens of the app."""

    bot: str = BOT_TOKEN
    app: str = APP_TOKEN


@dataclass(kw_only=True)
class Wire:
    """The app's side of the workspace."""

    space: Workspace
    faults: Faults
    switchboard: Switchboard
    tokens: Tokens = field(default_factory=Tokens)

    def routes(self) -> list[BaseRoute]:
        """The routes, to be mounted at the root."""
        return [
            Route("/api/{method}", Endpoint(self)),
            WebSocketRoute("/link/", self.link),
            Route("/response/{key}", self.respond, methods=["POST"]),
            Route("/upload/v1/{key}", self.upload, methods=["POST", "PUT"]),
            Route("/files-pri/{file_id}/{name:path}", self.download, methods=["GET"]),
            Route("/_control/faults", self.set_faults, methods=["GET", "POST"]),
            Route("/_control/calls", self.show_calls, methods=["GET"]),
            Route("/_control/calls/reset", self.reset_calls, methods=["POST"]),
            Route("/_control/sockets", self.show_sockets, methods=["GET"]),
        ]

    async def tick(self) -> None:
        """Post what is due and refresh old sockets, until cancelled."""
        self.switchboard.start(asyncio.get_running_loop())
        while True:
            self.space.post_due()
            await self.switchboard.refresh_old()
            await asyncio.sleep(TICK_S)

    # --------------------------------------------------------------------- calls

    def answer(self, method: str, args: Doc, token: str) -> Doc:
        """Do one call of the Web API and give the answer's body."""
        try:
            self._admit(method, token)
            if method == "apps.connections.open":
                return {"ok": True, "url": self._socket_url()}
            return METHODS[method].act(self._call(method, args))
        except Refused as refused:
            return refused.answer()

    def _admit(self, method: str, token: str) -> None:
        if method not in METHODS and method != "apps.connections.open":
            raise Refused("unknown_method", req_method=method)
        if not token:
            raise Refused("not_authed")
        if token not in (self.tokens.bot, self.tokens.app):
            raise Refused("invalid_auth")
        wanted = self.tokens.app if method == "apps.connections.open" else self.tokens.bot
        if token != wanted:
            raise Refused("not_allowed_token_type")

    def _call(self, method: str, args: Doc) -> Call:
        call = Call(space=self.space, args=args)
        if METHODS[method].scopes:
            call.need(*METHODS[method].scopes)
        return call

    def _socket_url(self) -> str:
        base = self.space.base_url.replace("http", "ws", 1)
        return f"{base}link/?ticket={self.switchboard.ticket()}&app_id={self.space.app_id}"

    async def link(self, socket: WebSocket) -> None:
        """Serve a socket of the app."""
        await self.switchboard.serve(socket)

    # -------------------------------------------------------------- response_url

    async def respond(self, request: Request) -> Response:
        """Take what the app says to a response_url."""
        try:
            given = json.loads(await request.body() or b"{}")
        except json.JSONDecodeError:
            return PlainTextResponse("invalid_payload", 400)
        try:
            self._responded(request.path_params["key"], given if isinstance(given, dict) else {})
        except Refused as refused:
            status = 404 if refused.code in ("used_url", "expired_url") else 400
            return JSONResponse(refused.answer(), status)
        return PlainTextResponse("ok")

    def _responded(self, key: str, given: Doc) -> None:
        faults = blocks.message_faults(given.get("blocks") or [])
        if faults:
            raise Refused("invalid_blocks", errors=faults)
        place = self.space.spend_response_url(key)
        if given.get("delete_original"):
            self._change_original(place, None)
            return
        if not (given.get("text") or given.get("blocks") or given.get("attachments")):
            raise Refused("no_text")
        fields = self.space.by_app(given)
        if given.get("replace_original") and place["ts"]:
            self._change_original(place, fields)
        else:
            self._say_in(place, fields, response_type=given.get("response_type", "ephemeral"))

    def _change_original(self, place: Doc, fields: Doc | None) -> None:
        if not place["ts"]:
            raise Refused("message_not_found")
        if place["is_ephemeral"]:
            self.space.rewhisper(place["channel"], place["ts"], None if fields is None else _instead(fields))
        elif fields is None:
            self.space.erase(place["channel"], place["ts"])
        else:
            self.space.edit(place["channel"], place["ts"], _instead(fields))

    def _say_in(self, place: Doc, fields: Doc, *, response_type: str) -> None:
        if self.space.channel(place["channel"])["is_archived"]:
            raise Refused("is_archived")
        if place["thread_ts"]:
            fields = {"thread_ts": place["thread_ts"], **fields}
        if response_type == "in_channel":
            self.space.post(place["channel"], fields)
        else:
            self.space.whisper(place["channel"], place["user"], fields)

    # --------------------------------------------------------------------- files

    async def upload(self, request: Request) -> Response:
        """Take the bytes of a file, bare or as a form's file."""
        found = self.space.get("upload", request.path_params["key"])
        if found is None:
            return PlainTextResponse("not found", 404)
        body = await _uploaded(request)
        try:
            self.space.receive(found["file"], body)
        except Refused as refused:
            return PlainTextResponse(refused.code, 400)
        return PlainTextResponse(f"OK - {len(body)}")

    async def download(self, request: Request) -> Response:
        """Give a file to the app itself, by its token; people get theirs through the page."""
        if _bearer(request) != self.tokens.bot:
            return PlainTextResponse("Forbidden", 403)
        try:
            file, path = self.space.file(request.path_params["file_id"].rpartition("-")[2])
        except Refused:
            return PlainTextResponse("not found", 404)
        return FileResponse(path, media_type=file["mimetype"], filename=file["name"])

    # ------------------------------------------------------------------- control

    async def set_faults(self, request: Request) -> Response:
        """Show the faults that are on; POST changes those it names."""
        if request.method == "POST":
            try:
                given = json.loads(await request.body() or b"{}")
                self.faults.change(given if isinstance(given, dict) else {})
            except ValueError as wrong:
                return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse(asdict(self.faults.settings))

    async def show_calls(self, _request: Request) -> Response:
        """Show the log of calls."""
        return JSONResponse(self.faults.calls())

    async def reset_calls(self, _request: Request) -> Response:
        """Empty the log of calls."""
        self.faults.reset()
        return JSONResponse({"ok": True})

    async def show_sockets(self, _request: Request) -> Response:
        """Show how many sockets of the app envelopes may go to."""
        return JSONResponse({"connections": self.switchboard.connections})


class Endpoint:
    """The Web API as a bare ASGI application, so that an answer can be lost."""

    def __init__(self, wire: Wire) -> None:
        """Answer for this wire."""
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a call, do it, note it, and answer it, unless the answer is to be lost."""
        began = time.monotonic()
        request = Request(scope, receive)
        method = request.path_params["method"]
        try:
            args = await arguments(request)
        except ClientDisconnect:
            return
        token = _bearer(request) or str(args.pop("token", "") or "")
        args.pop("token", None)
        response, body = await self._done(method, args, token)
        lost = self._wire.faults.loses()
        self._note(method, args, body, began=began, lost=lost)
        if lost:
            await hang_up(scope)
        else:
            await response(scope, receive, send)

    async def _done(self, method: str, args: Doc, token: str) -> tuple[Response, Doc]:
        faults = self._wire.faults
        if faults.settings.latency_ms:
            await asyncio.sleep(faults.settings.latency_ms / 1000)
        tier = METHODS[method].tier if method in METHODS else 1
        if method != "apps.connections.open":
            wait = faults.wait_for(method, str(args.get("channel", "")), tier, time.monotonic())
            if wait:
                body = {"ok": False, "error": "ratelimited"}
                return JSONResponse(body, 429, {"Retry-After": str(wait)}), body
        body = self._wire.answer(method, args, token)
        scopes = ",".join(sorted(self._wire.space.manifest.scopes))
        return JSONResponse(body, headers={"X-OAuth-Scopes": scopes, "X-Slack-Req-Id": secrets.token_hex(16)}), body

    def _note(self, method: str, args: Doc, body: Doc, *, began: float, lost: bool) -> None:
        self._wire.faults.note(
            {
                "method": method,
                "at": self._wire.space.clock(),
                "ok": body["ok"],
                "error": body.get("error"),
                "ms": round((time.monotonic() - began) * 1000, 2),
                "lost": lost,
                "args": args,
            }
        )


async def arguments(request: Request) -> Doc:
    """Read a call's arguments from the query and from a JSON or form body."""
    found: Doc = dict(request.query_params)
    if request.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind == "application/json":
            with contextlib.suppress(json.JSONDecodeError):
                given = json.loads(await request.body() or b"{}")
                found |= given if isinstance(given, dict) else {}
        else:
            form = await request.form()
            found |= {key: value for key, value in form.items() if isinstance(value, str)}
    return found


async def _uploaded(request: Request) -> bytes:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        for value in (await request.form()).values():
            if not isinstance(value, str):
                return await value.read()
    return await request.body()


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _instead(fields: Doc) -> Doc:
    """Fields that take a message's place: blocks it had and these do not have go away."""
    return {"blocks": None, "attachments": None, **{key: val for key, val in fields.items() if key != "thread_ts"}}


def make(
    workspace: Workspace, faults: Faults, *, tokens: Tokens | None = None, switchboard: Switchboard | None = None
) -> Wire:
    """Put the app's side together and give the workspace its outlet."""
    board = switchboard or Switchboard(app_id=workspace.app_id, faults=faults)
    workspace.outlet = board
    return Wire(space=workspace, faults=faults, switchboard=board, tokens=tokens or Tokens())


def build(workspace: Workspace, faults: Faults) -> list[BaseRoute]:
    """The routes of the app's side with the default tokens; `make` for everything else."""
    return make(workspace, faults).routes()
