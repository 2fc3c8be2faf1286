"""The mail courier against a real SMTP server on loopback: when it arrived, when it did not, and when nobody knows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from escalation.couriers.mail import Mail, message_id
from escalation.deliver import Delivered, Later, Lost, Outcome, Parcel, Rejected

AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
FACTS = {
    "to": "duty@regulator.example",
    "subject": "【演练】首次报告 first notice",
    "text": "第一行\n.\n..two\n最后 line",
    "receipt_url": "http://127.0.0.1:8766/receipt/abc",
    "digest": "d" * 64,
}


class Postbox:
    """Takes letters, unless it was told to refuse a step."""

    def __init__(self) -> None:
        """Empty."""
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.refuse: dict[str, str] = {}

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802, ARG002
        """Answer MAIL FROM."""
        envelope.mail_from = address
        return self.refuse.get("mail", "250 OK")

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802, ARG002
        """Answer RCPT TO."""
        envelope.rcpt_tos.append(address)
        return self.refuse.get("rcpt", "250 OK")

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the letter."""
        if "data" in self.refuse:
            return self.refuse["data"]
        self.envelopes.append(envelope)
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 queued as 42"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Postbox, int]]:
    """A mail server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield postbox, port
    controller.stop()


@pytest.fixture
def postbox(server: tuple[Postbox, int]) -> Postbox:
    """The postbox, emptied."""
    box = server[0]
    box.letters, box.envelopes, box.refuse = [], [], {}
    return box


@pytest.fixture
def port(server: tuple[Postbox, int]) -> int:
    """Where it listens."""
    return server[1]


def _send(port: int, *, limit_s: float = 2, **facts: Any) -> Outcome:  # noqa: ANN401 -- any fact
    parcel = Parcel(
        id=1, key="incident:1/首报", matter="incident:1", kind="notice", courier="mail", exercise=False,
        facts={**FACTS, **facts}, ref=None, attempt=1, asked=False, fence_at=AT,
    )  # fmt: skip
    sender = "Tocsin <tocsin@operator.example>"
    return Mail("127.0.0.1", port, sender, clock=lambda: AT, limit_s=limit_s).send(parcel)


def test_a_letter_arrives_as_it_was_signed(postbox: Postbox, port: int) -> None:
    """Text, subject, receipt link and digest arrive whole, lone full stops included; the answer is the proof."""
    outcome = _send(port)
    made = message_id("incident:1/首报", "tocsin@operator.example")
    assert outcome == Delivered(receipt={"message_id": made, "smtp": "250 queued as 42", "at": AT.isoformat()})
    (letter,) = postbox.letters
    assert letter.get_content().replace("\r\n", "\n").rstrip("\n") == FACTS["text"]
    assert letter["Subject"] == FACTS["subject"]
    assert letter["Message-ID"] == made
    assert letter["X-Receipt-URL"] == FACTS["receipt_url"]
    assert letter["X-Tocsin-Digest"] == FACTS["digest"]
    assert letter["Date"].datetime == AT
    (envelope,) = postbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("tocsin@operator.example", ["duty@regulator.example"])


def test_plain_text_with_lone_full_stops_is_not_cut(postbox: Postbox, port: int) -> None:
    """ASCII text goes unencoded, so a line of one full stop would end the letter if it were not stuffed."""
    _send(port, text="one\n.\n..two\n.three\nlast")
    assert postbox.letters[0].get_content().splitlines() == ["one", ".", "..two", ".three", "last"]


def test_what_was_typed_cannot_become_a_header(postbox: Postbox, port: int) -> None:
    """Line ends in a subject or an address begin no header and no second recipient."""
    evil = "x\r\nBcc: all@operator.example\r\n\r\nbody"
    assert isinstance(_send(port, subject=evil, receipt_url=evil), Delivered)
    (letter,) = postbox.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "x Bcc: all@operator.example body"
    assert postbox.envelopes[0].rcpt_tos == ["duty@regulator.example"]


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(("code", "kind"), [("451 try again", Later), ("550 unknown", Rejected)])
def test_a_refusal_is_known_not_to_have_arrived(
    postbox: Postbox, port: int, step: str, code: str, kind: type[Outcome]
) -> None:
    """Whatever the step: 4xx is for later, 5xx for a person, and neither is uncertain."""
    postbox.refuse = {step: code}
    outcome = _send(port)
    assert isinstance(outcome, kind)
    assert code in outcome.why  # type: ignore[union-attr]
    assert postbox.letters == []


def test_nobody_at_home_is_for_later() -> None:
    """A refused connection: nothing was sent."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert isinstance(_send(taken.getsockname()[1]), Later)


def _script(*answers: str, then: Callable[[socket.socket], None]) -> int:
    """A server that says these lines in turn, then does as told."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            for line in answers:
                connection.sendall(f"{line}\r\n".encode())
                connection.recv(65536)
            then(connection)

    threading.Thread(target=serve, daemon=True).start()
    return int(listening.getsockname()[1])


UP_TO_DATA = ("220 hello", "250 hi", "250 ok", "250 ok", "354 go")


@pytest.mark.parametrize("lines", [1, 2, 3, 4])
def test_broken_before_the_letter_is_for_later(lines: int) -> None:
    """Hung up at any step before the content: it surely did not arrive."""
    assert isinstance(_send(_script(*UP_TO_DATA[:lines], then=lambda _: None)), Later)


@pytest.mark.parametrize("then", [lambda _: None, lambda _: time.sleep(3)], ids=["hung up", "silent"])
def test_broken_after_the_letter_is_lost(then: Callable[[socket.socket], None]) -> None:
    """The content left and no answer came: it may be in their inbox."""
    assert isinstance(_send(_script(*UP_TO_DATA, then=then), limit_s=1.5), Lost)


@pytest.mark.parametrize(("lines", "kind"), [(0, Later), (2, Later), (5, Lost)])
def test_a_dripping_server_cannot_hold_a_sender(lines: int, kind: type[Outcome]) -> None:
    """A byte now and then never ends a line; the whole conversation has one limit."""

    def drip(connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(b"2")
                time.sleep(0.05)
        except OSError:
            pass

    began = time.monotonic()
    assert isinstance(_send(_script(*UP_TO_DATA[:lines], then=drip), limit_s=1.5), kind)
    assert time.monotonic() - began < 6, "without the limit it would last for ever"


def test_a_farewell_that_fails_does_not_undo_the_delivery() -> None:
    """After the answer to the letter nothing more is needed."""
    port = _script(*UP_TO_DATA, "250 queued", then=lambda _: None)
    assert isinstance(_send(port), Delivered)


def test_every_sending_of_a_dispatch_has_one_message_id() -> None:
    """The id depends on the key alone, and holds nothing of it that could be read."""
    assert message_id("k", "a@b.example") == message_id("k", "A <x@b.example>") != message_id("l", "a@b.example")
