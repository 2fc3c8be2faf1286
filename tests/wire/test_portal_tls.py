"""The portal courier against real HTTPS servers: whose certificate holds, which address is dialled, what is signed."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from escalation.couriers.addresses import LOOPBACK
from escalation.couriers.portal import CAP, Portal, PortalAddress, signature
from escalation.deliver import Delivered, Doubtful, Later, Lost, Outcome, Parcel, Rejected

AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
NAME = "portal.authority.example"  # no name server knows it: only what the test resolves
BODY, DIGEST = '{"标题": "首次报告"}', "d" * 64
GOOD = {"receipt": "MIIT-7", "digest": DIGEST}
Act = Callable[[BaseHTTPRequestHandler], None]


class Authority:
    """An HTTPS portal whose every behaviour is chosen by the test."""

    def __init__(self, certificate: trustme.LeafCert, *, host: str = "127.0.0.1") -> None:
        """Listen with that certificate."""
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.names: list[str | None] = []
        self.act: Act = says(201, GOOD)
        self.clients = 0
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                authority.got.append((self.command, dict(self.headers), body))
                authority.act(self)

            do_GET = do_POST  # noqa: N815 -- the standard library's own names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

            def verify_request(self, *_: object) -> bool:
                authority.clients += 1
                return True

            def handle_error(self, *_: object) -> None:
                """A client that hangs up is what some of these tests are about."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        context.sni_callback = lambda _sock, name, _context: self.names.append(name)
        self._server = Server((host, 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def says(status: int, body: object = None, **headers: str) -> Act:
    """Answer with a status, a body (JSON unless bytes) and headers."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return act


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    """A root that nobody but these tests trusts."""
    return trustme.CA()


@pytest.fixture(scope="module")
def root(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its certificate as a file."""
    path: Path = tmp_path_factory.mktemp("ca") / "root.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def authority(ca: trustme.CA) -> Iterator[Authority]:
    """A portal that is up, with a certificate for its name."""
    standing = Authority(ca.issue_cert(NAME))
    yield standing
    standing.close()


def _parcel(**how: Any) -> Parcel:  # noqa: ANN401 -- any field of a parcel
    facts = {"addressee": "miit", "body": BODY, "digest": DIGEST}
    given = {
        "id": 1, "key": "notice:INC-1:D1:1", "matter": "incident:1", "kind": "notice", "courier": "portal",
        "exercise": False, "facts": facts, "ref": None, "attempt": 1, "asked": False, "fence_at": AT,
    }  # fmt: skip
    return Parcel(**{**given, **how})


def _send(
    port: int,
    root: str | None,
    *,
    to: str | list[str] = "127.0.0.1",
    limit_s: float = 2,
    clock: datetime = AT,
    **how: Any,  # noqa: ANN401 -- any field of an address
) -> Outcome:
    given = {"url": f"https://{NAME}:{port}/notices", "token": "t0ken", "inside": LOOPBACK, "ca": root}
    portal = Portal(
        url_of={"miit": PortalAddress(**{**given, **how})},
        clock=lambda: clock,
        limit_s=limit_s,
        resolve=lambda *_: [to] if isinstance(to, str) else to,
    )
    return portal.send(_parcel())


# --- whose certificate holds ---------------------------------------------------------------------------------------


def test_the_judged_address_is_dialled_under_its_own_name(authority: Authority, root: str) -> None:
    """The connection goes to the address; SNI, the Host header and the certificate are the name's."""
    assert _send(authority.port, root) == Delivered(receipt={"receipt": "MIIT-7", "digest": DIGEST})
    ((method, headers, body),) = authority.got
    assert (method, body) == ("POST", BODY.encode())
    assert headers["Host"] == f"{NAME}:{authority.port}"
    assert authority.names == [NAME]


def test_ipv6_is_dialled_too(ca: trustme.CA, root: str) -> None:
    """The same over ::1."""
    authority = Authority(ca.issue_cert(NAME), host="::1")
    try:
        assert isinstance(_send(authority.port, root, to="::1"), Delivered)
    finally:
        authority.close()


def test_the_next_judged_address_is_tried_when_one_is_silent(authority: Authority, root: str) -> None:
    """Of two addresses the first refuses the connection: nothing was sent there, so the second is dialled."""
    assert isinstance(_send(authority.port, root, to=["::1", "127.0.0.1"]), Delivered)


def _certificates(ca: trustme.CA) -> dict[str, trustme.LeafCert]:
    return {
        "another name": ca.issue_cert("other.authority.example"),
        "expired": ca.issue_cert(NAME, not_after=datetime(2020, 1, 1, tzinfo=UTC)),
        "not yet": ca.issue_cert(NAME, not_before=datetime.now(UTC) + timedelta(days=9)),
        "another root": trustme.CA().issue_cert(NAME),
        "an address only": ca.issue_cert("127.0.0.1"),
    }


@pytest.mark.parametrize("which", ["another name", "expired", "not yet", "another root", "an address only"])
def test_a_certificate_that_does_not_hold_is_refused(ca: trustme.CA, root: str, which: str) -> None:
    """Nothing is sent, and a person is told at once: waiting does not mend a certificate."""
    authority = Authority(_certificates(ca)[which])
    try:
        outcome = _send(authority.port, root)
    finally:
        authority.close()
    assert isinstance(outcome, Rejected)
    assert "certificate" in outcome.why
    assert authority.got == []


def test_without_a_root_of_its_own_only_the_public_ones_count(
    authority: Authority, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root that the environment names is not taken either."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", root)
    monkeypatch.setenv("CURL_CA_BUNDLE", root)
    monkeypatch.setenv("SSL_CERT_FILE", root)
    assert isinstance(_send(authority.port, None), Rejected)
    assert authority.got == []


def test_a_server_that_does_not_speak_tls_gets_nothing() -> None:
    """A plain answer to our hello: surely not taken."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        seen: list[bytes] = []

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                seen.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        assert isinstance(_send(listening.getsockname()[1], None), Later)
    assert b"POST" not in seen[0]


def test_a_handshake_that_hangs_is_cut_and_surely_not_taken() -> None:
    """Connected and then silence, before anything was said: later, without doubt, and no thread is left."""
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert isinstance(_send(listening.getsockname()[1], None, limit_s=0.5), Later)
        deadline = time.monotonic() + 2
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert threading.active_count() <= before


# --- which address is dialled --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "100.64.0.1",
                                     "64:ff9b::127.0.0.1", "10.0.0.1"])  # fmt: skip
def test_a_name_that_leads_inside_is_refused(authority: Authority, root: str, address: str) -> None:
    """Without a network named for it no inside address is dialled, however it is written."""
    outcome = _send(authority.port, root, to=address, inside=())
    assert isinstance(outcome, Rejected)
    assert "not a public address" in outcome.why
    assert authority.clients == 0


def test_the_second_answer_of_a_resolver_is_never_asked_for(authority: Authority, root: str) -> None:
    """Rebinding: a name that leads outside when it is judged and inside when it is dialled gets its one chance."""
    answers = iter(["192.0.2.1", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return [next(answers)]

    address = PortalAddress(url=f"https://{NAME}:{authority.port}/", token="t", ca=root)
    outcome = Portal(url_of={"miit": address}, clock=lambda: AT, limit_s=1, resolve=resolve).send(_parcel())
    assert isinstance(outcome, Rejected)
    assert asked == [NAME]
    assert authority.clients == 0


def test_the_judged_address_is_kept_although_the_name_moves(authority: Authority, root: str) -> None:
    """What was judged is what is dialled: one look-up a sending, whatever the name server says a moment later."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    address = PortalAddress(url=f"https://{NAME}:{authority.port}/", token="t", ca=root, inside=LOOPBACK)
    portal = Portal(url_of={"miit": address}, clock=lambda: AT, limit_s=2, resolve=lambda *_: next(answers))
    assert isinstance(portal.send(_parcel()), Delivered)
    assert next(answers) == ["192.0.2.1"]


def test_a_look_up_that_hangs_costs_no_more_than_the_limit() -> None:
    """A name server that is silent holds a sender no longer than a portal that is."""
    released = threading.Event()

    def resolve(*_: object) -> list[str]:
        released.wait(5)
        return ["192.0.2.1"]

    address = PortalAddress(url=f"https://{NAME}/", token="t")
    began = time.monotonic()
    outcome = Portal(url_of={"miit": address}, clock=lambda: AT, limit_s=0.3, resolve=resolve).send(_parcel())
    released.set()
    assert isinstance(outcome, Later)
    assert time.monotonic() - began < 2


def test_plain_http_goes_no_further_than_this_machine() -> None:
    """Also to a network that was named for the portal nothing goes unencrypted."""
    from ipaddress import ip_network

    address = PortalAddress(url="http://portal.authority.example/", token="t", inside=(ip_network("10.8.3.0/24"),))
    portal = Portal(url_of={"miit": address}, clock=lambda: AT, limit_s=1, resolve=lambda *_: ["10.8.3.7"])
    outcome = portal.send(_parcel())
    assert isinstance(outcome, Rejected)
    assert "https" in outcome.why


# --- what is signed --------------------------------------------------------------------------------------------------


def test_every_key_signs_the_instant_and_the_very_bytes(authority: Authority, root: str) -> None:
    """A receiver that knows either key can check; a changed body or instant does not verify."""
    keys = {"2027a": "a new secret of ours", "2026b": "the secret before it"}
    _send(authority.port, root, keys=keys)
    ((_, headers, body),) = authority.got
    stamp, said = (
        headers["X-Tocsin-Timestamp"],
        dict(each.split("=") for each in headers["X-Tocsin-Signature"].split(", ")),
    )
    assert stamp == str(int(AT.timestamp()))
    for name, key in keys.items():
        assert said[name] == hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature(keys, stamp, body + b" ") != signature(keys, stamp, body)
    assert signature(keys, "1", body) != signature(keys, stamp, body)


def test_a_repeat_is_signed_anew_and_is_otherwise_the_same(authority: Authority, root: str) -> None:
    """Body and key stay; the instant and its signature move on, so that a receiver may refuse an old one."""
    keys = {"a": "k" * 16}
    _send(authority.port, root, keys=keys)
    _send(authority.port, root, keys=keys, clock=AT + timedelta(minutes=5))
    (_, first, body), (_, again, same) = authority.got
    assert body == same
    assert first["Idempotency-Key"] == again["Idempotency-Key"]
    assert first["X-Tocsin-Signature"] != again["X-Tocsin-Signature"]


def test_without_a_key_nothing_claims_to_be_signed(authority: Authority, root: str) -> None:
    """No empty signature that a careless receiver could take for one."""
    _send(authority.port, root)
    assert not {"X-Tocsin-Signature", "X-Tocsin-Timestamp"} & authority.got[0][1].keys()


# --- what an answer means, over TLS -----------------------------------------------------------------------------------


def test_a_lost_answer_is_lost(authority: Authority, root: str) -> None:
    """Taken, and the line cut before a word came back."""

    def cut(request: BaseHTTPRequestHandler) -> None:
        request.connection.shutdown(socket.SHUT_RDWR)

    authority.act = cut
    assert isinstance(_send(authority.port, root), Lost)
    assert len(authority.got) == 1


def test_a_moved_portal_is_not_followed_and_sees_no_secret(authority: Authority, root: str) -> None:
    """301 to another place: refused, and nothing is asked for there."""
    authority.act = says(301, {}, Location=f"https://{NAME}:{authority.port}/elsewhere")
    assert _send(authority.port, root) == Rejected(why="moved (301)")
    assert len(authority.got) == 1


def test_500_is_lost_and_503_with_retry_after_waits(authority: Authority, root: str) -> None:
    """The first may have taken it; the second says itself that it did not."""
    authority.act = says(500, {})
    assert isinstance(_send(authority.port, root), Lost)
    authority.act = says(503, {}, Retry_After="7")
    outcome = _send(authority.port, root)
    assert isinstance(outcome, Later)
    assert outcome.wait == timedelta(seconds=7)


def test_a_hanging_portal_is_lost_within_the_limit(authority: Authority, root: str) -> None:
    """Silence after the request was taken."""
    authority.act = lambda _: time.sleep(3)
    began = time.monotonic()
    assert isinstance(_send(authority.port, root, limit_s=0.5), Lost)
    assert time.monotonic() - began < 2


def test_a_dripping_portal_cannot_hold_a_sender(authority: Authority, root: str) -> None:
    """A byte now and then inside TLS resets a socket's limit; ours is for the whole call."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "9000")
        request.end_headers()
        for _ in range(200):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.02)

    authority.act = drip
    began = time.monotonic()
    assert isinstance(_send(authority.port, root, limit_s=0.5), Lost)
    assert time.monotonic() - began < 2


def test_a_huge_answer_is_read_no_further_than_the_limit(authority: Authority, root: str) -> None:
    """An endless body is given up after its first pages, and a person looks."""
    wrote = 0

    def flood(request: BaseHTTPRequestHandler) -> None:
        nonlocal wrote
        request.send_response(200)
        request.end_headers()
        for _ in range(4000):
            wrote += request.wfile.write(b"x" * CAP)

    authority.act = flood
    assert isinstance(_send(authority.port, root, limit_s=5), Doubtful)
    assert wrote < 4000 * CAP, "it was read to its end"


def test_a_gzip_bomb_is_not_unpacked(authority: Authority, root: str) -> None:
    """We ask for a plain body; what is packed all the same proves nothing and costs nothing."""
    bomb = gzip.compress(b"0" * 40_000_000)
    assert len(bomb) < CAP
    authority.act = says(200, bomb, Content_Encoding="gzip")
    began = time.monotonic()
    assert isinstance(_send(authority.port, root), Doubtful)
    assert time.monotonic() - began < 1
    assert authority.got[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("body", "says_digest", "delivered"),
    [
        (GOOD, True, True), (GOOD, False, True), ({"receipt": "R"}, False, True), ({"receipt": "R"}, True, False),
        ({"receipt": "R", "digest": "e" * 64}, True, False), ({"receipt": "R", "digest": "e" * 64}, False, False),
        ({"receipt": "R", "digest": None}, False, False), ({"digest": DIGEST}, False, False), ({}, False, False),
    ],
)  # fmt: skip
def test_a_receipt_proves_what_it_can(
    authority: Authority, root: str, body: object, says_digest: bool, delivered: bool
) -> None:
    """A digest where the portal can give one; one that it gives and that differs is never taken for a receipt."""
    authority.act = says(201, body)
    outcome = _send(authority.port, root, says_digest=says_digest)
    assert isinstance(outcome, Delivered if delivered else Doubtful)
