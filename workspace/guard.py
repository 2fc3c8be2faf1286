"""The outermost door: loopback only, no foreign Host or Origin; and the way to lose an answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketClose

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OURS = frozenset({"127.0.0.1", "localhost", "::1"})
HANG_UP = "workspace.hang_up"
TURNS = 5


class Guard:
    """Refuses with 403 what does not come from this machine's own pages and clients, also websockets."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`; it must be the outermost application, directly under the server."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through or refuse."""
        if scope["type"] in ("http", "websocket") and not _is_ours(scope):
            refusal: ASGIApp = PlainTextResponse("Forbidden", 403) if scope["type"] == "http" else WebSocketClose(1008)
            await refusal(scope, receive, send)
            return
        scope[HANG_UP] = send
        await self._app(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    try:
        host = urlsplit(f"//{headers.get(b'host', '')}").hostname
        return host in OURS and (origin is None or _is_own_page(origin, scope["server"][1]))
    except ValueError:
        # Neither an address nor a port: nobody of ours writes such a header.
        return False


def _is_own_page(origin: str, port: int) -> bool:
    page = urlsplit(origin)
    return page.hostname in OURS and page.port == port


async def hang_up(scope: Scope) -> None:
    """Close the connection without a word: what a lost answer looks like to the caller."""
    # uvicorn's own object stands behind the server's `send`; ASGI has no way to drop a connection.
    cycle: Any = getattr(scope[HANG_UP], "__self__", None)
    if cycle is None:
        return
    cycle.transport.abort()
    # uvicorn learns of the loss in the loop's next turns; before that it would answer 500 for us.
    for _ in range(TURNS):
        await asyncio.sleep(0)
