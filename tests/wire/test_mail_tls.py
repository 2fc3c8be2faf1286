"""Mail to real servers that speak TLS: whose certificate holds, what is sent along, and what a hang after DATA does."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

import app
from escalation.couriers.mail import Login, Mail, Tls
from escalation.deliver import Delivered, Later, Outcome, Parcel, Rejected
from escalation.records import State
from incidents import report
from store.database import Database
from tests.acts.incident_house import Scene

AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
LOGIN = Login(user="tocsin@operator.example", password="p@ss/w:rd %")
FACTS = {"to": "duty@regulator.example", "subject": "首次报告", "text": "第一行\n", "digest": "d" * 64,
         "receipt_url": "https://tocsin.example/receipts/abc"}  # fmt: skip


class Postbox:
    """Keeps every letter, and whether it came over TLS; hangs when told to."""

    def __init__(self) -> None:
        """Empty, and willing."""
        self.letters: list[EmailMessage] = []
        self.over_tls: list[bool] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.hang = False

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep it; then say so, or never say anything."""
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        assert server.transport is not None
        self.over_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        if self.hang:
            await asyncio.sleep(30)
        return "250 queued as 42"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: Any) -> AuthResult:  # noqa: ANN401
        """Take one login."""
        assert isinstance(said, LoginPassword)
        self.logins.append((said.login, said.password))
        return AuthResult(success=said.password == LOGIN.password.encode())


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


class Server:
    """An SMTP server in a thread of its own, on a port that the system chooses."""

    def __init__(self, postbox: Postbox, certificate: trustme.LeafCert | None, tls: Tls) -> None:
        """Listen."""
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
        how: dict[str, Any] = {}
        if tls is Tls.STARTTLS:
            how = {"tls_context": context, "require_starttls": True, "authenticator": postbox.authenticate}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(
                lambda: SMTP(postbox, loop=self._loop, enable_SMTPUTF8=True, **how),
                "127.0.0.1",
                0,
                ssl=context if tls is Tls.WHOLE else None,
            ),
            self._loop,
        )
        self.port = int(listening.result(5).sockets[0].getsockname()[1])

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2)


def _standing(postbox: Postbox, certificate: trustme.LeafCert | None, tls: Tls) -> Server:
    return Server(postbox, certificate, tls)


@pytest.fixture
def postbox() -> Postbox:
    """Where letters end."""
    return Postbox()


@pytest.fixture(params=[Tls.STARTTLS, Tls.WHOLE], ids=["STARTTLS", "TLS"])
def server(request: pytest.FixtureRequest, ca: trustme.CA, postbox: Postbox) -> Iterator[tuple[int, Tls]]:
    """A server with a certificate for 127.0.0.1."""
    controller = _standing(postbox, ca.issue_cert("127.0.0.1"), request.param)
    yield controller.port, request.param
    controller.stop()


def _parcel(**facts: Any) -> Parcel:  # noqa: ANN401 -- any fact
    return Parcel(
        id=1, key="notice:INC-1:D1:1", matter="incident:1", kind="notice", courier="mail", exercise=False,
        facts={**FACTS, **facts}, ref=None, attempt=1, asked=False, fence_at=AT,
    )  # fmt: skip


def _mail(port: int, **how: Any) -> Mail:  # noqa: ANN401 -- anything a courier takes
    return Mail("127.0.0.1", port, "tocsin@operator.example", clock=lambda: AT, **{"limit_s": 3, **how})


def _send(port: int, **how: Any) -> Outcome:  # noqa: ANN401 -- anything a courier takes
    return _mail(port, **how).send(_parcel())


def test_a_letter_goes_over_tls(server: tuple[int, Tls], postbox: Postbox, root: str) -> None:
    """By STARTTLS and with TLS from the first byte; nothing of the letter is readable on the way."""
    port, tls = server
    assert isinstance(_send(port, tls=tls, ca=root), Delivered)
    assert postbox.over_tls == [True]


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.WHOLE], ids=["STARTTLS", "TLS"])
def test_a_wrong_certificate_gets_no_letter(ca: trustme.CA, root: str, postbox: Postbox, tls: Tls) -> None:
    """Another name, an unknown root, an expired one: nothing is sent, and a person is told at once."""
    expired = ca.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    for certificate in (ca.issue_cert("mail.example"), trustme.CA().issue_cert("127.0.0.1"), expired):
        controller = _standing(postbox, certificate, tls)
        outcome = _send(controller.port, tls=tls, ca=root, login=LOGIN if tls is Tls.STARTTLS else None)
        controller.stop()
        assert isinstance(outcome, Rejected)
        assert "certificate" in outcome.why
    assert (postbox.letters, postbox.logins) == ([], [])


def test_without_its_root_a_server_is_not_trusted(server: tuple[int, Tls], postbox: Postbox) -> None:
    """The system's own roots do not know it."""
    port, tls = server
    assert isinstance(_send(port, tls=tls), Rejected)
    assert postbox.letters == []


def test_a_server_without_starttls_gets_nothing(postbox: Postbox) -> None:
    """Encryption that was asked for is never silently left out: no login, no letter."""
    controller = _standing(postbox, None, Tls.NONE)
    outcome = _send(controller.port, tls=Tls.STARTTLS, login=LOGIN)
    controller.stop()
    assert isinstance(outcome, Later)
    assert postbox.letters == []


def test_a_login_is_taken_from_its_address_as_it_was_meant(ca: trustme.CA, root: str, postbox: Postbox) -> None:
    """In an address @ and / are written %40 and %2F; the server hears the password itself."""
    controller = _standing(postbox, ca.issue_cert("127.0.0.1"), Tls.STARTTLS)
    said = f"smtps://tocsin%40operator.example:p%40ss%2Fw%3Ard%20%25@127.0.0.1:{controller.port}"
    mail = app.mail_of(app.Settings(tocsin_smtp_url=said, tocsin_smtp_ca=root), lambda: AT)
    assert isinstance(mail.send(_parcel()), Delivered)
    controller.stop()
    assert postbox.logins == [(LOGIN.user.encode(), LOGIN.password.encode())]


@pytest.mark.parametrize(
    "url",
    ["smtps://u:s3cret@mail.example:70000", "smtps://u:s3cret@mail.example:port", "smtp://[::1", "mail.example:25",
     "https://mail.example", "smtps://", "smtps://u:s3cret%E5%AF%86@mail.example", "smtp://u:s3cret@mail.example:25", "smtp://mail.example:0"],
)  # fmt: skip
def test_a_wrong_mail_address_is_found_by_check(url: str) -> None:
    """A port that is none, a scheme we do not speak, a password in the clear: named, and the password is not told."""
    with pytest.raises(app.BadSettings) as told:
        app.Settings.read({"TOCSIN_SMTP_URL": url})
    assert "TOCSIN_SMTP_URL" in told.value.sentence("en")
    assert "s3cret" not in told.value.sentence("en")


def test_right_mail_addresses_pass() -> None:
    """Each way of writing one that works."""
    for url in ("smtp://127.0.0.1:25", "smtp://u:p@localhost", "smtps://u:p%40@mail.example:587", "smtps://m.example"):
        assert app.Settings.read({"TOCSIN_SMTP_URL": url}).tocsin_smtp_url == url


# --- what is sent along ---------------------------------------------------------------------------------------------


def test_documents_and_the_link_follow_the_signed_text(postbox: Postbox) -> None:
    """The first part is the signed text, untouched; then the link; then each file with its name, bytes and type."""
    files = {hashlib.sha256(each).hexdigest(): each for each in (b"%PDF-1.7 \x00\xff", b"<alert/>")}
    pdf, cap = files
    enclosed = [
        {"name": "INC-1-D1-1.pdf", "media_type": "application/pdf", "digest": pdf},
        {"name": "INC-1-D1-1.cap.xml", "media_type": "application/cap+xml", "digest": cap},
    ]
    controller = _standing(postbox, None, Tls.NONE)
    mail = _mail(controller.port, kept=files.__getitem__, link=lambda *_: "请打开 https://tocsin.example/notices/x")
    assert isinstance(mail.send(_parcel(enclosed=enclosed, token="t")), Delivered)
    controller.stop()
    (letter,) = postbox.letters
    text, link, *rest = letter.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == FACTS["text"]
    assert letter.get_body(("plain",)).get_content().replace("\r\n", "\n") == FACTS["text"]  # type: ignore[union-attr]
    assert "https://tocsin.example/notices/x" in link.get_content()
    assert [(part.get_filename(), part.get_content_type()) for part in rest] == [
        ("INC-1-D1-1.pdf", "application/pdf"), ("INC-1-D1-1.cap.xml", "application/cap+xml"),
    ]  # fmt: skip
    assert [part.get_content() for part in rest] == list(files.values())


def test_another_file_than_the_kept_one_never_leaves(postbox: Postbox) -> None:
    """Bytes that do not have the digest that was signed with the notice stop the sending before a word is said."""
    controller = _standing(postbox, None, Tls.NONE)
    enclosed = [{"name": "a.pdf", "media_type": "application/pdf", "digest": "0" * 64}]
    with pytest.raises(ValueError, match=r"a\.pdf"):
        _mail(controller.port, kept=lambda _: b"forged").send(_parcel(enclosed=enclosed))
    controller.stop()
    assert postbox.letters == []


# --- nobody knows ---------------------------------------------------------------------------------------------------


def test_a_hang_after_the_letter_pages_a_person_and_repeats_nothing(
    database: Database, at: datetime, postbox: Postbox
) -> None:
    """Whoever can act is told within 60 s; machine time sends nothing again, and a person's repeat says it is one."""
    scene = Scene(database, at)
    postbox.hang = True
    controller = _standing(postbox, None, Tls.NONE)
    minute = {"now": 3.0}
    mail = Mail("127.0.0.1", controller.port, "t@op.example", clock=lambda: scene.after(minute["now"]), limit_s=0.5)
    number = scene.active("II", "I")
    duty = "D2"
    leaving = scene.sign(number, duty, minute=3)
    scene.wires["portal"] = mail  # type: ignore[assignment]  # the real one carries it
    scene.carry(3.1, "portal")
    told = [row for row in scene.dispatches(number, "notice_uncertain") if row.created_at <= scene.after(4)]
    assert {row.facts.get("to") for row in told} >= {None, "li.wei", "wang.fang"}
    assert all(row.created_at - leaving.created_at <= timedelta(seconds=60) for row in told)
    for later in (5, 30, 120):
        scene.carry(later, "portal")
    assert len(postbox.letters) == 1
    postbox.hang = False
    again = scene.on(report.resend, number, duty, minute=130)
    minute["now"] = 130.0
    scene.carry(131, "portal")
    controller.stop()
    assert len(postbox.letters) == 2
    assert "重复报送" in str(postbox.letters[1]["Subject"])
    (row,) = [each for each in scene.dispatches(number, "notice") if each.key == again.key]
    assert row.state is State.DELIVERED
