"""The portal courier against real servers on loopback: what counts as delivered, and what every failure means."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from escalation.couriers.addresses import LOOPBACK
from escalation.couriers.portal import CAP, LONGEST_WAIT, Portal, PortalAddress
from escalation.deliver import Delivered, Doubtful, Later, Lost, Outcome, Parcel, Rejected

AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
BODY = '{"标题": "first notice", "n": 1.0}'  # spacing and 1.0 would not survive being parsed and written again
DIGEST = "d" * 64
NOON, HALF_PAST = "Mon, 01 Mar 2027 12:00:00 GMT", "Mon, 01 Mar 2027 12:00:30 GMT"
GOOD = {"receipt": "MIIT-7", "digest": DIGEST, "received_at": "2027-03-01T20:00:00+08:00"}
Answer = Callable[[BaseHTTPRequestHandler], None]


class Desk:
    """A portal that answers as told and keeps what it got."""

    def __init__(self) -> None:
        """Listen on a free port of loopback."""
        self.got: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: Answer = answering(200, GOOD)
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.got.append((self.command, self.path, dict(self.headers), body))
                desk.answer(self)

            do_GET = do_POST  # noqa: N815 -- the standard library's own names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/notices"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def answering(status: int, body: object = None, **headers: str) -> Answer:
    """Answer with a status, a body (JSON unless bytes) and headers."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A portal that is up."""
    standing = Desk()
    yield standing
    standing.close()


def _parcel(**how: Any) -> Parcel:  # noqa: ANN401 -- any field of a parcel
    facts = {"addressee": "miit", "body": BODY, "digest": DIGEST}
    given = {
        "id": 1, "key": "incident:1/演练 1\r\nX-Evil: 1", "matter": "incident:1", "kind": "notice", "courier": "portal",
        "exercise": False, "facts": facts, "ref": None, "attempt": 1, "asked": False, "fence_at": datetime.now(UTC),
    }  # fmt: skip
    return Parcel(**{**given, **how})


def _send(url: str, *, limit_s: float = 2, **how: Any) -> Outcome:  # noqa: ANN401 -- any field of a parcel
    address = PortalAddress(url=url, token="t0ken", inside=LOOPBACK)
    return Portal(url_of={"miit": address}, clock=lambda: AT, limit_s=limit_s).send(_parcel(**how))


def test_the_signed_text_arrives_byte_for_byte_with_its_key(desk: Desk) -> None:
    """The stored body is the body; key, digest and token stand in the headers, and no header can be smuggled in."""
    assert _send(desk.url) == Delivered(receipt={"receipt": "MIIT-7", "digest": DIGEST, "at": GOOD["received_at"]})
    ((method, path, headers, body),) = desk.got
    assert (method, path, body) == ("POST", "/notices", BODY.encode())
    assert headers["Idempotency-Key"] == "incident:1/%E6%BC%94%E7%BB%83%201%0D%0AX-Evil:%201"
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["X-Tocsin-Digest"] == DIGEST
    assert "X-Evil" not in headers


def test_a_repeat_carries_the_same_key(desk: Desk) -> None:
    """A second attempt is the same request, so that the portal can recognise it."""
    _send(desk.url)
    _send(desk.url, attempt=2, asked=True)
    assert desk.got[0] == desk.got[1]


@pytest.mark.parametrize(
    "body",
    [
        {**GOOD, "digest": "e" * 64}, {**GOOD, "digest": None}, {"digest": DIGEST}, {**GOOD, "receipt": ""},
        {**GOOD, "receipt": 7}, [GOOD], None, b"<html>Welcome</html>", b"", b"\xff\xfe", b"[" * 20_000,
        json.dumps({**GOOD, "pad": "x" * CAP}).encode(),
    ],
    ids=["other digest", "no digest", "no receipt", "empty", "a number", "a list", "null", "html", "nothing",
         "no text", "deep", "too long"],
)  # fmt: skip
def test_success_without_our_receipt_is_no_success(desk: Desk, body: object) -> None:
    """A 200 that does not acknowledge this very text proves nothing, and a person looks."""
    desk.answer = answering(200, body)
    outcome = _send(desk.url)
    assert isinstance(outcome, Doubtful)
    assert "receipt" in outcome.why


@pytest.mark.parametrize("said", [None, "soon", 7, "2027-03-01T20:00:00", "2027-13-01T00:00:00+00:00"])
def test_a_portals_bad_clock_does_not_cost_its_receipt(desk: Desk, said: object) -> None:
    """An instant that is none is left out of the proof; the receipt counts."""
    desk.answer = answering(201, {**GOOD, "received_at": said})
    assert _send(desk.url) == Delivered(receipt={"receipt": "MIIT-7", "digest": DIGEST})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_moved_portal_is_not_followed(desk: Desk, status: int) -> None:
    """A redirect is refused: followed, the POST would become a GET that is answered 200."""
    desk.answer = answering(status, {}, Location=desk.url)
    assert _send(desk.url) == Rejected(why=f"moved ({status})")
    assert len(desk.got) == 1


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry_After": "7"}, timedelta(seconds=7)),
        (503, {"Retry_After": "7"}, timedelta(seconds=7)),
        (429, {"Retry_After": HALF_PAST, "Date": NOON}, timedelta(seconds=30)),
        (429, {"Retry_After": HALF_PAST}, None),
        (429, {"Retry_After": "86400"}, LONGEST_WAIT),
        (429, {"Retry_After": "9" * 400}, None),
        (429, {"Retry_After": "soon"}, None),
        (429, {"Retry_After": "-5"}, None),
        (429, {}, None),
        (408, {}, None),
        (425, {}, None),
    ],
)  # fmt: skip
def test_asked_to_wait(desk: Desk, status: int, headers: dict[str, str], wait: timedelta | None) -> None:
    """It surely was not taken: again after what the portal asks for, within reason."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response_only(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    desk.answer = answer
    outcome = _send(desk.url)
    assert isinstance(outcome, Later)
    assert outcome.wait == wait


@pytest.mark.parametrize("status", [500, 502, 503, 504, 409])
def test_a_portal_that_failed_may_have_taken_it(desk: Desk, status: int) -> None:
    """Neither delivered nor refused: the same key is sent again later."""
    desk.answer = answering(status, {})
    assert _send(desk.url) == Lost(why=f"portal failed ({status})")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_refusal_is_passed_on_in_the_portals_words(desk: Desk, status: int) -> None:
    """The first 200 characters of what it said reach the person who must act."""
    desk.answer = answering(status, "缺少字段".encode() + b"x" * 1000)
    assert _send(desk.url) == Rejected(why=f"{status}: 缺少字段" + "x" * 196)


def test_nobody_at_home_is_surely_not_taken() -> None:
    """A refused connection and an unknown name: later, without doubt."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert isinstance(_send(f"http://127.0.0.1:{taken.getsockname()[1]}/"), Later)
    assert isinstance(_send("http://portal.invalid/"), Later)


def _raw(act: Callable[[socket.socket], None]) -> str:
    """A server that takes one request and then does as `act` says to the bare socket."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            connection.recv(65536)
            act(connection)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/"


def _drip(head: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        try:
            while True:
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:  # hung up
            pass

    return drip


def test_silence_after_the_request_is_lost() -> None:
    """Taken or not, nobody knows."""
    url = _raw(lambda _: time.sleep(3))
    assert isinstance(_send(url, limit_s=1), Lost)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Pad: "])
def test_a_dripping_answer_cannot_hold_a_sender(head: bytes) -> None:
    """A byte now and then, in the body or in a header, resets a socket's time limit; ours is for the whole call."""
    before = threading.active_count()
    url = _raw(_drip(head))
    began = time.monotonic()
    assert isinstance(_send(url, limit_s=1), Lost)
    assert time.monotonic() - began < 6, "without the limit it would last for ever"
    deadline = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= before  # the call was hung up, not left behind


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", b"not http at all\r\n\r\n"])
def test_a_connection_that_breaks_is_lost(said: bytes) -> None:
    """Closed before or in the middle of the answer: it may have been taken."""
    assert isinstance(_send(_raw(lambda connection: connection.sendall(said))), Lost)


def test_an_unknown_addressee_is_refused(desk: Desk) -> None:
    """Nothing is sent to a guess."""
    facts = {"addressee": "nobody", "body": BODY, "digest": DIGEST}
    assert _send(desk.url, facts=facts) == Rejected(why="no address for nobody")
    assert desk.got == []


def test_the_environments_proxy_is_not_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statutory notice does not pass through whatever HTTP_PROXY says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert isinstance(_send(desk.url), Delivered)


def test_a_token_is_not_shown() -> None:
    """Neither a log nor a traceback that prints the address gives the token away."""
    assert "t0ken" not in repr(PortalAddress(url="http://x", token="t0ken"))


def test_what_was_signed_for_another_address_is_not_posted(desk: Desk) -> None:
    """The people file changed while it waited: nothing goes to the new address under the old signature."""
    address = PortalAddress(url=desk.url, token="t0ken", inside=LOOPBACK, said="https://new.example/")
    portal = Portal(url_of={"miit": address}, clock=lambda: AT)
    facts = {"addressee": "miit", "body": BODY, "digest": DIGEST, "portal": "https://old.example/"}
    outcome = portal.send(_parcel(facts=facts))
    assert isinstance(outcome, Rejected)
    assert "signed for another address" in outcome.why
    assert desk.got == []
    assert isinstance(portal.send(_parcel(facts=facts | {"portal": address.said})), Delivered)
