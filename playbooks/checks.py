"""What the form of a playbook file alone cannot see: whether its parts, and the names it uses, fit together."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from escalation.duties import INSTANTS, filing_of
from escalation.marks import Desk, Path
from escalation.spans import iso_duration
from playbooks.shape import ResponseLevel

#: The roles of the house: who stands at the door.
HOUSE_ROLES = frozenset({"duty_manager", "responder", "plan_owner", "approver"})
#: The kinds of notice a plan may owe on its own internal clock, under any regime.
INTERNAL_KINDS = frozenset({"update", "final"})
#: The lists in which nothing stands twice.
ONCE = ("facts", "event_class", "source", "units", "covers")

#: How like a known name an unknown one is that was meant to be it.
_SLIP = 0.85

Content = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """The names a playbook may use that are defined elsewhere; None where anything goes.

    Where `scenarios_grow`, a scenario that is like none of those known is a new one, and one that nearly is, a slip.
    """

    regimes: Mapping[str, Collection[str]]
    criteria: Collection[str]
    posts: Collection[str]
    scenarios: Collection[str] | None = None
    scenarios_grow: bool = False

    def is_new(self, scenario: str | None) -> bool:
        """Whether a scenario may be one that nobody has entered yet."""
        near = difflib.get_close_matches(scenario or "", self.scenarios or (), n=1, cutoff=_SLIP)
        return self.scenarios_grow and not near


def check(content: Content, known: Known, desk: Desk) -> None:
    """Note on the desk every fault between the parts of `content`; parts that could not be read are passed over."""
    _ids(content, desk)
    _plan(content, known, desk)
    _levels(content, desk)
    _roles(content, known, desk)
    _tasks(content, desk)
    for path, duty in _items(content, "duties"):
        _duty(path, duty, known, desk)
        _clock(path, duty, _filed(content, duty), desk)
    _ladder(content, desk)


# --- the plan as a whole -------------------------------------------------------------------------------------------


def _ids(content: Content, desk: Desk) -> None:
    """Nothing is named twice."""
    for key in ("roles", "tasks", "duties", "assessment", "review"):
        _once(((*path, "id"), item.get("id")) for path, item in _items(content, key)).note(desk)
    for key in ONCE:
        _once(((key, n), value) for n, value in enumerate(content.get(key) or ())).note(desk)
    owed = ((path, _owed(duty)) for path, duty in _items(content, "duties"))
    _once(owed).note(desk)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Twice:
    """The values that stand more than once, each with the place of its repetition."""

    found: tuple[tuple[Path, str], ...]

    def note(self, desk: Desk) -> None:
        for path, value in self.found:
            desk.fault(
                path, f"“{value}”重复；请改用另一个或删除一处。", f"“{value}” stands twice; use another or delete one."
            )


def _once(values: Iterable[tuple[Path, str | None]]) -> _Twice:
    """Answer the repetitions among `values`."""
    seen: set[str] = set()
    found: list[tuple[Path, str]] = []
    for path, value in values:
        if value in seen:
            found.append((path, value))
        elif value is not None:
            seen.add(value)
    return _Twice(found=tuple(found))


def _owed(duty: Content) -> str | None:
    """Answer what makes a duty the same duty: its regime, kind and addressee."""
    parts = [duty[key] for key in ("regime", "kind", "addressee") if key in duty]
    return " · ".join(parts) if len(parts) == len(("regime", "kind", "addressee")) else None


def _plan(content: Content, known: Known, desk: Desk) -> None:
    """The plan's own names are known, and it does not stand above itself."""
    _one_of(content, ("criteria",), known.criteria, ("分级标准", "criteria"), desk)
    if known.scenarios is not None and not known.is_new(content.get("scenario")):
        _one_of(content, ("scenario",), known.scenarios, ("场景", "scenario"), desk)
    if content.get("parent") is not None and content.get("parent") == content.get("code"):
        desk.fault(
            ("parent",),
            "预案不能以自己为上位预案；请写上级预案的编号或 null。",
            "a plan is not its own parent; name the plan above it, or null.",
        )


def _levels(content: Content, desk: Desk) -> None:
    """Each response level is decided by somebody there is, and gives somebody something to do."""
    deciders = _role_ids(content) | HOUSE_ROLES
    starts = [ResponseLevel(task["from"]) for _, task in _items(content, "tasks") if "from" in task]
    for name, rule in (content.get("levels") or {}).items():
        _one_of(rule, ("levels", name, "decided_by"), deciders, ("响应角色", "role"), desk)
        if starts and not any(ResponseLevel(name).reaches(start) for start in starts):
            desk.fault(
                ("levels", name),
                f"{name} 级响应没有任何任务；请至少写一项 from: {name} 的任务。",
                f"response level {name} has no task; write at least one task with from: {name}.",
            )


# --- who does what -------------------------------------------------------------------------------------------------


def _roles(content: Content, known: Known, desk: Desk) -> None:
    """Each role is filled from a post there is."""
    for path, role in _items(content, "roles"):
        _one_of(role, (*path, "post"), known.posts, ("岗位", "post"), desk)


def _tasks(content: Content, desk: Desk) -> None:
    """Each task belongs to a role there is, and that is called out no later than the task begins."""
    ids = _role_ids(content)
    starts = {role["id"]: role["from"] for _, role in _items(content, "roles") if {"id", "from"} <= role.keys()}
    for path, task in _items(content, "tasks"):
        _one_of(task, (*path, "role"), ids, ("响应角色", "role"), desk)
        role, begins = starts.get(task.get("role")), task.get("from")
        if role and begins and not ResponseLevel(begins).reaches(ResponseLevel(role)):
            desk.fault(
                (*path, "from"),
                f"任务从 {begins} 级开始，而角色“{task['role']}”从 {role} 级才到位；请改其中一个。",
                f"the task begins at level {begins}, but its role “{task['role']}” only at {role}; change one of them.",
            )


def _role_ids(content: Content) -> frozenset[str]:
    return frozenset(role["id"] for _, role in _items(content, "roles") if "id" in role)


# --- what is owed to whom ------------------------------------------------------------------------------------------


def _duty(path: Path, duty: Content, known: Known, desk: Desk) -> None:
    """The regime and its kind are known, and so are those who sign."""
    _one_of(duty, (*path, "regime"), known.regimes, ("报送制度", "regime"), desk)
    regime, kind = duty.get("regime"), duty.get("kind")
    if regime is not None and regime in known.regimes and kind is not None:
        kinds = frozenset(known.regimes[regime]) | (frozenset() if duty.get("clock") == "statutory" else INTERNAL_KINDS)
        _one_of(duty, (*path, "kind"), kinds, (f"{regime} 的报告种类", f"kind of {regime}"), desk)
    signers = HOUSE_ROLES | frozenset(known.posts)
    _one_of(duty, (*path, "signs"), signers, ("签发角色", "signing role"), desk)
    _one_of(duty.get("alone") or {}, (*path, "alone", "post"), signers, ("签发角色", "signing role"), desk)


def _clock(path: Path, duty: Content, filed: Collection[str], desk: Desk) -> None:
    """The clock's instants are known, and who may sign alone may do so before it is due."""
    clock = duty.get("clock")
    if clock is None:
        return
    if isinstance(clock, Mapping):
        for key in ("from", "until"):
            if key in clock:
                _anchor(clock[key], (*path, "clock", key), filed, desk)
        if clock.get("from") is not None and clock.get("from") == clock.get("until"):
            desk.fault(
                (*path, "clock", "until"),
                "起点和终点相同；请改其中一个。",
                "it starts and ends at the same instant; change one.",
            )
    _alone(path, duty, desk)


def _anchor(anchor: str, path: Path, filed: Collection[str], desk: Desk) -> None:
    """Check one anchor: an instant, or the filing of another notice that this plan owes under the same regime."""
    kind = filing_of(anchor)
    if kind is None and anchor not in INSTANTS:
        desk.unknown(path, ("时间锚点", "anchor"), anchor, [*INSTANTS, *(f"submitted_at[{kind}]" for kind in filed)])
    elif kind is not None and kind not in filed:
        desk.unknown(path, ("已报种类", "filed kind"), kind, filed)


def _filed(content: Content, duty: Content) -> frozenset[str]:
    """Answer the kinds that this plan files under the duty's regime before the duty itself."""
    same = (other for _, other in _items(content, "duties") if other.get("regime") == duty.get("regime"))
    return frozenset(other["kind"] for other in same if "kind" in other) - {duty.get("kind")}


def _alone(path: Path, duty: Content, desk: Desk) -> None:
    """`before` is wanted where there is a due time to count back from, and is shorter than the time allowed."""
    clock, alone = duty["clock"], duty.get("alone")
    if alone is None:
        return
    before, immediate = alone.get("before"), isinstance(clock, Mapping) and "immediate" in clock
    if before is None and not immediate:
        desk.fault(
            (*path, "alone"),
            "缺少字段“before”：到期前多久可以单独签发；请补上，例如 PT30M。",
            "the key “before” is missing: how long before it is due one may sign alone; add it, such as PT30M.",
        )
    if before is not None and immediate:
        desk.fault(
            (*path, "alone", "before"),
            "“立即”报送的随时可以单独签发；请删除 before。",
            "what is due at once may be signed alone at once; delete “before”.",
        )
    allowed = _elapsed(clock.get("within") or clock.get("every")) if isinstance(clock, Mapping) else None
    if before is not None and allowed is not None and (_elapsed(before) or timedelta(0)) >= allowed:
        desk.fault(
            (*path, "alone", "before"),
            "单独签发的提前量不短于整个时限；请缩短。",
            "it is as long as the whole time allowed; make it shorter.",
        )


def _ladder(content: Content, desk: Desk) -> None:
    """The first call is made at once."""
    rungs = (content.get("ladder") or {}).get("rungs") or [None]
    first = (rungs[0] or {}).get("wait", "PT0S")
    if _elapsed(first):
        desk.fault(
            ("ladder", "rungs", 0, "wait"),
            "第一次呼叫不能等待；请写 PT0S。",
            "the first call does not wait; write PT0S.",
        )


# --- reading what may not be there ---------------------------------------------------------------------------------


def _items(content: Content, key: str) -> Iterator[tuple[Path, Content]]:
    """Yield the items of a list that could be read, each with its path."""
    for n, item in enumerate(content.get(key) or ()):
        if item is not None:
            yield (key, n), item


def _one_of(content: Content, path: Path, known: Collection[str], what: tuple[str, str], desk: Desk) -> None:
    """Check that the last key of `path` holds a known name, if it could be read."""
    value = content.get(str(path[-1]))
    if value is not None and value not in known:
        desk.unknown(path, what, value, known)


def _elapsed(text: str | None) -> timedelta | None:
    """Answer the elapsed time of a canonical duration; None for none, months and working days."""
    span = iso_duration(text) if text else None
    return span if isinstance(span, timedelta) else None
