"""`plans …`: plan files read, compared, laid down, exported, imported and printed."""

from __future__ import annotations

import functools
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from console.line import lang_of, say, text_of
from console.opening import ROOT, clock_of, opened, people_of, standing
from console.settings import Settings, environment
from errors import Refusal

if TYPE_CHECKING:  # `plans lint` starts in a tenth of a second
    from sqlalchemy.orm import Session

    from escalation.rosters import People
    from escalation.words import Words
    from playbooks.records import Draft, Version


def lint(given: Namespace) -> int:
    """Name every fault of every file; 1 where there is one."""
    told = [line for name in given.files for line in _faults_of(name, lang_of(given))]
    for line in told:
        say(line)
    return 1 if told else 0


def _faults_of(name: str, lang: str) -> Iterator[str]:
    """Every fault of a plan file, or of the templates and plans of a folder."""
    if not Path(name).is_dir():
        yield from _plan_faults(name, lang)
        return
    from escalation import letters

    yield from (fault.sentence(lang) for fault in letters.faults(Path(name)))
    for path in sorted(Path(name).rglob("*.yaml")):
        yield from _plan_faults(str(path), lang)


def _plan_faults(name: str, lang: str) -> Iterator[str]:
    from playbooks import content

    try:
        content.read(text_of(name), name, known_scenarios=_scenarios(), scenarios_grow=True)
    except Refusal as refusal:
        yield refusal.sentence(lang)
    except OSError as missing:
        yield f"{name}:1:1: {missing.strerror}"


@functools.cache
def _scenarios() -> tuple[str, ...] | None:
    """The scenarios of the house's register; None where it has none."""
    import csv

    register = ROOT / "plans" / "registers" / "scenarios.csv"
    if not register.is_file():
        return None
    with register.open(encoding="utf-8-sig", newline="") as rows:
        return tuple(row["id"] for row in csv.DictReader(rows) if row.get("id"))


def diff(given: Namespace) -> int:
    """Say what a reader of the old must know, a sentence a change."""
    from playbooks import changes, content

    old, new = (content.read(text_of(name), name) for name in (given.old, given.new))
    for sentence in changes.sentences(old, new, lang_of(given)):
        say(sentence)
    return 0


def falling(given: Namespace) -> int:
    """Say what falls due for plans, as lines or as a calendar."""
    from plans import due, ical
    from store import migrate

    settings, lang = Settings.read(environment()), lang_of(given)
    people, database = people_of(settings), opened(settings)
    zone = people.organisation.tz
    migrate.require_current(database)
    at = clock_of(settings, database)()
    with database.read() as session:
        rows = due.rows(session, people, at=at)
    if given.ical:
        sys.stdout.write(ical.calendar(rows, lang, zone=zone, at=at))
        return 0
    for row in rows:
        late = f"  {ical.OVERDUE.said(lang)}" if row.overdue else ""
        say(f"{row.due_at.astimezone(zone).date()}  {row.line(lang)}  {row.label}  {row.owner_name}{late}")
    return 0


def write_schema(_given: Namespace) -> int:
    """Write the JSON Schema of plan files."""
    from playbooks import schema

    sys.stdout.write(schema.text())
    return 0


def lay_down(given: Namespace) -> int:
    """Lay a plan file down as a draft and say who reviews and signs it; nothing is issued."""
    from playbooks import content, draft
    from playbooks.records import draft_of, in_force_of, newest
    from store import migrate

    playbook = content.read(text_of(given.file), given.file)
    settings = Settings.read(environment())
    people, database = people_of(settings), opened(settings)
    migrate.require_current(database)
    by, at = people.person(given.by or playbook.owner), clock_of(settings, database)()
    with database.begin() as session:
        force, of = in_force_of(session, playbook.code, at=at), draft_of(session, playbook.code)
        if force is not None and force.digest == playbook.digest:
            say(
                f"{force.label}: "
                + {"zh": "内容与现行版本相同", "en": "the version in force says the same"}[lang_of(given)]
            )
            return 0
        if of is None or (given.revision is None and of.digest != playbook.digest):
            before = newest(session, playbook.code)
            of = draft.open(session, content=playbook, base=before, people=people, by=by, at=at)
        elif of.digest != playbook.digest:
            of = draft.edit(session, of, playbook, revision=given.revision, people=people, by=by, at=at)
        told = [*_hands_wanted(of, people, at), *draft.faults(session, playbook, people=people, at=at)]
        label = of.label
    for line in (label, *(words.said(lang_of(given)) for words in told)):
        say(line)
    return 0


def _hands_wanted(of: Draft, people: People, at: datetime) -> Iterator[Words]:
    """Who may review the draft and who may sign it: nobody whose hand is in it."""
    from escalation.words import Words
    from playbooks.permits import Act, may

    for act, zh, en in ((Act.REVIEW, "审核", "to be reviewed by"), (Act.SIGN, "签发", "to be signed by")):
        able = (each for each in people.people.values() if each.id not in of.editors)
        names = [each.name for each in able if may(act, each, of.units, people=people, at=at)]
        yield Words(
            zh=f"{zh}（其中一人）：{'、'.join(names) or '无人，请先在人员名册中指定'}",
            en=f"{en} one of: {', '.join(names) or 'nobody; name somebody in the people file first'}",
        )
    yield Words(
        zh="编制、审核、签发须是三个人；在 /plan 中提交后才开始审核。",
        en="Author, reviewer and signer are three persons; it is submitted for review with /plan.",
    )


def export_version(given: Namespace) -> int:
    """Write a version as a plan file."""
    from playbooks import export
    from playbooks.records import playbook_of
    from store import migrate

    settings = Settings.read(environment())
    database = opened(settings)
    migrate.require_current(database)
    with database.read() as session:
        found = _version(session, given, clock_of(settings, database)())
        sys.stdout.write(export.yaml_text(playbook_of(found)))
    return 0


def _version(session: Session, given: Namespace, at: datetime) -> Version:
    """The version that was asked for, else the one in force."""
    from errors import NoSuchPlan
    from playbooks.records import in_force_of, numbered

    if given.version is not None:
        return numbered(session, given.code, given.version)
    if (standing := in_force_of(session, given.code, at=at)) is None:
        raise NoSuchPlan(code=given.code)
    return standing


def print_pdf(given: Namespace) -> int:
    """Print what is in force; a house that never ran prints what it would begin with."""
    from playbooks import print as press
    from playbooks.records import playbook_of
    from playbooks.stamps import stamp

    settings = Settings.read(environment())
    people, lang = people_of(settings), lang_of(given)
    database = standing(settings, people, lang)
    at = clock_of(settings, database)()
    with database.read() as session:
        found = _version(session, given, at)
        book, told = playbook_of(found), stamp(found, people=people, at=at)
    unit = press.seen_from(book, people, given.unit)
    if given.role:
        page = press.card(book, press.role_of(book, given.role), told, people=people, unit=unit, lang=lang)
    else:
        page = press.plan(book, told, people=people, unit=unit, lang=lang)
    Path(given.to).write_bytes(press.pdf(page))
    say(f"{told.label} → {given.to}")
    return 0


def import_document(given: Namespace) -> int:
    """Begin a plan file from a document; what could not be read is said beside it."""
    from playbooks import content, document, export

    like = content.read(text_of(given.like), given.like) if given.like else None
    found = document.chapters_of(Path(given.document).read_bytes(), Path(given.document).name)
    sys.stdout.write(export.skeleton_text(given.code, found.chapters, like=like))
    for words in found.remarks():
        say(words.said(lang_of(given)), to=sys.stderr)  # standard output is the file
    return 0
