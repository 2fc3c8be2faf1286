"""The tree of plans 预案体系: who stands under whom, and whether a lower plan is as strict as the one above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from escalation.duties import ClockKind, Duty, DutyClock
from escalation.spans import Months, Span, WorkingDays
from escalation.words import Words
from plans.tiers import OrgLevel, Tier, may_be_parent, parents_of

_SHORTEST_MONTH, _LONGEST_MONTH = timedelta(days=28), timedelta(days=31)


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """What the tree must know of a plan; `duties` of the plan itself and of its parent are enough."""

    code: str
    title: Words
    tier: Tier
    organisation: OrgLevel
    parent: str | None
    duties: tuple[Duty, ...] = ()

    @property
    def named(self) -> Words:
        """The plan as a sentence names it."""
        return Words(zh=f"“{self.title.zh}”（{self.code}）", en=f"“{self.title.en}” ({self.code})")


def faults(plan: Node, standing: Mapping[str, Node]) -> tuple[Words, ...]:
    """Everything that is wrong with the place of `plan` in the tree, each as a sentence that says what to do.

    `standing` holds the plans in force by code: those above `plan`, and every comprehensive plan. A version of
    `plan` itself that is in force there does not count: `plan` takes its place.
    """
    return tuple(_faults(plan, standing))


def _faults(plan: Node, standing: Mapping[str, Node]) -> Iterator[Words]:
    if plan.parent is None:
        yield from _orphan(plan, standing)
    elif plan.parent != plan.code and plan.parent not in standing:
        yield Words(
            zh=f"上位预案 {plan.parent} 没有现行版本；请先使其生效，或改写为现行的上位预案。",
            en=f"the parent plan {plan.parent} has no version in force; have it take effect first, or name another.",
        )
    elif _in_circle(plan, standing):
        yield Words(
            zh=f"上位预案 {plan.parent} 又以本预案为上位，形成了环；请改写上位预案。",
            en=f"the parent plan {plan.parent} stands below this very plan, in a circle; name another parent.",
        )
    else:
        yield from _fit(plan, standing[plan.parent])
        yield from looser(plan, standing[plan.parent])


def _orphan(plan: Node, standing: Mapping[str, Node]) -> Iterator[Words]:
    """Only the highest comprehensive plan stands under none."""
    if plan.tier is not Tier.COMPREHENSIVE:
        above = parents_of(plan.tier)
        zh, en = "或".join(each.words.zh for each in above), " or ".join(each.words.en.lower() for each in above)
        yield Words(zh=f"没有写明上位预案；请填写一份{zh}的编号。", en=f"it names no parent plan; name a {en}.")
        return
    roots = (each for each in standing.values() if each.tier is Tier.COMPREHENSIVE and each.code != plan.code)
    higher = next((each for each in roots if each.organisation.rank < plan.organisation.rank), None)
    if higher is not None:
        yield Words(
            zh=f"上级单位已有综合应急预案{higher.named.zh}；请以它为上位预案。",
            en=f"a comprehensive plan of a higher level stands, {higher.named.en}; name it as the parent.",
        )


def _in_circle(plan: Node, standing: Mapping[str, Node]) -> bool:
    """Whether the way up from `plan` comes back to it, or never ends."""
    seen, above = {plan.code}, plan.parent
    while above is not None:
        if above in seen:
            return True
        seen.add(above)
        above = standing[above].parent if above in standing else None
    return False


def _fit(plan: Node, parent: Node) -> Iterator[Words]:
    """The parent is of a tier that may stand above, and not of a lower organisational level."""
    if not may_be_parent(parent.tier, plan.tier):
        above = parents_of(plan.tier)
        zh, en = "、".join(each.words.zh for each in above), ", ".join(each.words.en.lower() for each in above)
        yield Words(
            zh=f"{plan.tier.words.zh}的上位预案应为{zh}，而{parent.named.zh}是{parent.tier.words.zh}；请改写上位预案。",
            en=f"the parent of this tier is one of: {en}; {parent.named.en} is none of them; name another.",
        )
    if plan.organisation.rank < parent.organisation.rank:
        own, theirs = plan.organisation.words, parent.organisation.words
        yield Words(
            zh=f"本预案的组织层级（{own.zh}）高于上位预案（{theirs.zh}）；请改写组织层级或上位预案。",
            en=f"its level ({own.en.lower()}) is above its parent's ({theirs.en.lower()}); change one of them.",
        )


# --- no looser than its parent ---------------------------------------------------------------------------------------


def looser(plan: Node, parent: Node) -> tuple[Words, ...]:
    """Every clock of `plan` that is looser than the one `parent` sets for the same regime and kind, as a sentence.

    Statutory where the parent is statutory; an internal target from the same instant and no longer than the
    parent's; at once where the parent says at once. What cannot be compared is not taken for strict enough.
    """
    return tuple(_looser(plan, parent))


def _looser(plan: Node, parent: Node) -> Iterator[Words]:
    for duty in plan.duties:
        for above in _same(duty, parent.duties):
            why = _why_looser(duty.clock, above.clock)
            if why is not None:
                about = f"{duty.id} · {duty.regime} · {duty.kind}"
                yield Words(
                    zh=f"{about}：比上位预案{parent.named.zh}的 {above.id} 宽松——{why.zh}。",
                    en=f"{about}: looser than {above.id} of the parent {parent.named.en}: {why.en}.",
                )


def _same(duty: Duty, others: tuple[Duty, ...]) -> tuple[Duty, ...]:
    """The parent's duties of the same regime and kind: to the same office, else to whatever office."""
    same = tuple(each for each in others if (each.regime, each.kind) == (duty.regime, duty.kind))
    return tuple(each for each in same if each.addressee is duty.addressee) or same


def _why_looser(own: DutyClock, above: DutyClock) -> Words | None:
    match own.internal, above.internal:
        case False, False:
            return None
        case True, False:
            return Words(zh="上位预案用法定时限，请改为 statutory", en="the parent's is statutory; write statutory")
        case False, True:
            zh, en = (
                "上位预案另有内部目标，请写明不长于它的目标",
                "the parent sets a target of its own; set one no longer",
            )
            return Words(zh=zh, en=en)
        case _:
            return _why_longer(own, above)


def _why_longer(own: DutyClock, above: DutyClock) -> Words | None:
    if own.anchor != above.anchor:
        return Words(
            zh=f"起点 {own.anchor} 与上位预案的 {above.anchor} 不同，无法比较，请改为相同的起点",
            en=f"it runs from {own.anchor}, the parent's from {above.anchor}, which cannot be compared; start it there",
        )
    if above.kind is ClockKind.IMMEDIATE and own.kind is not ClockKind.IMMEDIATE:
        return Words(zh="上位预案要求立即，请写 immediate", en="the parent's is due at once; write immediate")
    if above.kind is ClockKind.EVERY and (own.kind is not ClockKind.EVERY or own.until != above.until):
        return Words(
            zh=f"上位预案要求反复报送至 {above.until}，请同样写明",
            en=f"the parent's recurs until {above.until}; write the same",
        )
    if own.span is None or above.span is None or not no_longer(own.span, above.span):
        return Words(
            zh="时长更长，请缩短至不长于上位预案", en="it allows more time; make it no longer than the parent's"
        )
    return None


def no_longer(span: Span, than: Span) -> bool:
    """Whether `span` is surely no longer than `than`; working days are compared with working days alone."""
    if isinstance(span, WorkingDays) or isinstance(than, WorkingDays):
        return isinstance(span, WorkingDays) and isinstance(than, WorkingDays) and span <= than
    if isinstance(span, Months) and isinstance(than, Months):
        return span <= than
    longest = span.count * _LONGEST_MONTH if isinstance(span, Months) else span
    shortest = than.count * _SHORTEST_MONTH if isinstance(than, Months) else than
    return longest <= shortest
