"""A playbook file, `format: tocsin.plan/1`, read into a `Playbook`; or refused with every fault at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import yaml

from errors import BadPlaybook
from escalation import regimes
from escalation.duties import OWED, Addressee, Courier
from escalation.fields import Duration, ListOf, Nullable, OneOf, Record, Text
from escalation.ladders import Via, Whom
from escalation.marks import Desk, Path, is_null, tree
from plans.tiers import OrgLevel, Tier
from playbooks.checks import HOUSE_ROLES, Known, check
from playbooks.shape import (
    FORMAT,
    REFERENCES,
    Family,
    LevelRule,
    Playbook,
    Question,
    ResponseLevel,
    Role,
    Task,
    canonical,
    from_canonical,
)

__all__ = [
    "EVENT_CLASSES",
    "FACTS",
    "FORM",
    "HOUSE_ROLES",
    "POSTS",
    "Clock",
    "Family",
    "LevelRule",
    "Playbook",
    "Question",
    "ResponseLevel",
    "Role",
    "Task",
    "canonical",
    "from_canonical",
    "names",
    "read",
    "read_tree",
]

#: The posts of the people file that response roles are filled from.
POSTS = frozenset(
    {
        "commander",
        "noc",
        "transmission",
        "wireless",
        "core_network",
        "power",
        "logistics",
        "external_liaison",
        "datacentre",
        "cloud",
        "international",
        "customer_service",
        "safety",
        "security",
    }
)
EVENT_CLASSES = ("work_safety", "network_operation", "cyber", "data", "disaster")
FACTS = (
    "deaths",
    "missing",
    "serious_injuries",
    "direct_loss_yuan",
    "users_affected",
    "duration_hours",
    "inter_operator_voice_total_block_hours",
    "stations_down",
    "stations_restored",
    "stations_total",
    "cables_down",
    "user_minutes",
    "affects_911",
    "personal_information_persons",
    "sensitive_information_persons",
)

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_LEVELS = tuple(level.value for level in ResponseLevel)

# --- the form ------------------------------------------------------------------------------------------------------

_CODE = Text(
    most=40,
    pattern=r"[a-z0-9-]{3,40}",
    form=("3 至 40 个小写字母、数字或连字符", "3 to 40 lower-case letters, digits or hyphens"),
)
_NAME = Text(
    most=40,
    pattern=r"[a-z][a-z0-9_]*",
    form=("小写字母、数字和下划线", "lower-case letters, digits and underscores"),
)
_ID = Text(
    most=16,
    pattern=r"[A-Z][A-Za-z0-9-]*",
    form=("大写字母开头的编号，例如 T01", "an id that begins with a capital, such as T01"),
)
_PERSON = Text(
    most=60,
    pattern=r"[a-z0-9][a-z0-9._-]*",
    form=("人员名册中的 id，例如 chen.jing", "an id of the people file, such as chen.jing"),
)
_LINE = Text(most=300)
_LEVEL = OneOf(known=_LEVELS, what=("响应级别", "response level"))


def _words(most: int) -> Record:
    """Answer the field of a text in both languages, the Chinese of at most `most` characters, the English of thrice."""
    return Record(required={"zh": Text(most=most), "en": Text(most=most * 3)})


def _enum(members: Iterable[str], zh: str, en: str) -> OneOf:
    """Answer the field of one name out of `members`."""
    return OneOf(known=[str(member) for member in members], what=(zh, en))


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """`statutory`, or a mapping whose keys say which of the internal clocks it is."""

    @property
    def forms(self) -> tuple[Record, ...]:
        """The internal clocks: within a span, every so often, at once."""
        return tuple(CLOCKS.values())

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> str | dict[str, Any] | None:
        """Answer the clock's canonical content."""
        desk.marks[path] = node
        if isinstance(node, yaml.ScalarNode) and not is_null(node):
            return OneOf(known=("statutory",), what=("时钟", "clock")).read(node, path, desk)
        keys = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
        form = next((form for key, form in CLOCKS.items() if key in keys), None)
        if form is None:
            desk.fault(
                node,
                "时钟应为 statutory，或含 within、every、immediate 之一的内部目标。",
                "a clock is “statutory”, or an internal target with one of within, every, immediate.",
            )
            return None
        content = form.read(node, path, desk)
        return content | {"immediate": True} if content and "immediate" in content else content


_ANCHOR = Text(most=60)
_TARGET = Duration(least=_MINUTE, most=365 * _DAY, calendar=True)
CLOCKS: dict[str, Record] = {
    "within": Record(required={"from": _ANCHOR, "within": _TARGET}),
    "every": Record(required={"from": _ANCHOR, "every": Duration(least=5 * _MINUTE, most=31 * _DAY), "until": _ANCHOR}),
    "immediate": Record(
        required={
            "from": _ANCHOR,
            "immediate": _enum(["true"], "值", "value"),
            "target": Duration(least=_MINUTE, most=_DAY),
        }
    ),
}
_LEVEL_RULE = Record(
    required={
        "when": _words(400),
        "measures": _words(400),
        "decided_by": _NAME,
        "period": Duration(least=_MINUTE, most=365 * _DAY),
    }
)
_ROLE = Record(required={"id": _NAME, "title": _words(30), "post": _NAME, "from": _LEVEL, "brief": _words(300)})
_TASK = Record(
    required={
        "id": _ID,
        "role": _NAME,
        "from": _LEVEL,
        "due": Duration(least=_MINUTE, most=60 * _DAY),
        "do": _words(300),
    },
    optional={"evidence": Nullable(of=_words(100))},
)
_ALONE = Record(required={"post": _NAME}, optional={"before": Duration(least=timedelta(0), most=31 * _DAY)})
_DUTY = Record(
    required={
        "id": _ID,
        "regime": Text(most=60),
        "kind": _NAME,
        "notice": _enum(OWED, "报告文种", "notice"),
        "title": _words(60),
        "addressee": _enum(Addressee, "主送机关", "addressee"),
        "courier": _enum(Courier, "送达方式", "courier"),
        "clock": Clock(),
        "signs": _NAME,
        "alone": _ALONE,
    }
)
_RUNG = Record(
    required={
        "wait": Duration(least=timedelta(0), most=_DAY),
        "whom": _enum(Whom, "呼叫对象", "person to call"),
        "via": _enum(Via, "呼叫方式", "way to call"),
    }
)
_LADDER = Record(required={"rungs": ListOf(of=_RUNG, most=20), "repeat": Duration(least=_MINUTE, most=_DAY)})
_QUESTION = Record(required={"id": _ID, "ask": _words(200)})
FORM = Record(
    required={
        "format": _enum([FORMAT], "格式", "format"),
        "code": _CODE,
        "title": _words(60),
        "tier": _enum(Tier, "预案层级", "tier"),
        "scenario": _NAME,
        "scenario_title": _words(40),
        "family": _enum(Family, "预案类别", "family"),
        "owner": _PERSON,
        "source": ListOf(of=_LINE, most=30),
        "scope": _words(600),
        "event_class": ListOf(of=_enum(EVENT_CLASSES, "事件类别", "event class"), most=5),
        "criteria": Text(most=60),
        "levels": Record(required=dict.fromkeys(_LEVELS, _LEVEL_RULE)),
        "roles": ListOf(of=_ROLE, most=30),
        "tasks": ListOf(of=_TASK, most=200),
        "duties": ListOf(of=_DUTY, most=40, least=0),
        "ladder": _LADDER,
        "facts": ListOf(of=_enum(FACTS, "情况数据项", "fact"), most=len(FACTS), least=0),
        "assessment": ListOf(of=_QUESTION, most=30),
        "stand_down": ListOf(of=_words(200), most=30),
        "review": ListOf(of=_QUESTION, most=30),
    },
    optional={
        "parent": Nullable(of=_CODE),
        "organisation": _enum(OrgLevel, "组织层级", "organisational level"),
        "units": ListOf(of=_PERSON, most=200),
        "covers": ListOf(of=_NAME, most=40),
        "outline": _enum(["true"], "值", "value"),
        "review_every": Duration(least=30 * _DAY, most=5 * 366 * _DAY, calendar=True),
        "references": Record(required={}, optional=dict.fromkeys(REFERENCES, ListOf(of=_LINE, most=100))),
        "chapters": ListOf(of=Record(required={"title": _LINE, "text": Text(most=20_000)}), most=80),
    },
)

# --- reading -------------------------------------------------------------------------------------------------------


def _regime_kinds() -> Mapping[str, Collection[str]]:
    """Answer the kinds of every regime of the house."""
    return {name: regimes.kinds(name) for name in regimes.ids()}


def read(
    text: str,
    file: str = "playbook.yaml",
    *,
    known_regimes: Mapping[str, Collection[str]] | None = None,
    known_criteria: Collection[str] | None = None,
    known_posts: Collection[str] = POSTS,
    known_scenarios: Collection[str] | None = None,
    scenarios_grow: bool = False,
) -> Playbook:
    """Read a playbook file's text.

    `known_regimes` gives the kinds of each regime id (default: the regimes of the house), `known_criteria` the ids
    that an event may be graded by, `known_posts` the posts of the people file, `known_scenarios` the scenarios that
    people choose from (default: any; where `scenarios_grow`, also any that is like none of them). Raises
    `BadPlaybook` with every fault of the file, each with its line and column, what is expected and what to do.
    """
    known = Known(
        regimes=_regime_kinds() if known_regimes is None else known_regimes,
        criteria=regimes.criteria_ids() if known_criteria is None else known_criteria,
        posts=known_posts,
        scenarios=known_scenarios,
        scenarios_grow=scenarios_grow,
    )
    desk = Desk(file)
    return read_tree(tree(text, desk), known, desk)


def names() -> Known:
    """Answer the names that a playbook of this house may use."""
    return Known(regimes=_regime_kinds(), criteria=regimes.criteria_ids(), posts=POSTS)


def read_tree(root: yaml.Node | None, known: Known, desk: Desk) -> Playbook:
    """Read a playbook's tree; raises `BadPlaybook` with what stands on the desk, the tree's own faults among it."""
    content = FORM.read(root, (), desk) if root is not None else None
    if content is not None:
        check(content, known, desk)
    if desk.faults or content is None:
        raise BadPlaybook(desk.faults)
    return from_canonical(content)
