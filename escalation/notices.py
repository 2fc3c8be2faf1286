"""The words that leave the house: an incident's facts in, a titled letter out, with its digest and what it lacks.

`render` takes one mapping of JSON-able facts in which every key is present and None is unknown; instants are ISO 8601
with an offset. The letters themselves stand in `templates/notices/`, a folder a letter (see the README there).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from escalation import duties, regimes
from escalation.clocks import Wanted
from escalation.words import Words

Facts = Mapping[str, Any]

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "notices"
UNKNOWN = Words(zh="待核实", en="to be verified")
#: The first and the last line of every drill's letter; its title starts with `DRILL`.
DRILL, BANNER = "【演练】", "【演练】EXERCISE"
#: As many finished or planned tasks as a letter lists.
MOST_TASKS = 8
#: What a person may write for any report; what else its list asks is in the regimes' `fields.yaml`.
WRITTEN = ("summary", "impact", "cause", "measures", "next", "requests")
#: What a correction alone asks: why what was filed was wrong, and what else it corrects, a line each.
CORRECTING = ("wrong_because", "corrected")
UNVERIFIED = "MEM"


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A letter as it will go.

    `digest` is the SHA-256 (hex) of the text's UTF-8 bytes. `missing_now` names what this letter should say and does
    not (`lacks` has the same by their names), `missing_later` what a later one must (0.7: a first report with gaps is
    lawful). `contradictions` are figures
    that cannot all be right; they are for the drafter and the signer, and do not stand in the text. `sure` is how sure
    the list of fields is (a mark of the regimes): nothing waits for a list that nobody has read.
    """

    title: str
    text: str
    digest: str
    lang: str
    missing_now: tuple[Words, ...]
    missing_later: tuple[Words, ...]
    contradictions: tuple[Words, ...]
    sure: str
    lacks: tuple[str, ...] = ()

    @property
    def wanting(self) -> tuple[Words, ...]:
        """What is missing now by a list that somebody has read."""
        return () if self.sure == UNVERIFIED else self.missing_now


def lang_of(regime: str) -> str:
    """Answer the language a regime's notices are written in: `zh` for China's, `en` for all others."""
    return "zh" if regime.startswith("cn.") else "en"


def render(facts: Facts, *, folder: Path = TEMPLATES) -> Notice:
    """Answer the letter of these facts: the same facts give the same text, byte for byte.

    The letter is taken from `folder`, what it does not have from the house's own. `facts["notice"]` is a
    `duties.Notice`, `facts["regime"]` picks the template and the language. Typed text comes out with its line breaks
    and without control characters.
    """
    lang = lang_of(facts["regime"])
    said = plain(facts, lang)
    context = _context(said, lang)
    context["items"] = [item | {"said": _item_said(item, context, lang, folder)} for item in context["items"]]
    title = " ".join(_template(said, "title", lang, folder).render(context).split())
    context["title"] = (DRILL + title) if said["exercise"] else title
    text = _framed(_template(said, "text", lang, folder).render(context), exercise=said["exercise"])
    lacks = tuple(_missing(said, now=True))
    return Notice(
        title=context["title"],
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        lang=lang,
        missing_now=tuple(label(name) for name in lacks),
        missing_later=tuple(label(name) for name in _missing(said, now=False)),
        contradictions=tuple(contradictions(said)),
        sure=regimes.lists().surely(_wanted(said)),
        lacks=lacks,
    )


def texts(regime: str, kind: str, notice: str) -> tuple[str, ...]:
    """Answer which texts a person may write for such a notice: those of every report, and those its list asks."""
    asked = [name for item in _items(regimes.lists().wanted(regime, kind, notice)) for name in item[1]]
    own = [name for name in asked if name in regimes.lists().texts]
    mine = ("summary",) if duties.Notice(notice) in duties.OTHERS else WRITTEN
    return (*mine, *dict.fromkeys(own))


def label(name: str) -> Words:
    """Answer what a fact, figure, instant or text that a list may ask for is called."""
    return regimes.lists().texts[name] if name in regimes.lists().texts else _FIELDS[name]


def changed(before: Facts, now: Facts) -> list[dict[str, Any]]:
    """Answer what two states of the facts say differently: `{"name", "was", "now"}` of figures, instants, the level."""
    names = [*_UNITS, *duties.INSTANTS]
    found = [{"name": name, "was": _value(before, name), "now": _value(now, name)} for name in names]
    found.append({"name": "event_level", "was": before["event_level"], "now": now["event_level"]})
    return [each for each in found if each["was"] is not None and each["was"] != each["now"]]


def changed_line(change: Facts, lang: str, zone: str) -> str:
    """Answer one change as a sentence: `受影响用户：原报8万户，应为12万户`."""
    was, now = (value_said(change["name"], change[each], lang, zone).rstrip("。．；") for each in ("was", "now"))
    name = label(change["name"]).said(lang)
    return f"{name}：原报{was}，应为{now}" if lang == "zh" else f"{name}: reported {was}, should be {now}"


def value_said(name: str, value: Any, lang: str, zone: str) -> str:  # noqa: ANN401 - any value of a fact
    """Answer a value as a letter writes it, with its unit; unknown is said."""
    said: str | None
    if name == "event_level":
        said = level(value, lang)
    elif name in _TIMES:
        said = when(value, zone, lang)
    elif isinstance(value, bool):
        said = flag(value, lang)
    elif name in _UNITS and value is not None:
        said = f"{count(value, lang)}{'' if lang == 'zh' else ' '}{_UNITS[name][1].said(lang)}"
    else:
        said = value
    return said or UNKNOWN.said(lang)


# --- text in: what people typed, made harmless -----------------------------------------------------------------------

# What a chat would read as a mention, a channel or a link: `<!channel>`, `<@U…>`, `<#C…>`, `<https://…|…>`.
_CHAT = re.compile(r"<(?=[!@#]|[a-zA-Z]+:)")
_NONCHARACTERS = frozenset(chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))


def plain(value: Any, lang: str) -> Any:  # noqa: ANN401 - any JSON-able value
    """Answer the value with every text clean, blank texts as None, and bilingual words in `lang` alone."""
    match value:
        case str():
            return clean(value) or None
        case {"zh": _, "en": _} if len(value) == len(("zh", "en")):
            return plain(value[lang], lang)
        case Mapping():
            return {key: plain(item, lang) for key, item in value.items()}
        case list() | tuple():
            return [plain(item, lang) for item in value]
        case _:
            return value


def clean(text: str) -> str:
    """Answer the text without control and invisible characters and chat mentions; line breaks stay."""
    lines = re.sub("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029", "\n", text).replace("\t", " ")
    shown = "".join(letter for letter in lines if letter == "\n" or not _hidden(letter))
    return _CHAT.sub("＜", shown).strip()


def _hidden(letter: str) -> bool:
    # Controls, format characters (bidirectional overrides, zero widths, tags) and lone surrogates. Unassigned code
    # points stay: a rare character of a person's name may be newer than this Python's tables.
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs"} or letter in _NONCHARACTERS


# --- figures: what is counted, now and in the previous filing --------------------------------------------------------

_UNITS: Mapping[str, tuple[Words, Words]] = {
    "users_affected": (Words(zh="受影响用户", en="Users affected"), Words(zh="户", en="users")),
    "duration_hours": (Words(zh="中断时长", en="Duration of the interruption"), Words(zh="小时", en="hours")),
    "stations_down": (Words(zh="累计退服基站", en="Base stations down"), Words(zh="个", en="stations")),
    "stations_restored": (Words(zh="已恢复基站", en="Base stations restored"), Words(zh="个", en="stations")),
    "stations_total": (Words(zh="基站总数", en="Base stations in all"), Words(zh="个", en="stations")),
    "cables_down": (Words(zh="中断光缆", en="Cables cut"), Words(zh="条", en="cables")),
    "inter_operator_voice_total_block_hours": (
        Words(zh="网间话音全阻时长", en="Inter-operator voice totally blocked"),
        Words(zh="小时", en="hours"),
    ),
    "user_minutes": (Words(zh="受影响用户时长", en="User minutes lost"), Words(zh="用户·分钟", en="user-minutes")),
    "affects_911": (
        Words(zh="是否影响党政军、应急和110、119、120等紧急呼叫", en="Emergency calls affected"),
        Words(zh="", en=""),
    ),
    "deaths": (Words(zh="死亡", en="Deaths"), Words(zh="人", en="people")),
    "missing": (Words(zh="下落不明", en="Missing"), Words(zh="人", en="people")),
    "serious_injuries": (Words(zh="重伤", en="Serious injuries"), Words(zh="人", en="people")),
    "direct_loss_yuan": (
        Words(zh="初步估计的直接经济损失", en="Direct loss, first estimate"),
        Words(zh="元", en="yuan"),
    ),
    "personal_information_persons": (
        Words(zh="涉及个人信息", en="Persons whose data is concerned"),
        Words(zh="人", en="people"),
    ),
    "sensitive_information_persons": (
        Words(zh="其中涉及敏感个人信息", en="Persons whose sensitive data is concerned"),
        Words(zh="人", en="people"),
    ),
}
_STATIONS = ("stations_down", "stations_restored", "stations_total")
_HARM = ("deaths", "missing", "serious_injuries", "direct_loss_yuan")
_NETWORK = tuple(name for name in _UNITS if name not in _STATIONS + _HARM)
#: What can only grow from filing to filing.
_CUMULATIVE = (
    "stations_down",
    "stations_restored",
    "user_minutes",
    "duration_hours",
    "inter_operator_voice_total_block_hours",
    "deaths",
)
#: What a letter says even while it is unknown, by event class.
_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "network_operation": ("users_affected", "duration_hours", "affects_911"),
    "disaster": ("users_affected",),
    "work_safety": _HARM,
    "data": ("personal_information_persons",),
    "cyber": ("users_affected",),
}
#: The same, by regime: the fields its own list names (rules.md a.4).
_ALWAYS_FOR: Mapping[str, tuple[str, ...]] = {
    "cn.telecom2009": ("users_affected", "duration_hours", "affects_911"),
    "cn.so493": _HARM,
    "cn.construction": _HARM,
    "cn.miit.accident": _HARM,
    "cn.erl2024": ("users_affected",),
    "cn.miit.datasec2024": ("personal_information_persons",),
    "eu.gdpr33": ("personal_information_persons",),
    "us.fcc.nors.wireless": ("users_affected", "duration_hours", "user_minutes", "affects_911"),
    "us.fcc.911": ("affects_911",),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure: its value now, and `filed`, its value in the previous filing; None is unknown.

    `follows` says whether there is a previous filing at all, `as_of` and `source` where the value comes from.
    """

    name: str
    title: str
    unit: str
    value: Any
    filed: Any
    follows: bool
    as_of: str | None
    source: str | None

    @property
    def change(self) -> Decimal | None:
        """This period's part: the value less the one filed before; None unless both are known numbers."""
        now, then = _number(self.value), _number(self.filed)
        return None if now is None or then is None else now - then

    @property
    def superseded(self) -> bool:
        """Whether the previous filing said another value."""
        return self.filed is not None and self.filed != self.value

    @property
    def told(self) -> bool:
        """Whether there is anything to tell: a value now, or one filed before."""
        return self.value is not None or self.filed is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stations:
    """The base stations: how many went down and came back, of how many; what follows from it, None where it cannot."""

    down: Figure
    restored: Figure
    total: Figure

    @property
    def told(self) -> bool:
        """Whether any of the three is known or was filed before."""
        return self.down.told or self.restored.told or self.total.told

    @property
    def remaining(self) -> Decimal | None:
        """How many are still down; None while unknown or contradictory."""
        down, restored = _number(self.down.value), _number(self.restored.value)
        return None if down is None or restored is None or restored > down else down - restored

    @property
    def whole(self) -> Decimal | None:
        """How many there are in all; None while unknown or contradictory."""
        down, total = _number(self.down.value), _number(self.total.value)
        return None if down is None or total is None or down > total else total


def _figure(facts: Facts, name: str, lang: str) -> Figure:
    title, unit = _UNITS[name]
    known, previous = _known_of(facts, name), facts["previous"]
    return Figure(
        name=name,
        title=title.said(lang),
        unit=unit.said(lang),
        value=known.get("value"),
        filed=previous["facts"].get(name) if previous else None,
        follows=previous is not None,
        as_of=known.get("as_of"),
        source=known.get("source"),
    )


def _always(facts: Facts, asked: set[str]) -> set[str]:
    named = set(_ALWAYS_FOR.get(facts["regime"], ())) | asked & set(_UNITS)
    if named:
        return named
    return {name for event_class in facts["event_class"] for name in _ALWAYS.get(event_class, ())}


def _number(value: Any) -> Decimal | None:  # noqa: ANN401 - a number, a flag or None
    if value is None or isinstance(value, bool):
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


# --- what is not there, and what cannot be ---------------------------------------------------------------------------

_FIELDS: Mapping[str, Words] = {
    "occurred_at": Words(zh="发生时间", en="time of occurrence"),
    "discovered_at": Words(zh="发现时间", en="time of discovery"),
    "aware_at": Words(zh="获知时间", en="time of awareness"),
    "noticed_at": Words(zh="发现或发生时间", en="time of discovery or occurrence"),
    "classified_at": Words(zh="定级时间", en="time of classification"),
    "restored_at": Words(zh="恢复时间", en="time of restoration"),
    "handled_at": Words(zh="处置完毕时间", en="time the handling ended"),
    "place": Words(zh="地点", en="place"),
    "event": Words(zh="事件简况", en="summary of the event"),
    "event_level": Words(zh="事件级别", en="event level"),
    "impact": Words(zh="影响范围", en="scope of the impact"),
    "measures": Words(zh="已采取的措施", en="measures taken"),
    "cause": Words(zh="原因", en="cause"),
    "next": Words(zh="下一步安排", en="next steps"),
    "summary": Words(zh="简要经过", en="summary"),
    "requests": Words(zh="请求支援事项", en="support asked for"),
    "contact": Words(zh="联系人及电话", en="contact and telephone"),
    "response_level": Words(zh="响应级别", en="response level"),
    "level_before": Words(zh="调整前的响应级别", en="response level before"),
    "ended_at": Words(zh="响应终止时间", en="time the response ended"),
    "changes": Words(zh="更正的内容", en="what is corrected"),
    "detected_at": Words(zh="监测发现时间", en="time of detection"),
    "site_reported_to_head_at": Words(zh="单位负责人接到报告时间", en="time the head of the unit was told"),
    "level_changed_at": Words(zh="级别变更时间", en="time the level changed"),
    "casualty_changed_at": Words(zh="伤亡人数变化时间", en="time casualties changed"),
    "new_fact_at": Words(zh="新情况出现时间", en="time of the new fact"),
    "response_ended_at": Words(zh="响应终止时间", en="time the response ended"),
    "month_end": Words(zh="月末", en="end of the month"),
    **{name: Words(zh=title.zh, en=title.en[0].lower() + title.en[1:]) for name, (title, _) in _UNITS.items()},
}

_TIMES = frozenset(duties.INSTANTS)


def _wanted(facts: Facts) -> Wanted:
    return regimes.lists().wanted(facts["regime"], facts["kind"], facts["notice"])


MAY = "?"  # behind what an item asks only where there is something to tell


def _items(wanted: Wanted) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each item of a list with what it asks that no item before it asked."""
    asked: set[str] = set()
    for name in dict.fromkeys((*wanted.now, *wanted.later)):
        asks = tuple(bare for each in regimes.lists().asks[name] if (bare := each.removesuffix(MAY)) not in asked)
        asked.update(asks)
        yield name, asks


def _missing(facts: Facts, *, now: bool) -> Iterator[str]:
    wanted, asks = _wanted(facts), regimes.lists().asks
    first = dict.fromkeys(name for item in wanted.now for name in asks[item])
    later = dict.fromkeys(name for item in wanted.later for name in asks[item] if name not in first)
    return (name for name in (first if now else later) if not name.endswith(MAY) and not _has(facts, name))


def _noticed(facts: Facts) -> Any:  # noqa: ANN401 - an instant or None
    known = (_value(facts, name) for name in ("discovered_at", "detected_at", "aware_at", "occurred_at"))
    return next((instant for instant in known if instant), None)


def _changes(facts: Facts) -> list[Facts]:
    """What a correction puts right and the house can tell: figures and times that moved, texts written anew."""
    sent = facts.get("corrects")
    if not sent:
        return []
    names = [name for name in (*WRITTEN, *regimes.lists().texts) if name not in CORRECTING]
    said, written = sent["written"], facts["written"]
    texts = [{"name": name, "was": said.get(name), "now": written.get(name)} for name in names]
    return [*sent["changes"], *(each for each in texts if each["was"] != each["now"])]


def _corrected(facts: Facts) -> list[str]:
    """What else a person has written down as corrected, a line each."""
    lines_ = (facts["written"].get("corrected") or "").split("\n")
    return [line.strip() for line in lines_ if line.strip()] if facts.get("corrects") else []


# Fields that are not facts of their own: what is looked at instead.
_ELSEWHERE: Mapping[str, Callable[[Facts], object]] = {
    "place": lambda facts: facts["unit"],
    "event": lambda facts: facts["written"]["summary"] or facts["event"],
    "event_level": lambda facts: facts["event_level"],
    "impact": lambda facts: facts["written"]["impact"] or any(_value(facts, name) is not None for name in _UNITS),
    "measures": lambda facts: facts["written"]["measures"] or facts["tasks_done"],
    "cause": lambda facts: facts["written"]["cause"],
    "next": lambda facts: facts["written"]["next"] or facts["tasks_open"],
    "contact": lambda facts: facts["contact"] and facts["contact"]["name"] and facts["contact"]["phone"],
    "response_level": lambda facts: facts["response_level"],
    "level_before": lambda facts: facts.get("response_level_before"),
    "ended_at": lambda facts: facts["stood_down_at"],
    "requests": lambda _: True,  # none are asked for where nothing is written
    "noticed_at": _noticed,
    "changes": lambda facts: _changes(facts) or _corrected(facts),
}


def _has(facts: Facts, field: str) -> bool:
    if field in regimes.lists().texts:
        return bool(facts["written"].get(field))
    found = _ELSEWHERE.get(field)
    return bool(found(facts)) if found else _said(facts, field)


def _said(facts: Facts, name: str) -> bool:
    """Whether it is known, or somebody has said that it is not known yet; a final report must know."""
    known = _known_of(facts, name)
    open_ = duties.Notice(facts["notice"]).stage is not duties.Notice.FINAL
    return known.get("value") is not None or (open_ and known.get("as_of") is not None)


def _value(facts: Facts, name: str) -> Any:  # noqa: ANN401 - a number, a flag, an instant or None
    return _known_of(facts, name).get("value")


def _known_of(facts: Facts, name: str) -> Facts:
    known: Facts = facts["facts"].get(name) or {}
    return known


def contradictions(facts: Facts) -> Iterator[Words]:
    """Answer which figures and times cannot all be right, one sentence each."""
    yield from _exceeds(facts, "stations_restored", "stations_down")
    yield from _exceeds(facts, "stations_down", "stations_total")
    yield from _exceeds(facts, "sensitive_information_persons", "personal_information_persons")
    if facts["previous"] and not facts.get("corrects"):
        for name in _CUMULATIVE:
            yield from _fell(facts, name)
    for name, words in _AFTER.items():
        began, ended = _value(facts, "occurred_at"), _value(facts, name)
        if began and ended and _after(began, ended):
            yield words
    yield from _too_long(facts)
    yield from _too_many_minutes(facts)
    for name in duties.INSTANTS:
        if name != "month_end" and _value(facts, name) and _after(_value(facts, name), facts["cutoff_at"]):
            zh, en = label(name).zh, label(name).en
            yield Words(zh=f"{zh}晚于本件的截止时点，请核对。", en=f"The {en} is later than the cut-off; check it.")


_AFTER = {
    "restored_at": Words(
        zh="恢复时间早于发生时间，请核对。", en="It was restored before it occurred; check the times."
    ),
    "handled_at": Words(
        zh="处置完毕时间早于发生时间，请核对。", en="Its handling ended before it occurred; check the times."
    ),
    "detected_at": Words(
        zh="监测发现时间早于发生时间，请核对。", en="It was detected before it occurred; check the times."
    ),
    "discovered_at": Words(
        zh="发现时间早于发生时间，请核对。", en="It was discovered before it occurred; check the times."
    ),
}
_HOUR = Decimal(3600)


def _too_long(facts: Facts) -> Iterator[Words]:
    """An interruption cannot last longer than from its beginning to its end, or to the cut-off."""
    hours, began = _number(_value(facts, "duration_hours")), _value(facts, "occurred_at")
    ended = _value(facts, "restored_at") or facts["cutoff_at"]
    if hours is None or not began or _after(began, ended):
        return
    most = Decimal(_seconds(ended) - _seconds(began)) / _HOUR
    if hours > most + _TENTH:
        yield Words(
            zh=f"{_told('duration_hours', hours, 'zh')}长于发生至恢复（或截止）的时间，请核对。",
            en=f"{_told('duration_hours', hours, 'en')} exceeds the time from occurrence to restoration (or the "
            "cut-off); check it.",
        )


def _too_many_minutes(facts: Facts) -> Iterator[Words]:
    """User minutes cannot exceed the users times the minutes."""
    names = ("user_minutes", "users_affected", "duration_hours")
    minutes, users, hours = (_number(_value(facts, name)) for name in names)
    if minutes is not None and users is not None and hours is not None and minutes > users * hours * 60:
        yield Words(
            zh=f"{_told('user_minutes', minutes, 'zh')}多于受影响用户与中断时长之积，请核对。",
            en=f"{_told('user_minutes', minutes, 'en')} exceed users affected times duration; check them.",
        )


def _exceeds(facts: Facts, part: str, whole: str) -> Iterator[Words]:
    few, many = (_number(_value(facts, name)) for name in (part, whole))
    if few is not None and many is not None and few > many:
        yield Words(
            zh=f"{_told(part, few, 'zh')}多于{_told(whole, many, 'zh')}，请核对。",
            en=f"{_told(part, few, 'en')} exceed {_told(whole, many, 'en')}; check them.",
        )


def _fell(facts: Facts, name: str) -> Iterator[Words]:
    now, then = _number(_value(facts, name)), _number(facts["previous"]["facts"].get(name))
    if now is not None and then is not None and now < then:
        yield Words(
            zh=f"{_told(name, now, 'zh')}少于上次所报（{count(then, 'zh')}），累计数不应减少，请核对。",
            en=f"{_told(name, now, 'en')}: less than filed before ({count(then, 'en')}); a cumulative figure cannot "
            "fall, check it.",
        )


def _told(name: str, value: Decimal, lang: str) -> str:
    mark = "（{}）" if lang == "zh" else " ({})"
    return _UNITS[name][0].said(lang) + mark.format(count(value, lang))


# --- what a template is given ----------------------------------------------------------------------------------------

#: What people read for the classes of events.
EVENT_CLASSES = {
    "work_safety": Words(zh="生产安全", en="work safety"),
    "network_operation": Words(zh="网络运行", en="network operation"),
    "cyber": Words(zh="网络安全", en="cyber security"),
    "data": Words(zh="数据安全", en="data security"),
    "disaster": Words(zh="灾害", en="disaster"),
}
_LABELLED = re.compile(r"\bv\d+\b")
# A scenario whose name already says what it is needs no “事件” after it.
_COMPLETE = ("事件", "事故", "灾害", "保障")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tasks:
    """Tasks as a letter lists them: `shown` of `fresh` (since the previous filing), and `total` of them all."""

    shown: tuple[Facts, ...]
    fresh: int
    total: int

    @property
    def folded(self) -> int:
        """How many are not shown."""
        return self.fresh - len(self.shown)


def _context(facts: Facts, lang: str) -> dict[str, Any]:
    figures = {name: _figure(facts, name, lang) for name in _UNITS}
    asked = {name for _, asks in _items(_wanted(facts)) for name in asks}
    shown = {name for name in _UNITS if figures[name].told} | _always(facts, asked)
    instants = {name: _value(facts, name) for name in duties.INSTANTS}
    headed, items = _headed(facts, asked), _told_items(facts, asked, lang)
    return {
        **facts,
        "affected": facts.get("affected") or [],
        "corrects": facts.get("corrects"),
        "changes": [*(changed_line(each, lang, facts["zone"]) for each in _changes(facts)), *_corrected(facts)],
        "kept": _kept(facts),
        "response_level_before": facts.get("response_level_before"),
        "contact": facts["contact"] or {"name": None, "phone": None},
        "issuer": _issuer(facts["organisation"], facts["unit"], lang),
        "matter": _matter(facts, lang),
        "written": {name: facts["written"].get(name) for name in (*WRITTEN, *regimes.lists().texts)},
        "classes": [EVENT_CLASSES[name].said(lang) for name in facts["event_class"] if name in EVENT_CLASSES],
        "figures": figures,
        "network": [figures[name] for name in _NETWORK if name in shown],
        "harm": [figures[name] for name in _HARM if name in shown],
        "others": [figures[name] for name in (*_NETWORK, *_HARM) if name in shown and name not in asked],
        "sourced": [figure for figure in figures.values() if figure.value is not None and figure.as_of],
        "stations": Stations(**{name.removeprefix("stations_"): figures[name] for name in _STATIONS}),
        "instants": {**instants, "noticed_at": _noticed(facts)},
        "times": [*duties.INSTANTS, "noticed_at"],
        "texts": list(regimes.lists().texts),
        "labels": {name: label(name).said(lang) for name in (*_FIELDS, *regimes.lists().texts)},
        "items": items,
        "asked": sorted(asked),
        "next_number": _numeral(len(items) + headed, lang),
        "ordinal": _ORDINALS[duties.Notice(facts["notice"])].said(lang).format(seq=facts["seq"]),
        "follows": duties.Notice(facts["notice"]).stage in (duties.Notice.UPDATE, duties.Notice.FINAL),
        "done": _done(facts),
        "open": _open(facts),
        "plan_version": _version(facts["plan"]),
        "headed": headed,
        "open_fields": [_inside(name, lang) for now in (True, False) for name in _missing(facts, now=now)],
    }


def _kept(facts: Facts) -> list[str]:
    """The texts that stand as an earlier notice said them: what has happened since is told beside them."""
    carried = facts.get("carried") or {}
    return [name for name, said in carried.items() if facts["written"].get(name) == said["text"]]


_ORDINALS: Mapping[duties.Notice, Words] = {each: each.words for each in duties.Notice} | {
    duties.Notice.FIRST: Words(zh="首报", en="first"),
    duties.Notice.UPDATE: Words(zh="续报第{seq}期", en="follow-up no. {seq}"),
    duties.Notice.SUPPLEMENTARY: Words(zh="补报第{seq}期", en="supplementary no. {seq}"),
    duties.Notice.FINAL: Words(zh="终报", en="final"),
}
_TENS = ("", "十", "二十")
_NUMERALS = [f"{ten}{one}" for ten in _TENS for one in ("", *"一二三四五六七八九")][1:]


def _inside(name: str, lang: str) -> str:
    said = label(name).said(lang)
    return said if lang == "zh" else said[:1].lower() + said[1:]


def _headed(facts: Facts, asked: set[str]) -> bool:
    """Whether a report says what happened when and where above its list, because the list does not ask it."""
    timed = asked & {"occurred_at", "noticed_at", "discovered_at"}
    return duties.Notice(facts["notice"]) in duties.OWED and not (asked >= {"place", "event"} and timed)


def _told_items(facts: Facts, asked: set[str], lang: str) -> list[dict[str, Any]]:
    told = [_item(facts, name, asks, lang) for name, asks in _items(_wanted(facts)) if asks]
    first = int(_headed(facts, asked))
    return [
        {**item, "number": _numeral(n, lang)} for n, item in enumerate((each for each in told if each["asks"]), first)
    ]


def _item_said(item: Facts, context: Facts, lang: str, folder: Path) -> str:
    """An item's lines, said by the parts of the house: here, because a template may not loop within a loop."""
    if item["alone"]:
        # One text under a heading that says the same: the label is not said twice.
        text = context["written"][item["alone"]] or UNKNOWN.said(lang)
        return f"{'　　' if lang == 'zh' else ''}{lines(text, lang)}"
    parts = letter_press(lang, folder).get_template(f"_base/parts.{lang}.txt").make_module(dict(context))
    return "\n".join(block(str(parts.atom(name))) for name in item["asks"])  # type: ignore[attr-defined]  # a macro


def _numeral(index: int, lang: str) -> str:
    return _NUMERALS[index] if lang == "zh" else str(index + 1)


def _item(facts: Facts, name: str, asks: tuple[str, ...], lang: str) -> dict[str, Any]:
    may = {each.removesuffix(MAY) for each in regimes.lists().asks[name] if each.endswith(MAY)}
    shown = [each for each in asks if each not in may or _has(facts, each)]
    alone = shown[0] if len(shown) == 1 and shown[0] in regimes.lists().texts else None
    return {"title": regimes.lists().fields[name].said(lang), "asks": shown, "alone": alone}


def _issuer(organisation: str | None, unit: str | None, lang: str) -> str | None:
    if organisation is None or unit is None:
        return organisation or unit
    if lang != "zh":
        return f"{organisation}, {unit}"
    # 东方通信集团 + 集团总部 is written 东方通信集团总部.
    overlap = max(size for size in range(len(unit) + 1) if organisation.endswith(unit[:size]))
    return organisation + unit[overlap:]


def _matter(facts: Facts, lang: str) -> str | None:
    scenario: str | None = facts["scenario"] or facts["event"]
    return scenario if scenario is None or lang != "zh" or scenario.endswith(_COMPLETE) else f"{scenario}事件"


def _done(facts: Facts) -> Tasks:
    tasks = sorted(facts["tasks_done"], key=lambda task: datetime.fromisoformat(task["done_at"]))
    since = facts["previous"]["sent_at"] if facts["previous"] else None
    fresh = [{"given": None, **task} for task in tasks if not since or _after(task["done_at"], since)]
    return Tasks(shown=tuple(fresh[-MOST_TASKS:]), fresh=len(fresh), total=len(tasks))


def _open(facts: Facts) -> Tasks:
    tasks = sorted(facts["tasks_open"], key=lambda task: (not task["due_at"], _seconds(task["due_at"])))
    shown = [{**task, "overdue": _overdue(task, facts)} for task in tasks[:MOST_TASKS]]
    return Tasks(shown=tuple(shown), fresh=len(tasks), total=len(tasks))


def _overdue(task: Facts, facts: Facts) -> bool:
    # What should be done by now is under way; it is not planned for an hour that has passed.
    return bool(task["due_at"]) and not _after(task["due_at"], facts["cutoff_at"])


def _version(plan: Facts | None) -> str | None:
    """Answer `v3` of the label `submarine-cable v3 · 9f2c41`: the rest is our own name for it."""
    found = _LABELLED.search((plan or {}).get("label") or "")
    return found.group() if found else None


def _after(instant: str, other: str) -> bool:
    return datetime.fromisoformat(instant) > datetime.fromisoformat(other)


def _seconds(instant: str | None) -> float:
    return datetime.fromisoformat(instant).timestamp() if instant else 0.0


# --- the words a template may use ------------------------------------------------------------------------------------

_LEVELS = {
    "I": Words(zh="特别重大（Ⅰ级）", en="level I (extraordinarily serious)"),
    "II": Words(zh="重大（Ⅱ级）", en="level II (serious)"),
    "III": Words(zh="较大（Ⅲ级）", en="level III (major)"),
    "IV": Words(zh="一般（Ⅳ级）", en="level IV (ordinary)"),
}
_ROMAN = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ", "IV": "Ⅳ"}
_SCALES = ((Decimal(10**8), "亿"), (Decimal(10**4), "万"))
_TENTH = Decimal("0.1")
_LINE = 28  # characters of a line, GB/T 9704-2012
_MARGIN = 2  # characters left free at the right of the signature


def count(value: Any, lang: str) -> str | None:  # noqa: ANN401 - a number or None
    """Answer a number exactly, never rounded: 977000 is `97.7万` or `977,000`; 61903 stays `61903`."""
    number = _number(value)
    if number is None:
        return None
    if lang != "zh":
        return f"{_bare(number):,f}"
    for scale, word in _SCALES:
        if abs(number) >= scale and number % (scale / 100) == 0:
            return f"{_bare(number / scale):f}{word}"
    return f"{_bare(number):f}"


def _bare(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def percent(part: Any, whole: Any, lang: str) -> str | None:  # noqa: ANN401 - numbers or None
    """Answer the share to one decimal; None where it cannot be. A part is never rounded up to the whole, or to none."""
    few, many = _number(part), _number(whole)
    if few is None or not many or not 0 <= few <= many:
        return None
    share = few * 100 / many
    if 0 < share < _TENTH:
        return "不足0.1%" if lang == "zh" else "under 0.1%"
    rounded = share.quantize(_TENTH, rounding=ROUND_HALF_UP)
    return f"{share.quantize(_TENTH, rounding=ROUND_DOWN) if few < many and rounded == 100 else rounded}%"  # noqa: PLR2004 - per cent


def when(value: str | None, zone: str, lang: str) -> str | None:
    """Answer an instant in `zone`, to the minute: `2021年7月20日18时00分`, `2021-07-20 18:00 (UTC+8)`."""
    if value is None:
        return None
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    if lang == "zh":
        return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local:%M}分"
    return f"{local:%Y-%m-%d %H:%M} ({_offset(local.utcoffset() or timedelta())})"


def moment(value: str, cutoff_at: str, zone: str, lang: str) -> str:
    """Answer an instant beside others of the same letter: `04:12` on the cut-off's own day, else with its date."""
    local, cutoff = (datetime.fromisoformat(each).astimezone(ZoneInfo(zone)) for each in (value, cutoff_at))
    if local.date() == cutoff.date():
        return f"{local:%H:%M}"
    said = f"{local.month}月{local.day}日{local:%H:%M}" if local.year == cutoff.year else f"{local:%Y年%-m月%-d日%H:%M}"
    return said if lang == "zh" else f"{local:%Y-%m-%d %H:%M} ({_offset(local.utcoffset() or timedelta())})"


def _offset(offset: timedelta) -> str:
    minutes = round(abs(offset).total_seconds() / 60)
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


def day(value: str, zone: str, lang: str) -> str:
    """Answer the date of an instant in `zone`: `2021年7月23日`, `2021-07-23`."""
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    return f"{local.year}年{local.month}月{local.day}日" if lang == "zh" else f"{local:%Y-%m-%d}"


def level(value: str | None, lang: str) -> str | None:
    """Answer an event level's name: `重大（Ⅱ级）`, `level II (serious)`."""
    return None if value is None else _LEVELS[value].said(lang)


def response(value: str | None, lang: str) -> str | None:
    """Answer a response level: `Ⅱ级`, `level II`. It is another scale than the event level's."""
    if value is None:
        return None
    return f"{_ROMAN[value]}级" if lang == "zh" else f"level {value}"


def flag(value: bool | None, lang: str) -> str | None:  # noqa: FBT001 - a filter's value is positional
    """Answer yes or no; None is unknown."""
    if value is None:
        return None
    return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")


def lines(value: str | None, lang: str) -> str | None:
    """Answer typed text with each further line as an indented paragraph, so that none can pass for a heading."""
    if value is None:
        return None
    indent = "　　" if lang == "zh" else "  "
    return f"\n{indent}".join(line.strip() for line in value.split("\n") if line.strip())


def block(value: str) -> str:
    """Answer a macro's lines without the line end of the last: the template's own line ends it."""
    return value.strip("\n")


def phrase(value: str | None) -> str | None:
    """Answer one line without its full stop, to stand inside a sentence."""
    return None if value is None else " ".join(value.split()).rstrip("。.；;")


def capital(value: str) -> str:
    """Answer the words with a capital at their head, as a line begins."""
    return value[:1].upper() + value[1:]


def right(value: str | None) -> str | None:
    """Answer a line set towards the right of a page of 28 characters, as a signature stands."""
    if value is None:
        return None
    width = sum(1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.5 for letter in value)
    return "　" * max(0, round(_LINE - _MARGIN - width)) + value


# --- the press -------------------------------------------------------------------------------------------------------


def _template(facts: Facts, part: str, lang: str, folder: Path) -> Template:
    letter = duties.Notice(facts["notice"])
    end = f"{lang}.txt" if part == "text" else f"{lang}.{part}.txt"
    # A regime's own letter; else its letter of that stage, which says the same things; else the base's.
    own = letter in duties.OWED
    stages = [letter.value, letter.stage.value] if own and part == "text" else [letter.value]
    names = [f"{facts['regime']}/{name}/{end}" for name in stages]
    return letter_press(lang, folder).select_template([*names, f"_base/{letter.value}/{end}"])


@cache
def letter_press(lang: str, folder: Path = TEMPLATES) -> ImmutableSandboxedEnvironment:
    """Answer what templates of a language are read and rendered by, those of `folder` before the house's own."""
    # Nothing is callable but what stands here: the stock globals and filters can be made to allocate without end.
    press = _Press(
        loader=FileSystemLoader([folder, TEMPLATES]),
        undefined=StrictUndefined,
        autoescape=False,  # the letters are plain text
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=partial(_known, unknown=UNKNOWN.said(lang)),
    )
    join = press.filters["join"]
    press.globals.clear()
    press.filters.clear()
    press.filters.update(_filters(lang), join=join, block=block, phrase=phrase, right=right, capital=capital)
    return press


def _filters(lang: str) -> dict[str, Any]:
    @pass_context
    def local(context: Context, value: str | None) -> str | None:
        return when(value, context["zone"], lang)

    @pass_context
    def date(context: Context, value: str) -> str:
        return day(value, context["zone"], lang)

    @pass_context
    def hour(context: Context, value: str) -> str:
        return moment(value, context["cutoff_at"], context["zone"], lang)

    said: dict[str, Callable[..., str | None]] = {
        "count": count,
        "percent": percent,
        "level": level,
        "response": response,
        "flag": flag,
        "lines": lines,
    }
    return {"when": local, "day": date, "moment": hour} | {
        name: partial(word, lang=lang) for name, word in said.items()
    }


# Stands behind a printed value that ends its sentence itself; a noncharacter, so nobody can type it (`clean`).
_END = "\uffff"
_STOPS = tuple("。．.；;！？!?")
_ONE_STOP = re.compile(f"[。．；]{_END}(?=[。，；、])|[.;]{_END}(?=[.。])|(?<=[！？!?]){_END}[。.]|{_END}")


def _known(value: Any, *, unknown: str) -> Any:  # noqa: ANN401 - whatever a template prints
    said = unknown if value is None else str(value)
    return said + _END if said.endswith(_STOPS) else said


def _joined(pieces: Iterable[str]) -> str:
    """Answer the pieces as one text: where a value has ended its sentence and the template goes on, one stop stands."""
    return _ONE_STOP.sub("", "".join(pieces))


class _Press(ImmutableSandboxedEnvironment):
    """What renders the letters; a full stop that somebody typed and the template's own are never both printed."""

    concat = staticmethod(_joined)


def _framed(text: str, *, exercise: bool) -> str:
    # The banner is set here and not by a template, so that no letter of a drill can come without it.
    body = re.sub("\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")
    return f"{BANNER}\n\n{body}\n\n{BANNER}\n" if exercise else f"{body}\n"


def issued_by(organisation: str | None, unit: str | None, lang: str) -> str | None:
    """Answer who issues a letter: the organisation and its unit as one name."""
    return _issuer(organisation, unit, lang)
