"""A plan on paper, and a role's action card 应急处置卡: what stands on them in one language, and their PDF.

Everything on a page is decided here and is JSON; the template only lays it out. Contacts come from the people file as
it is at printing, so each page says when it was printed and which version it is.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typst

from errors import NoSuchRole, NoSuchUnit
from escalation.documents import fonts
from escalation.documents.fonts import Role as Face
from escalation.duties import Duty
from escalation.rosters import DUTY_MANAGER, ROLE_TITLES, People, Person
from escalation.spans import span_words
from escalation.words import Words
from playbooks.owed import owed
from playbooks.shape import Playbook, ResponseLevel, Role, Task

TEMPLATE: Final = Path(__file__).resolve().parents[1] / "templates" / "documents" / "plan.typ"
COMMANDER: Final = "commander"
#: Drawn where no face of the house has the character: the printers' own mark for that.
GETA: Final = "〓"

#: JSON-able content of a page, in one language.
Page = Mapping[str, Any]
Part = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """Which version is printed: its label and digest, where it stands, who answers for it (part, name), and when."""

    label: str
    digest: str
    standing: Words
    hands: tuple[tuple[Words, str], ...]
    at: datetime


# --- the whole plan --------------------------------------------------------------------------------------------------


def plan(book: Playbook, stamp: Stamp, *, people: People, unit: str, lang: str) -> Page:
    """The whole plan, in `lang` (`zh` or `en`), with contacts as they are seen from `unit`."""
    desk = _Desk(book=book, people=people, unit=unit, lang=lang)
    return desk.page("plan", book.title, stamp, [*_head(desk), *_run(desk), *_learnt(desk), *_chapters(desk)])


def _head(desk: _Desk) -> Iterator[Part]:
    book = desk.book
    yield desk.text("scope", book.scope)
    rows = [
        [
            rule.level.value,
            desk.say(rule.when),
            desk.say(rule.measures),
            desk.who(rule.decided_by),
            desk.say(span_words(rule.period)),
        ]
        for rule in book.levels
    ]
    yield desk.table("levels", ("level", "when", "measures", "decided_by", "period"), (3, 22, 22, 8, 6), rows)
    people = [
        [desk.say(role.title), role.start.value, desk.say(role.brief), "\n".join(desk.holders(role.post))]
        for role in book.roles
    ]
    yield desk.table("roles", ("role", "from", "brief", "contacts"), (10, 5, 24, 20), people)
    managers = [[desk.who(DUTY_MANAGER), "\n".join(desk.holders(DUTY_MANAGER))]]
    yield desk.table("managers", ("post", "contacts"), (10, 49), managers)


def _run(desk: _Desk) -> Iterator[Part]:
    book = desk.book
    for level in reversed(ResponseLevel):
        rows = [_task(desk, task, who=True) for task in book.tasks if task.start is level]
        if rows:
            yield desk.table("tasks", ("id", "due", "role", "do", "evidence"), (4, 6, 8, 30, 11), rows, level.value)
    yield desk.table("duties", ("title", "addressee", "clock", "signs", "rule"), (9, 13, 16, 9, 14), _duties(desk))
    yield desk.items("ladder", list(_rungs(desk)))


def _learnt(desk: _Desk) -> Iterator[Part]:
    book = desk.book
    yield desk.items("assessment", [desk.say(each.ask) for each in book.assessment])
    yield desk.items("stand_down", [desk.say(each) for each in book.stand_down])
    yield desk.items("review", [desk.say(each.ask) for each in book.review])
    yield desk.items("source", list(book.source))


def _chapters(desk: _Desk) -> Iterator[Part]:
    for chapter in desk.book.chapters:
        yield {"kind": "text", "heading": chapter.title, "text": chapter.text}


# --- a role's card ---------------------------------------------------------------------------------------------------


def card(book: Playbook, role: Role, stamp: Stamp, *, people: People, unit: str, lang: str) -> Page:
    """One page for one role: when it is called, what it does by when, what it owes, whom it phones."""
    desk = _Desk(book=book, people=people, unit=unit, lang=lang)
    parts = [desk.text("brief", role.brief), _called(desk, role), *_work(desk, role)]
    mine = [duty for duty in book.duties if duty.signs in (role.id, role.post)]
    if mine:
        rows = [
            [desk.say(duty.title), desk.office(duty), "\n".join(map(desk.say, owed(duty).clock)), *_rule(desk, duty)]
            for duty in mine
        ]
        parts.append(desk.table("owes", ("title", "addressee", "clock", "rule"), (10, 16, 18, 15), rows))
    parts.append(_contacts(desk, role))
    title = Words(
        zh=f"{_TITLES['card'].zh} · {role.title.zh}", en=f"{_TITLES['card'].en} · {role.title.en}"
    )  # fmt: skip
    return desk.page("card", title, stamp, parts)


def role_of(book: Playbook, said: str) -> Role:
    """The role of that id or title, in whatever language; refuses with the roles there are, the nearest first."""
    names = {name.casefold(): role for role in book.roles for name in (role.id, role.title.zh, role.title.en)}
    found = names.get(said.strip().casefold())
    if found is None:
        near = difflib.get_close_matches(said.strip().casefold(), names, n=1, cutoff=0.5)
        first = [names[near[0]]] if near else []
        known = dict.fromkeys(role.id for role in (*first, *book.roles))
        raise NoSuchRole(role=said[:60], code=book.code, known=", ".join(known))
    return found


def seen_from(book: Playbook, people: People, unit: str | None) -> str:
    """Whose contacts are printed: the unit that was asked for, else the plan's own first, else the top one."""
    if unit is not None and unit not in people.units:
        near = difflib.get_close_matches(unit, people.units, n=1, cutoff=0.5)
        raise NoSuchUnit(unit=unit[:60], known=", ".join(list(dict.fromkeys((*near, *people.units)))[:12]))
    known = [each for each in book.units if each in people.units]
    return unit or next(iter((*known, *people.units)), "")


def _called(desk: _Desk, role: Role) -> Part:
    """The levels that call the role out, with what calls for each."""
    levels = [rule for rule in reversed(desk.book.levels) if rule.level.reaches(role.start)]
    rows = [[rule.level.value, desk.say(rule.when), desk.who(rule.decided_by)] for rule in levels]
    return desk.table("called", ("level", "when", "decided_by"), (4, 45, 10), rows)


def _work(desk: _Desk, role: Role) -> Iterator[Part]:
    tasks = [task for task in desk.book.tasks if task.role == role.id]
    for level in reversed(ResponseLevel):
        rows = [_task(desk, task, who=False) for task in tasks if task.start is level]
        if rows:
            yield desk.table("tasks", ("id", "due", "do", "evidence"), (4, 6, 38, 11), rows, level.value) | {
                "ticks": True
            }
    if not tasks:
        yield desk.text("tasks_none", _NO_TASKS)


def _contacts(desk: _Desk, role: Role) -> Part:
    """Who holds this role and who stands above them first; then everybody whom the plan calls."""
    rows = [[desk.say(_TITLES["mine"]), "\n".join(desk.line_of(role.post))]]
    rows += [[desk.who(DUTY_MANAGER), "\n".join(desk.holders(DUTY_MANAGER))]]
    others = [each for each in desk.book.roles if each.id != role.id]
    rows += [[desk.say(each.title), "\n".join(desk.holders(each.post))] for each in others]
    return {**desk.table("contacts", ("post", "contacts"), (9, 20), rows), "columns": 2}


# --- what both are made of -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Desk:
    """Where a page is written: the plan, whose people, in which language."""

    book: Playbook
    people: People
    unit: str
    lang: str

    def say(self, words: Words) -> str:
        return words.said(self.lang)

    def heading(self, key: str, detail: str = "") -> str:
        return self.say(_TITLES[key]).format(detail)

    def text(self, key: str, words: Words) -> Part:
        return {"kind": "text", "heading": self.heading(key), "text": self.say(words)}

    def items(self, key: str, items: Sequence[str]) -> Part:
        return {"kind": "items", "heading": self.heading(key), "items": list(items)}

    def table(
        self, key: str, head: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[str]], detail: str = ""
    ) -> Part:
        return {
            "kind": "table",
            "heading": self.heading(key, detail),
            "head": [self.say(_COLUMNS[each]) for each in head],
            "widths": list(widths),
            "rows": [list(row) for row in rows],
        }

    def page(self, form: str, title: Words, stamp: Stamp, parts: Sequence[Part]) -> Page:
        zone = self.people.organisation
        about = {
            "form": form,
            "lang": self.lang,
            "organisation": self.say(zone.title),
            "title": self.say(title),
            "about": self._about(form),
            "label": stamp.label,
            "digest": stamp.digest,
            "standing": self.say(stamp.standing),
            "hands": [f"{self.say(part)} {name}" for part, name in stamp.hands],
            "printed": self.say(_PRINTED).format(at=f"{stamp.at.astimezone(zone.tz):%Y-%m-%d %H:%M}", zone=zone.zone),
            "paper": self.say(_PAPER),
            "unit": self.say(_SEEN_FROM).format(unit=self._unit()),
            "parts": [part for part in parts if part["kind"] != "items" or part["items"]],
        }
        return _drawable(about, self.lang)

    def _about(self, form: str) -> str:
        tier = self.say(self.book.tier.words)
        title = self.say(self.book.title) if form == "card" else self.say(self.book.scenario_title)
        return f"{tier} · {title}"

    def _unit(self) -> str:
        unit = self.people.units.get(self.unit)
        return self.say(unit.title) if unit else self.unit

    def who(self, role: str) -> str:
        """A role of the plan, or one of the house, by its title."""
        titles = {each.id: each.title for each in self.book.roles} | {
            each.post: each.title for each in self.book.roles if each.post not in {one.id for one in self.book.roles}
        }
        house = {name: Words(zh=zh, en=en) for name, (zh, en) in ROLE_TITLES.items()} | {COMMANDER: _COMMANDER}
        found = titles.get(role) or house.get(role)
        return self.say(found) if found else role

    def holders(self, post: str) -> list[str]:
        """Who holds a post, with their phone; that nobody does is said."""
        found = self.people.holders(post, self.unit) if self.unit in self.people.units else ()
        return [self._phone(each) for each in found] or [self.say(_VACANT)]

    def line_of(self, post: str) -> list[str]:
        """The holders, then their deputies, then who stands above them; nobody twice."""
        found = self.people.holders(post, self.unit) if self.unit in self.people.units else ()
        told = {each.id: self._phone(each) for each in found}
        for kind, others in (("deputy", lambda each: each.deputies), ("superior", lambda each: (each.superior,))):
            for each in found:
                for other in others(each):
                    if other in self.people.people and other not in told:
                        told[other] = f"{self.say(_TITLES[kind])} {self._phone(self.people.person(other))}"
        return list(told.values()) or [self.say(_VACANT)]

    def _phone(self, person: Person) -> str:
        return f"{person.name} {person.phone or self.say(_NO_PHONE)}"

    def office(self, duty: Duty) -> str:
        """To which office a duty goes, and the phone of it."""
        office = self.people.authority(duty.addressee, self.unit) if self.unit in self.people.units else None
        if office is None:
            return f"{self.say(duty.addressee.words)}\n{self.say(_NO_OFFICE)}"
        told = [self.say(office.title), self.say(duty.courier.words), office.phone or self.say(_NO_PHONE)]
        return "\n".join(told)


def _task(desk: _Desk, task: Task, *, who: bool) -> list[str]:
    role = [desk.who(task.role)] if who else []
    due = desk.say(_WITHIN).format(desk.say(span_words(task.due)))
    return [task.id, due, *role, desk.say(task.do), desk.say(task.evidence) if task.evidence else "—"]


def _duties(desk: _Desk) -> list[list[str]]:
    return [
        [
            f"{duty.id} {desk.say(duty.title)}",
            desk.office(duty),
            "\n".join(map(desk.say, owed(duty).clock)),
            _signs(desk, duty),
            *_rule(desk, duty),
        ]
        for duty in desk.book.duties
    ]


def _signs(desk: _Desk, duty: Duty) -> str:
    before = duty.alone.before
    key = "alone" if before else "alone_at_once"
    alone = desk.say(_TITLES[key]).format(desk.who(duty.alone.post), desk.say(span_words(before)))
    return f"{desk.who(duty.signs)}\n{alone}"


def _rule(desk: _Desk, duty: Duty) -> list[str]:
    told = owed(duty)
    both = dict.fromkeys((desk.say(told.source), desk.say(told.sure)))
    return ["\n".join(both)]


def _rungs(desk: _Desk) -> Iterator[str]:
    ladder = desk.book.ladder
    for n, rung in enumerate(ladder.rungs):
        wait = desk.say(_AT_ONCE) if n == 0 else desk.say(_LATER).format(desk.say(span_words(rung.wait)))
        yield desk.say(_RUNG).format(wait=wait, whom=desk.say(rung.whom.words), via=desk.say(rung.via.words))
    yield desk.say(_REPEAT).format(desk.say(span_words(ladder.repeat)))


# --- the press -------------------------------------------------------------------------------------------------------


def _strings(content: Any) -> Iterator[str]:  # noqa: ANN401 -- JSON of any shape
    match content:
        case str():
            yield content
        case list():
            for each in content:
                yield from _strings(each)
        case dict():
            for each in content.values():
                yield from _strings(each)


def _drawable(page: dict[str, Any], lang: str) -> Page:
    """The page without what no face can draw: an emergency is no time to refuse a page for one character."""
    lacking = fonts.found(system=False).lacking({Face.HEI: "".join(_strings(page))})
    if not lacking:
        return page
    table = str.maketrans(dict.fromkeys(lacking, GETA))
    told = json.loads(json.dumps(page, ensure_ascii=False).translate(table))
    names = ", ".join(f"U+{ord(letter):04X}" for letter in lacking)
    told["parts"].append({"kind": "text", "heading": "", "text": _LACKING.said(lang).format(mark=GETA, names=names)})
    return told  # type: ignore[no-any-return]


def pdf(page: Page) -> bytes:
    """The page as a PDF (A4): the same page gives the same bytes on every machine."""
    return _pressed(page, "pdf")[0]


def pictures(page: Page, ppi: float = 96) -> list[bytes]:
    """The pages as PNG pictures, `ppi` pixels an inch."""
    return _pressed(page, "png", ppi)


def _pressed(page: Page, kind: Any, ppi: float = 96) -> list[bytes]:  # noqa: ANN401 -- typst's literal
    faces = fonts.found(system=False)
    made: Any = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=faces.press,
        ignore_system_fonts=True,
        # As data and never as markup: nothing typed can become an instruction.
        sys_inputs={"page": json.dumps({**page, "faces": faces.chain(Face.HEI)}, ensure_ascii=False)},
        format=kind,
        ppi=ppi,
        timestamp=0,
    )
    return made if isinstance(made, list) else [made]


# --- words -----------------------------------------------------------------------------------------------------------


def _w(zh: str, en: str) -> Words:
    return Words(zh=zh, en=en)


_TITLES: Final[Mapping[str, Words]] = {
    "scope": _w("适用范围", "Scope"),
    "levels": _w("响应级别", "Response levels"),
    "roles": _w("响应角色和联系人", "Roles and contacts"),
    "managers": _w("值班", "On duty"),
    "tasks": _w("任务：{} 级响应起", "Tasks from response level {}"),
    "tasks_none": _w("任务", "Tasks"),
    "duties": _w("报送", "Reports owed"),
    "ladder": _w("无人应答时的呼叫次序", "Call ladder when nobody answers"),
    "assessment": _w("分析研判", "Assessment"),
    "stand_down": _w("响应终止条件（须全部满足）", "Stand-down: all of these hold"),
    "review": _w("复盘", "Review afterwards"),
    "source": _w("编制依据", "Sources"),
    "card": _w("应急处置卡", "Action card"),
    "brief": _w("职责", "Your part"),
    "called": _w("何时到位", "When you are called"),
    "owes": _w("由您签发的报告", "Reports you sign"),
    "contacts": _w("联系人", "Whom to phone"),
    "mine": _w("本岗位", "This role"),
    "deputy": _w("副职", "deputy"),
    "superior": _w("上级", "superior"),
    "alone": _w("到期前 {1}起，{0}可单独签发", "{0} may sign alone from {1} before it is due"),
    "alone_at_once": _w("{0}可单独签发", "{0} may sign alone"),
}
_COLUMNS: Final[Mapping[str, Words]] = {
    "level": _w("级别", "Level"),
    "when": _w("启动条件", "Called for when"),
    "measures": _w("应对措施", "Measures"),
    "decided_by": _w("决定人", "Decided by"),
    "period": _w("预计期限", "Expected"),
    "role": _w("角色", "Role"),
    "from": _w("到位级别", "From"),
    "brief": _w("职责", "Its part"),
    "contacts": _w("姓名、电话", "Name, phone"),
    "post": _w("岗位", "Post"),
    "id": _w("编号", "No."),
    "due": _w("时限", "Due"),
    "do": _w("做什么", "What to do"),
    "evidence": _w("凭据", "Evidence"),
    "title": _w("报告", "Report"),
    "addressee": _w("主送、方式、电话", "To, how, phone"),
    "clock": _w("时限", "By when"),
    "signs": _w("签发", "Signed by"),
    "rule": _w("依据、可信度", "Rule, how sure"),
}
_COMMANDER = _w("总指挥", "incident commander")
_VACANT = _w("空缺：请找值班经理", "vacant: phone the duty manager")
_NO_PHONE = _w("（无电话）", "(no phone)")
_NO_OFFICE = _w("人员名册中没有对应机关", "the people file names no office")
_NO_TASKS = _w("预案没有给本角色列出任务；听从总指挥安排。", "The plan lists no task for this role: ask the commander.")
_WITHIN = _w("{}内", "within {}")
_AT_ONCE = _w("立即", "at once")
_LATER = _w("再过 {}", "{} later")
_RUNG = _w("{wait}：{whom}（{via}）", "{wait}: {whom}, {via}")
_REPEAT = _w("此后每 {}重复最后一步，直到有人应答", "then the last again every {}, until somebody answers")
_PRINTED = _w("打印于 {at}（{zone}）", "printed {at} ({zone})")
_PAPER = _w(
    "纸面以此版本为限；使用前核对现行版本。时限自启动本级响应起算。",
    "Paper knows this version only: check which is in force. Times run from when the response level began.",
)
_SEEN_FROM = _w("联系人按“{unit}”列出", "contacts as seen from {unit}")
_LACKING = _w("“{mark}”处的字符无法打印：{names}", "“{mark}” stands for characters that cannot be printed: {names}")
