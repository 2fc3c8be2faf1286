"""Mail over SMTP: nobody can be asked whether it arrived, so it is never repeated by machine (class C)."""

from __future__ import annotations

import contextlib
import enum
import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr

from escalation.couriers import DRILL
from escalation.couriers.limits import Line, within
from escalation.deliver import Delivered, Delivery, Later, Lost, Outcome, Parcel, Rejected

GO_AHEAD = 354
LEAST, MOST = 200, 599  # what a whole answer begins with
#: What a reader's own system may sort by, without reading the text.
ABOUT = {
    "X-Reference": "reference",
    "X-Incident": "incident",
    "X-Kind": "kind",
    "X-Seq": "seq",
    "X-Digest": "digest",
    "Content-Language": "lang",
}


class _Whole(EmailPolicy):
    """Keeps our own headers on one line: a folded link is a broken link to a simple reader."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.startswith("X-"):
            return f"{name}: {value}{self.linesep}".encode("ascii", "replace")
        return super().fold_binary(name, value)


POLICY = _Whole(linesep="\r\n", cte_type="7bit")  # a relay may not take 8-bit bodies


class Tls(enum.Enum):
    """How the conversation is kept from others; a certificate is always held against the server's name."""

    NONE = "none"  # a relay on this machine
    STARTTLS = "starttls"
    WHOLE = "whole"  # from the first byte


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who we are to the mail server."""

    user: str
    password: str = field(repr=False)


Kept = Callable[[str], bytes]  # digest → the bytes that were kept under it
Link = Callable[[Parcel, datetime], str]  # what a reader is told of where to read and acknowledge


@dataclass
class _Stage:
    """How far one sending came; read when it breaks or its time is up."""

    line: Line
    content_left: bool = False  # never taken back: when time is up, half an answer may just be being read


class Mail:
    """Sends one letter to one address."""

    delivery = Delivery.NEITHER

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        clock: Callable[[], datetime],
        tls: Tls = Tls.NONE,
        ca: str | None = None,
        login: Login | None = None,
        limit_s: float = 10,
        kept: Kept | None = None,
        link: Link | None = None,
    ) -> None:
        """`sender`: our address; `limit_s`: seconds for the whole conversation; `clock` dates the letter.

        `ca`: a file with the server's own root; `kept` gives an enclosure's bytes by its digest; `link` the page where
        a notice can be read and acknowledged.
        """
        self._host, self._port, self._sender = host, port, sender
        self._clock, self._tls, self._ca, self._login, self._limit_s = clock, tls, ca, login, limit_s
        self._kept, self._link = kept, link

    def send(self, parcel: Parcel) -> Outcome:
        """Send `facts["subject"]` and `facts["text"]` to the one address `facts["to"]`."""
        if parcel.exercise:
            return DRILL
        if not parcel.facts.get("to"):
            return Rejected(why=f"no address for {parcel.facts.get('addressee')}")
        stage = _Stage(line=Line())
        at = self._clock()
        letter = compose(parcel, self._sender, at=at)
        self._add(letter, parcel, at=at)
        try:
            outcome = within(self._limit_s, lambda: self._converse(letter, stage), stage.line)
        except smtplib.SMTPResponseException as refusal:
            return _refused(refusal.smtp_code, refusal.smtp_error)
        except ssl.SSLCertVerificationError as fault:
            return Rejected(why=f"certificate refused / 证书无效: {fault.verify_message}")
        except (smtplib.SMTPException, OSError) as fault:
            return _broken(type(fault).__name__, stage)
        return outcome or _broken("no answer in time", stage)

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Nobody knows."""
        return DRILL if parcel.exercise else Lost(why="mail cannot be asked")

    def _add(self, letter: EmailMessage, parcel: Parcel, *, at: datetime) -> None:
        """After the signed text, which stays whole and first: where to read and acknowledge it, and the documents."""
        if self._link is not None and parcel.facts.get("token"):
            letter.add_attachment(self._link(parcel, at), disposition="inline")
        if self._kept is None:
            return
        for each in parcel.facts.get("enclosed", ()):
            content = self._kept(each["digest"])
            if hashlib.sha256(content).hexdigest() != each["digest"]:
                raise ValueError(each["name"])  # never another file than the one that was signed with it
            main, _, sub = each["media_type"].partition("/")
            letter.add_attachment(content, maintype=main, subtype=sub, filename=each["name"])

    def _converse(self, letter: EmailMessage, stage: _Stage) -> Outcome:
        context = ssl.create_default_context(cafile=self._ca)
        whole = context if self._tls is Tls.WHOLE else None
        with contextlib.closing(
            _Smtp(self._host, self._port, timeout=self._limit_s, line=stage.line, whole=whole)
        ) as smtp:
            self._greet(smtp, context)
            code, answer = smtp.mail(parseaddr(self._sender)[1])
            if _good(code):
                code, answer = smtp.rcpt(parseaddr(letter["To"])[1])
            if _good(code):
                code, answer = smtp.docmd("DATA")
            if code != GO_AHEAD:
                return _refused(code, answer)
            stage.content_left = True
            smtp.send(_stuffed(letter.as_bytes(policy=POLICY)))
            code, answer = smtp.getreply()
            if not LEAST <= code <= MOST:
                # Cut off in the middle of a line: half an answer is none.
                return Lost(why="half an answer")
            return self._taken(letter, code, answer) if _good(code) else _refused(code, answer)

    def _greet(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._tls is Tls.STARTTLS:
            smtp.starttls(context=context)
            smtp.ehlo()
        if self._login is not None:
            smtp.login(self._login.user, self._login.password)

    def _taken(self, letter: EmailMessage, code: int, answer: bytes) -> Delivered:
        said = f"{code} {answer.decode(errors='replace')[:200]}"
        return Delivered(
            receipt={"message_id": letter["Message-ID"], "smtp": said, "at": self._clock().isoformat()},
        )


class _Smtp(smtplib.SMTP):
    """An SMTP client that notes its socket on the line before the first greeting is read."""

    def __init__(self, host: str, port: int, *, timeout: float, line: Line, whole: ssl.SSLContext | None) -> None:
        self._line, self._whole = line, whole
        # Named by ourselves: the library would ask a name server, which can take longer than the whole call may.
        super().__init__(host, port, local_hostname=socket.gethostname(), timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> object:
        sock = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # not in the stubs
        self._line.opened(sock)
        return self._whole.wrap_socket(sock, server_hostname=host) if self._whole is not None else sock


def compose(parcel: Parcel, sender: str, *, at: datetime) -> EmailMessage:
    """The letter: text as it was signed, an id made from the dispatch's key, and where to acknowledge it."""
    letter = EmailMessage(policy=POLICY)
    answers = parcel.facts.get("in_reply_to")  # the key of the letter whose thread it belongs to
    headers = {
        "From": sender,
        "To": parcel.facts["to"],
        "Subject": parcel.facts["subject"],
        "Date": format_datetime(at),
        "Message-ID": message_id(parcel.key, sender),
        **({header: message_id(answers, sender) for header in ("In-Reply-To", "References")} if answers else {}),
        "X-Receipt-URL": parcel.facts.get("receipt_url"),
        "X-Tocsin-Digest": parcel.facts.get("digest"),
        **{header: parcel.facts.get(name) for header, name in ABOUT.items()},
    }
    for name, value in headers.items():
        if value:
            letter[name] = one_line(str(value))
    letter.set_content(parcel.facts["text"])
    return letter


def message_id(key: str, sender: str) -> str:
    """The same for every sending of one dispatch."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def one_line(value: str) -> str:
    """A header's value: nothing typed into a form can begin a header of its own."""
    return re.sub(r"[\r\n\x00\u2028\u2029\x0b\x0c\x85]+", " ", value).strip()


def _stuffed(content: bytes) -> bytes:
    # RFC 5321 §4.5.2: a line that begins with a full stop gets another; a lone one ends the letter.
    lines = re.sub(rb"(?m)^\.", b"..", content)
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _good(code: int) -> bool:
    return 200 <= code < 300  # noqa: PLR2004 -- SMTP's own classes


def _refused(code: int, answer: bytes | str) -> Outcome:
    said = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    why = f"{code} {said[:200]}"
    return Rejected(why=why) if code >= 500 else Later(why=why)  # noqa: PLR2004 -- SMTP's own classes


def _broken(why: str, stage: _Stage) -> Outcome:
    return Lost(why=why) if stage.content_left else Later(why=f"before the letter was sent: {why}")
