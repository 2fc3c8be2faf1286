"""Assess the situation (分析研判) and review it afterwards (复盘): each sheet is a version, none is overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from escalation.rosters import People, Person
from escalation.words import Words
from incidents import machine, permits, picture, records, report, show
from incidents.machine import Step
from incidents.permits import Act
from incidents.records import Assessment, Incident, Review
from plans import triggers
from plans.cycles import DrillKind
from playbooks.records import version
from store import journal


def assess(
    session: Session, of: Incident, answers: Mapping[str, str], *, people: People, by: Person, at: datetime
) -> Assessment:
    """Store the answers as the next version; unsigned drafts tell it from now on."""
    permits.require(Act.ASSESS, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="分析研判", en="assess"))
    before = records.latest_assessment(session, of)
    kept = {name: text.strip() for name, text in answers.items() if text.strip()}
    number = before.version + 1 if before else 1
    sheet = Assessment(incident_id=of.id, version=number, answers=kept, by=by.id, at=at)
    session.add(sheet)
    session.flush()
    journal.write(session, of.matter, "assessed", {"version": number, "answers": kept}, by=by.id, at=at)
    report.redraft_all(session, of, people=people, by=by.id, at=at)
    show.status(session, of, at=at)
    return sheet


def review(
    session: Session,
    of: Incident,
    answers: Mapping[str, str],
    *,
    plan_fault: str = "",
    drill_kind: DrillKind | None = None,
    by: Person,
    at: datetime,
) -> Review:
    """Write down what was learnt; the incident is reviewed from now on, and may be written again until it is closed.

    `plan_fault`: what the plan itself got wrong; it opens a revision task on the plan that ran. `drill_kind`: what a
    drill was, a tabletop exercise unless said; a real incident is no drill of any kind.
    """
    permits.require(Act.REVIEW, by, of.unit, commander=of.commander)
    before = records.latest_review(session, of)
    if of.stands is not machine.State.REVIEWED:
        of.state = machine.advance(of.stands, Step.REVIEW).value
    kept = {name: text.strip() for name, text in answers.items() if text.strip()}
    kind = (drill_kind or DrillKind.TABLETOP).value if of.exercise else None
    sheet = Review(
        incident_id=of.id,
        version=before.version + 1 if before else 1,
        answers=kept,
        plan_fault=plan_fault.strip() or None,
        drill_kind=kind,
        by=by.id,
        at=at,
    )
    session.add(sheet)
    session.flush()
    told = {"version": sheet.version, "answers": kept, "plan_fault": sheet.plan_fault, "drill_kind": kind}
    journal.write(session, of.matter, "reviewed", told, by=by.id, at=at)
    if sheet.plan_fault:
        ran = version(session, of.version_id).code
        triggers.found_by(session, ran, of.number, sheet.plan_fault, exercise=of.exercise, by=by.id, at=at)
    show.news(session, of, "reviewed", {"by": by.id, "answers": _asked(session, of, kept)}, at=at)
    show.status(session, of, at=at)
    return sheet


def _asked(session: Session, of: Incident, answers: Mapping[str, str]) -> list[dict[str, object]]:
    book = picture.playbook(session, of)
    return [
        {"ask": picture.both(question.ask), "answer": answers[question.id]}
        for question in book.review
        if question.id in answers
    ]
