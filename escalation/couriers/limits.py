"""A total limit on a call to the outside, whatever the other side drips, and the socket cut when it passes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Line:
    """The sockets one call has opened: whether anything could have been sent, and a way to hang up."""

    def __init__(self) -> None:
        """Begin without a socket."""
        self._sockets: list[socket.socket] = []
        self._cut = False
        self.ready = False  # the connection stands (its TLS too): from here on something may be taken
        self._lock = threading.Lock()

    def opened(self, sock: socket.socket) -> None:
        """Note a socket; one that opens after the limit has passed is hung up at once."""
        with self._lock:
            self._sockets.append(sock)
            if self._cut:
                _hang_up(sock)

    def cut(self) -> None:
        """Hang up; a read that is waiting wakes with an error."""
        with self._lock:
            self._cut = True
            for sock in self._sockets:
                _hang_up(sock)


class _Call(threading.Thread, Generic[T]):
    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__(name="courier", daemon=True)
        self._call = call
        self.answer: T | None = None
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            self.answer = self._call()
        except BaseException as fault:  # noqa: BLE001 -- handed to the caller's thread, which raises it
            self.fault = fault


def within(seconds: float, call: Callable[[], T], line: Line) -> T | None:
    """What `call` answers, or None when `seconds` have passed; then `line` is cut, so that the call ends too.

    A socket's own time limit counts anew with every byte, and a name look-up has none: hence the thread.
    """
    calling = _Call(call)
    calling.start()
    calling.join(seconds)
    if calling.is_alive():
        line.cut()
        return None
    if calling.fault is not None:
        raise calling.fault
    return calling.answer


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has closed by itself meanwhile
        sock.shutdown(socket.SHUT_RDWR)
