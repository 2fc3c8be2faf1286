"""Case files: what is read, what is refused, and the rows that scripts rely on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errors import BadCase
from escalation import regimes
from escalation.regimes.reading import EVENT_CLASSES, LEVELS, PARTIES
from incidents.cases import clock_rows, grade_rows, read_case

CLOCK_KEYS = {
    "regime",
    "kind",
    "seq",
    "recipient",
    "state",
    "anchor",
    "due_at",
    "would_have_been_due_at",
    "late_by",
    "immediate",
    "active",
    "source",
    "article",
    "confidence",
}

FLOOD = """
party: basic_operator_province
event_class: [network_operation]
facts: {users_affected: 977000, duration_hours: 5, cables_down: null}
instants:
  occurred_at: 2026-07-21T10:00+08:00
  submitted_at:
    cn.telecom2009: {brief_written: 2026-07-21T14:30+08:00}
now: 2026-07-21T15:00+08:00
"""


def clocks(text: str) -> list[dict[str, Any]]:
    """The rows of `clocks --json`."""
    return clock_rows(read_case(text))


def grades(text: str) -> dict[str, dict[str, Any]]:
    """The rows of `grade --json` by criteria."""
    return {row["criteria"]: row for row in grade_rows(read_case(text))}


def refused(text: str, lang: str = "en") -> str:
    """What the reader says of a bad file."""
    with pytest.raises(BadCase) as bad:
        read_case(text, "case.yaml")
    return bad.value.sentence(lang)


def test_clock_rows_have_exactly_the_promised_keys() -> None:
    """Each row carries the promised keys and plain JSON values."""
    rows = clocks(FLOOD)
    assert rows
    assert all(set(row) == CLOCK_KEYS for row in rows)
    assert json.loads(json.dumps(rows)) == rows


def test_facts_grade_and_the_grade_starts_the_clocks() -> None:
    """977 000 users for five hours is level I: by word at once, in writing by 14:00, filed 30 minutes late."""
    oral, written = (next(row for row in clocks(FLOOD) if row["kind"] == kind) for kind in ("oral", "brief_written"))
    assert (oral["state"], oral["immediate"], oral["due_at"]) == ("running", True, None)
    assert (written["state"], written["due_at"]) == ("met", "2026-07-21T14:00:00+08:00")
    assert written["late_by"] == "PT30M"


def test_a_persons_level_wins_over_the_facts() -> None:
    """The level somebody decided starts its own clocks, whatever the facts would give."""
    rows = clocks(FLOOD + "level: {cn.telecom2009: III}\n")
    assert next(row for row in rows if row["kind"] == "brief_written")["due_at"] == "2026-07-22T10:00:00+08:00"


def test_a_raised_level_shows_both_due_times() -> None:
    """A level raised after the anchor runs from then, and shows what would have been due."""
    rows = clocks(FLOOD.replace("  submitted_at:", "  level_changed_at: 2026-07-21T12:00+08:00\n  submitted_at:"))
    written = next(row for row in rows if row["kind"] == "brief_written")
    assert written["due_at"] == "2026-07-21T16:00:00+08:00"
    assert written["would_have_been_due_at"] == "2026-07-21T14:00:00+08:00"


def test_json_reads_as_yaml_does() -> None:
    """A case in JSON, indented with tabs, gives the same answer."""
    case = {
        "party": ["cii_operator", "other"],
        "event_class": ["cyber"],
        "level": {"cn.cac2025": "III"},
        "facts": {"deaths": None, "affects_911": False, "duration_hours": 0.5},
        "instants": {"aware_at": "2026-07-21T02:00:00Z"},
        "regimes": ["cn.cac2025"],
        "now": "2026-07-21T10:30:00+08:00",
    }
    rows = clocks(json.dumps(case, indent="\t"))
    assert {row["due_at"] for row in rows if row["kind"] == "initial"} == {"2026-07-21T03:00:00+00:00"}
    assert rows == clocks(json.dumps(case))


def test_grade_rows_are_those_of_the_event() -> None:
    """The tables that speak of the event answer with their promised keys."""
    row = grades(FLOOD)["cn.telecom2009.level"]
    assert set(row) == {"criteria", "level", "provisional", "unknown", "drivers", "clause", "confidence"}
    assert (row["level"], row["drivers"]) == ("I", ["users_affected", "duration_hours"])
    assert set(grades(FLOOD)) == {"cn.telecom2009.level"}


def test_eu_and_fcc_rows_say_significant() -> None:
    """Where the text asks yes or no the row has `significant`, and no level."""
    case = "regimes: [us.fcc.nors.wireless, eu.nis2]\nfacts: {duration_hours: 0.5, affects_911: true}\n"
    rows = grades(case + "now: 2026-01-01T00:00Z\n")
    assert (rows["us.fcc.nors.wireless"]["significant"], rows["eu.cir2690"]["significant"]) == (True, None)
    assert "level" not in rows["us.fcc.nors.wireless"]


def test_a_missing_level_is_null_never_iv() -> None:
    """A small interruption falls in a band no known text defines: null, in JSON too."""
    small = FLOOD.replace("977000", "400")
    assert grades(small)["cn.telecom2009.level"]["level"] is None
    assert {row["anchor"] for row in clocks(small) if row["state"] == "not_started"} >= {"level"}


def test_every_fault_is_told_at_once_with_its_place() -> None:
    """Unknown names, wrong facts, naive instants and missing keys are all told, in the order of the file."""
    said = refused(
        "party: basic_operator\n"
        "event_class: [cyber]\n"
        "facts: {death: 3, deaths: -1, missing: 1.5, affects_911: yes}\n"
        "instants:\n"
        "  occured_at: 2026-01-01T00:00Z\n"
        "  aware_at: 2026-01-01T00:00\n"
        "  detected_at: yesterday\n"
        "  submitted_at: {cn.cac2025: {first: 2026-01-01T00:00Z}}\n"
        "level: {cn.cac2025: V}\n"
        "regime: [cn.cac2025]\n"
    ).splitlines()
    places = [line.split(": ")[0] for line in said]
    assert places == [
        "case.yaml:1:1",
        "case.yaml:1:8",
        "case.yaml:3:9",
        "case.yaml:3:27",
        "case.yaml:3:40",
        "case.yaml:3:58",
        "case.yaml:5:3",
        "case.yaml:6:13",
        "case.yaml:7:16",
        "case.yaml:8:38",
        "case.yaml:9:21",
        "case.yaml:10:1",
    ]
    assert "did you mean “basic_operator_hq”?" in said[1]
    assert "did you mean “occurred_at”?" in said[6]
    assert "no offset" in said[7]


def test_faults_are_told_in_chinese_too() -> None:
    """The same file is refused in Chinese with the same places."""
    said = refused("party: other\nevent_class: cyber\nnow: 2026-01-01T00:00\n", "zh")
    assert said == "case.yaml:3:6: 时间 2026-01-01T00:00 没有时区；请写成 2026-01-01T00:00+08:00 这样。"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "now: 2026-01-01T00:00Z\n",
        "party: other\nnow: 2026-01-01T00:00Z\n",
        "party: []\nevent_class: []\nnow: 2026-01-01T00:00Z\n",
        "party: other\nevent_class: cyber\nnow: 9999-12-31T23:59Z\n",
        "party: other\nevent_class: cyber\nnow: 2026-01-01T00:00Z\nnow: 2026-01-01T00:00Z\n",
        "party: &a other\nevent_class: cyber\nnow: 2026-01-01T00:00Z\n",
        "party: {other: 1}\nevent_class: cyber\nnow: 2026-01-01T00:00Z\n",
        "regimes: [cn.so493]\nfacts: [deaths]\nnow: 2026-01-01T00:00Z\n",
        "regimes: [cn.so493]\nfacts: {deaths: 1e400000}\nnow: 2026-01-01T00:00Z\n",
        "regimes: [cn.so493]\ninstants: {submitted_at: {cn.so493: [1]}}\nnow: 2026-01-01T00:00Z\n",
        "regimes: [cn.so493\nnow: 2026-01-01T00:00Z\n",
        "? [a]\n: 1\nnow: 2026-01-01T00:00Z\n",
        "party: 5\nnow: [1]\n",
        "[" * 5000,
    ],
)
def test_what_is_no_case_is_refused_with_a_place(text: str) -> None:
    """Nothing, too little, the wrong shape, bombs and broken text are refused with a sentence, never a crash."""
    assert refused(text).startswith("case.yaml:")


def test_named_regimes_need_no_party() -> None:
    """Where the regimes are named, party and event class may be left out."""
    rows = clocks("regimes: [eu.gdpr33]\ninstants: {aware_at: 2026-01-01T00:00Z}\nnow: 2026-01-01T00:00Z\n")
    assert [(row["regime"], row["due_at"]) for row in rows] == [("eu.gdpr33", "2026-01-04T00:00:00+00:00")]


HOURS = st.integers(0, 24 * 90).map(
    lambda hours: (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)).isoformat()
)
ANCHORS = [name for name in regimes.titles().anchors if name.endswith("_at")]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Any case: any party and classes, some instants, some filings, perhaps a level."""
    filings = {name: dict.fromkeys(regimes.kinds(name), HOURS) for name in regimes.ids()}
    return {
        "party": draw(st.lists(st.sampled_from(PARTIES), min_size=1, max_size=3)),
        "event_class": draw(st.lists(st.sampled_from(EVENT_CLASSES), min_size=1)),
        "level": draw(st.dictionaries(st.sampled_from(regimes.ids()), st.sampled_from(LEVELS))),
        "facts": draw(
            st.fixed_dictionaries({}, optional={"duration_hours": st.integers(0, 30), "deaths": st.integers(0, 40)})
        ),
        "instants": {
            **draw(st.dictionaries(st.sampled_from(ANCHORS), HOURS)),
            "submitted_at": draw(
                st.fixed_dictionaries(
                    {}, optional={name: st.fixed_dictionaries({}, optional=k) for name, k in filings.items()}
                )
            ),
        },
        "now": draw(HOURS),
        **({"regimes": list(regimes.ids())} if draw(st.booleans()) else {}),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_every_row_of_every_case_keeps_its_word(case: dict[str, Any]) -> None:
    """Not started has no due time, late is past it, met was filed, at once has no number, and no row comes twice."""
    rows = clocks(json.dumps(case))
    now = datetime.fromisoformat(case["now"])
    filed = case["instants"]["submitted_at"]
    assert len({(row["regime"], row["kind"], row["seq"], row["recipient"]) for row in rows}) == len(rows)
    for row in rows:
        due = datetime.fromisoformat(row["due_at"]) if row["due_at"] else None
        match row["state"]:
            case "not_started":
                assert due is None
            case "running":
                assert due is None or now <= due
            case "late":
                assert due is not None
                assert now > due
                assert row["late_by"]
            case "met":
                assert row["kind"] in filed.get(row["regime"], {})
            case other:
                pytest.fail(other)
        assert not (row["immediate"] and due)
    assert grade_rows(read_case(json.dumps(case))) is not None


def test_a_decision_holds_for_all_that_read_the_same_table() -> None:
    """A person's level for one regime also starts what another regime hangs on the same criteria."""
    rows = clocks(
        "party: basic_operator_province\nevent_class: work_safety\nlevel: {cn.so493: II}\nfacts: {deaths: 1}\n"
        "instants: {site_reported_to_head_at: 2026-01-01T00:00Z}\nnow: 2026-01-01T00:00Z\n"
    )
    assert [row["state"] for row in rows if row["regime"] == "cn.miit.accident"] == ["running"]
