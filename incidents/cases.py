"""Case files: an event written down, and what the clocks and the criteria answer about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from errors import BadCase
from escalation import regimes
from escalation.clocks import Level, Obligation, Rise, applicable, owed
from escalation.criteria import Criteria
from escalation.duties import INSTANTS
from escalation.marks import Desk
from escalation.regimes.reading import EVENT_CLASSES, LEVELS, PARTIES
from escalation.regimes.sheet import Entry, content, number_text
from escalation.spans import iso_text
from incidents.grading import Grade, grade

COUNTS = (
    "deaths",
    "missing",
    "serious_injuries",
    "users_affected",
    "stations_down",
    "stations_restored",
    "stations_total",
    "cables_down",
    "personal_information_persons",
    "sensitive_information_persons",
)
AMOUNTS = ("direct_loss_yuan", "duration_hours", "inter_operator_voice_total_block_hours", "user_minutes")
TRUTHS = ("affects_911",)
KINDS = ("accident_type",)
FACTS = (*COUNTS, *AMOUNTS, *TRUTHS, *KINDS)

#: Instants outside these years are slips of the pen, and overflow when a month is added.
YEARS = range(1970, 2200)

NEVER = datetime.max.replace(tzinfo=UTC)  # stands where a fault was noted, so that reading goes on

_REGIME = ("报送制度", "regime")


@dataclass(frozen=True, kw_only=True)
class Case:
    """An event as a case file tells it; a fact or an instant that is absent is not known.

    `levels` are a person's decisions by regime or criteria id; `submitted` is by regime and kind; `named` None: all
    regimes that apply.
    """

    parties: tuple[str, ...]
    event_classes: tuple[str, ...]
    levels: Mapping[str, Level]
    facts: Mapping[str, Any]
    instants: Mapping[str, datetime]
    submitted: Mapping[str, Mapping[str, tuple[datetime, ...]]]
    now: datetime
    named: frozenset[str] | None


# --- reading -----------------------------------------------------------------------------------------------------


def read_case(text: str, file: str = "case.yaml") -> Case:
    """Read a case file, YAML or JSON; raises `BadCase` with every fault, each with its line and column."""
    desk = Desk(file)
    found = content(text, desk)
    if found is not None and not isinstance(found, dict):
        desk.at(
            1,
            1,
            "案例文件应为若干字段，例如 party、event_class、now。",
            "a case is a mapping: party, event_class, now.",
        )
    case = _case(Entry(desk=desk, path=(), content=found)) if isinstance(found, dict) else None
    if desk.faults or case is None:
        raise BadCase(desk.faults)
    return case


def _case(entry: Entry) -> Case:
    now = _now(entry)
    instants = entry.entry("instants")
    parts = Case(
        parties=entry.known("party", PARTIES, ("主体类型", "party")),
        event_classes=entry.known("event_class", EVENT_CLASSES, ("事件类别", "event class")),
        levels=dict(_levels(entry.entry("level"))),
        facts=dict(_facts(entry.entry("facts"))),
        submitted=dict(_submitted(instants.entry("submitted_at"))),
        instants=dict(_instants(instants)),
        now=now or NEVER,
        named=_named(entry),
    )
    for key in ("party", "event_class"):
        if not entry.raw("regimes") and not entry.raw(key):
            entry.fault(
                key,
                f"缺少“{key}”：请写明，或用 regimes 指定报送制度。",
                f"“{key}” is missing: give it, or name the regimes.",
            )
    entry.close()
    return parts


def _now(entry: Entry) -> datetime | None:
    if "now" not in entry:
        entry.raw("now")
        entry.fault("now", "缺少“now”：请写明以哪个时刻计算。", "“now” is missing: say as of when to answer.")
        return None
    return _instant(entry, "now", entry.raw("now"))


def _instant(entry: Entry, key: str, value: object) -> datetime | None:
    """An aware instant, or None with the fault noted."""
    try:
        instant = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        entry.fault(key, "应为带时区的 ISO 8601 时刻，例如 2026-07-01T10:00+08:00。",
                    "write an ISO 8601 instant with its offset, such as 2026-07-01T10:00+08:00.")  # fmt: skip
        return None
    if instant.tzinfo is None:
        entry.fault(
            key,
            f"时间 {value} 没有时区；请写成 {value}+08:00 这样。",
            f"{value} has no offset; write it as {value}+08:00.",
        )
        return None
    if instant.year not in YEARS:
        entry.fault(key, f"年份 {instant.year} 不在可用范围内。", f"the year {instant.year} is out of range.")
        return None
    return instant


def _instants(entry: Entry) -> Iterator[tuple[str, datetime]]:
    """Every instant that is set; the keys are those of the house and of the anchors the regimes wait for."""
    for key in dict.fromkeys((*INSTANTS, *_anchors())):
        value = entry.raw(key)
        instant = _instant(entry, key, value) if value is not None else None
        if instant is not None:
            yield key, instant
    entry.close()


def _anchors() -> tuple[str, ...]:
    return tuple(name for name in regimes.titles().anchors if name.endswith("_at"))


def _submitted(entry: Entry) -> Iterator[tuple[str, Mapping[str, tuple[datetime, ...]]]]:
    for regime in entry.content:
        if entry.is_known(regime, regime, regimes.ids(), _REGIME):
            yield regime, dict(_filings(entry.entry(regime), regime))


def _filings(entry: Entry, regime: str) -> Iterator[tuple[str, tuple[datetime, ...]]]:
    for kind in entry.content:
        if entry.is_known(kind, kind, regimes.kinds(regime), ("报告种类", "kind of report")):
            value = entry.raw(kind)
            several = value if isinstance(value, list) else [] if value is None else [value]
            filed = [instant for one in several if (instant := _instant(entry, kind, one)) is not None]
            yield kind, tuple(sorted(filed))


def _levels(entry: Entry) -> Iterator[tuple[str, Level]]:
    known = (*regimes.ids(), *regimes.criteria_ids())
    for name in entry.content:
        if entry.is_known(name, name, known, _REGIME):
            found = entry.known(name, LEVELS, ("级别", "level"))
            yield from ((name, Level(level)) for level in found[:1])


def _named(entry: Entry) -> frozenset[str] | None:
    known = (*regimes.ids(), *regimes.criteria_ids())
    names = entry.known("regimes", known, _REGIME)
    return frozenset(names) if "regimes" in entry else None


def _facts(entry: Entry) -> Iterator[tuple[str, Any]]:
    for key in FACTS:
        value = entry.raw(key)
        fact = _fact(entry, key, value) if value is not None else None
        if fact is not None:
            yield key, fact
    entry.close()


def _fact(entry: Entry, key: str, value: object) -> object:
    """A fact of its kind, or None with the fault noted."""
    good, read, zh, en = _FACT_KINDS[key]
    if isinstance(value, str) and good(value):
        return read(value)
    entry.fault(key, zh, en)
    return None


def _is_count(value: str) -> bool:
    return number_text(value) and Decimal(value) >= 0 and Decimal(value) == Decimal(value).to_integral_value()


def _is_amount(value: str) -> bool:
    return number_text(value) and Decimal(value) >= 0


_Kind = tuple[Callable[[str], bool], Callable[[str], Any], str, str]
_COUNT: _Kind = (_is_count, lambda value: int(Decimal(value)), "应为不小于零的整数；未知请留空。",
                 "write a whole number, not negative; leave it out if not known.")  # fmt: skip
_AMOUNT: _Kind = (_is_amount, Decimal, "应为不小于零的数字；未知请留空。",
                  "write a number, not negative; leave it out if not known.")  # fmt: skip
_TRUTH: _Kind = (lambda value: value in {"true", "false"}, lambda value: value == "true",
                 "应为 true 或 false；未知请留空。",
                 "write true or false; leave it out if not known.")  # fmt: skip
_NAME: _Kind = (str.isidentifier, str, "应为事故类别，例如 road_traffic、fire。",
                "write a kind of accident, such as road_traffic or fire.")  # fmt: skip
_FACT_KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys(COUNTS, _COUNT),
    **dict.fromkeys(AMOUNTS, _AMOUNT),
    **dict.fromkeys(TRUTHS, _TRUTH),
    **dict.fromkeys(KINDS, _NAME),
}


# --- answering ---------------------------------------------------------------------------------------------------


def clock_rows(case: Case) -> list[dict[str, Any]]:
    """The rows of `clocks --json`: one a recipient and sequence."""
    return [_clock_row(obligation) for obligation in obligations(case)]


def obligations(case: Case) -> tuple[Obligation, ...]:
    """Everything owed in the case as of its `now`."""
    rise = case.instants.get("level_changed_at")
    return owed(
        regimes.all_regimes().values(),
        parties=case.parties,
        event_classes=case.event_classes,
        levels=levels(case),
        sureness=_sureness(case),
        level_changed=dict.fromkeys(regimes.ids(), Rise(at=rise)) if rise else {},
        instants=case.instants,
        submitted=case.submitted,
        facts=case.facts,
        at=case.now,
        named=case.named,
    )


def levels(case: Case) -> Mapping[str, Level]:
    """The levels by regime and criteria id: what the facts give, and above it what a person decided."""
    graded = {name: given.level for name, given in _grades(case).items() if given.level}
    decided = {(regimes.all_regimes()[name].criteria or name): level for name, level in _decided_of_regimes(case)}
    return {**graded, **decided, **case.levels}


def _grades(case: Case) -> Mapping[str, Grade]:
    return {name: _graded(criteria, case) for name, criteria in regimes.all_criteria().items()}


def _sureness(case: Case) -> Mapping[str, str]:
    """How sure each graded level is; a level that a person decided needs no mark."""
    decided = {*case.levels, *(regimes.all_regimes()[name].criteria for name, _ in _decided_of_regimes(case))}
    return {name: given.confidence for name, given in _grades(case).items() if given.level and name not in decided}


def _decided_of_regimes(case: Case) -> Iterator[tuple[str, Level]]:
    return ((name, level) for name, level in case.levels.items() if name in regimes.all_regimes())


def _graded(criteria: Criteria, case: Case) -> Grade:
    return grade(criteria, case.facts, parties=case.parties)


def _clock_row(owed_: Obligation) -> dict[str, Any]:
    return {
        "regime": owed_.regime,
        "kind": owed_.kind,
        "seq": owed_.seq,
        "recipient": owed_.recipient,
        "state": owed_.state.value,
        "anchor": owed_.anchor,
        "due_at": _written(owed_.due_at),
        "would_have_been_due_at": _written(owed_.would_have_been_due_at),
        "late_by": iso_text(owed_.late_by) if owed_.late_by is not None else None,
        "immediate": owed_.immediate,
        "active": owed_.active,
        "source": owed_.source,
        "article": owed_.article,
        "confidence": owed_.confidence,
    }


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def grade_rows(case: Case) -> list[dict[str, Any]]:
    """The rows of `grade --json`: one a table of criteria; what the facts give, whatever a person decided."""
    return [_grade_row(criteria, _graded(criteria, case)) for criteria in _asked(case)]


def _asked(case: Case) -> tuple[Criteria, ...]:
    """The tables named, by their own id or through a regime; without names, those that speak of such an event."""
    every = regimes.all_criteria().values()
    if case.named is not None:
        chosen = applicable(
            regimes.all_regimes().values(), parties=(), event_classes=(), day=case.now.date(), named=case.named
        )
        names = case.named | {regime.criteria for regime in chosen if regime.criteria}
        return tuple(criteria for criteria in every if criteria.id in names)
    return tuple(
        criteria
        for criteria in every
        if criteria.event_classes & set(case.event_classes) and criteria.parties & set(case.parties)
    )


def _grade_row(criteria: Criteria, given: Grade) -> dict[str, Any]:
    answer = (
        {"significant": given.significant} if criteria.significance else {"level": given.level and given.level.value}
    )
    return {
        "criteria": given.criteria,
        **answer,
        "provisional": given.provisional,
        "unknown": list(given.unknown),
        "drivers": list(given.drivers),
        "clause": given.clause,
        "confidence": given.confidence,
    }
