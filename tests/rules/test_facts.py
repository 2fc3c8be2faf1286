"""What people type as a fact: read as it was meant, or refused at its field, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import BadValue, InTheFuture, Refusal
from escalation.words import Words
from incidents.facts import KINDS, SKEW, Sort, read, read_instant, said

TZ = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 7, 20, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai
WHEN = Words(zh="发生时间", en="Occurred at")


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("users_affected", "977000", 977_000),
        ("users_affected", "977,000", 977_000),
        ("users_affected", "977 000", 977_000),
        ("users_affected", "97.7万", 977_000),
        ("users_affected", " 1.2 k ", 1200),
        ("users_affected", "0", 0),
        ("direct_loss_yuan", "1.5亿", 150_000_000),
        ("direct_loss_yuan", "3M", 3_000_000),
        ("duration_hours", "1.5", 1.5),
        ("duration_hours", "3", 3),
        ("affects_911", "是", True),
        ("affects_911", "No", False),
    ],
)
def test_figures_are_read_as_meant(name: str, typed: str, value: object) -> None:
    """Groups, Chinese scales, halves where halves make sense, yes and no in both languages."""
    found = read(name, typed, tz=TZ, at=AT)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("users_affected", "-1"), ("users_affected", "1.5"), ("users_affected", "many"), ("users_affected", "1e6"),
        ("users_affected", "约100"), ("users_affected", ""), ("users_affected", "１２x"), ("duration_hours", "1:30"),
        ("affects_911", "maybe"), ("affects_911", ""), ("occurred_at", "gestern"), ("occurred_at", "25:00"),
        ("occurred_at", "2026-02-30 10:00"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_at_its_field(name: str, typed: str) -> None:
    """The sentence names the field in both languages; nothing is rounded, cut or guessed."""
    with pytest.raises(BadValue) as refused:
        read(name, typed, tz=TZ, at=AT)
    for lang in ("zh", "en"):
        assert KINDS[name].title.said(lang) in refused.value.sentence(lang)


@given(st.text(max_size=20), st.sampled_from(sorted(KINDS)))
def test_whatever_is_typed_is_a_value_or_a_refusal(typed: str, name: str) -> None:
    """No text is a fault; a count is a whole number, an amount is not below zero."""
    try:
        value = read(name, typed, tz=TZ, at=AT)
    except Refusal:
        return
    match KINDS[name].sort:
        case Sort.COUNT:
            assert isinstance(value, int)
            assert value >= 0
        case Sort.AMOUNT:
            assert value >= 0
        case Sort.FLAG:
            assert isinstance(value, bool)
        case Sort.INSTANT:
            assert datetime.fromisoformat(value).tzinfo is not None


@pytest.mark.parametrize(
    "typed",
    [
        "2026-07-20 18:00", "2026-07-20T18:00", "2026/07/20 18:00", "2026年07月20日18:00", "18:00", "18：00",
        "2026-07-20T10:00:00+00:00", "2026-07-20T10:00Z", "2026-07-20T18:00:00+08:00",
    ],
)  # fmt: skip
def test_instants_are_local_unless_they_say_otherwise(typed: str) -> None:
    """Every spelling is the same instant."""
    assert read_instant(WHEN, typed, tz=TZ, at=AT) == datetime(2026, 7, 20, 10, 0, tzinfo=UTC)


def test_what_has_not_come_is_refused() -> None:
    """A reader's clock may run two minutes ahead, not a second more."""
    edge = AT + SKEW
    assert read_instant(WHEN, edge.isoformat(), tz=TZ, at=AT) == edge
    with pytest.raises(InTheFuture):
        read_instant(WHEN, (edge + timedelta(seconds=1)).isoformat(), tz=TZ, at=AT)


def test_facts_are_said_so_that_nothing_stays_blank() -> None:
    """Unknown is said, zero is zero, figures are grouped, instants are local, in both languages."""
    assert said("users_affected", None, "zh", tz=TZ) == "待核实"
    assert said("users_affected", None, "en", tz=TZ) == "not yet known"
    assert said("users_affected", 0, "zh", tz=TZ) == "0 户"
    assert said("users_affected", 977_000, "en", tz=TZ) == "977 000 users"
    assert said("affects_911", False, "zh", tz=TZ) == "否"
    assert said("occurred_at", AT.isoformat(), "en", tz=TZ) == "2026-07-20 20:00"


def test_every_fact_has_its_words() -> None:
    """Title and unit in both languages."""
    for kind in KINDS.values():
        assert kind.title.zh
        assert kind.title.en
        assert bool(kind.unit.zh) == bool(kind.unit.en)
