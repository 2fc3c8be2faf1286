"""The whole chain of one incident for an inspector: facts, drafts, signers, sendings, receipts, journal, as files."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from errors import BadExport
from escalation.records import Deadline, Dispatch, kept
from incidents import records
from incidents.picture import iso
from incidents.records import Draft, Filing, Incident
from store import journal

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "export"
FORMAT = "tocsin.export/1"
EPOCH = (1980, 1, 1, 0, 0, 0)  # zip has no earlier one: the same state gives the same bytes
#: What opens something, or is said elsewhere in full.
SECRET = frozenset({"token", "receipt_url", "body", "text"})
WHOLE_MOST = 512 * 1024 * 1024  # bytes unpacked when it is checked


def files(session: Session, of: Incident) -> dict[str, bytes]:
    """Every file of the export but the manifest, by name; the same state gives the same bytes."""
    notices = records.every_filing(session, of)
    found = {
        "README.md": (TEMPLATES / "README.md").read_bytes(),
        "incident.json": _json(_incident(of)),
        "facts.json": _json(list(_facts(session, of))),
        "drafts.json": _json([_draft(each) for notice in notices for each in _drafts(session, notice)]),
        "notices.json": _json([_notice(session, each) for each in notices]),
        "journal.jsonl": "".join(_line(each) for each in journal.entries(session, of.matter)).encode(),
    }
    found |= {_text_file(each): each.text.encode() for each in notices if each.text is not None}
    return found | dict(_documents(session, notices))


def packed(files: Mapping[str, bytes], *, number: str, key: bytes) -> bytes:
    """One zip with a manifest of every file, sealed by `key`; `verify.py` in it needs no key."""
    whole = {**files, "verify.py": (TEMPLATES / "verify.py").read_bytes()}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(whole.items())}
    manifest = _json({"format": FORMAT, "incident": number, "files": digests})
    whole |= {"manifest.json": manifest, "manifest.mac": _seal(key, manifest).encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(whole):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, whole[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def verify(path: Path, key: bytes) -> int:
    """Check an export with the journal's key; give how many entries its journal has, or raise `BadExport`."""
    try:
        whole = _unpacked(path)
        manifest = json.loads(whole["manifest.json"])
        entries = [json.loads(line) for line in whole["journal.jsonl"].decode().splitlines()]
        notices = json.loads(whole["notices.json"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as broken:
        raise BadExport(file=path, why=str(broken)[:200]) from None
    if not hmac.compare_digest(whole["manifest.mac"].decode("ascii", "replace"), _seal(key, whole["manifest.json"])):
        raise BadExport(file=path, why="the seal of the manifest does not hold / 清单封印不符")
    actual = {name: hashlib.sha256(content).hexdigest() for name, content in whole.items()}
    for name in manifest["files"].keys() | (actual.keys() - {"manifest.json", "manifest.mac"}):
        if manifest["files"].get(name) != actual.get(name):
            raise BadExport(file=path, why=f"{name}: changed / 被改动")
    for notice in notices:
        if notice["text_file"] and actual[notice["text_file"]] != notice["digest"]:
            raise BadExport(file=path, why=f"{notice['text_file']}: not the signed text / 不是签发文本")
    return journal.verify_some(entries, key)


def _unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > WHOLE_MOST:
            raise ValueError("too large / 过大")
        return {each.filename: archive.read(each) for each in archive.infolist()}


def _seal(key: bytes, manifest: bytes) -> str:
    return hmac.new(key, b"export." + manifest, hashlib.sha256).hexdigest()


def _json(said: object) -> bytes:
    return (json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _incident(of: Incident) -> dict[str, Any]:
    instants = {name: iso(getattr(of, name)) for name in ("declared_at", "activated_at", "stood_down_at", "ended_at")}
    plain = ("number", "title", "scenario", "unit", "exercise", "state", "response_level", "event_level", "graded",
             "commander", "declared_by", "merged_into")  # fmt: skip
    return {name: getattr(of, name) for name in plain} | instants


def _facts(session: Session, of: Incident) -> Iterator[dict[str, Any]]:
    for fact in reversed(records.fact_history(session, of)):
        told = {name: getattr(fact, name) for name in ("revision", "name", "source", "note", "by")}
        yield told | {"value": fact.value["is"], "as_of": iso(fact.as_of), "at": iso(fact.at)}


def _drafts(session: Session, notice: Filing) -> list[Draft]:
    wanted = select(Draft).where(Draft.filing_id == notice.id).order_by(Draft.version)
    return list(session.scalars(wanted))


def _draft(draft: Draft) -> dict[str, Any]:
    told = {name: value for name, value in draft.facts.items() if name != "script"}  # holds the contact's number
    if isinstance(told.get("contact"), dict):
        told["contact"] = {name: value for name, value in told["contact"].items() if name != "phone"}
    plain = {name: getattr(draft, name) for name in ("filing_id", "version", "facts_revision", "written", "drafter")}
    return plain | {"facts": told, "at": iso(draft.at)}


def _notice(session: Session, notice: Filing) -> dict[str, Any]:
    due = session.get_one(Deadline, notice.deadline_id)
    plain = ("id", "duty", "regime", "kind", "seq", "asked", "signed_by", "signed_alone", "signed_for", "signed_draft",
             "digest", "acknowledged_by", "take", "recalled_by", "recalled_why", "scan")  # fmt: skip
    instants = {name: iso(getattr(notice, name)) for name in ("signed_at", "acknowledged_at", "recalled_at")}
    clock = {"state": due.state.value, "due_at": iso(due.due_at), "met_at": iso(due.met_at),
             **{name: due.facts.get(name) for name in ("source", "article", "confidence")}}  # fmt: skip
    sendings = [_sending(each) for each in _sendings(session, notice)]
    text_file = _text_file(notice) if notice.text is not None else None
    told = {name: getattr(notice, name) for name in plain}
    return told | instants | {"clock": clock, "sendings": sendings, "text_file": text_file}


def _sendings(session: Session, notice: Filing) -> list[Dispatch]:
    if notice.dispatch_key is None:
        return []
    first = notice.dispatch_key.partition(":repeat:")[0].removesuffix(":sealed")
    followed = [f"{first}{more}" for more in (":repeat:", ":sealed", ":scan")]
    mine = or_(Dispatch.key == first, *(Dispatch.key.startswith(each, autoescape=True) for each in followed))
    return list(session.scalars(select(Dispatch).where(mine).order_by(Dispatch.id)))


def _sending(leaving: Dispatch) -> dict[str, Any]:
    return {
        "key": leaving.key,
        "courier": leaving.courier,
        "exercise": leaving.exercise,
        "state": leaving.state.value,
        "attempts": leaving.attempt,
        "told": {name: value for name, value in leaving.facts.items() if name not in SECRET},
        "outcome": leaving.outcome,
        "created_at": iso(leaving.created_at),
        "settled_at": iso(leaving.settled_at),
    }


def _text_file(notice: Filing) -> str:
    return f"notices/{_name(notice)}.txt"


def _name(notice: Filing) -> str:
    return f"{notice.duty}-{notice.seq}" + (f"-take{notice.take}" if notice.take > 1 else "")


def _documents(session: Session, notices: Any) -> Iterator[tuple[str, bytes]]:  # noqa: ANN401 -- a sequence of rows
    for notice in notices:
        enclosed = [each for leaving in _sendings(session, notice) for each in leaving.facts.get("enclosed", ())]
        for name, digest in {each["name"]: each["digest"] for each in enclosed}.items():
            found = kept(session, digest)
            if found is not None:
                yield f"documents/{_name(notice)}/{name}", found.content


def _line(entry: journal.Entry) -> str:
    told = {name: getattr(entry, name) for name in ("seq", "matter", "kind", "by", "body", "prev", "mac")}
    return json.dumps(told | {"at": iso(entry.at)}, ensure_ascii=False, sort_keys=True) + "\n"
