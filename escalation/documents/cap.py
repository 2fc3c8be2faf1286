"""A letter as a CAP 1.2 message (OASIS; ITU-T X.1303): closed to the public, checked against the standard's schema."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from lxml import etree

from errors import BadDocument
from escalation.documents.letter import EXERCISE, Letter, Preceding, Report
from escalation.duties import Notice

SPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SCHEMA = Path(__file__).parent / "schemas" / "CAP-v1.2.xsd"
#: 一至四级, by colour (突发事件应对法 art. 63) and by event level: two scales, of which a warning's colour comes first.
_COLOURS = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
_COLOUR_NAMES = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
_LEVELS = {"I": "Extreme", "II": "Severe", "III": "Moderate", "IV": "Minor"}


def cap(letter: Letter) -> bytes:
    """Answer the letter as CAP 1.2 XML (UTF-8): `Exercise` for a drill, `Draft` while unsigned.

    Refuses `BadDocument` where the standard cannot say it: a withdrawal of nothing.
    """
    report = letter.report
    if report.withdraws and _reference(report) is None:
        raise BadDocument(format="CAP 1.2", why="it cancels a message, and none was sent before")
    alert = etree.Element(f"{{{SPACE}}}alert", nsmap={None: SPACE})  # type: ignore[dict-item]  # the default namespace
    for name, value in _head(letter):
        _add(alert, name, value)
    _info(etree.SubElement(alert, f"{{{SPACE}}}info"), letter)
    document = etree.tostring(alert, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    read(document)
    return document


def read(document: bytes) -> etree._Element:
    """Answer the root of a CAP 1.2 document; refuses `BadDocument` for a DTD, an entity, or what the schema refuses."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as fault:
        raise BadDocument(format="CAP 1.2", why=str(fault)) from fault
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # not in the stubs
        raise BadDocument(format="CAP 1.2", why="a document type is not allowed")
    schema = _schema()
    if not schema.validate(root):
        raise BadDocument(format="CAP 1.2", why=str(schema.error_log.last_error))  # type: ignore[attr-defined]  # nor is this
    return root


def severity(report: Report) -> str:
    """Answer how severe: by the warning's colour, else by the event's level, else `Unknown`."""
    by_level = _LEVELS.get(report.event_level or "", "Unknown")
    return _COLOURS.get(report.warning_level or "", by_level)


def urgency(report: Report) -> str:
    """Answer how urgent: `Past` once it is over, `Unknown` before anyone knows when it began."""
    if report.restored_at is not None or report.notice is Notice.FINAL:
        return "Past"
    return "Unknown" if report.occurred_at is None else "Immediate"


def status(letter: Letter) -> str:
    """Answer what it is: `Exercise`, `Draft` until somebody has signed, then `Actual`."""
    if letter.exercise:
        return "Exercise"
    return "Draft" if letter.report.authorized_by is None else "Actual"


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


def _head(letter: Letter) -> list[tuple[str, str | None]]:
    report = letter.report
    return [
        ("identifier", token(report.reference)),
        ("sender", token(report.sender)),
        ("sent", report.local(report.at)),
        ("status", status(letter)),
        ("msgType", _type(report)),
        ("scope", "Private"),
        ("addresses", '"' + letter.addressee.replace('"', "'") + '"'),
        ("note", EXERCISE if letter.exercise else None),
        ("references", _reference(report)),
        ("incidents", token(report.incident)),
    ]


def _type(report: Report) -> str:
    if report.withdraws:
        return "Cancel"
    return "Alert" if _reference(report) is None else "Update"


def _reference(report: Report) -> str | None:
    """The message before this one as sender,identifier,sent; one whose sending is not known cannot be referred to."""
    match report.preceding:
        case Preceding(reference=reference, sent_at=sent_at) if sent_at is not None:
            return f"{token(report.sender)},{token(reference)},{report.local(sent_at)}"
        case _:
            return None


def token(name: str) -> str:
    """A name without what CAP forbids in an identifier: spaces, commas and markup."""
    return re.sub(r"[\s,<&>]+", "-", name.strip())


def _info(info: etree._Element, letter: Letter) -> None:
    report = letter.report
    onset = report.local(report.occurred_at) if report.occurred_at else None
    contact = " ".join(word for word in (letter.contact, letter.phone) if word) or None
    for name, value in (
        ("language", "zh-CN" if letter.lang == "zh" else "en"),
        ("category", "Infra"),
        ("event", report.event or letter.title),
        ("urgency", urgency(report)),
        ("severity", severity(report)),
        ("certainty", "Observed" if report.occurred_at else "Unknown"),
        ("onset", onset),
        ("senderName", letter.issuer),
        ("headline", letter.title),
        ("description", letter.text),
        ("contact", contact),
    ):
        _add(info, name, value)
    for name, value in _parameters(letter):
        parameter = etree.SubElement(info, f"{{{SPACE}}}parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    if report.place:
        _add(etree.SubElement(info, f"{{{SPACE}}}area"), "areaDesc", report.place)


def _parameters(letter: Letter) -> list[tuple[str, str]]:
    report = letter.report
    colour = report.warning_level or ""
    told = [
        ("digest-sha256", letter.digest),
        ("cutoff", report.local(report.cutoff_at)),
        ("kind", report.kind),
        ("seq", str(report.seq)),
        *(("regime", regime) for regime in report.regimes),
        ("event_level", report.event_level),
        ("event_level_decided", str(report.event_level_decided).lower() if report.event_level else None),
        ("response_level", report.response_level),
        ("warning_level", report.warning_level),
        ("预警颜色", _COLOUR_NAMES.get(colour)),
        ("preceding", report.preceding.reference if report.preceding else None),
        *((f"fact:{fact.name}", _value(fact.value)) for fact in report.facts),
        ("unknowns", " ".join(report.unknowns) or None),
    ]
    return [(name, value) for name, value in told if value is not None]


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _add(parent: etree._Element, name: str, value: str | None) -> None:
    if value is not None:
        etree.SubElement(parent, f"{{{SPACE}}}{name}").text = value
