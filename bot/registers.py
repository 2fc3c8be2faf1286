"""Presses about the risk registers 风险清单: look, add, change or retire an entry, take a sheet home or in."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bot.door import Fields, wrong
from bot.press import Given, Press
from bot.views import registering
from bot.views.reading import text_modal
from bot.words import say
from errors import BadEdit, BadRegister, EntryStands, FieldFault, KeptElsewhere, NoSuchEntry, NoSuchRegister, Refusal
from escalation.tell import tell
from escalation.words import Words
from incidents import show
from plans import permits, registers, sheets
from plans.records import Entry, Register, entries, plans
from plans.sheets import Row

Facts = dict[str, Any]
Modal = dict[str, Any]
PAGE = 12
SHEET = Words(zh="文件", en="file")
NEW = ""  # the name of an entry that does not stand yet


# --- looking ---------------------------------------------------------------------------------------------------------


def command(session: Session, press: Press, rest: str) -> Modal:
    """`/plan registers` lists them; `/plan registers sites` opens one."""
    return opened(session, press, _named(rest)) if rest else listing(session, press)


def _named(said: str) -> Register:
    names = {name: each for each in Register for name in (each.value, *registering.titles(each.value))}
    found = names.get(said.strip().casefold())
    if found is None:
        near = difflib.get_close_matches(said.strip().casefold(), names, n=1, cutoff=0.5)
        known = dict.fromkeys((*(names[each].value for each in near), *(each.value for each in Register)))
        raise NoSuchRegister(register=said[:60], known=", ".join(known))
    if found is Register.UNITS:
        raise KeptElsewhere
    return found


def listing(session: Session, press: Press) -> Modal:
    """Every register with how many entries stand in it."""
    kept = [each for each in Register if each is not Register.UNITS]
    rows = [{"register": each.value, "count": len(entries(session, each))} for each in kept]
    return registering.listing(press.lang, rows=rows, units=len(press.people.units))


def register_open(session: Session, press: Press) -> Modal:
    """One register, from its first page."""
    return opened(session, press, Register(press.number))


def turned(session: Session, press: Press) -> Modal:
    """Another page of it, the search as it stands; the button carries the page."""
    return _again(session, press, page=int(press.value or 0))


def sought(session: Session, press: Press) -> Modal:
    """What the search finds, from its first page."""
    return _again(session, press, page=0)


def again(session: Session, press: Press) -> Modal:
    """The register as it stands now: a form on top of it is done, or a button in it was pressed."""
    return _again(session, press, page=int(press.private.get("page", 0)), note=press.arg)


def _again(session: Session, press: Press, *, page: int, note: str = "") -> Modal:
    find = str(press.typed.get("entry_find", press.private.get("find", "")))
    return opened(session, press, Register(press.private["register"]), find=find, page=page, note=note)


def opened(
    session: Session, press: Press, register: Register, *, find: str = "", page: int = 0, note: str = ""
) -> Modal:
    """Its entries that fit the search, a page of them."""
    titles = _scenarios(session)
    found = [each for each in entries(session, register) if _fits(each, find, titles)]
    page = max(0, min(page, (len(found) - 1) // PAGE))
    return registering.register(
        press.lang,
        register=register.value,
        rows=[_row(each, titles, press) for each in found[page * PAGE : (page + 1) * PAGE]],
        total=len(found),
        page=page,
        pages=-(-len(found) // PAGE),
        find=find,
        note=note,
        view=press.house.view,
    )


def _scenarios(session: Session) -> Mapping[str, Any]:
    return {entry.name: entry.title for entry in entries(session, Register.SCENARIOS)}


def _fits(entry: Entry, find: str, titles: Mapping[str, Any]) -> bool:
    """Whether every word of the search stands somewhere in the entry, in either language."""
    scenarios = [text for each in entry.facts.get("scenarios", ()) for text in titles.get(each, {}).values()]
    words = [entry.name, *entry.title.values(), entry.unit or "", entry.owner or "", *scenarios]
    text = " ".join((*words, json.dumps(entry.facts, ensure_ascii=False))).casefold()
    return all(word in text for word in find.casefold().split())


def _row(entry: Entry, titles: Mapping[str, Any], press: Press) -> Facts:
    unit = press.people.units.get(entry.unit or "")
    scenarios = [titles.get(each, {"zh": each, "en": each}) for each in entry.facts.get("scenarios", ())]
    return {
        "register": entry.register.value,
        "name": entry.name,
        "title": entry.title,
        "unit": {"zh": unit.title.zh, "en": unit.title.en} if unit else entry.unit,
        "owner": entry.owner,
        "facts": {name: value for name, value in entry.facts.items() if name != "scenarios"},
        "scenarios": scenarios,
    }


# --- one entry -------------------------------------------------------------------------------------------------------


def add_open(session: Session, press: Press) -> Modal:
    """An empty form."""
    register = Register(press.number)
    permits.require_entry(press.by, None, None, press.people)
    return _form(session, press, register, name=NEW, cells={}, was="")


def more(session: Session, press: Press) -> Modal:
    """The ⋯ of an entry: `change|equipment|udm-pair`."""
    what, _, entry = press.value.partition("|")
    register, _, name = entry.partition("|")
    return MORE[what](session, press, Register(register), name)


def _change_open(session: Session, press: Press, register: Register, name: str) -> Modal:
    row = registers.row_of(_standing(session, register, name))
    permits.require_entry(press.by, row, row, press.people)
    return _form(session, press, register, name=name, cells=sheets.cells(row), was=_mark(row))


def _retire_open(session: Session, press: Press, register: Register, name: str) -> Modal:
    entry = _standing(session, register, name)
    permits.require_entry(press.by, registers.row_of(entry), None, press.people)
    leaning = [each for each in plans(session) if name in each.references.get(register.value, ())]
    named = [{"code": each.code, "title": each.title, "label": each.label} for each in leaning]
    private = _kept(press, register) | {"name": name}
    return registering.retire(press.lang, title=entry.title, name=name, plans=named, private=private)


MORE = {"change": _change_open, "retire": _retire_open}


def _form(
    session: Session,
    press: Press,
    register: Register,
    *,
    name: str,
    cells: Mapping[str, str],
    was: str,
    moved: str = "",
) -> Modal:
    units = [
        {"id": each.id, "title": {"zh": each.title.zh, "en": each.title.en}} for each in press.people.units.values()
    ]
    people = [
        {"id": each.id, "name": each.name, "title": {"zh": each.title.zh, "en": each.title.en} if each.title else None}
        for each in press.people.people.values()
    ]
    scenarios = [{"id": each, "title": title} for each, title in _scenarios(session).items()]
    return registering.entry(
        press.lang,
        register=register.value,
        name=name,
        cells=cells,
        units=units,
        people=people,
        scenarios=scenarios,
        moved=moved,
        private=_kept(press, register) | {"name": name, "was": was},
    )


def _kept(press: Press, register: Register) -> Facts:
    """What the form remembers of the list it lies on."""
    find = str(press.typed.get("entry_find", press.private.get("find", "")))
    return {"register": register.value, "find": find, "page": press.private.get("page", 0)}


def _standing(session: Session, register: Register, name: str) -> Entry:
    found = next((each for each in entries(session, register) if each.name == name), None)
    if found is None:
        raise NoSuchEntry(register=register.value, name=name)
    return found


def _mark(row: Row) -> str:
    """What an editor has read: another row has another mark."""
    return hashlib.sha256(repr(sorted(sheets.cells(row).items())).encode()).hexdigest()[:16]


def do_entry(session: Session, press: Press) -> Modal | None:
    """Enter or change it; what somebody else changed meanwhile is shown first, and nothing typed is lost."""
    kept = press.private
    register, name = Register(kept["register"]), str(kept["name"])
    cells = _cells(press, register, name)
    row = _read(session, press, register, cells)
    standing = {each.name: registers.row_of(each) for each in entries(session, register)}
    before = standing.get(row.name)
    if name == NEW and before is not None:
        stands = EntryStands(name=row.name, title=before.title)
        raise Fields({"id": stands})
    if name != NEW and before is None:
        raise NoSuchEntry(register=register.value, name=name)
    permits.require_entry(press.by, before, row, press.people)
    if before is not None and _mark(before) != kept["was"]:
        now = _told(before, press)
        form = _form(session, press, register, name=name, cells=cells, was=_mark(before), moved=now)
        return {"response_action": "update", "view": form}
    registers.put(session, register, row, people=press.people, by=press.by, at=press.at)
    return None


def _told(row: Row, press: Press) -> str:
    """An entry as it stands now, one line a cell."""
    cells = sheets.cells(row)
    named = [(registering.column(each, press.lang), cells[each]) for each in cells if each != "id" and cells[each]]
    return "\n".join(f"{title}{say('parts.colon', press.lang)}{value}" for title, value in named)


def _cells(press: Press, register: Register, name: str) -> dict[str, str]:
    """What was typed, by the sheet's own columns."""
    typed = press.typed
    found = {column: _one(typed.get(column)) for column in sheets.columns(register.value)}
    return found if name == NEW else found | {"id": name}


def _one(said: Any) -> str:  # noqa: ANN401 -- a text, or a list of options
    return " ".join(said) if isinstance(said, list) else str(said or "").strip()


def _read(session: Session, press: Press, register: Register, cells: Mapping[str, str]) -> Row:
    """The row by the sheet's own reader, so that a form and a file are held to the same rules."""
    names = sheets.columns(register.value)
    content = sheets.lines([names, [cells[each] for each in names]]).encode()
    try:
        (row,) = registers.read_csv(session, register, content, file="", people=press.people)
    except BadRegister as bad:
        found: dict[str, Refusal] = {}
        for fault in bad.faults:
            block = names[min(fault.column, len(names)) - 1]
            found.setdefault(block, BadEdit((FieldFault(field=block, zh=fault.zh, en=fault.en),)))
        raise Fields(found) from bad
    return row


def do_retire(session: Session, press: Press) -> None:
    """Let it stand no longer."""
    kept = press.private
    register, name = Register(kept["register"]), str(kept["name"])
    before = registers.row_of(_standing(session, register, name))
    permits.require_entry(press.by, before, None, press.people)
    registers.retire(session, register, name, people=press.people, by=press.by, at=press.at)


# --- sheets ----------------------------------------------------------------------------------------------------------


def sheet(session: Session, press: Press) -> None:
    """The register as a sheet, to the presser's own messages."""
    register = Register(press.number)
    title = registering.title(register.value, press.lang)
    facts = {
        "to": press.by.id,
        "filename": f"{register.value}.csv",
        "title": title,
        "comment": say("register.sheet_here", press.lang, title=title, when=press.people.clock(press.at)),
        # A mark at the beginning, without which a Chinese spreadsheet takes UTF-8 for something else.
        "content": "\ufeff" + registers.as_csv(session, register),
    }
    key = f"register:{register.value}:{press.by.id}:{press.at.isoformat()}"
    tell(session, show.HOUSE, "register_sheet", facts, key=key, courier=show.CHAT, priority=show.SOON, at=press.at)


def upload_open(session: Session, press: Press) -> Modal:  # noqa: ARG001 -- as every opener
    """Where to give a sheet."""
    register = Register(press.number)
    permits.require_entry(press.by, None, None, press.people)
    columns = sheets.columns(register.value)
    return registering.upload(press.lang, columns=columns, private=_kept(press, register))


def read(given: Given) -> None:
    """Nothing before the transaction: a sheet is held against what stands, and small (`sheets.MAX_BYTES`)."""


def do_upload(session: Session, press: Press) -> Modal:
    """Take a sheet in, whole or not at all; what it did is said."""
    register = Register(press.private["register"])
    given = press.files.get("sheet")
    if given is None:
        raise wrong("sheet", SHEET, "请选择一个 CSV 文件。", "choose a CSV file.")
    try:
        taken = registers.take(
            session, register, given.content, file=given.name, people=press.people, by=press.by, at=press.at
        )
    except BadRegister as bad:
        raise Fields({"sheet": _shortened(bad)}) from bad
    told = say(
        "register.taken", press.lang, new=len(taken.new), changed=len(taken.changed), same=taken.same, file=given.name
    )
    view = text_modal(press.lang, registering.title(register.value, press.lang), told)
    return {"response_action": "update", "view": view}


FAULTS = 10  # told at the field at once


def _shortened(bad: BadRegister) -> BadEdit:
    """The first faults as they stand in the file, and how many more there are."""
    told = [FieldFault(field="sheet", zh=each.sentence("zh"), en=each.sentence("en")) for each in bad.faults[:FAULTS]]
    left = len(bad.faults) - len(told)
    if left > 0:
        told.append(FieldFault(field="sheet", zh=f"另有 {left} 处。", en=f"and {left} more."))
    return BadEdit(tuple(told))
