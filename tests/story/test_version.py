"""A version changes while an incident runs: its room hears it in sentences, and moves by one press of its commander."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from escalation import rosters
from escalation.words import Words
from playbooks import content, draft, publish
from playbooks.records import in_force_for
from playbooks.shape import Playbook
from store.database import Database
from tests.story.house import House, until
from tests.story.look import rows
from tests.story.team import Team

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
CHEN, LI, WANG = (PEOPLE.person(who) for who in ("chen.jing", "li.wei", "wang.fang"))
SAID = {"title": "郑东机房进水", "scenario": "flood_typhoon", "unit": "henan"}


def test_the_room_hears_of_a_new_version_and_moves_by_one_press(house: House) -> None:
    """Issued by three beside the running house: told at the next beat, nothing moves, one press and it has moved."""
    team = Team(house)
    assert team.declare("gao", **SAID) == {}
    team.gao.go("inc-")
    assert team.activate("gao", "IV", event_level="II") == {}
    before = _runs_on(house)
    _issue(house)
    until(lambda: "先确认人员安全再抽水" in team.gao.log(), 20, what="the room hears what changed")
    assert "不会自动改变" in team.gao.log()
    assert _runs_on(house) == before
    team.zhang.press("plan_move_press")  # not his to decide: told to him alone, nothing moves
    until(lambda: "您没有执行此操作的权限" in team.zhang.log(), what="the refusal")
    assert _runs_on(house) == before
    team.gao.press("plan_move_press")
    until(lambda: "已改用" in team.gao.log(), what="the room hears that it has moved")
    house.settle()
    assert _runs_on(house) == before + 1
    assert not team.gao.there("plan_move_press")


def _runs_on(house: House) -> int:
    wanted = "select v.number from incident i join playbook_version v on v.id = i.version_id"
    return int(rows(house, wanted)[0]["number"])


def _issue(house: House) -> None:
    """The flood plan's next version: one task reads otherwise."""
    key = (house.var / "journal.key").read_text("utf-8").strip().encode()
    database = Database(f"sqlite:///{house.var / 'tocsin.db'}", journal_key=key)
    at = house.now
    with database.begin() as session:
        base = in_force_for(session, "flood_typhoon", unit="henan", units_above=["group"], at=at)
        book = content.from_canonical(base.content)
        first = replace(book.tasks[0], do=Words(zh="先确认人员安全再抽水", en="first the people, then the pumps"))
        common: dict[str, Any] = {"people": PEOPLE, "at": at}
        of = draft.open(session, content=_fitting(session, book, first, at), base=base, by=CHEN, **common)
        draft.submit(session, of, digest=of.digest, by=CHEN, **common)
        draft.review(session, of, digest=of.digest, agrees=True, by=LI, **common)
        draft.sign(session, of, digest=of.digest, by=WANG, **common)
        publish.issue(session, of, by=CHEN, **common)
    database.close()


def _fitting(session: Any, book: Playbook, first: Any, at: datetime) -> Playbook:  # noqa: ANN401
    """Under the plan it names, or under a comprehensive one laid for it."""
    changed = replace(book, tasks=(first, *book.tasks[1:]))
    if book.parent is not None:
        return changed
    from plans.tiers import Tier

    top = replace(book, code="overall-plan", tier=Tier.COMPREHENSIVE, scenario="overall", duties=())
    publish.start(session, top, by="chen.jing", at=at)
    return replace(changed, parent="overall-plan")
