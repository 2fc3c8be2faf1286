"""A signed notice as a letter: its own words, each with its place on the page, and what a machine may read of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from errors import NotTheSignedText
from escalation.duties import Notice as Kind
from escalation.notices import BANNER, Facts, Notice, plain
from escalation.words import Words

#: What every page of a drill's document says.
EXERCISE = "【演练】EXERCISE"


class Place(StrEnum):
    """Where a paragraph stands on the page, and in which face."""

    BANNER = "banner"  # a drill's first and last line
    TITLE = "title"
    ADDRESSEE = "addressee"  # 主送机关
    HEADING_1 = "heading_1"  # 一、
    HEADING_2 = "heading_2"  # （一）
    HEADING_3 = "heading_3"  # 1.
    BODY = "body"  # indented by two characters
    FLUSH = "flush"  # at the left edge
    SIGNATURE = "signature"  # 署名
    DATE = "date"  # 成文日期


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """One line of the signed text without the spaces that set it; `gap` says that a blank line stood before it."""

    place: Place
    words: str
    gap: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of the signed text whose cells stand between bars `｜`; the first row heads them."""

    rows: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> str:
        """The rows as they were signed, a line each."""
        return "\n".join(BAR + BAR.join(row) + BAR for row in self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """What only the paper form has, and a registry knows: nothing here is guessed, and none of it is signed text.

    `number` is the 发文字号 as `chinese.document_number` makes it, `urgency` 紧急程度, `secrecy` 密级.
    """

    number: str | None = None
    urgency: str | None = None
    secrecy: str | None = None
    attachments: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


class Confidence(StrEnum):
    """How sure the report is of itself, in EDXL-SitRep's words; the house never says `HighlyConfident`."""

    SOMEWHAT = "SomewhatConfident"
    UNSURE = "Unsure"
    NONE = "NoConfidence"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A fact as the letter's facts have it: where its value comes from, and of when it is (ISO 8601, with offset)."""

    name: str
    value: Any
    as_of: str | None
    source: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preceding:
    """The report before this one, and the instant it was sent."""

    reference: str
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a machine may read of a letter. All instants are aware; `zone` is the organisation's.

    `at` is the instant of signing, before it the cut-off. `sender` is the organisation's id. `authorized_by` is None
    while nobody has signed.
    """

    reference: str
    incident: str
    sender: str
    regimes: tuple[str, ...]
    notice: Kind
    kind: str
    seq: int
    at: datetime
    cutoff_at: datetime
    zone: str
    event: str | None
    place: str | None
    event_level: str | None
    event_level_decided: bool
    response_level: str | None
    warning_level: str | None
    occurred_at: datetime | None
    restored_at: datetime | None
    facts: tuple[Known, ...]
    unknowns: tuple[str, ...]
    missing: tuple[Words, ...]
    preceding: Preceding | None
    withdraws: bool
    prepared_by: str | None
    authorized_by: str | None
    confidence: Confidence

    def local(self, instant: datetime) -> str:
        """An instant in the organisation's zone: whole seconds, offset as +hh:mm, never Z."""
        return instant.astimezone(ZoneInfo(self.zone)).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """Everything a document needs. `text` is what was signed, to the byte, and `body` the same words on their places.

    Refuses `NotTheSignedText` unless `text` has `digest` and `body` says all of it and nothing else.
    """

    text: str = field(repr=False)
    digest: str
    lang: str
    exercise: bool
    title: str
    issuer: str | None
    addressee: str
    contact: str | None
    phone: str | None
    body: tuple[Paragraph | Table, ...]
    paper: Paper
    report: Report

    def __post_init__(self) -> None:
        """Refuse other words than the signed ones."""
        said = "".join(part.words for part in self.body)
        whole = hashlib.sha256(self.text.encode()).hexdigest() == self.digest and _bare(said) == _bare(self.text)
        if not whole or (self.exercise and not self.title.startswith("【演练】")):
            raise NotTheSignedText(digest=self.digest[:12])

    @property
    def official(self) -> bool:
        """Whether it is set as an official document (GB/T 9704-2012); a script to read aloud never is."""
        return self.lang == "zh" and self.report.notice is not Kind.ORAL

    @property
    def mark(self) -> str | None:
        """发文机关标志: the issuer's full name, with 文件 only where the document has a number."""
        if self.issuer is None or self.paper.number is None:
            return self.issuer
        return f"{self.issuer}文件"

    @property
    def name(self) -> str:
        """A file's name without its ending."""
        stem = re.sub(r"[^\w.-]+", "-", self.report.reference)
        return f"EXERCISE-{stem}" if self.exercise else stem

    def words_at(self, place: Place) -> str | None:
        """The words of the first paragraph that stands there."""
        found = (part.words for part in self.body if isinstance(part, Paragraph) and part.place is place)
        return next(found, None)


# --- a letter of a signed text ---------------------------------------------------------------------------------------


def letter_of(
    signed: Notice,
    facts: Facts,
    *,
    sender: str,
    signed_at: datetime | None,
    paper: Paper | None = None,
    withdraws: bool = False,
) -> Letter:
    """Answer the letter of a rendered notice and the very facts it was rendered from.

    `sender` is the organisation's id; `signed_at` None makes a draft. The words are `signed.text`; `facts` fill only
    what is read by machines and the form's head.
    """
    said = plain(facts, signed.lang)
    body = tuple(body_of(signed))
    contact = said["contact"] or {}
    return Letter(
        text=signed.text,
        digest=signed.digest,
        lang=signed.lang,
        exercise=said["exercise"],
        title=signed.title,
        issuer=_issuer(body, said),
        addressee=said["addressee"],
        contact=contact.get("name"),
        phone=contact.get("phone"),
        body=body,
        paper=paper or Paper(),
        report=_report(signed, said, sender=sender, signed_at=signed_at, withdraws=withdraws),
    )


def _issuer(body: tuple[Paragraph | Table, ...], said: Facts) -> str | None:
    """The signature's words, so that head and foot name one issuer; a letter without a signature has the facts' own."""
    signed = (part.words for part in body if isinstance(part, Paragraph) and part.place is Place.SIGNATURE)
    organisation: str | None = said["organisation"] or said["unit"]
    return next(signed, organisation) if organisation else None


def _report(signed: Notice, said: Facts, *, sender: str, signed_at: datetime | None, withdraws: bool) -> Report:
    known = said["facts"]
    cutoff_at = datetime.fromisoformat(said["cutoff_at"])
    return Report(
        reference=said["reference"],
        incident=said["number"],
        sender=sender,
        regimes=(said["regime"],),
        notice=Kind(said["notice"]),
        kind=said["kind"],
        seq=said["seq"],
        at=signed_at or cutoff_at,
        cutoff_at=cutoff_at,
        zone=said["zone"],
        event=said["scenario"] or said["event"],
        place=said["unit"],
        event_level=said["event_level"],
        event_level_decided=said["event_level_decided"],
        response_level=said["response_level"],
        warning_level=said.get("warning_level"),
        occurred_at=_instant(known, "occurred_at"),
        restored_at=_instant(known, "restored_at"),
        facts=tuple(_known(name, fact) for name, fact in known.items() if fact["value"] is not None),
        unknowns=tuple(name for name, fact in known.items() if fact["value"] is None),
        missing=signed.missing_now + signed.missing_later,
        preceding=_preceding(said["previous"]),
        withdraws=withdraws,
        prepared_by=said["drafter"],
        authorized_by=said["signer"] if signed_at is not None else None,
        confidence=_confidence(signed),
    )


def _known(name: str, fact: Facts) -> Known:
    return Known(name=name, value=fact["value"], as_of=fact.get("as_of"), source=fact.get("source"))


def _instant(known: Facts, name: str) -> datetime | None:
    said = (known.get(name) or {}).get("value")
    return datetime.fromisoformat(said) if said else None


def _preceding(previous: Facts | None) -> Preceding | None:
    if previous is None:
        return None
    # What names a message is the instant it carries, its signing; older facts know only when it arrived.
    said = previous.get("signed_at") or previous["sent_at"]
    return Preceding(reference=previous["reference"], sent_at=datetime.fromisoformat(said) if said else None)


def _confidence(signed: Notice) -> Confidence:
    if signed.contradictions:
        return Confidence.NONE
    return Confidence.UNSURE if signed.missing_now or signed.missing_later else Confidence.SOMEWHAT


# --- the text, line by line ------------------------------------------------------------------------------------------

BAR = "｜"
_INDENT = ("　　", "  ")
_DATE = {"zh": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"), "en": re.compile(r"\d{4}-\d{2}-\d{2}")}
# Only at the left edge: what people typed is always behind a label or indented, so none of it can pass for a heading.
_HEADINGS = {
    "zh": (
        (Place.HEADING_1, re.compile(r"[一二三四五六七八九十]+、")),
        (Place.HEADING_2, re.compile(r"（[一二三四五六七八九十]+）")),
        (Place.HEADING_3, re.compile(r"\d+[.．](?!\d)")),
    ),
    "en": ((Place.HEADING_1, re.compile(r"\d+\. [^:]*$")),),
}


def body_of(signed: Notice) -> Iterator[Paragraph | Table]:
    """Answer a rendered text as paragraphs and tables, in order, all of its words and no others."""
    lines = signed.text.split("\n")
    closing = _closing(lines, signed.lang)
    rows: list[str] = []
    gap, titled, addressed = False, False, False
    for number, line in enumerate(lines):
        if rows and not _is_row(line):
            yield _table(rows)
            rows = []
        if _is_row(line):
            rows.append(line)
        elif line.strip():
            place = closing.get(number) or _place(line, signed, titled=titled, addressed=addressed)
            titled, addressed = titled or place is Place.TITLE, addressed or place is Place.ADDRESSEE
            yield Paragraph(place=place, words=line.strip(), gap=gap)
        gap = not line.strip()


def _is_row(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 1 and bare.startswith(BAR) and bare.endswith(BAR)


def _table(rows: list[str]) -> Table:
    return Table(rows=tuple(tuple(row.strip()[1:-1].split(BAR)) for row in rows))


def _closing(lines: list[str], lang: str) -> dict[int, Place]:
    """Where the date stands, which is the last line that is nothing else, and right above it the signature."""
    dates = [number for number, line in enumerate(lines) if _DATE[lang].fullmatch(line.strip())]
    if not dates or not lines[dates[-1] - 1].strip():
        return {}
    return {dates[-1] - 1: Place.SIGNATURE, dates[-1]: Place.DATE}


def _place(line: str, signed: Notice, *, titled: bool, addressed: bool) -> Place:
    if line == BANNER:
        return Place.BANNER
    if line == signed.title and not titled:
        return Place.TITLE
    if not addressed and signed.lang == "zh" and line.endswith("：") and not line.startswith("　"):
        return Place.ADDRESSEE
    if line.startswith(_INDENT):
        return Place.BODY
    return next((place for place, found in _HEADINGS[signed.lang] if found.match(line)), Place.FLUSH)


def _bare(text: str) -> str:
    return "".join(text.split())
