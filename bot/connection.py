"""The line to chat: opened, knocked at until somebody answers, and hung up before the other side is gone."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.listeners import listen
from bot.press import House

KNOCK_EVERY_S = 5
HANG_UP_WITHIN_S = 2

log = structlog.get_logger()


def line(client: WebClient, house: House, *, app_token: str) -> SocketModeHandler:
    """Every listener on a line that is not connected yet."""
    bolt = App(
        name="tocsin",  # else the library walks the stack and every module to find a name for its log
        client=client,
        token_verification_enabled=False,
        listener_executor=ThreadPoolExecutor(32),  # the default of 5 starves acknowledgements behind slow listeners
        process_before_response=False,
        ignoring_self_events_enabled=True,
    )
    listen(bolt, house)
    return SocketModeHandler(bolt, app_token=app_token, concurrency=32, trace_enabled=False)


def connect(handler: SocketModeHandler) -> None:
    """Connect now, or knock until it answers; from then on the library reconnects by itself.

    Chat may be what is down: clocks ring, and notices leave by the other ways meanwhile.
    """
    if not _reached(handler):
        threading.Thread(target=_keep_knocking, args=(handler,), name="knock", daemon=True).start()


def connected(handler: SocketModeHandler) -> bool:
    """Whether chat hears us."""
    return handler.client is not None and bool(handler.client.is_connected())


def hang_up(handler: SocketModeHandler, *, within: float = HANG_UP_WITHIN_S) -> None:
    """Close the line's socket; `within` seconds later go on all the same. The library's threads end behind us.

    Hang up before the other side goes. The library takes a socket away from whichever of its threads comes second:
    ours that closes, or the one that reads and hears that the other side closes, which would also connect anew.
    """
    hung_up = threading.Event()
    threading.Thread(target=_close, args=(handler, hung_up), name="hang up", daemon=True).start()
    hung_up.wait(within)


def _close(handler: SocketModeHandler, hung_up: threading.Event) -> None:
    client = handler.client
    client.closed = True
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    session = client.current_session
    try:
        if session is not None and session.sock is not None:
            # The reader holds the lock that closing needs for as long as it waits for bytes, up to three seconds.
            session.sock.shutdown(socket.SHUT_RD)
        client.disconnect()
    except (OSError, AttributeError) as fault:
        log.info("chat had hung up already", fault=type(fault).__name__)
    hung_up.set()
    handler.close()  # type: ignore[no-untyped-call]  # the library left it so


def _reached(handler: SocketModeHandler) -> bool:
    try:
        handler.connect()  # type: ignore[no-untyped-call]  # as above
    except (SlackApiError, OSError) as fault:
        log.warning("chat is not reached", fault=type(fault).__name__)
        return False
    return True


def _keep_knocking(handler: SocketModeHandler) -> None:
    while not handler.client.closed and not _reached(handler):
        time.sleep(KNOCK_EVERY_S)
