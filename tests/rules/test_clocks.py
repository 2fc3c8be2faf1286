"""Clocks: when each starts, when it runs out, what a rise does to it, and when it rings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation import regimes
from escalation.clocks import Level, Obligation, RingName, Rise, State, next_ring, owed, rings

CLASSES = ("work_safety", "network_operation", "cyber", "data", "disaster")


def t(text: str) -> datetime:
    """An instant of July 2026 in China: `21T10:00` is the 21st at ten."""
    return datetime.fromisoformat(text if len(text) > 8 else f"2026-07-{text}+08:00")


def ask(*names: str, party: str = "other", at: str = "21T10:00", **known: Any) -> list[Obligation]:  # noqa: ANN401
    """What these regimes answer; instants are given by name, the rest as `owed` takes it."""
    taken = {"levels", "level_changed", "submitted", "facts", "sureness"}
    return list(
        owed(
            regimes.all_regimes().values(),
            parties=[party],
            event_classes=CLASSES,
            instants={name: t(value) for name, value in known.items() if name not in taken},
            at=t(at),
            named=names or None,
            **{
                "levels": {},
                "level_changed": {},
                "submitted": {},
                "facts": {},
                **{k: known[k] for k in taken & set(known)},
            },
        )
    )


def first(rows: list[Obligation], kind: str, seq: int = 1) -> Obligation:
    """The first row of a kind."""
    return next(row for row in rows if (row.kind, row.seq) == (kind, seq))


def filed(regime: str, **kinds: str) -> Mapping[str, Mapping[str, datetime]]:
    """What was filed under one regime, by kind."""
    return {regime: {kind: t(at) for kind, at in kinds.items()}}


# --- state 493 ---------------------------------------------------------------------------------------------------


def test_the_hour_of_493_runs_from_when_the_head_was_told() -> None:
    """One hour from the report to the person in charge, to both authorities; not from the accident."""
    rows = ask("cn.so493", occurred_at="21T08:00", site_reported_to_head_at="21T09:30")
    both = [row for row in rows if row.kind == "initial"]
    assert {row.recipient for row in both} == {"emergency_mgmt_bureau", "comms_administration"}
    assert {row.due_at for row in both} == {t("21T10:30")}
    assert {row.confidence for row in both} == {"V-text"}


def test_an_unset_anchor_starts_nothing() -> None:
    """A clock whose anchor is unset says which instant it waits for, and has no due time."""
    row = first(ask("cn.so493", occurred_at="21T08:00"), "initial")
    assert (row.state, row.anchor, row.due_at) == (State.NOT_STARTED, "site_reported_to_head_at", None)


def test_at_once_has_no_number() -> None:
    """立即 runs from its anchor until filed, without a due time, and is never late by any number."""
    row = first(ask("cn.so493", occurred_at="20T08:00"), "internal")
    assert (row.state, row.immediate, row.due_at, row.late_by) == (State.RUNNING, True, None, None)
    row = first(ask("cn.so493", occurred_at="20T08:00", submitted=filed("cn.so493", internal="21T09:00")), "internal")
    assert (row.state, row.late_by) == (State.MET, None)


@pytest.mark.parametrize(
    ("now", "state", "late_by"),
    [
        ("21T10:29:59", State.RUNNING, None),
        ("21T10:30:00", State.RUNNING, None),
        ("21T10:30:01", State.LATE, timedelta(seconds=1)),
    ],
)
def test_the_due_second_itself_is_in_time(now: str, state: State, late_by: timedelta | None) -> None:
    """Within one hour includes the last second; the next one is late, by how much is said."""
    row = first(ask("cn.so493", site_reported_to_head_at="21T09:30", at=f"2026-07-{now}+08:00"), "initial")
    assert (row.state, row.late_by) == (state, late_by)


def test_what_was_filed_late_is_met_and_says_so() -> None:
    """A late filing meets the clock and keeps by how much it was late; one in time keeps nothing."""
    late = ask("cn.so493", site_reported_to_head_at="21T08:00", submitted=filed("cn.so493", initial="21T09:20"))
    assert (first(late, "initial").state, first(late, "initial").late_by) == (State.MET, timedelta(minutes=20))
    timely = ask("cn.so493", site_reported_to_head_at="21T08:00", submitted=filed("cn.so493", initial="21T09:00"))
    assert (first(timely, "initial").state, first(timely, "initial").late_by) == (State.MET, None)


@pytest.mark.parametrize(
    ("accident", "changed", "asked"),
    [
        (None, "2026-07-31T08:00+08:00", True),
        (None, "2026-07-31T08:01+08:00", False),
        ("mechanical", "2026-07-31T08:00+08:00", True),
        ("fire", "2026-07-08T08:00+08:00", True),
        ("fire", "2026-07-08T08:01+08:00", False),
        ("road_traffic", "2026-07-08T08:01+08:00", False),
    ],
)
def test_casualties_count_for_30_days_or_7(accident: str | None, changed: str, asked: bool) -> None:
    """A change within 30 days of the accident is reported; on the road or in a fire within 7; later ones are not."""
    rows = ask(
        "cn.so493",
        occurred_at="01T08:00",
        casualty_changed_at=changed,
        facts={"accident_type": accident},
        at="2026-08-02T00:00+08:00",
    )
    assert any(row.kind == "supplementary" for row in rows) is asked


def test_each_change_of_casualties_asks_anew() -> None:
    """A supplementary report filed before the latest change does not meet it; one filed after it does."""
    known = {"occurred_at": "20T08:00", "casualty_changed_at": "21T09:00"}
    before = ask("cn.so493", **known, submitted=filed("cn.so493", supplementary="20T12:00"))
    assert first(before, "supplementary").state is State.RUNNING
    after = ask("cn.so493", **known, submitted=filed("cn.so493", supplementary="21T09:30"))
    assert first(after, "supplementary").state is State.MET


def test_authorities_relays_are_no_deadlines_of_ours() -> None:
    """The two hours a level and the inquiry's 60 days are kept as information, and give no row."""
    assert regimes.regime("cn.so493").relays[0].within == timedelta(hours=2)
    assert ask("cn.so493.invest", "cn.so493.escalate", occurred_at="21T08:00") == []


# --- telecom 2009 ------------------------------------------------------------------------------------------------

TELECOM = "cn.telecom2009"


def telecom(level: str | None, **known: Any) -> list[Obligation]:  # noqa: ANN401
    """The answer at a level, an interruption since 10:00."""
    levels = {TELECOM: Level(level)} if level else {}
    return ask(party="basic_operator_province", levels=levels, **{"occurred_at": "21T10:00", **known})


@pytest.mark.parametrize(
    ("level", "oral", "written"),
    [("I", None, "21T14:00"), ("II", "21T14:00", "22T10:00"), ("III", "21T14:00", "22T10:00")],
)
def test_the_level_sets_the_hours(level: str, oral: str | None, written: str) -> None:
    """Level I: by word at once, in writing in 4 h; levels II and III: 4 h and 24 h."""
    rows = [row for row in telecom(level) if row.regime == TELECOM]
    assert first(rows, "oral").due_at == (t(oral) if oral else None)
    assert first(rows, "oral").immediate is (oral is None)
    assert first(rows, "brief_written").due_at == t(written)
    assert {row.kind for row in rows} == {"oral", "brief_written"}


def test_level_iv_waits_for_the_month() -> None:
    """Level IV is rolled up monthly; the day is in no text we know, so none is made up."""
    rows = [row for row in telecom("IV", month_end="31T23:59") if row.regime == TELECOM]
    assert [(row.kind, row.state, row.due_at, row.immediate) for row in rows] == [
        ("monthly_rollup", State.RUNNING, None, False)
    ]


def test_without_a_level_the_clocks_wait_for_it() -> None:
    """An interruption without a level owes nothing dated yet, and everything it may owe waits for `level`."""
    rows = [row for row in telecom(None) if row.regime == TELECOM]
    assert {(row.state, row.anchor, row.due_at) for row in rows} == {(State.NOT_STARTED, "level", None)}
    assert {row.kind for row in rows} == {"oral", "brief_written", "monthly_rollup"}


def test_a_rise_starts_the_higher_clocks_then() -> None:
    """A level raised after the event runs from the rise, and shows when it would have been due."""
    rows = telecom("I", level_changed={TELECOM: Rise(at=t("21T12:00"))})
    written = first(rows, "brief_written")
    assert (written.anchor, written.due_at) == ("level_changed_at", t("21T16:00"))
    assert written.would_have_been_due_at == t("21T14:00")
    assert first(rows, "oral").would_have_been_due_at is None


def test_a_rise_that_asks_nothing_new_restarts_nothing() -> None:
    """From III to II the same reports are owed at the same hours: the older clock runs on."""
    row = first(telecom("II", level_changed={TELECOM: Rise(at=t("21T12:00"), before=Level.III)}), "brief_written")
    assert (row.anchor, row.due_at, row.would_have_been_due_at) == ("occurred_at", t("22T10:00"), None)


def test_a_rise_never_gives_more_time() -> None:
    """Raised from III to I with one hour left of the 24, the written report keeps that hour."""
    rise = Rise(at=t("22T09:00"), before=Level.III)
    row = first(telecom("I", level_changed={TELECOM: rise}), "brief_written")
    assert row.due_at == t("22T10:00")
    assert row.would_have_been_due_at == t("21T14:00")


def test_a_fall_restarts_nothing() -> None:
    """A level that fell does not move the clocks it shares."""
    rise = Rise(at=t("21T12:00"), before=Level.I)
    assert first(telecom("III", level_changed={TELECOM: rise}), "brief_written").due_at == t("22T10:00")


def test_met_stays_met_at_every_level() -> None:
    """What was filed stays on the list and met, also where the new level no longer asks for it."""
    submitted = filed(TELECOM, oral="21T11:00")
    for level in ("I", "II", "III", "IV", None):
        assert first(telecom(level, submitted=submitted), "oral").state is State.MET


# --- CAC ---------------------------------------------------------------------------------------------------------

CAC = "cn.cac2025"


@pytest.mark.parametrize("level", ["I", "II", "III"])
@pytest.mark.parametrize(
    ("party", "due"),
    [
        ("cii_operator", "21T11:00"),
        ("central_state_organ", "21T12:00"),
        ("other", "21T14:00"),
        ("cloud_operator", "21T14:00"),
    ],
)
def test_who_one_is_sets_the_hours_and_severity_does_not(level: str, party: str, due: str) -> None:
    """1 h, 2 h or 4 h by party, whatever the level.

    A public tool gives 1 h for 特别重大 and 4 h for 较大; the text does not, and neither do we.
    """
    rows = ask(CAC, party=party, levels={CAC: Level(level)}, aware_at="21T10:00")
    assert first(rows, "initial").due_at == t(due)


def test_cac_takes_the_strictest_party() -> None:
    """A state organ that runs critical infrastructure has the operator's hour, not two hours or both."""
    rows = [
        row
        for row in owed(
            regimes.all_regimes().values(),
            parties=["other", "central_state_organ", "cii_operator"],
            event_classes=["cyber"],
            levels={CAC: Level.III},
            level_changed={},
            instants={"aware_at": t("21T10:00")},
            submitted={},
            facts={},
            at=t("21T10:00"),
        )
        if (row.regime, row.kind) == (CAC, "initial")
    ]
    assert {row.due_at for row in rows} == {t("21T11:00")}
    assert {row.recipient for row in rows} == {"protection_department", "public_security"}


def test_cac_asks_from_level_iii_up() -> None:
    """A person's IV is below the threshold; an unknown level waits, and is never read as below it."""
    assert ask(CAC, levels={CAC: Level.IV}, aware_at="21T10:00") == []
    waiting = first(ask(CAC, aware_at="21T10:00"), "initial")
    assert (waiting.state, waiting.anchor) == (State.NOT_STARTED, "level")


def test_cac_raised_to_iii_runs_from_then() -> None:
    """Reaching III hours after awareness starts the hours then; a rise from III to I restarts nothing."""
    raised = ask(CAC, levels={CAC: Level.III}, aware_at="21T08:00", level_changed={CAC: Rise(at=t("21T09:00"))})
    assert first(raised, "initial").due_at == t("21T13:00")
    assert first(raised, "initial").would_have_been_due_at == t("21T12:00")
    rise = Rise(at=t("21T09:00"), before=Level.III)
    again = ask(CAC, levels={CAC: Level.I}, aware_at="21T08:00", level_changed={CAC: rise})
    assert first(again, "initial").due_at == t("21T12:00")


def test_a_clock_is_no_surer_than_its_level() -> None:
    """A clock that a level from memory has called is shown as from memory."""
    rows = ask(CAC, levels={CAC: Level.III}, sureness={"cn.cac2025.level": "MEM"}, aware_at="21T10:00")
    assert first(rows, "initial").confidence == "MEM"
    assert first(ask(CAC, levels={CAC: Level.III}, aware_at="21T10:00"), "initial").confidence == "V-page"


def test_cac_is_not_asked_of_what_began_before_it_was_in_force() -> None:
    """In force since 2025-11-01: an event of the day before is not under it; named all the same, it is not active."""
    day, now = "2025-10-31T23:59+08:00", "2025-11-02T00:00+08:00"
    unnamed = ask(levels={CAC: Level.I}, aware_at=day, at=now)
    assert CAC not in {row.regime for row in unnamed}
    assert not first(ask(CAC, levels={CAC: Level.I}, aware_at=day, at=now), "initial").active
    assert first(ask(CAC, levels={CAC: Level.I}, aware_at="2025-11-01T00:00+08:00", at=now), "initial").active


def test_a_rule_from_memory_is_never_silenced() -> None:
    """A level below an unverified threshold leaves its clocks waiting for the level; nothing says not reportable."""
    rows = ask("cn.miit.datasec2024", levels={"cn.miit.datasec2024": Level.IV}, discovered_at="21T10:00")
    assert {(row.state, row.anchor, row.confidence) for row in rows} == {(State.NOT_STARTED, "level", "MEM")}


# --- chains, months, choices -------------------------------------------------------------------------------------


def test_nis2_final_is_a_month_after_the_filing() -> None:
    """The final report waits for the notification, then runs a calendar month from its filing, not from awareness."""
    rows = ask("eu.nis2", aware_at="2025-01-29T09:00+01:00", at="2025-01-30T00:00+01:00")
    assert first(rows, "early_warning").due_at == t("2025-01-30T09:00+01:00")
    assert first(rows, "notification").due_at == t("2025-02-01T09:00+01:00")
    assert (first(rows, "final").state, first(rows, "final").anchor) == (
        State.NOT_STARTED,
        "submitted_at[notification]",
    )
    submitted = filed("eu.nis2", notification="2025-01-31T09:00+01:00")
    rows = ask("eu.nis2", aware_at="2025-01-29T09:00+01:00", submitted=submitted, at="2025-02-01T00:00+01:00")
    assert first(rows, "final").due_at == t("2025-02-28T09:00+01:00")


def test_nis2_ongoing_incidents_report_progress_first() -> None:
    """Handled after the month: progress is due then, and the final a month after handling ended."""
    submitted = filed("eu.nis2", notification="2025-03-31T09:00+02:00")
    rows = ask("eu.nis2", handled_at="2025-05-31T12:00+02:00", submitted=submitted, at="2025-06-01T00:00+02:00")
    assert first(rows, "progress").due_at == t("2025-04-30T09:00+02:00")
    assert (first(rows, "final").anchor, first(rows, "final").due_at) == ("handled_at", t("2025-06-30T12:00+02:00"))
    rows = ask("eu.nis2", handled_at="2025-04-30T09:00+02:00", submitted=submitted, at="2025-06-01T00:00+02:00")
    assert first(rows, "final").due_at == t("2025-04-30T09:00+02:00")
    assert "progress" not in {row.kind for row in rows}


def test_nis2_a_filed_progress_report_says_it_is_ongoing() -> None:
    """With a progress report filed and no end of handling known, the final waits for that end."""
    submitted = filed("eu.nis2", notification="2025-03-31T09:00+02:00", progress="2025-04-29T09:00+02:00")
    rows = ask("eu.nis2", submitted=submitted, at="2025-06-01T00:00+02:00")
    assert (first(rows, "final").state, first(rows, "final").anchor) == (State.NOT_STARTED, "handled_at")
    assert first(rows, "progress").state is State.MET


@pytest.mark.parametrize(
    ("aware", "classified", "due", "anchor"),
    [
        ("20T00:00", "20T02:00", "20T06:00", "classified_at"),
        ("20T00:00", "20T20:00", "21T00:00", "classified_at"),
        ("20T00:00", "20T21:00", "21T00:00", "aware_at"),
        ("20T00:00", "21T00:00", "21T00:00", "aware_at"),
        ("20T00:00", "21T00:01", "21T04:01", "classified_at"),
    ],
)
def test_dora_takes_the_earlier_unless_classified_late(aware: str, classified: str, due: str, anchor: str) -> None:
    """4 h from classification and no later than 24 h from awareness; classified after those 24 h, 4 h alone."""
    row = first(ask("eu.dora", aware_at=aware, classified_at=classified), "initial")
    assert (row.due_at, row.anchor) == (t(due), anchor)


def test_dora_waits_for_classification() -> None:
    """Aware and not classified: not started, waits for the classification."""
    row = first(ask("eu.dora", aware_at="20T00:00"), "initial")
    assert (row.state, row.anchor) == (State.NOT_STARTED, "classified_at")


def test_dora_chains_on_what_was_filed() -> None:
    """Intermediate 72 h after the initial filing, final a month after the intermediate filing; both from memory."""
    submitted = filed("eu.dora", initial="2026-01-28T10:00+01:00", intermediate="2026-01-31T10:00+01:00")
    rows = ask("eu.dora", submitted=submitted, at="2026-02-01T00:00+01:00")
    assert first(rows, "intermediate").due_at == t("2026-01-31T10:00+01:00")
    assert first(rows, "final").due_at == t("2026-02-28T10:00+01:00")
    assert {first(rows, kind).confidence for kind in ("intermediate", "final")} == {"MEM"}


def test_fcc_counts_real_hours_over_a_change_of_clocks() -> None:
    """120 minutes from discovery at 01:30 on the night clocks go forward end at 04:30 on the wall, 30 days at 02:30."""
    found = datetime(2026, 3, 8, 1, 30, tzinfo=ZoneInfo("America/New_York")).isoformat()
    rows = ask("us.fcc.nors.wireless", discovered_at=found, at=found)
    assert first(rows, "notification").due_at == t("2026-03-08T04:30-04:00")
    assert first(rows, "initial").due_at == t("2026-03-11T02:30-04:00")
    assert first(rows, "final").due_at == t("2026-04-07T02:30-04:00")


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"duration_hours": 0.5, "user_minutes": 900_000}, True),
        ({"duration_hours": 0.4}, False),
        ({"duration_hours": 2, "user_minutes": 1, "affects_911": False}, False),
        ({"duration_hours": 2}, True),
        ({}, True),
    ],
)
def test_only_a_plain_no_silences_a_threshold(facts: dict[str, Any], asked: bool) -> None:
    """An outage below the threshold is not asked for; one of which not enough is known is."""
    assert bool(ask("us.fcc.nors.wireless", discovered_at="21T10:00", facts=facts)) is asked


def test_the_fcc_clock_and_the_fcc_test_read_the_same_threshold() -> None:
    """The trigger of the clock and the answer of `grade` cannot come apart."""
    limb = regimes.criteria("us.fcc.nors.wireless").bands[0].limbs[0]
    assert regimes.regime("us.fcc.nors.wireless").trigger == limb.when


def test_taiwan_repeats_until_repaired() -> None:
    """First entry after 2 h, then every 3 h up to the present and the next one; nothing after the repair."""
    running = ask("tw.ncc", occurred_at="21T00:00", at="21T09:00")
    status = [(row.seq, row.due_at, row.state) for row in running if row.kind == "status"]
    assert status == [
        (1, t("21T02:00"), State.LATE),
        (2, t("21T05:00"), State.LATE),
        (3, t("21T08:00"), State.LATE),
        (4, t("21T11:00"), State.RUNNING),
    ]
    done = ask("tw.ncc", occurred_at="21T00:00", restored_at="21T05:00", at="21T09:00")
    assert [row.seq for row in done if row.kind == "status"] == [1]


def test_each_repeated_filing_meets_one() -> None:
    """The first filing meets the first entry, the second the second; the rest stay open."""
    submitted = {"tw.ncc": {"status": [t("21T05:30"), t("21T01:00")]}}
    rows = [
        row for row in ask("tw.ncc", occurred_at="21T00:00", submitted=submitted, at="21T06:00") if row.kind == "status"
    ]
    assert [(row.state, row.late_by) for row in rows] == [
        (State.MET, None),
        (State.MET, timedelta(minutes=30)),
        (State.RUNNING, None),
    ]


def test_a_fixed_date_takes_the_year_of_the_day() -> None:
    """The annual summary is due at the end of 15 December in China, in whatever year one asks."""
    assert first(ask("cn.miit.annual", at="2025-12-01T00:00+08:00"), "annual_summary").due_at == t(
        "2025-12-15T23:59:59+08:00"
    )
    assert first(ask("cn.miit.annual", at="2026-12-31T16:30+00:00"), "annual_summary").due_at == t(
        "2027-12-15T23:59:59+08:00"
    )


def test_working_days_that_cannot_be_counted_say_so() -> None:
    """A clock in working days that reaches an unknown year runs without a due time and says why."""
    row = first(
        ask("cn.miit.netsec2017", response_ended_at="2098-12-31T10:00+08:00", at="2099-01-01T00:00+08:00"), "summary"
    )
    assert (row.state, row.due_at) == (State.RUNNING, None)
    assert row.caution is not None
    assert "2099" in row.caution.sentence("zh")


def test_a_switched_off_regime_answers_only_by_name() -> None:
    """CIRCIA ships switched off: it applies to nobody, and named, its rows say that they are not active."""
    assert "us.circia" not in {row.regime for row in ask(party="wireless_operator", aware_at="21T10:00")}
    assert not first(ask("us.circia", aware_at="21T10:00"), "initial").active


def test_named_regimes_answer_whoever_asks() -> None:
    """A named regime answers whatever the party is, and no other does."""
    rows = ask("eu.gdpr33", party="basic_operator_hq", aware_at="21T10:00")
    assert [(row.regime, row.due_at) for row in rows] == [("eu.gdpr33", t("24T10:00"))]


def test_a_rise_does_not_move_what_hangs_on_a_filing() -> None:
    """A report that is due after another was filed stays tied to that filing when the level rises."""
    text = (
        "- id: own\n  title: {zh: 一, en: one}\n  source: s\n  article: '1'\n  confidence: V-text\n"
        "  by_level:\n    I: [{kind: final, from: 'submitted_at[first]', within: PT4H, to: [x]}]\n"
    )
    row = owed(
        regimes.read_regimes(text, "own.yaml"),
        parties=[],
        event_classes=[],
        levels={"own": Level.I},
        level_changed={"own": Rise(at=t("21T12:00"))},
        instants={},
        submitted=filed("own", first="21T10:00"),
        facts={},
        at=t("21T13:00"),
    )[0]
    assert (row.anchor, row.due_at) == ("submitted_at[first]", t("21T14:00"))


# --- rings -------------------------------------------------------------------------------------------------------


def test_a_clock_rings_at_half_most_due_and_ever_after() -> None:
    """50 %, 80 %, due, then 5, 15, 30 minutes past due, then every hour without end."""
    found = [(ring.at, ring.name) for ring in islice(rings(t("21T10:00"), t("21T11:40")), 8)]
    assert found == [
        (t("21T10:50"), RingName.HALF),
        (t("21T11:20"), RingName.MOST),
        (t("21T11:40"), RingName.DUE),
        (t("21T11:45"), RingName.PAST_DUE),
        (t("21T11:55"), RingName.PAST_DUE),
        (t("21T12:10"), RingName.PAST_DUE),
        (t("21T12:40"), RingName.PAST_DUE),
        (t("21T13:40"), RingName.PAST_DUE),
    ]


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=40)), st.timedeltas(timedelta(days=-1), timedelta(days=10)))
def test_the_next_ring_is_the_first_later_one(span: timedelta, past: timedelta) -> None:
    """Whenever one asks, there is a next ring; it is later than then, and no ring lies in between."""
    started_at, after = t("01T00:00"), t("01T00:00") + span + past
    ring = next_ring(started_at, started_at + span, after)
    assert ring.at > after
    earlier = takewhile(lambda other: other.at < ring.at, rings(started_at, started_at + span))
    assert all(other.at <= after for other in earlier)


def test_a_clock_that_is_due_as_it_starts_still_rings() -> None:
    """A span of nothing rings due at once and goes on nagging."""
    assert next_ring(t("21T10:00"), t("21T10:00"), t("21T09:59")).name is RingName.DUE
    assert next_ring(t("21T10:00"), t("21T09:00"), t("21T10:00")).name is RingName.PAST_DUE
