"""A playbook's content as frozen values, its canonical JSON-able form, and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from escalation.duties import Addressee, Alone, ClockKind, Courier, Duty, DutyClock, Notice
from escalation.ladders import Ladder, Rung, Via, Whom
from escalation.spans import Span, iso_duration, iso_text
from escalation.words import Words
from plans.tiers import OrgLevel, Tier

FORMAT = "tocsin.plan/1"

#: The registers that a plan may name entries of.
REFERENCES = ("equipment", "posts", "sites", "laws")

#: Whatever JSON can say.
Plain = Mapping[str, Any]


class Family(StrEnum):
    """Whose trouble it is: a fault of our own network, or an emergency that we support with communications."""

    OWN_NETWORK = "own_network"
    SUPPORT = "support"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _FAMILIES[self]


_FAMILIES = {
    Family.OWN_NETWORK: Words(zh="通信网络事故", en="Incident of our own network"),
    Family.SUPPORT: Words(zh="突发事件通信保障", en="Communications support in an emergency"),
}


class ResponseLevel(StrEnum):
    """The response level 响应级别, decided by a person; I is the most serious. It is not the event level."""

    I = "I"  # noqa: E741 - the scale's own name
    II = "II"
    III = "III"
    IV = "IV"

    @property
    def rank(self) -> int:
        """4 for level I down to 1 for level IV."""
        return _RANKS[self]

    def reaches(self, other: ResponseLevel) -> bool:
        """Whether this level is `other` or more serious: what is `from: III` stands at III, II and I."""
        return self.rank >= other.rank


_RANKS = {ResponseLevel.I: 4, ResponseLevel.II: 3, ResponseLevel.III: 2, ResponseLevel.IV: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelRule:
    """One response level: when it is called for, what is done, who decides it, how long it is expected to last.

    `decided_by` is a role id of the plan, or a role of the people file (突发事件应对法 2024 arts 71–72).
    """

    level: ResponseLevel
    when: Words
    measures: Words
    decided_by: str
    period: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """A response role, held by holders of `post` in the people file, wanted from level `start` on."""

    id: str
    title: Words
    post: str
    start: ResponseLevel
    brief: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What a role does from level `start` on, `due` after the level began; `evidence` is asked for at the tick."""

    id: str
    role: str
    start: ResponseLevel
    due: timedelta
    do: Words
    evidence: Words | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question of the assessment 分析研判 or of the review 复盘."""

    id: str
    ask: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """A chapter of the plan document 预案文本, kept word for word beside what runs."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class References:
    """What a plan leans on, by the ids of the registers: when one of them changes, the plan is to be revised."""

    equipment: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Playbook:
    """A plan made ready to run. Two playbooks of one digest say the same."""

    code: str
    title: Words
    tier: Tier
    scenario: str
    scenario_title: Words
    family: Family
    owner: str
    parent: str | None
    source: tuple[str, ...]
    scope: Words
    event_class: tuple[str, ...]
    criteria: str
    levels: tuple[LevelRule, ...]
    roles: tuple[Role, ...]
    tasks: tuple[Task, ...]
    duties: tuple[Duty, ...]
    ladder: Ladder
    facts: tuple[str, ...]
    assessment: tuple[Question, ...]
    stand_down: tuple[Words, ...]
    review: tuple[Question, ...]
    # What a file may leave out; left out, it does not stand in the canonical content either.
    organisation: OrgLevel = OrgLevel.GROUP
    units: tuple[str, ...] = ()  # organisational units; none named: all of them
    covers: tuple[str, ...] = ()  # scenarios beside its own
    outline: bool = False  # a beginning, never counted as coverage
    review_every: Span | None = None
    references: References = References()
    chapters: tuple[Chapter, ...] = ()

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Every scenario that the plan stands for, its own first."""
        return tuple(dict.fromkeys((self.scenario, *self.covers)))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical content, in hex: the same for every spelling of the same plan."""
        return hashlib.sha256(canonical_json(self).encode()).hexdigest()

    def level(self, level: str) -> LevelRule:
        """Answer the rule of a response level (`I` … `IV`)."""
        return {rule.level.value: rule for rule in self.levels}[level]

    def roles_at(self, level: str) -> tuple[Role, ...]:
        """Answer the roles wanted at a response level."""
        return tuple(role for role in self.roles if ResponseLevel(level).reaches(role.start))

    def tasks_at(self, level: str) -> tuple[Task, ...]:
        """Answer the tasks of a response level, those of the less serious levels among them."""
        return tuple(task for task in self.tasks if ResponseLevel(level).reaches(task.start))

    def role(self, role_id: str) -> Role:
        """Answer the role of an id; KeyError when the plan has none."""
        return {role.id: role for role in self.roles}[role_id]

    def duty(self, duty_id: str) -> Duty:
        """Answer the duty of an id; KeyError when the plan has none."""
        return {duty.id: duty for duty in self.duties}[duty_id]


# --- out: a playbook as canonical content --------------------------------------------------------------------------


def canonical_json(playbook: Playbook) -> str:
    """Answer the canonical content as JSON: keys sorted, no blanks, UTF-8 text as it is."""
    return json.dumps(canonical(playbook), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(playbook: Playbook) -> dict[str, Any]:
    """Answer the content as JSON-able dicts and lists, with the file's own keys and every key present."""
    return {
        "format": FORMAT,
        "code": playbook.code,
        "title": _words(playbook.title),
        "tier": playbook.tier.value,
        "scenario": playbook.scenario,
        "scenario_title": _words(playbook.scenario_title),
        "family": playbook.family.value,
        "owner": playbook.owner,
        "parent": playbook.parent,
        "source": list(playbook.source),
        "scope": _words(playbook.scope),
        "event_class": list(playbook.event_class),
        "criteria": playbook.criteria,
        "levels": {rule.level.value: _level(rule) for rule in playbook.levels},
        "roles": [_role(role) for role in playbook.roles],
        "tasks": [_task(task) for task in playbook.tasks],
        "duties": [duty_content(duty) for duty in playbook.duties],
        "ladder": _ladder(playbook.ladder),
        "facts": list(playbook.facts),
        "assessment": [{"id": question.id, "ask": _words(question.ask)} for question in playbook.assessment],
        "stand_down": [_words(words) for words in playbook.stand_down],
        "review": [{"id": question.id, "ask": _words(question.ask)} for question in playbook.review],
        **_left_in(playbook),
    }


def _left_in(playbook: Playbook) -> dict[str, Any]:
    """Answer the optional keys that say something: a plan written before they existed keeps its digest."""
    references = {key: list(getattr(playbook.references, key)) for key in REFERENCES}
    optional = {
        "organisation": playbook.organisation.value if playbook.organisation is not OrgLevel.GROUP else None,
        "units": list(playbook.units),
        "covers": list(playbook.covers),
        "outline": "true" if playbook.outline else None,
        "review_every": iso_text(playbook.review_every) if playbook.review_every is not None else None,
        "references": {key: named for key, named in references.items() if named},
        "chapters": [{"title": chapter.title, "text": chapter.text} for chapter in playbook.chapters],
    }
    return {key: content for key, content in optional.items() if content}


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _level(rule: LevelRule) -> dict[str, Any]:
    return {
        "when": _words(rule.when),
        "measures": _words(rule.measures),
        "decided_by": rule.decided_by,
        "period": iso_text(rule.period),
    }


def _role(role: Role) -> dict[str, Any]:
    return {
        "id": role.id,
        "title": _words(role.title),
        "post": role.post,
        "from": role.start.value,
        "brief": _words(role.brief),
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "role": task.role,
        "from": task.start.value,
        "due": iso_text(task.due),
        "do": _words(task.do),
        "evidence": _words(task.evidence) if task.evidence else None,
    }


def duty_content(duty: Duty) -> dict[str, Any]:
    """Answer a duty as canonical content, JSON-able."""
    return {
        "id": duty.id,
        "regime": duty.regime,
        "kind": duty.kind,
        "notice": duty.notice.value,
        "title": _words(duty.title),
        "addressee": duty.addressee.value,
        "courier": duty.courier.value,
        "clock": _clock(duty.clock),
        "signs": duty.signs,
        "alone": {"post": duty.alone.post, "before": iso_text(duty.alone.before)},
    }


def _clock(clock: DutyClock) -> str | dict[str, Any]:
    span = iso_text(clock.span) if clock.span is not None else None
    match clock.kind:
        case ClockKind.STATUTORY:
            return "statutory"
        case ClockKind.WITHIN:
            return {"from": clock.anchor, "within": span}
        case ClockKind.EVERY:
            return {"from": clock.anchor, "every": span, "until": clock.until}
        case ClockKind.IMMEDIATE:
            return {"from": clock.anchor, "immediate": True, "target": span}


def _ladder(ladder: Ladder) -> dict[str, Any]:
    rungs = [{"wait": iso_text(rung.wait), "whom": rung.whom.value, "via": rung.via.value} for rung in ladder.rungs]
    return {"rungs": rungs, "repeat": iso_text(ladder.repeat)}


# --- in: canonical content as a playbook ---------------------------------------------------------------------------


def from_canonical(content: Plain) -> Playbook:
    """Answer the playbook of what `canonical` made, with the same digest; other content may raise."""
    return Playbook(
        code=content["code"],
        title=_to_words(content["title"]),
        tier=Tier(content["tier"]),
        scenario=content["scenario"],
        scenario_title=_to_words(content["scenario_title"]),
        family=Family(content["family"]),
        owner=content["owner"],
        parent=content.get("parent"),
        source=tuple(content["source"]),
        scope=_to_words(content["scope"]),
        event_class=tuple(content["event_class"]),
        criteria=content["criteria"],
        levels=tuple(_to_level(level, content["levels"][level.value]) for level in ResponseLevel),
        roles=tuple(_to_role(role) for role in content["roles"]),
        tasks=tuple(_to_task(task) for task in content["tasks"]),
        duties=tuple(duty_of(duty) for duty in content["duties"]),
        ladder=_to_ladder(content["ladder"]),
        facts=tuple(content["facts"]),
        assessment=_to_questions(content["assessment"]),
        stand_down=tuple(_to_words(words) for words in content["stand_down"]),
        review=_to_questions(content["review"]),
        organisation=OrgLevel(content.get("organisation", OrgLevel.GROUP)),
        units=tuple(content.get("units", ())),
        covers=tuple(content.get("covers", ())),
        outline=content.get("outline") == "true",
        review_every=iso_duration(content["review_every"]) if "review_every" in content else None,
        references=_to_references(content.get("references", {})),
        chapters=tuple(Chapter(title=each["title"], text=each["text"]) for each in content.get("chapters", ())),
    )


def _to_references(content: Plain) -> References:
    return References(**{key: tuple(content.get(key, ())) for key in REFERENCES})


def _to_words(content: Plain) -> Words:
    return Words(zh=content["zh"], en=content["en"])


def _to_elapsed(text: str) -> timedelta:
    span = iso_duration(text)
    if not isinstance(span, timedelta):
        raise TypeError(text)
    return span


def _to_level(level: ResponseLevel, content: Plain) -> LevelRule:
    return LevelRule(
        level=level,
        when=_to_words(content["when"]),
        measures=_to_words(content["measures"]),
        decided_by=content["decided_by"],
        period=_to_elapsed(content["period"]),
    )


def _to_role(content: Plain) -> Role:
    return Role(
        id=content["id"],
        title=_to_words(content["title"]),
        post=content["post"],
        start=ResponseLevel(content["from"]),
        brief=_to_words(content["brief"]),
    )


def _to_task(content: Plain) -> Task:
    evidence = content.get("evidence")
    return Task(
        id=content["id"],
        role=content["role"],
        start=ResponseLevel(content["from"]),
        due=_to_elapsed(content["due"]),
        do=_to_words(content["do"]),
        evidence=_to_words(evidence) if evidence else None,
    )


def duty_of(content: Plain) -> Duty:
    """Answer the duty of such content."""
    alone = content["alone"]
    return Duty(
        id=content["id"],
        regime=content["regime"],
        kind=content["kind"],
        notice=Notice(content["notice"]),
        title=_to_words(content["title"]),
        addressee=Addressee(content["addressee"]),
        courier=Courier(content["courier"]),
        clock=_to_clock(content["clock"]),
        signs=content["signs"],
        alone=Alone(post=alone["post"], before=_to_elapsed(alone.get("before", "PT0S"))),
    )


def _to_clock(content: str | Plain) -> DutyClock:
    if isinstance(content, str):
        return DutyClock(kind=ClockKind.STATUTORY)
    key, kind = next((key, kind) for key, kind in _CLOCK_KEYS.items() if key in content)
    return DutyClock(kind=kind, anchor=content["from"], span=iso_duration(content[key]), until=content.get("until"))


_CLOCK_KEYS = {"within": ClockKind.WITHIN, "every": ClockKind.EVERY, "target": ClockKind.IMMEDIATE}


def _to_ladder(content: Plain) -> Ladder:
    rungs = tuple(
        Rung(wait=_to_elapsed(rung["wait"]), whom=Whom(rung["whom"]), via=Via(rung["via"])) for rung in content["rungs"]
    )
    return Ladder(rungs=rungs, repeat=_to_elapsed(content["repeat"]))


def _to_questions(content: list[Plain]) -> tuple[Question, ...]:
    return tuple(Question(id=question["id"], ask=_to_words(question["ask"])) for question in content)
