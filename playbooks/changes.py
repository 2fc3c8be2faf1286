"""What a reader of an older version must know of a newer one, one sentence a change, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from escalation import regimes
from escalation.duties import ClockKind, Duty, DutyClock, filing_of
from escalation.ladders import Ladder
from escalation.spans import Span, span_words
from escalation.words import Words
from playbooks.shape import Chapter, LevelRule, Playbook, Question, Role, Task

T = TypeVar("T")

#: What is said of a value: the same in both languages when it is a name.
Said = Words | str

_NOTHING = Words(zh="无", en="none")
_ALL = Words(zh="全部单位", en="all units")
_OUTLINE = Words(zh="提纲", en="an outline")
_WHOLE = Words(zh="完整预案", en="a whole plan")
_HOUSE = Words(zh="按本单位规定", en="the house's own")
_WORDING = Words(zh="内容", en="wording")
_STAND_DOWN = Words(zh="响应终止条件", en="stand-down criterion")


def sentences(old: Playbook, new: Playbook, lang: str) -> list[str]:
    """Say every change from `old` to `new`, in `lang` (`zh` or `en`); nothing when the digests are the same."""
    return [said.said(lang) for said in changes(old, new)]


def changes(old: Playbook, new: Playbook) -> tuple[Words, ...]:
    """Answer every change as a sentence in both languages, in the order of the file."""
    return tuple(_changes(old, new))


def _changes(old: Playbook, new: Playbook) -> Iterator[Words]:
    for name, read in _PLAN.items():
        yield from _moved(_OF_PLAN, name, read(old), read(new))
    for before, after in zip(old.levels, new.levels, strict=True):
        about = Words(zh=f"{before.level} 级响应", en=f"response level {before.level}")
        yield from _fields(about, _LEVEL, before, after)
    yield from _listed(Words(zh="角色", en="role"), _ROLE, old.roles, new.roles, _role_added)
    yield from _listed(Words(zh="任务", en="task"), _TASK, old.tasks, new.tasks, _task_added)
    yield from _listed(Words(zh="报送", en="duty"), _DUTY, old.duties, new.duties, _duty_added)
    yield from _ladder(old.ladder, new.ladder)
    yield from _listed(
        Words(zh="研判问题", en="assessment question"), _QUESTION, old.assessment, new.assessment, _asked
    )
    yield from _stand_down(old.stand_down, new.stand_down)
    yield from _listed(Words(zh="复盘问题", en="review question"), _QUESTION, old.review, new.review, _asked)
    yield from _chapters(old.chapters, new.chapters)


# --- sentences -----------------------------------------------------------------------------------------------------


def _moved(about: Words, attribute: Words, before: Said, after: Said) -> Iterator[Words]:
    """Say that one attribute now has another value, if it has."""
    if before != after:
        was, now = _both(before), _both(after)
        yield Words(
            zh=f"{about.zh}：{attribute.zh}由“{was.zh}”改为“{now.zh}”。",
            en=f"{about.en}: {attribute.en} is now “{now.en}” instead of “{was.en}”.",
        )


def _both(said: Said) -> Words:
    return said if isinstance(said, Words) else Words(zh=said, en=said)


def _fields(about: Words, attributes: Mapping[Words, Callable[[T], Said]], before: T, after: T) -> Iterator[Words]:
    """Say each attribute that differs between two states of the same thing."""
    for name, read in attributes.items():
        yield from _moved(about, name, read(before), read(after))


def _listed(
    kind: Words,
    attributes: Mapping[Words, Callable[[T], Said]],
    old: Sequence[T],
    new: Sequence[T],
    added: Callable[[T], Words],
) -> Iterator[Words]:
    """Say what was added to a list of things with ids, removed or changed, and whether their order moved."""
    before, after = _by_id(old), _by_id(new)
    for name, thing in before.items():
        about = Words(zh=f"{kind.zh} {name}", en=f"{kind.en} {name}")
        if name in after:
            yield from _fields(about, attributes, thing, after[name])
        else:
            yield Words(zh=f"{about.zh} 已删除：{added(thing).zh}。", en=f"{about.en} is gone: {added(thing).en}.")
    for name in (name for name in after if name not in before):
        said = added(after[name])
        yield Words(zh=f"新增{kind.zh} {name}：{said.zh}。", en=f"new {kind.en} {name}: {said.en}.")
    if _order(before, after) != _order(after, before):
        yield Words(zh=f"{kind.zh}的先后顺序有调整。", en=f"the {kind.en}s stand in another order.")


def _by_id(things: Sequence[T]) -> dict[str, T]:
    return {str(getattr(thing, "id")): thing for thing in things}  # noqa: B009 - every listed noun has an id


def _order(things: Iterable[str], others: Mapping[str, Any]) -> list[str]:
    """Answer the names that stand in both, in the order of the first."""
    return [name for name in things if name in others]


def _ladder(old: Ladder, new: Ladder) -> Iterator[Words]:
    """Say each rung of the call ladder that differs."""
    about = Words(zh="呼叫阶梯", en="call ladder")
    for n in range(max(len(old.rungs), len(new.rungs))):
        rung = Words(zh=f"第 {n + 1} 次呼叫", en=f"call {n + 1}")
        yield from _moved(about, rung, _rung(old, n), _rung(new, n))
    yield from _moved(
        about, Words(zh="末级重复间隔", en="repeat of the last call"), span_words(old.repeat), span_words(new.repeat)
    )


def _rung(ladder: Ladder, n: int) -> Words:
    """Say one rung in words."""
    if n >= len(ladder.rungs):
        return _NOTHING
    rung = ladder.rungs[n]
    wait, whom, via = span_words(rung.wait), rung.whom.words, rung.via.words
    return Words(zh=f"等 {wait.zh}，{via.zh}，{whom.zh}", en=f"after {wait.en}, {whom.en}, {via.en}")


def _stand_down(old: tuple[Words, ...], new: tuple[Words, ...]) -> Iterator[Words]:
    """Say which criteria for standing down were reworded, came or went; they have no ids, so pairs are by order."""
    gone = [_inner(words) for words in old if words not in new]
    fresh = [_inner(words) for words in new if words not in old]
    both = min(len(gone), len(fresh))
    for before, after in zip(gone, fresh, strict=False):
        yield from _moved(_STAND_DOWN, _WORDING, before, after)
    for words in gone[both:]:
        yield Words(zh=f"响应终止条件已删除：{words.zh}。", en=f"stand-down criterion is gone: {words.en}.")
    for words in fresh[both:]:
        yield Words(zh=f"新增响应终止条件：{words.zh}。", en=f"new stand-down criterion: {words.en}.")
    if not gone and not fresh and old != new:
        yield Words(zh="响应终止条件的先后顺序有调整。", en="the stand-down criteria stand in another order.")


def _chapters(old: tuple[Chapter, ...], new: tuple[Chapter, ...]) -> Iterator[Words]:
    """Say which chapters of the document came, went or read differently; a chapter is known by its title."""
    before, after = ({chapter.title: chapter.text for chapter in each} for each in (old, new))
    for title in before | after:
        if title not in after:
            yield Words(zh=f"正文章节“{title}”已删除。", en=f"the chapter “{title}” is gone.")
        elif title not in before:
            yield Words(zh=f"新增正文章节“{title}”。", en=f"new chapter “{title}”.")
        elif before[title] != after[title]:
            yield Words(zh=f"正文章节“{title}”有改动。", en=f"the chapter “{title}” reads differently.")
    if before == after and old != new:
        yield Words(zh="正文章节的先后顺序有调整。", en="the chapters stand in another order.")


def _inner(words: Words) -> Words:
    """Answer a sentence without its full stop, to stand inside another."""
    return Words(zh=words.zh.rstrip("。"), en=words.en.rstrip("."))


# --- what is read of each noun -------------------------------------------------------------------------------------


def clock_words(clock: DutyClock) -> Words:
    """Say a duty's clock; an internal target is called internal."""
    if clock.kind is ClockKind.STATUTORY or clock.span is None:
        return Words(zh="法定时限", en="statutory")
    span, start = span_words(clock.span), anchor_words(clock.anchor or "")
    match clock.kind:
        case ClockKind.EVERY:
            until = anchor_words(clock.until or "")
            zh = f"自{start.zh}起每 {span.zh}一次，至{until.zh}为止（内部目标）"
            en = f"every {span.en}, counted from {start.en}, ended by {until.en} (internal)"
        case ClockKind.IMMEDIATE:
            zh = f"自{start.zh}起立即，内部目标 {span.zh}"
            en = f"at once, internal target {span.en} from {start.en}"
        case _:
            zh = f"自{start.zh}起 {span.zh}内（内部目标）"
            en = f"within {span.en} from {start.en} (internal)"
    return Words(zh=zh, en=en)


def anchor_words(anchor: str) -> Words:
    """Say an anchor: the instant's title, or the filing of a kind of notice."""
    kind = filing_of(anchor)
    if kind is None:
        return regimes.titles().anchors.get(anchor, Words(zh=anchor, en=anchor))
    said = regimes.titles().kinds.get(kind, Words(zh=kind, en=kind))
    return Words(zh=f"{said.zh}报出时间", en=f"the filing of the {said.en.lower()}")


def _cycle(every: Span | None) -> Words:
    return _HOUSE if every is None else span_words(every)


def _joined(names: Iterable[str]) -> Words:
    listed = tuple(names)
    return Words(zh="、".join(listed), en=", ".join(listed)) if listed else _NOTHING


def _after(span: Span) -> Words:
    said = span_words(span)
    return Words(zh=f"{said.zh}内", en=f"after {said.en}")


def _evidence(task: Task) -> Words:
    return task.evidence or _NOTHING


def _alone(duty: Duty) -> Words:
    before = span_words(duty.alone.before)
    return Words(zh=f"{duty.alone.post}，到期前 {before.zh}", en=f"{duty.alone.post}, {before.en} before it is due")


def _role_added(role: Role) -> Words:
    return Words(
        zh=f"{role.title.zh}，岗位 {role.post}，{role.start} 级起",
        en=f"{role.title.en}, post {role.post}, from level {role.start}",
    )


def _task_added(task: Task) -> Words:
    due, do = span_words(task.due), _inner(task.do)
    return Words(
        zh=f"{do.zh}（{task.role}，{task.start} 级起，{due.zh}内）",
        en=f"{do.en} ({task.role}, from level {task.start}, due after {due.en})",
    )


def _duty_added(duty: Duty) -> Words:
    clock = clock_words(duty.clock)
    return Words(
        zh=f"{duty.title.zh}，报{duty.addressee.words.zh}，{clock.zh}",
        en=f"{duty.title.en}, to the {duty.addressee.words.en}, {clock.en}",
    )


def _asked(question: Question) -> Words:
    return Words(zh=question.ask.zh.rstrip("？。"), en=question.ask.en.rstrip("?."))


_OF_PLAN = Words(zh="预案", en="the plan")

_PLAN: dict[Words, Callable[[Playbook], Said]] = {
    Words(zh="编号", en="code"): lambda plan: plan.code,
    Words(zh="名称", en="title"): lambda plan: plan.title,
    Words(zh="层级", en="tier"): lambda plan: plan.tier.words,
    Words(zh="场景", en="scenario"): lambda plan: plan.scenario,
    Words(zh="场景名称", en="scenario's title"): lambda plan: plan.scenario_title,
    Words(zh="类别", en="family"): lambda plan: plan.family.words,
    Words(zh="责任人", en="owner"): lambda plan: plan.owner,
    Words(zh="上位预案", en="parent plan"): lambda plan: plan.parent or _NOTHING,
    Words(zh="编制依据", en="source"): lambda plan: _joined(plan.source),
    Words(zh="适用范围", en="scope"): lambda plan: plan.scope,
    Words(zh="事件类别", en="event class"): lambda plan: _joined(plan.event_class),
    Words(zh="事件分级标准", en="criteria of the event level"): lambda plan: plan.criteria,
    Words(zh="要收集的情况数据", en="facts asked for"): lambda plan: _joined(plan.facts),
    Words(zh="组织层级", en="organisational level"): lambda plan: plan.organisation.words,
    Words(zh="适用单位", en="units"): lambda plan: _joined(plan.units) if plan.units else _ALL,
    Words(zh="另外覆盖的场景", en="further scenarios"): lambda plan: _joined(plan.covers),
    Words(zh="成熟度", en="maturity"): lambda plan: _OUTLINE if plan.outline else _WHOLE,
    Words(zh="复审周期", en="review cycle"): lambda plan: (
        span_words(plan.review_every) if plan.review_every else _HOUSE
    ),
    Words(zh="引用的关键设备", en="equipment it leans on"): lambda plan: _joined(plan.references.equipment),
    Words(zh="引用的高危岗位", en="high-risk posts it leans on"): lambda plan: _joined(plan.references.posts),
    Words(zh="引用的站点", en="sites it leans on"): lambda plan: _joined(plan.references.sites),
    Words(zh="引用的法规", en="laws it leans on"): lambda plan: _joined(plan.references.laws),
}
_LEVEL: dict[Words, Callable[[LevelRule], Said]] = {
    Words(zh="启动条件", en="criterion"): lambda rule: rule.when,
    Words(zh="处置措施", en="measures"): lambda rule: rule.measures,
    Words(zh="决定人", en="decided by"): lambda rule: rule.decided_by,
    Words(zh="预计期限", en="expected period"): lambda rule: span_words(rule.period),
}
_ROLE: dict[Words, Callable[[Role], Said]] = {
    Words(zh="名称", en="title"): lambda role: role.title,
    Words(zh="岗位", en="post"): lambda role: role.post,
    Words(zh="起始响应级别", en="first response level"): lambda role: role.start.value,
    Words(zh="职责", en="brief"): lambda role: role.brief,
}
_TASK: dict[Words, Callable[[Task], Said]] = {
    Words(zh="内容", en="what is to be done"): lambda task: task.do,
    Words(zh="责任角色", en="role"): lambda task: task.role,
    Words(zh="起始响应级别", en="first response level"): lambda task: task.start.value,
    Words(zh="时限", en="due"): lambda task: _after(task.due),
    Words(zh="完成凭据", en="evidence"): _evidence,
}
_DUTY: dict[Words, Callable[[Duty], Said]] = {
    Words(zh="报送制度", en="regime"): lambda duty: duty.regime,
    Words(zh="报告种类", en="kind"): lambda duty: duty.kind,
    Words(zh="报告文种", en="notice"): lambda duty: duty.notice.words,
    Words(zh="名称", en="title"): lambda duty: duty.title,
    Words(zh="主送机关", en="addressee"): lambda duty: duty.addressee.words,
    Words(zh="送达方式", en="courier"): lambda duty: duty.courier.words,
    Words(zh="时限", en="clock"): lambda duty: clock_words(duty.clock),
    Words(zh="签发人", en="signed by"): lambda duty: duty.signs,
    Words(zh="可单独签发", en="who may sign alone"): _alone,
}
_QUESTION: dict[Words, Callable[[Question], Said]] = {_WORDING: lambda question: question.ask}
