"""Presses in the library: look for plans, open one, turn its leaves, withdraw it, file it, take it home as a file."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import find
from bot.press import Press
from bot.views import library as views
from bot.views import modals
from bot.views.parts import View
from bot.views.plan_text import leaves, paragraphs
from bot.words import say
from errors import NoSuchPlan
from escalation.tell import tell
from escalation.words import Words
from incidents import show
from plans import records as register
from plans.records import Register
from playbooks import permits, shelf
from playbooks.export import yaml_text
from playbooks.forms import Part
from playbooks.permits import Act
from playbooks.records import (
    Comment,
    Draft,
    Version,
    draft,
    in_force_of,
    newest,
    playbook_of,
    versions,
)
from playbooks.shape import REFERENCES
from playbooks.shelf import Asked, Row

Modal = dict[str, Any]
PARTS_FIRST = Part.HEAD


def seen(press: Press) -> View:
    """What a modal is drawn for: its reader's language."""
    return replace(press.house.view, lang=press.lang)


# --- looking ---------------------------------------------------------------------------------------------------------


def library(session: Session, press: Press, asked: Asked | None = None, *, page: int = 0) -> Modal:
    """The library, as it was asked for."""
    asked = asked or Asked()
    titles = shelf.scenario_titles(session)
    found = shelf.sought(shelf.rows(session, at=press.at), asked, people=press.people, scenarios=titles)
    page = max(0, min(page, (len(found) - 1) // views.PAGE))
    start = page * views.PAGE
    return views.library(
        press.lang,
        rows=found[start : start + views.PAGE],
        total=len(found),
        page=page,
        asked=asdict(asked),
        units=find.units(press.people, press.by),
        view=seen(press),
    )


def looked_for(session: Session, press: Press, text: str) -> Modal:
    """The plan of that code; any other words are looked for in the library."""
    wanted = text.strip().lower()
    if wanted and newest(session, wanted) is not None:
        return _page(session, press, wanted, PARTS_FIRST, 0)
    return library(session, press, Asked(words=text.strip()))


def _asked(press: Press) -> Asked:
    """What was asked for so far, with what stands in the search box."""
    kept = {name: str(press.private.get(name, "")) for name in ("words", "tier", "unit", "state")}
    return Asked(**kept | {"words": str(press.typed.get("plan_q") or "")})


def searched(session: Session, press: Press) -> Modal:
    """Look for other words."""
    return library(session, press, _asked(press))


def of_tier(session: Session, press: Press) -> Modal:
    """Only one tier."""
    return library(session, press, replace(_asked(press), tier=press.value.strip("*")))


def of_unit(session: Session, press: Press) -> Modal:
    """Only what stands for one unit."""
    return library(session, press, replace(_asked(press), unit=press.value.strip("*")))


def of_state(session: Session, press: Press) -> Modal:
    """Only what is in one state."""
    return library(session, press, replace(_asked(press), state=press.value.strip("*")))


def turned(session: Session, press: Press) -> Modal:
    """Another page."""
    return library(session, press, _asked(press), page=int(press.value))


# --- one plan --------------------------------------------------------------------------------------------------------


def page(session: Session, press: Press) -> Modal:
    """A plan as a page, at its beginning."""
    return _page(session, press, press.value, PARTS_FIRST, 0)


def page_again(session: Session, press: Press) -> Modal:
    """The page as it was, with what stands now."""
    return _page(session, press, str(press.private["code"]), str(press.private.get("part", PARTS_FIRST)), 0)


def page_part(session: Session, press: Press) -> Modal:
    """Another part of it."""
    return _page(session, press, str(press.private["code"]), press.value, 0)


def page_leaf(session: Session, press: Press) -> Modal:
    """Another leaf of the same part."""
    return _page(session, press, str(press.private["code"]), str(press.private["part"]), int(press.value))


def _page(session: Session, press: Press, code: str, part: str, leaf: int) -> Modal:
    row = row_of(session, press, code)
    shown = in_force_of(session, code, at=press.at) or newest(session, code)
    if shown is None:
        raise NoSuchPlan(code=code)
    book = playbook_of(shown)
    told = [] if part == views.HISTORY else leaves(list(paragraphs(book, Part(part), seen(press), known(session))))
    leaf = max(0, min(leaf, len(told) - 1))
    return views.page(
        press.lang,
        row=row,
        book=book,
        part=part,
        told=told[leaf] if told else [],
        leaf=leaf,
        of=len(told),
        history=_history(session, press, code) if part == views.HISTORY else [],
        may=_may(press, row),
        url=_url(press, shown),
        view=seen(press),
    )


def known(session: Session) -> dict[str, dict[str, Words]]:
    """Titles of what plans name by id: other plans, scenarios, what stands in the registers; by the field's name."""
    kept = [each for each in Register if each is not Register.UNITS]
    titles = {each.value: {one.name: Words(**one.title) for one in register.entries(session, each)} for each in kept}
    parents = {each.code: Words(**each.title) for each in register.plans(session)}
    references = {f"references.{key}": titles[key] for key in REFERENCES}
    return {"parent": parents, "scenario": titles[Register.SCENARIOS.value], **references}


def row_of(session: Session, press: Press, code: str) -> Row:
    """A plan's row of the library; refuses where there is none."""
    found = next((each for each in shelf.rows(session, at=press.at) if each.code == code), None)
    if found is None:
        raise NoSuchPlan(code=code)
    return found


def _may(press: Press, row: Row) -> dict[str, bool]:
    acts = {"write": Act.WRITE, "amend": Act.AMEND, "withdraw": Act.WITHDRAW, "file": Act.FILE}
    return {name: permits.may(act, press.by, row.units, people=press.people, at=press.at) for name, act in acts.items()}


def _url(press: Press, of: Version) -> str:
    return f"{press.house.view.page_url}plans/{of.code}/{of.number}?lang={press.lang}"


def _history(session: Session, press: Press, code: str) -> list[dict[str, Any]]:
    found = []
    for each in versions(session, code)[:40]:
        names = ("author", "reviewer", "signer", "reason", "filed_by", "filed_with", "filed_number")
        instants = ("effective_at", "lives_until", "filed_at")
        told = {name: getattr(each, name) for name in names}
        told |= {name: at.isoformat() if (at := getattr(each, name)) else None for name in instants}
        found.append(
            told
            | {"number": each.number, "digest": each.digest, "state": each.stands, "origin": each.origin.value}
            | {"url": _url(press, each)}
        )
    return found


def comments(session: Session, press: Press) -> Modal:
    """What was said about the plan's drafts."""
    code = press.arg
    wanted = select(Comment).join(Draft, Draft.id == Comment.draft_id).where(Draft.code == code)
    told = [said(each) for each in session.scalars(wanted.order_by(Comment.id.desc()).limit(60))]
    title = row_of(session, press, code).title
    return views.comments(press.lang, title={"zh": title.zh, "en": title.en}, told=told, view=seen(press))


def said(each: Comment) -> dict[str, Any]:
    """A comment's facts."""
    return {"text": each.text, "by": each.by, "at": each.at.isoformat(), "digest": each.digest}


# --- the file --------------------------------------------------------------------------------------------------------


def download(session: Session, press: Press) -> None:
    """The plan as a file, to the presser's direct messages: what the command line reads again."""
    what, _, named = press.value.partition("|")
    if what == "draft_yaml":
        of: Draft | Version = draft(session, int(named), lock=False)
        filename = f"{of.code}-draft.yaml"
    else:
        found = in_force_of(session, named, at=press.at) or newest(session, named)
        if found is None:
            raise NoSuchPlan(code=named)
        of, filename = found, f"{found.code}-v{found.number}.yaml"
    facts = {
        "to": press.by.id,
        "filename": filename,
        "title": of.label,
        "comment": say("planfile.comment", press.lang, label=of.label),
        "content": yaml_text(playbook_of(of)),
    }
    key = f"plan_text:{press.by.id}:{of.label}:{press.at.isoformat()}"
    tell(session, show.HOUSE, "plan_text", facts, key=key, courier=show.CHAT, priority=show.SOON, at=press.at)


def sent(_session: Session, press: Press) -> Modal:
    """Where the file is."""
    return modals.text_modal(press.lang, say("planfile.head", press.lang), say("planfile.sent", press.lang))
