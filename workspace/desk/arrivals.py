"""What arrived at the desk, as values: a notice by portal or by mail, and what the desk answers."""

import base64
import binascii
import hashlib
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from workspace.desk import signatures
from workspace.desk.faults import Door
from workspace.desk.letters import parse, text_of
from workspace.desk.signatures import Signature

DRILL_MARKS: Final = ("演练", "EXERCISE")


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One notice that reached the desk, by portal or by mail, and what became of it."""

    receipt: str
    via: Door
    key: str
    received_at: datetime
    sha256: str
    incident: str
    kind: str
    seq: str
    title: str
    text: str
    digest: str
    claimed_digest: str
    lang: str
    sender: str
    receipt_url: str
    addressee: str = ""
    reference: str = ""
    signature: Signature = Signature.NONE
    letter: str = ""
    repeats: int = 0
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None
    by: str = ""
    told_at: datetime | None = None
    told_status: int | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the portal says back: an HTTP status and a JSON body."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a portal notice says of itself beside its body: the digest, and who signed the bytes when."""

    digest: str = ""
    stamp: str = ""
    signature: str = ""


def digest_of(text: str) -> str:
    """Give the SHA-256, in hex, of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_drill(body: Mapping[str, Any]) -> bool:
    """Say whether a notice calls itself an exercise; such a one has no business at a regulator's desk."""
    return body.get("exercise") is True or any(mark in str(body.get("title", "")) for mark in DRILL_MARKS)


def is_loopback(url: str) -> bool:
    """Say whether a URL is plain http(s) to this very machine."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def notice_in(raw: bytes) -> dict[str, Any] | None:
    """Read a notice's JSON; None when it is no object with a title and a text."""
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    whole = isinstance(body, dict) and body.get("title") and body.get("text")
    return body if whole else None


def from_portal(entry: Mapping[str, Any], body: Mapping[str, Any], keys: Mapping[str, str]) -> Arrival:
    """Make the arrival that a logged portal notice stands for; `keys` check its signature."""
    text = str(body["text"])
    # Both where they differ: neither is the text's then, and the page says so.
    claimed = dict.fromkeys(each for each in (str(body.get("digest") or ""), entry.get("told_digest", "")) if each)
    return Arrival(
        receipt=entry["receipt"],
        via="portal",
        key=entry["key"],
        received_at=datetime.fromisoformat(entry["received_at"]),
        sha256=entry["sha256"],
        incident=str(body.get("incident") or ""),
        kind=str(body.get("kind") or ""),
        seq=str(body.get("seq") or ""),
        title=str(body["title"]),
        text=text,
        digest=digest_of(text),
        claimed_digest=", ".join(claimed),
        lang=str(body.get("lang") or ""),
        sender=str(body.get("sender") or ""),
        receipt_url=str(body.get("receipt_url") or ""),
        addressee=str(body.get("addressee") or ""),
        reference=str(body.get("reference") or ""),
        signature=signatures.check(
            keys, stamp=entry.get("stamp", ""), signature=entry.get("signature", ""), body=raw_of(entry)
        ),
    )


def from_mail(entry: Mapping[str, Any], letter: str) -> Arrival:
    """Make the arrival that a logged mail stands for; `letter` is its number in the mailbox."""
    mail = parse(base64.b64decode(entry["raw_base64"]))
    text, claimed = text_of(mail), str(mail.get("X-Digest", ""))
    return Arrival(
        receipt=entry["receipt"],
        via="mail",
        key=str(mail.get("Message-ID", "")),
        received_at=datetime.fromisoformat(entry["received_at"]),
        sha256=entry["sha256"],
        incident=str(mail.get("X-Incident", "")),
        kind=str(mail.get("X-Kind", "")),
        seq=str(mail.get("X-Seq", "")),
        title=str(mail.get("Subject", "")),
        text=text,
        digest=_digest_by_mail(text, claimed),
        claimed_digest=claimed,
        lang=str(mail.get("Content-Language", "")),
        sender=str(mail.get("From", entry.get("sender", ""))),
        receipt_url=str(mail.get("X-Receipt-URL", "")).strip(),
        addressee=str(mail.get("To") or ", ".join(entry.get("recipients", []))),
        reference=str(mail.get("X-Reference", "")),
        letter=letter,
    )


def _digest_by_mail(text: str, claimed: str) -> str:
    """Give the digest of a mail's text: mail ends every text with a line end, whether its writer did or not."""
    bare = digest_of(text.removesuffix("\n"))
    return bare if bare == claimed else digest_of(text)


def receipt_of(arrival: Arrival) -> dict[str, Any]:
    """Give the receipt a portal answers with."""
    return {
        "receipt": arrival.receipt,
        "digest": arrival.digest,
        "received_at": arrival.received_at.isoformat(),
    }


def kept(raw: bytes) -> dict[str, str]:
    """Keep a body byte for byte: as text where it is UTF-8, else in base64."""
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}


def raw_of(entry: Mapping[str, Any]) -> bytes:
    """Give back the very bytes that an entry kept."""
    if "raw" in entry:
        return str(entry["raw"]).encode()
    try:
        return base64.b64decode(entry["raw_base64"])
    except (KeyError, binascii.Error):
        return b""
