"""Presses about paper: a plan, or a role's action card, as a PDF in the asker's own messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.press import Press
from bot.views import paper_forms
from bot.words import say
from errors import NoSuchPlan
from escalation.tell import tell
from incidents import show
from playbooks import print as paper
from playbooks.records import Version, in_force_of, numbered, playbook_of
from playbooks.shape import Playbook, Role
from playbooks.stamps import stamp

Modal = dict[str, Any]
WHOLE = "plan"  # what the form's first choice carries; a role's card carries `role:` and its id
ROLE = "role:"


def _version(session: Session, press: Press, code: str, number: str = "") -> Version:
    """The version of that number, else the one in force."""
    if number.isdecimal():
        return numbered(session, code, int(number))
    found = in_force_of(session, code, at=press.at)
    if found is None:
        raise NoSuchPlan(code=code)
    return found


def print_open(session: Session, press: Press) -> Modal:
    """What to print, in which language, whose contacts; the button carries `CODE` or `CODE|number`."""
    version = _version(session, press, press.number, press.arg)
    book = playbook_of(version)
    unit = paper.seen_from(book, press.people, _own_unit(press, book))
    return paper_forms.print_form(
        press.lang,
        plan={"code": version.code, "number": version.number, "label": version.label, "title": _both(book)},
        roles=[{"id": each.id, "title": {"zh": each.title.zh, "en": each.title.en}} for each in book.roles],
        units=[{"id": each.id, "title": {"zh": each.title.zh, "en": each.title.en}} for each in _units(press)],
        unit=unit,
    )


def _both(book: Playbook) -> dict[str, str]:
    return {"zh": book.title.zh, "en": book.title.en}


def _units(press: Press) -> list[Any]:
    return list(press.people.units.values())


def _own_unit(press: Press, book: Playbook) -> str | None:
    """The asker's own unit, where the plan is not for named ones."""
    return None if book.units else next((each for each in press.by.posts if each in press.people.units), None)


def do_print(session: Session, press: Press) -> None:
    """As the form says."""
    kept, typed = press.private, press.typed
    version = numbered(session, str(kept["code"]), int(kept["number"]))
    book, what = playbook_of(version), str(typed.get("what") or WHOLE)
    role = paper.role_of(book, what.removeprefix(ROLE)) if what.startswith(ROLE) else None
    lang = str(typed.get("lang") or press.lang)
    send(session, press, version, role=role, lang=lang, unit=str(typed.get("unit") or "") or None)


def command(session: Session, press: Press, rest: str) -> tuple[Version, Role | None, str]:
    """Read `CODE [ROLE] [zh|en]`; a role may be written as its id or its title."""
    words = rest.split()
    lang = words.pop() if len(words) > 1 and words[-1] in ("zh", "en") else press.lang
    version = _version(session, press, words[0])
    said = " ".join(words[1:])
    return version, paper.role_of(playbook_of(version), said) if said else None, lang


def send(
    session: Session, press: Press, version: Version, *, role: Role | None, lang: str, unit: str | None = None
) -> None:
    """Put the page in the outbox, finished; it is drawn where it is carried, so that no press waits for it."""
    book, people = playbook_of(version), press.people
    told = stamp(version, people=people, at=press.at)
    where = paper.seen_from(book, people, unit or _own_unit(press, book))
    if role is None:
        page = paper.plan(book, told, people=people, unit=where, lang=lang)
    else:
        page = paper.card(book, role, told, people=people, unit=where, lang=lang)
    facts = {
        "to": press.by.id,
        "page": page,
        "filename": "-".join((version.code, f"v{version.number}", *([role.id] if role else []), lang)) + ".pdf",
        "title": f"{page['title']} · {version.label}",
        "comment": say("paper.here", press.lang, title=page["title"], label=version.label),
    }
    key = f"print:{press.by.id}:{facts['filename']}:{press.at.isoformat()}"
    tell(session, show.HOUSE, "plan_print", facts, key=key, courier=show.CHAT, priority=show.SOON, at=press.at)
