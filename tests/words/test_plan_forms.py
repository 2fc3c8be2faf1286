"""Print, coverage and registers in chat: every form and list within Slack's limits, in both languages, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.views import covering, paper_forms, registering, reviews
from bot.views.cards import CARDS
from bot.words import say
from escalation.words import Words
from plans import ical
from plans.sheets import FACTS, NAME_MOST, TEXT_MOST, columns
from tests.words.told import AT, view
from workspace.blocks import message_faults, view_faults
from workspace.kit import too_large

LANGS = ("zh", "en")
Doc = dict[str, Any]
LONG = "很长 <!channel> & *x* " * 200


def _both(text: str) -> Doc:
    return {"zh": text, "en": text}


UNITS = [{"id": f"u{n}", "title": _both(f"单位{n} {LONG}")} for n in range(1234)]
PEOPLE = [{"id": f"p{n}", "name": f"人{n}", "title": None if n else _both(LONG)} for n in range(500)]
SCENARIOS = [{"id": f"s{n}", "title": _both(f"场景{n} {LONG}")} for n in range(140)]
ROLES = [{"id": f"r{n}", "title": _both(f"角色{n}{LONG}")} for n in range(30)]
PLAN = {"code": "cable-cut", "number": 3, "label": "cable-cut v3 · 9f2c41", "title": _both(LONG)}


def _entry(register: str, n: int = 0) -> Doc:
    facts = {fact: _both(LONG) if str(sort) == "both" else LONG for fact, sort in FACTS[register].items()}
    facts.pop("scenarios", None)
    return {
        "register": register,
        "name": "x" * (NAME_MOST - 3) + f"{n:03}",
        "title": _both(LONG),
        "unit": _both(LONG),
        "owner": "chen.jing",
        "facts": facts,
        "scenarios": [_both(LONG)] * 30,
    }


def _form(lang: str, register: str, **changed: Any) -> Doc:  # noqa: ANN401
    cells = dict.fromkeys(columns(register), "字" * TEXT_MOST) | {
        "unit": "u777",
        "owner": "p3",
        "scenarios": "s1 s2 gone",
    }
    given: Doc = {"name": "", "cells": cells, "moved": "", "private": {"register": register}}
    given |= {"units": UNITS, "people": PEOPLE} | changed
    return registering.entry(lang, register=register, scenarios=SCENARIOS, **given)


def _register(lang: str, register: str, rows: int, **changed: Any) -> Doc:  # noqa: ANN401
    given: Doc = {"total": 5000, "page": 3, "pages": 417, "find": LONG, "note": "sheet"} | changed
    return registering.register(
        lang, register=register, rows=[_entry(register, n) for n in range(rows)], view=view(), **given
    )


def _gap(lang: str, **changed: Any) -> Doc:  # noqa: ANN401
    plans = [{"code": "cable-cut", "title": _both(LONG), "label": "cable-cut v3 · 9f2c41"}] * 12
    given: Doc = {"units": [_both(LONG)] * 4, "more_units": 900, "reason": "outline", "plans": plans} | changed
    return covering.plan_for_gap(lang, title=_both(LONG), **given)


MODALS: dict[str, Callable[[str], Doc]] = {
    "print": lambda lang: paper_forms.print_form(lang, plan=PLAN, roles=ROLES, units=UNITS, unit="u5"),
    "print in one unit": lambda lang: paper_forms.print_form(lang, plan=PLAN, roles=[], units=UNITS[:1], unit="u0"),
    "registers": lambda lang: registering.listing(
        lang, rows=[{"register": each, "count": n} for n, each in enumerate(FACTS)], units=1234
    ),
    "register empty": lambda lang: _register(lang, "laws", 0, total=0, page=0, pages=0, find="", note=""),
    "moved": lambda lang: _form(lang, "equipment", name="udm-pair", moved=LONG + "\n" + LONG),
    "new without scenarios": lambda lang: registering.entry(
        lang, register="sites", name="", cells={}, units=[], people=[], scenarios=[], moved="", private={}
    ),
    "retire": lambda lang: registering.retire(lang, title=_both(LONG), name="udm-pair", plans=[PLAN] * 60, private={}),
    "retire what nobody names": lambda lang: registering.retire(
        lang, title=_both("x"), name="udm-pair", plans=[], private={}
    ),
    "gap": _gap,
    "gap closed": lambda lang: _gap(lang, reason=None, plans=[], units=[]),
    **{f"register {each}": lambda lang, each=each: _register(lang, each, 12) for each in FACTS},  # type: ignore[misc]
    **{f"entry {each}": lambda lang, each=each: _form(lang, each) for each in FACTS},  # type: ignore[misc]
    **{
        f"upload {each}": lambda lang, each=each: registering.upload(lang, columns=columns(each), private={})  # type: ignore[misc]
        for each in FACTS
    },
    **{f"gap {each}": lambda lang, each=each: _gap(lang, reason=each)  # type: ignore[misc]
       for each in ("empty", "unsigned", "review_overdue", "drill_overdue")},
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", MODALS)
def test_slack_takes_every_modal(name: str, lang: str) -> None:
    """Whatever the facts hold; no mention comes of what was typed; titles and buttons are whole."""
    doc = MODALS[name](lang)
    assert view_faults(doc, "modal") == []
    assert not too_large(doc)
    marked = [block["text"]["text"] for block in doc["blocks"] if block.get("text", {}).get("type") == "mrkdwn"]
    assert "<!channel>" not in "".join(marked)
    assert all("…" not in doc[part]["text"] for part in ("title", "submit", "close") if part in doc)


def _gaps(n: int, **changed: Any) -> Doc:  # noqa: ANN401
    row = {
        "scenario": "cable_cut", "title": _both(LONG), "units": [_both(LONG)] * 4, "all_units": False,
        "more_units": 1200, "state": "empty", "plan": "cable-cut", "owner": "chen.jing", "due_at": AT.isoformat(),
        "late": True, "value": "cable_cut|" + "u" * 1900,
    }  # fmt: skip
    facts = {"to": "chen.jing", "total": n, "late": 1, "rows": [row] * n, "more": 7, "at": AT.isoformat()}
    return facts | changed


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("rows", [0, 1, 40])
def test_slack_takes_the_list_of_gaps(rows: int, lang: str) -> None:
    """Forty rows with a button each fit into a message; owner and day stand in each."""
    doc = CARDS["coverage_gaps"](_gaps(rows), view(lang))
    assert message_faults(doc["blocks"]) == []
    said = json.dumps(doc, ensure_ascii=False)
    assert said.count("plan_for_gap") >= rows
    assert said.count("陈静") == rows


def test_what_nobody_owns_is_said() -> None:
    """A gap whose unit has no plan owner in the people file names nobody, in words."""
    row = _gaps(1)["rows"][0] | {"owner": "", "plan": None, "all_units": True}
    said = json.dumps(CARDS["coverage_gaps"](_gaps(1, rows=[row]), view("en")))
    assert "nobody" in said
    assert "every unit" in said


@pytest.mark.parametrize("register", FACTS)
def test_a_form_asks_for_every_column_of_the_sheet(register: str) -> None:
    """What a file can hold, a form can hold: no more, no less, each field under the column's own name."""
    doc = _form("zh", register)
    asked = [block["block_id"] for block in doc["blocks"] if block["type"] == "input"]
    assert sorted(asked) == sorted(columns(register))


def _blocks(doc: Doc) -> Doc:
    return {block["block_id"]: block for block in doc["blocks"] if "block_id" in block}


def test_a_choice_that_stands_is_chosen() -> None:
    """Unit, owner and scenarios of an entry are there when its form opens; where there are too many, as an id."""
    blocks = _blocks(_form("zh", "equipment"))
    assert blocks["unit"]["element"]["initial_value"] == "u777"
    few = _blocks(_form("zh", "equipment", units=UNITS[:9], people=PEOPLE[:9], cells={"unit": "u7", "owner": "p3"}))
    assert few["unit"]["element"]["initial_option"]["value"] == "u7"
    assert few["owner"]["element"]["initial_option"]["value"] == "p3"
    chosen = blocks["scenarios"]["element"]["initial_options"]
    assert [each["value"] for each in chosen] == ["s1", "s2"]


@pytest.mark.parametrize("lang", LANGS)
def test_the_list_of_what_is_due_says_days_and_names(lang: str) -> None:
    """A day of the organisation without an hour, the owner's name, no empty label; nobody is said where nobody is."""
    row = ical.Row(
        key="k", what=Words(zh="覆盖缺口", en="Gap"), plan=None, label="", title=Words(zh="冰冻", en="Ice"),
        detail=Words(zh="没有预案", en="no plan"), sure=None, owner="chen.jing", owner_name="陈静",
        due_at=datetime(2026, 12, 15, 16, 7, tzinfo=UTC), overdue=False,
    )  # fmt: skip
    doc = reviews.due_list(lang, rows=[row, replace(row, owner="")], mine="chen.jing", view=view())
    mine, others = (block["text"]["text"] for block in doc["blocks"][3:6:2])
    assert "2026-12-16 ·" in mine
    assert "陈静" in mine
    assert "00:07" not in mine
    assert "`" not in mine
    assert say("cover.nobody", lang) in others
