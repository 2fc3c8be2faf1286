"""Mail as the mailbox shows it: whose, to whom, its words, what is enclosed; and the letter that sends one back."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

POSTMASTER: Final = "MAILER-DAEMON@desk.invalid"
_LINK: Final = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_AFTER: Final = ".,;:!?')]"  # the sentence's, not the address's


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    """A file in a letter; its bytes stay in the log."""

    name: str
    media_type: str
    size: int

    @property
    def opens(self) -> bool:
        """Whether a browser shows it by itself; everything else is taken home as a file."""
        return self.media_type == "application/pdf"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One letter that the mailbox took in; `receipt` is the notice it was registered as, empty for other mail."""

    id: str
    place: int
    received_at: datetime
    sender: str
    to: str
    subject: str
    text: str
    lang: str
    enclosed: tuple[Enclosed, ...]
    receipt: str = ""
    read_at: datetime | None = None


def parse(raw: bytes) -> EmailMessage:
    """Read a mail with the modern policy, so that headers come decoded."""
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


def text_of(mail: EmailMessage) -> str:
    """Give the plain text of a mail with plain line ends, or nothing when it has none."""
    part = mail.get_body(preferencelist=("plain",))
    return _said(part) if isinstance(part, EmailMessage) else ""


def _said(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def files_of(mail: EmailMessage) -> list[tuple[Enclosed, bytes]]:
    """Give the files of a mail with their bytes, in their order."""
    parts = [part for part in mail.walk() if part.get_filename() and not part.is_multipart()]
    return [_file(part) for part in parts if isinstance(part, EmailMessage)]


def _file(part: EmailMessage) -> tuple[Enclosed, bytes]:
    decoded = part.get_payload(decode=True)
    content = decoded if isinstance(decoded, bytes) else b""
    name = re.sub(r'[\x00-\x1f/\\"]+', "_", str(part.get_filename()))[:200]
    return Enclosed(name=name, media_type=part.get_content_type(), size=len(content)), content


def whole_text(mail: EmailMessage) -> str:
    """Give the text and what was written below it: parts that are meant to be read on, without a file's name."""
    more = [
        _said(part)
        for part in mail.iter_attachments()
        if part.get_content_type() == "text/plain" and not part.get_filename()
    ]
    return "\n".join(each for each in (text_of(mail), *more) if each)


def letter_of(entry: dict[str, object], mail: EmailMessage, *, name: str, place: int) -> Letter:
    """Make the letter that a logged mail stands for; `name` is its number in the mailbox, `place` where it is kept."""
    recipients = entry.get("recipients")
    to = ", ".join(str(each) for each in recipients) if isinstance(recipients, list) else ""
    return Letter(
        id=name,
        place=place,
        received_at=datetime.fromisoformat(str(entry["received_at"])),
        sender=str(mail.get("From") or entry.get("sender") or ""),
        to=str(mail.get("To") or to),
        subject=str(mail.get("Subject", "")),
        text=whole_text(mail),
        lang=str(mail.get("Content-Language", "")),
        enclosed=tuple(each for each, _ in files_of(mail)),
        receipt=str(entry.get("receipt") or ""),
    )


def linked(text: str) -> list[tuple[bool, str]]:
    """Cut a text into runs, True for an address of the web that can be followed."""
    runs, end = [], 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(_AFTER)
        runs += [(False, text[end : found.start()]), (True, address)]
        end = found.start() + len(address)
    return [run for run in (*runs, (False, text[end:])) if run[1]]


def sent_back(raw: bytes, *, sender: str, recipients: list[str], at: datetime) -> bytes:
    """Write the report that a letter could not be delivered after all, to who sent it (RFC 3464)."""
    first = parse(raw)
    report = EmailMessage(policy=email.policy.SMTP)
    report["From"], report["To"] = POSTMASTER, sender
    report["Subject"] = f"退信 Undelivered: {first.get('Subject', '')}"
    report["Date"], report["Auto-Submitted"] = format_datetime(at), "auto-replied"
    if first.get("Message-ID"):
        report["In-Reply-To"] = str(first["Message-ID"])
    told = ", ".join(recipients)
    report.set_content(
        f"您的邮件未能送达 {told}：550 5.1.1 用户不存在。\nYour mail could not be delivered to {told}: "
        f"550 5.1.1 no such user.\n"
    )
    fields = "".join(
        f"Final-Recipient: rfc822; {each}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n"
        for each in recipients
    )
    report.add_attachment(
        f"Reporting-MTA: dns; desk.invalid\n\n{fields}", subtype="plain", filename="delivery-status.txt"
    )
    report.add_attachment(raw, maintype="application", subtype="octet-stream", filename="original.eml")
    return report.as_bytes()
