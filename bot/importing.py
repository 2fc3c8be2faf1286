"""A file given for a draft: a plan file takes its place, a document's chapters are kept beside the playbook."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bot import printing
from bot.door import Field, Fields, wrong
from bot.press import Given, Press
from bot.views import desk as views
from bot.views import modals
from bot.words import say
from errors import BadEdit, BadPlaybook, FieldFault, UnreadableDocument
from escalation.words import Words
from playbooks import ask, content, document, draft, permits
from playbooks.document import Imported
from playbooks.export import yaml_text
from playbooks.permits import Act
from playbooks.records import draft as one_draft
from playbooks.records import playbook_of
from playbooks.shape import Playbook

Modal = dict[str, Any]
FILE = Words(zh="文件", en="File")
TEXTS = (".yaml", ".yml")
FAULTS = 12  # said at the field; the rest is counted


def print_open(session: Session, press: Press) -> Modal:
    """What to print of a plan, from behind its ⋯."""
    return printing.print_open(session, replace(press, value=press.arg))


def upload_open(session: Session, press: Press) -> Modal:
    """Where to give the file."""
    of = one_draft(session, int(press.arg), lock=False)
    permits.require(Act.WRITE, press.by, of.units, people=press.people, at=press.at)
    private = {"draft": of.id, "revision": of.revision, "part": press.private.get("part"), "leaf": 0}
    return views.upload(press.lang, facts=ask.head(of), private=private)


def upload(session: Session, press: Press) -> dict[str, Any]:
    """Read it into the draft, whole or not at all; what was read, and what was not, is said."""
    given = press.files.get("file")
    if given is None:
        raise wrong("file", FILE, "请选择一个文件。", "choose a file.")
    of = one_draft(session, int(press.private["draft"]))
    old = playbook_of(of)
    book, told = (given.read, []) if isinstance(given.read, Playbook) else _taken(given, old, press.lang)
    revision = int(press.private["revision"])
    draft.edit(session, of, book, revision=revision, people=press.people, by=press.by, at=press.at)
    key = "planupload.same" if book.digest == old.digest else "planupload.taken"
    said = [say(key, press.lang, file=given.name), *told]
    return {"response_action": "update", "view": views.uploaded(press.lang, told=said)}


def reading(lang: str) -> Modal:
    """What stands in the form's place while the file is read."""
    return modals.text_modal(lang, say("planupload.head", lang), say("planupload.reading", lang))


def read(given: Given) -> Playbook | Imported:
    """What stands in the file, before any transaction: a large document takes seconds."""
    if given.name.lower().endswith(TEXTS):
        return _plan(given)
    try:
        return document.chapters_of(given.content, given.name)
    except UnreadableDocument as refused:
        raise Field("file", refused) from None


def _plan(given: Given) -> Playbook:
    try:
        return content.read(given.content.decode("utf-8"), given.name)
    except UnicodeDecodeError:
        raise wrong("file", FILE, "须为 UTF-8 编码。", "must be UTF-8.") from None
    except BadPlaybook as bad:
        raise Fields({"file": _shortened(bad)}) from None


def _shortened(bad: BadPlaybook) -> BadEdit:
    """The first faults as they stand in the file, and how many more there are."""
    told = [FieldFault(field="file", zh=each.sentence("zh"), en=each.sentence("en")) for each in bad.faults[:FAULTS]]
    left = len(bad.faults) - len(told)
    rest = [FieldFault(field="file", zh=f"另有 {left} 处。", en=f"and {left} more.")] if left > 0 else []
    return BadEdit((*told, *rest))


def _taken(given: Given, old: Playbook, lang: str) -> tuple[Playbook, list[str]]:
    found: Imported = given.read
    told = [say("planupload.chapters", lang, n=len(found.chapters))]
    told += [say("planupload.unread", lang, what=each.said(lang)) for each in found.unread]
    told += [say("planupload.missing", lang, what=each.said(lang)) for each in (*found.missing, *found.lawful)]
    try:
        # Read as a plan file is: what a file may not hold, a document may not bring in.
        return content.read(yaml_text(replace(old, chapters=found.chapters)), given.name), told
    except BadPlaybook as bad:
        raise Fields({"file": _shortened(bad)}) from None
