"""What a notice takes over from those filed before it: the words that people typed, never a figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from escalation.duties import OWED
from escalation.duties import Notice as Letter
from escalation.notices import CORRECTING
from escalation.records import Deadline
from incidents import book, records
from incidents.records import Draft, Filing, Incident

#: What was planned or asked for on the way is not what a final report asks for under the same heading.
NOT_IN_FINAL = frozenset({"next", "requests"})

Words = dict[str, dict[str, str]]


def carried(session: Session, of: Incident, notice: Filing) -> Words:
    """The words it begins with, by name: `{"text", "reference", "by"}` of the notice that said so last, and whose.

    A follow-up and a final begin with what was last filed to the same office under the same regime, corrections
    included; a correction with what the notice said that it puts right. Any other begins empty.
    """
    row = records.added_as(session, of, notice.duty)
    if row is not None and row.corrects is not None:
        first = session.get_one(Filing, row.corrects)
        signed = [each for each in records.corrections(session, first) if each.signed_at is not None]
        return _said(session, [first, *signed])
    letter = book.duty(session, of, notice.duty).notice
    if letter not in OWED or letter.stage not in (Letter.UPDATE, Letter.FINAL):
        return {}
    found = _said(session, before(session, of, notice))
    return {name: said for name, said in found.items() if letter.stage is Letter.UPDATE or name not in NOT_IN_FINAL}


def before(session: Session, of: Incident, notice: Filing) -> list[Filing]:
    """The notices of the same regime that have reached the same office in writing, the first one first."""
    to = book.towards(session, of, notice.duty)
    found = []
    for each in records.filings(session, of):
        if each.regime != notice.regime or each.id == notice.id or not each.signed_draft or each.kind == "oral":
            continue
        met_at = session.get_one(Deadline, each.deadline_id).met_at
        if met_at is not None and book.towards(session, of, each.duty) == to:
            found.append((met_at, each.id, each))
    return [each for *_, each in sorted(found, key=lambda row: row[:2])]


def _said(session: Session, filed: Iterable[Filing]) -> Words:
    """What was said last, in their order: a report replaces what it leaves out, a correction only what it corrects."""
    found: Words = {}
    for notice in filed:
        draft = records.signed_draft(session, notice)
        corrects = draft.facts["notice"] == Letter.CORRECTION.value
        for name, text in draft.written.items():
            said = found.get(name, {}).get("text", "")
            if name in CORRECTING or (corrects and text in ("", said)):
                continue
            found.pop(name, None)
            if text:
                found[name] = {"text": text, "reference": draft.facts["reference"], "by": _by(session, draft, name)}
    return found


def _by(session: Session, draft: Draft, name: str) -> str:
    """Whose words they are: who typed them, be it in a notice before this one."""
    if name in kept(draft.facts):
        return str(draft.facts["carried"][name]["by"])
    return _writers(session, draft).get(name, draft.drafter)


def words(carried: Words, before: Draft | None, asked: Iterable[str]) -> dict[str, str]:
    """The words of a draft drawn anew: what nobody has touched follows what is carried, what is typed stays."""
    was = before.facts.get("carried", {}) if before else {}
    typed = before.written if before else {}
    drawn = dict(typed)
    for name in asked:
        text = typed.get(name, "")
        untouched = text == was.get(name, {}).get("text", "")
        drawn[name] = carried.get(name, {}).get("text", "") if untouched else text
    return drawn


def kept(facts: Mapping[str, Any]) -> list[str]:
    """The texts of a draft that stand as they were carried."""
    carried, written = facts.get("carried") or {}, facts["written"]
    return [name for name, said in carried.items() if written.get(name) == said["text"]]


def own(draft: Draft) -> dict[str, str]:
    """The texts of a draft that are not as they were carried: what was typed in it, or taken out."""
    carried = draft.facts.get("carried") or {}
    return {name: text for name, text in draft.written.items() if text != carried.get(name, {}).get("text", "")}


def _writers(session: Session, draft: Draft) -> dict[str, str]:
    """Who wrote each text of a draft: later drafts, and those after a recall, only carried it on."""
    notice = session.get_one(Filing, draft.filing_id)
    takes = select(Filing.id).where(
        Filing.incident_id == notice.incident_id, Filing.duty == notice.duty, Filing.seq == notice.seq
    )
    wanted = select(Draft).where(Draft.filing_id.in_(takes), Draft.id <= draft.id).order_by(Draft.id.desc())
    mine = own(draft)
    found, open_ = dict.fromkeys(mine, draft.drafter), set(mine)
    for each in session.scalars(wanted):
        open_ = {name for name in open_ if own(each).get(name) == mine[name]}
        found |= dict.fromkeys(open_, each.drafter)
        if not open_:
            break
    return found


def hands(session: Session, draft: Draft) -> set[str]:
    """Whose words stand in a draft: who typed them here, and who typed those that are carried."""
    carried = draft.facts.get("carried") or {}
    return {carried[name]["by"] for name in kept(draft.facts)} | set(_writers(session, draft).values())
