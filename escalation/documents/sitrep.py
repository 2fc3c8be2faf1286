"""A letter as JSON, its fields named as in EDXL-SitRep 1.0, by the schema that stands beside this module."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from errors import BadDocument
from escalation.documents.cap import severity, status, urgency
from escalation.documents.letter import Known, Letter, Report
from escalation.duties import Notice

SCHEMA = Path(__file__).parent / "notice.schema.json"


def sitrep(letter: Letter) -> bytes:
    """Answer the letter as UTF-8 JSON that follows `notice.schema.json`."""
    told = _told(letter)
    check(told)
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def check(told: Any) -> None:  # noqa: ANN401 -- whatever was read as JSON
    """Refuse `BadDocument` unless it follows the schema; the sentence names the place."""
    fault = next(iter(_validator().iter_errors(told)), None)
    if fault is not None:
        raise BadDocument(format="SitRep JSON", why=f"{fault.json_path}: {fault.message[:200]}")


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _told(letter: Letter) -> dict[str, Any]:
    return {"schema": "urn:tocsin:notice:1"} | _edxl(letter, letter.report) | _own(letter, letter.report)


def _edxl(letter: Letter, report: Report) -> dict[str, Any]:
    began = report.preceding.sent_at if report.preceding else report.occurred_at
    return {
        "messageID": report.reference,
        "preparedBy": _person(report, report.prepared_by),
        "authorizedBy": _person(report, report.authorized_by),
        "reportPurpose": report.notice.words.said(letter.lang),
        "reportNumber": report.seq,
        "reportVersion": _version(report),
        "forTimePeriod": {"from": report.local(began) if began else None, "to": report.local(report.cutoff_at)},
        "reportTitle": letter.title,
        "incidentID": report.incident,
        "precedingMessageID": report.preceding.reference if report.preceding else None,
        "withdraws": report.withdraws,
        "urgency": urgency(report),
        "reportConfidence": report.confidence.value,
        "severity": severity(report),
        "reportingLocation": report.place,
        "nextContact": {"name": letter.contact, "phone": letter.phone},
    }


def _own(letter: Letter, report: Report) -> dict[str, Any]:
    return {
        "status": status(letter),
        "exercise": letter.exercise,
        "language": letter.lang,
        "sender": {"id": report.sender, "name": letter.issuer},
        "addressee": letter.addressee,
        "regimes": list(report.regimes),
        "kind": report.kind,
        "text": letter.text,
        "digest": {"algorithm": "SHA-256", "of": "text, UTF-8", "value": letter.digest},
        "eventLevel": {"level": report.event_level, "decided": report.event_level_decided},
        "responseLevel": report.response_level,
        "warningLevel": report.warning_level,
        "facts": [_fact(report, fact) for fact in report.facts],
        "unknowns": list(report.unknowns),
        "missing": [{"zh": each.zh, "en": each.en} for each in report.missing],
    }


def _version(report: Report) -> str:
    if report.notice is Notice.FINAL:
        return "Final"
    return "Initial" if report.preceding is None else "Update"


def _person(report: Report, name: str | None) -> dict[str, str] | None:
    return {"personDetails": name, "timeValue": report.local(report.at)} if name else None


def _fact(report: Report, fact: Known) -> dict[str, Any]:
    as_of = report.local(datetime.fromisoformat(fact.as_of)) if fact.as_of else None
    return {"name": fact.name, "value": fact.value, "asOf": as_of, "source": fact.source}
