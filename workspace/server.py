"""One listening socket, one server, and a quick and clean end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import anyio.to_thread
import uvicorn
from starlette.applications import Starlette

from workspace.guard import Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from types import FrameType

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from workspace.wire import Wire

# Page streams wait in threads: each open tab holds one.
THREADS = 200


def listen(port: int) -> tuple[socket.socket, int]:
    """Bind 127.0.0.1 on this port (0: any free one); give the socket and the port. Raises OSError if it is taken."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    bound.listen(2048)
    return bound, int(bound.getsockname()[1])


def application(wire: Wire, routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """The whole application behind its guard: the app's side, and what else is given (pages, desk)."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        ticking = asyncio.create_task(wire.tick())
        yield
        ticking.cancel()
        await wire.switchboard.close()

    return Guard(Starlette(routes=[*wire.routes(), *routes], lifespan=lifespan))


class Server(uvicorn.Server):
    """uvicorn, which on its way out first ends the streams and the sockets that would hold it up."""

    def __init__(
        self,
        wire: Wire,
        routes: Sequence[BaseRoute] = (),
        *,
        once_ready: Callable[[], None] = lambda: None,
        on_leave: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve this wire and these routes; say when it answers, and when it begins to end."""
        config = uvicorn.Config(
            application(wire, routes),
            ws="websockets-sansio",
            lifespan="on",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=30,
        )
        super().__init__(config)
        self._wire, self._once_ready, self._on_leave = wire, once_ready, on_leave

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so when it answers."""
        await super().startup(sockets=sockets)
        if self.started:
            self._once_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's own signature
        """Take a signal: the first ends the server, a second one ends it without waiting for anybody."""
        # Not uvicorn's own: that raises the signal again at the end, and the exit status would say "killed".
        self.force_exit = self.should_exit
        self.leave()

    def leave(self) -> None:
        """Begin to end, from any thread: let go who waits, then the server follows."""
        # In a thread of its own: a signal may arrive while this very thread holds the workspace's lock.
        threading.Thread(target=self._let_go, daemon=True).start()
        self.should_exit = True

    def _let_go(self) -> None:
        self._wire.switchboard.release()
        self._wire.space.stop()
        self._on_leave()
