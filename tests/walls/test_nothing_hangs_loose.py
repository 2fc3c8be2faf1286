"""Whatever one floor names, another one answers: cards, rings, presses, couriers, methods."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import app
from bot import listeners
from bot.commands import COMMANDS
from bot.courier import HARMLESS, ORDERS
from bot.views.cards import CARDS
from bot.words import keys
from escalation import rosters
from incidents.permits import PERMITS, Act
from playbooks import content
from playbooks import permits as plan_permits
from workspace.wire import METHODS

ROOT = Path(__file__).parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
ELSEWHERE = {"notice", "notice_link", "notice_scan", "call_sheet"}  # carried by portal, mail and paper: no card of chat


def sources(*floors: str) -> str:
    """The text of every module of these floors."""
    return "\n".join(path.read_text("utf-8") for floor in floors for path in sorted((ROOT / floor).rglob("*.py")))


def test_every_dispatch_kind_has_a_card() -> None:
    """What is told under a kind is drawn by a card or done by an order; no card is drawn for nothing."""
    text = sources("incidents", "playbooks", "plans", "escalation", "bot")
    told = set(re.findall(r"""(?:show\.news|_card)\(\s*session,\s*of,\s*"([a-z_.]+)\"""", text))
    told |= set(re.findall(r"""show\.room\(\s*session,\s*of,\s*"([a-z_.]+)\"""", text))
    told |= set(re.findall(r"""tell\(\s*session,\s*[\w.]+,\s*"([a-z_.]+)\"""", text))
    told |= set(re.findall(r'"(notice_(?:failed|uncertain))"', text))
    assert len(told) > 25, "the search finds nothing any more"
    known = set(CARDS) | set(ORDERS) | ELSEWHERE
    assert told <= known, told - known
    assert known - ELSEWHERE <= told | {"home"}, known - told


def test_every_deadline_kind_has_a_ring() -> None:
    """A deadline of a kind that nobody rings would be late in silence."""
    text = sources("incidents", "playbooks", "plans", "escalation")
    kinds_of = "CLOCK|TASK|(?:[A-Z]+_)?KIND|SETTLED|SETTLED_RING|UNREAD|[A-Z]+_DUE|EFFECT|LAPSE|FILING|OPENING"
    named = rf'^(?:{kinds_of})\s*=\s*"([a-z_]+)"'
    kinds = set(re.findall(named, text, re.MULTILINE))
    kinds |= set(re.findall(r'then="([a-z_]+)"', text))
    assert kinds == set(app.rings(PEOPLE))


def couriers() -> Any:  # noqa: ANN401 -- the app's own table
    """The app's table, with nothing behind it."""
    settings = app.Settings(desk="http://127.0.0.1:1/")
    return app.couriers(settings, PEOPLE, SimpleNamespace(), SimpleNamespace(), lambda: None)  # type: ignore[arg-type]


def test_every_courier_has_a_lane_and_both_tables() -> None:
    """A courier without a lane would never be asked to carry; a drill has one for every name that reality has."""
    table = couriers()
    lanes = {name for names in app.LANES.values() for name in names}
    assert set(table[False]) == set(table[True]) == lanes


def test_no_courier_of_a_drill_leads_outside() -> None:
    """Portal, mail and staff mail of a drill are the shelf; what is real there stays in chat, on paper, in a hand."""
    table = couriers()
    outside = {"portal", "mail", "staff_mail"}
    assert {type(table[True][name]).__name__ for name in outside} == {"Shelf"}
    assert {type(table[False][name]).__name__ for name in outside} == {"Portal", "Mail", "StaffMail"}


NO_ACTIONS = {
    "static_select",
    "multi_static_select",
    "send_back",
    "sent_back",
    "draft_sent_back",
    "asked_back",
    "plan_edit",
    "plan_back",
    "plan_web_press",
}  # elements, forms, a card, a link


def test_every_button_has_a_listener() -> None:
    """Each action that a view or a reason names is in the tables of the door, and none stands there for nothing."""
    text = sources("bot/views") + (ROOT / "bot" / "find.py").read_text("utf-8")
    ends = "open|take|read|edit|phone|resend|press|select|done|more|room|back"
    named = set(re.findall(rf'"([a-z]+(?:_[a-z]+)*_(?:{ends}))"', text)) - NO_ACTIONS
    tables = (listeners.OPENS, listeners.PREPARES, listeners.TURNS, listeners.BEGINS, listeners.ACTS)
    heard = {*(name for table in tables for name in table), "task_done", "declare_more", "plan_more"}
    assert len(named) > 15, "the search finds nothing any more"
    assert named <= heard, named - heard
    named |= {"plan_for_gap"} & set(re.findall(r'"([a-z_]+)"', text))
    assert heard - named <= {"hand_over_open", "assess_open", "cancel_open"}, heard - named
    assert named - {"more"} >= {*listeners.TURNS, *listeners.BEGINS}


def test_every_form_has_a_listener() -> None:
    """Each form that the views draw is taken when it is submitted, and none is taken that nobody draws."""
    text = sources("bot/views")
    taken = {*listeners.SUBMITS, *listeners.RECEIVES, *listeners.AWAITS, *listeners.ASKS}
    drawn = {callback for callback in taken if f'"{callback}"' in text}
    assert drawn == taken
    named = set(re.findall(r'callback(?:_id)?\s*[=:]\s*"([a-z_]+)"', text))
    drawn_again = set(listeners.AGAIN) | {"mine", "plan_page", "plan_reading"}
    assert named <= taken | drawn_again, named


def test_the_more_menu_is_answered() -> None:
    """Each entry behind ⋯ opens something."""
    entries = "handover|assess|stand_down|timeline|tasks|add_task|merge|cancel|close|review|facts|level|reports"
    offered = set(re.findall(rf'f?"({entries})\|', sources("bot/views")))
    assert offered <= set(listeners.MORE), offered - set(listeners.MORE)


def test_the_more_menu_of_a_plan_is_answered() -> None:
    """Each entry behind ⋯ of a plan and of a draft has its words and opens something; none is there for nothing."""
    named = {key.partition(".")[2] for key in keys() if key.startswith("planmore.")}
    assert named == set(listeners.PLAN_MORE)
    text = sources("bot/views")
    assert {name for name in named if f'"{name}"' not in text} == set()


def test_every_permit_of_a_plan_is_asked() -> None:
    """Each act that the table of permits names is asked for by a verb, and the table names every act."""
    text = sources("playbooks")
    assert set(plan_permits.PERMITS) == set(plan_permits.Act)
    assert {act for act in plan_permits.Act if f"permits.require(Act.{act.name}" not in text} == set()


def test_the_workspace_carries_every_method_the_bot_calls() -> None:
    """What the bot asks of Slack, the local workspace answers."""
    called = set(re.findall(r"client\.([a-z]+(?:_[a-zA-Z]+)+)\(", sources("bot")))
    called -= {"is_connected"}
    assert len(called) > 12
    known = {method.replace(".", "_") for method in METHODS} | {"apps_connections_open"}
    assert called <= known, called - known


def test_the_manifest_offers_what_is_answered() -> None:
    """Each slash command of the manifest has an answer, and the other way round."""
    manifest = yaml.safe_load((ROOT / "slack-manifest.yaml").read_text("utf-8"))
    offered = {each["command"] for each in manifest["features"]["slash_commands"]}
    assert offered == set(COMMANDS)
    assert {each["callback_id"] for each in manifest["features"]["shortcuts"]} == {"declare", "declare_from_message"}


def test_every_act_has_its_permit() -> None:
    """An act that the table does not name would be refused to everybody; none is forgotten."""
    assert set(PERMITS) == set(Act)


def test_what_is_repeated_without_asking_is_harmless() -> None:
    """Only orders that change nothing when given twice are repeated without asking Slack first."""
    assert set(ORDERS) - {"room.open", "notice_papers"} == HARMLESS


@pytest.mark.parametrize("kind", sorted(Path(ROOT / "plans" / "library").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_duty_has_a_courier_and_an_office(kind: Path) -> None:
    """In the sample people file each duty of each starter plan finds its office and a channel to it."""
    book = content.read(kind.read_text("utf-8"), kind.name)
    for unit in PEOPLE.units:
        for duty in book.duties:
            office = PEOPLE.authority(duty.addressee, unit)
            assert office is not None, (unit, duty.id)
            channel = {"portal": office.portal, "mail": office.mail, "by_hand": office.phone}[duty.courier.value]
            assert channel, (unit, duty.id)
