"""The people file: who is who, who holds what where, and every fault of the file at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import BadPeople, NotPermitted, UnknownPerson
from escalation import call
from escalation.duties import Addressee
from escalation.rosters import People, read
from playbooks import content

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "people.yaml").read_text("utf-8")
PEOPLE = read(TEXT)
LADDER = content.read((ROOT / "plans/library/core-network-outage.yaml").read_text("utf-8"), "x").ladder

SMALL = """
organisation: {id: o, title: {zh: 甲, en: A}, zone: Asia/Shanghai, party: [basic_operator_hq], phone: '1'}
units:
  - {id: top, title: {zh: 上, en: top}, authorities: {comms_administration: ca}}
  - {id: low, title: {zh: 下, en: low}, parent: top}
authorities:
  - {id: ca, title: {zh: 局, en: CA}}
people:
  - {id: a, name: 甲, slack: U1, roles: {top: [duty_manager, noc]}}
  - {id: b, name: 乙, roles: {low: [noc]}, superior: a, deputies: [a]}
"""


def small(old: str = "", new: str = "") -> People:
    """The small file, with one thing changed."""
    assert old in SMALL
    return read(SMALL.replace(old, new) if old else SMALL)


def test_the_sample_reads() -> None:
    """Everybody in it, each found by their Slack id."""
    assert len(PEOPLE.people) == 14
    assert all(PEOPLE.by_slack(person.slack) is person for person in PEOPLE.people.values())


@pytest.mark.parametrize("slack", ["", "U-nobody", "u1", "a"])
def test_a_stranger_is_nobody(slack: str) -> None:
    """An unknown sender is refused; so is an empty one, although somebody in the file has no Slack id."""
    with pytest.raises(UnknownPerson):
        small().by_slack(slack)


def test_roles_are_held_below_and_not_above() -> None:
    """A duty manager of the top is one below; a network watch of the branch is none at the top."""
    people = small()
    assert people.person("a").has("duty_manager", "low")
    assert people.person("b").has("noc", "low")
    assert not people.person("b").has("noc", "top")
    assert not people.person("a").has("duty_manager", "nowhere")
    with pytest.raises(NotPermitted):
        people.person("b").require("low", "duty_manager")


def test_the_nearest_holders_are_called() -> None:
    """There, else one unit up; where nobody holds a post at all, nobody."""
    people = small()
    assert [person.id for person in people.holders("noc", "low")] == ["b"]
    assert [person.id for person in people.holders("noc", "top")] == ["a"]
    assert [person.id for person in people.holders("duty_manager", "low")] == ["a"]
    assert people.holders("pilot", "low") == ()


def test_authorities_are_those_of_the_unit() -> None:
    """A branch answers to the office of the unit above it unless it has its own; none where the file names none."""
    office = PEOPLE.authority(Addressee.COMMS_ADMINISTRATION, "henan.zhengzhou")
    assert office is not None
    assert office.id == "ca.henan"
    assert PEOPLE.authority(Addressee.PUBLIC_SECURITY, "henan") is None


def test_a_name_is_found_for_everybody() -> None:
    """Who has left the file is called by their id; nobody at all is said too."""
    people = small()
    assert [people.name(who) for who in ("a", "gone", None)] == ["甲", "gone", "?"]
    with pytest.raises(UnknownPerson):
        people.person("gone")


def test_a_rung_is_never_empty() -> None:
    """Holder, deputy, superior; who is missing at a rung is replaced by the duty managers."""
    rungs = call.steps(LADDER, "noc", "low", small())
    assert [rung["whom"] for rung in rungs] == [["b"], ["b"], ["a"], ["a"], ["a"]]
    assert [rung["wait_s"] for rung in rungs] == [0, 120, 180, 300, 300]
    nobody = call.steps(LADDER, "pilot", "low", small())
    assert {tuple(rung["whom"]) for rung in nobody} == {("a",)}


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("id: b, name", "id: a, name", 10, "stands twice"),
        ("name: 乙, roles", "name: 乙, slack: U1, roles", 10, "Slack id “U1” stands twice"),
        ("parent: top", "parent: tip", 5, "did you mean “top”"),
        ("superior: a", "superior: z", 10, "unknown person"),
        ("deputies: [a]", "deputies: [z]", 10, "unknown person"),
        ("roles: {low:", "roles: {lou:", 10, "unknown unit"),
        ("comms_administration: ca", "comms_administration: cb", 4, "unknown authority"),
        ("comms_administration: ca", "comms_admin: ca", 4, "unknown addressee"),
        ("Asia/Shanghai", "Asia/Shangai", 2, "Asia/Shanghai"),
        ("{id: top, title: {zh: 上, en: top}", "{id: top, parent: low, title: {zh: 上, en: top}", 4, "circle"),
    ],
)
def test_a_fault_stands_with_its_line(old: str, new: str, line: int, said: str) -> None:
    """Every slip is refused where it stands, in both languages."""
    with pytest.raises(BadPeople) as refused:
        small(old, new)
    (fault,) = refused.value.faults[:1]
    assert fault.line == line
    assert said in fault.en
    assert fault.zh != fault.en


def test_all_faults_at_once() -> None:
    """Two slips, two faults."""
    with pytest.raises(BadPeople) as refused:
        read(SMALL.replace("superior: a", "superior: z").replace("parent: top", "parent: tip"))
    assert len(refused.value.faults) == 2


@pytest.mark.parametrize(
    "portal", ["desk", "https://notices.example.gov.cn/in", "http://127.0.0.1:8765/desk/portal/notices"]
)
def test_a_portal_is_reached_over_tls_or_on_this_machine(portal: str) -> None:
    """A notice and the token that opens the portal travel no other way."""
    assert small("title: {zh: 局, en: CA}", f"title: {{zh: 局, en: CA}}, portal: '{portal}'").authorities["ca"].portal


@pytest.mark.parametrize(
    "portal",
    ["http://notices.example.gov.cn", "https://me:secret@x.cn", "https://", "ftp://x.cn", "https://[x", "Desk"],
)
def test_any_other_portal_is_refused(portal: str) -> None:
    """It is named in its line; what stood there is not repeated, for it may hold a password."""
    with pytest.raises(BadPeople) as refused:
        small("title: {zh: 局, en: CA}", f"title: {{zh: 局, en: CA}}, portal: '{portal}'")
    (fault,) = refused.value.faults
    assert fault.line == 7
    assert "secret" not in fault.zh + fault.en
