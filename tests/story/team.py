"""The people of the sample file at work: each verb is what a hand does on the page, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from tests.story.house import Doc, House, Received, until
from tests.story.page import Person

CN = timezone(timedelta(hours=8))
MEMBERS = {
    "li": "U0LIWEI",
    "wang": "U0WANGFANG",
    "zhang": "U0ZHANGQIANG",
    "liu": "U0LIUYANG",
    "zhao": "U0ZHAOMIN",
    "zheng": "U0ZHENGKAI",
    "sun": "U0SUNLEI",
    "ma": "U0MACHAO",
    "zhou": "U0ZHOUTING",
    "wu": "U0WUGANG",
    "sarah": "U0SARAHLIM",
    "gao": "U0GAOYUAN",
    "he": "U0HELIN",
    "chen": "U0CHENJING",
}


def local(month: int, day: int, hour: int, minute: int = 0, *, year: int = 2021) -> datetime:
    """An instant by the clocks of Zhengzhou."""
    return datetime(year, month, day, hour, minute, tzinfo=CN)


@dataclass
class Team:
    """Everybody at the page of one house, in one incident's room."""

    house: House
    room: str = "inc-"
    seen: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        """A person by the short name, standing in the room."""
        if name not in MEMBERS:
            raise AttributeError(name)
        if name not in self.seen:
            self.seen[name] = Person(self.house, MEMBERS[name])
        person = self.seen[name]
        if person.channel == "":
            person.go(self.room)
        return person

    def at_duty_room(self, name: str) -> Person:
        """A person in the duty room, where nothing is declared yet."""
        self.seen[name] = Person(self.house, MEMBERS[name]).go("duty-room")
        return self.seen[name]

    # --- verbs

    def declare(self, who: str, **said: str | list[str]) -> Doc:
        """Type /incident, fill four fields, submit, and go to the room that was made."""
        person = self.at_duty_room(who)
        before = set(person.rooms())
        person.say("/incident")
        wrong = person.fill(**said)
        if not wrong:
            drill = bool(said.get("drill"))
            begins = "drill-" if drill else "inc-"
            self.room = until(
                lambda: next((r for r in person.rooms() if r not in before and r.startswith(begins)), None), 20,
                what="the incident's room",
            )  # fmt: skip
            person.go(self.room)
        return wrong

    def activate(self, who: str, level: str, **said: str) -> Doc:
        """Press Activate, choose the level, submit."""
        person: Person = getattr(self, who)
        person.press("activate_open")
        return person.fill(level=level, **said)

    def set_level(self, who: str, level: str, reason: str, **said: str) -> Doc:
        """Press Level, choose, say why, submit."""
        person: Person = getattr(self, who)
        person.press("level_open")
        return person.fill(level=level, reason=reason, **said)

    def take(self, who: str, title: str) -> None:
        """Press "I take it" beside the role."""
        getattr(self, who).press("role_take", beside=title)

    def tick(self, who: str, code: str, evidence: str = "") -> Doc:
        """Press Done beside the task; where evidence is wanted, give it."""
        person: Person = getattr(self, who)
        form = person.press("task_done", beside=code)
        wrong = person.fill(evidence=evidence or "已完成，见值班记录") if form is not None else {}
        if not wrong:
            until(lambda: not person.there("task_done", beside=code), what=f"{code} is ticked on the card")
        return wrong

    def facts(self, who: str, as_of: str, source: str = "网管中心统计", **known: str) -> Doc:
        """Press Update facts, type figures, save."""
        person: Person = getattr(self, who)
        person.press("facts_open")
        return person.fill(as_of=as_of, source=source, **{f"fact__{name}": value for name, value in known.items()})

    def write(self, who: str, notice: str, **words: str) -> Doc:
        """Edit a notice's own words."""
        person: Person = getattr(self, who)
        person.press("notice_edit", beside=notice)
        return person.fill(**words)

    def sign(self, who: str, notice: str) -> Doc:
        """Press Read and sign, read, press Sign and send."""
        person: Person = getattr(self, who)
        assert person.press("notice_read", beside=notice) is not None, person.notices()
        return person.submit()

    def phone(self, who: str, notice: str, spoken_to: str) -> Doc:
        """Read the script aloud to the authority, and say who took it."""
        person: Person = getattr(self, who)
        person.press("notice_phone", beside=notice)
        return person.fill(spoken_to=spoken_to)

    def more(self, who: str, what: str) -> None:
        """Choose from the status card's ⋯."""
        getattr(self, who).choose("more", f"{what}|")

    def stand_down(self, who: str, *met: int, note: str = "") -> Doc:
        """Tick the plan's criteria and end the response."""
        self.more(who, "stand_down")
        person: Person = getattr(self, who)
        return person.fill(criteria=[str(n) for n in met], note=note)

    def review(self, who: str, **answers: str) -> Doc:
        """Answer the plan's questions afterwards."""
        person: Person = getattr(self, who)
        person.press("review_open")
        return person.fill(**{f"q__{name}": text for name, text in answers.items()})

    def close(self, who: str) -> Doc:
        """Press Close and confirm."""
        person: Person = getattr(self, who)
        person.press("close_press")
        return person.submit()

    # --- at the regulator's

    def arrived(self, count: int, within_s: float = 15) -> list[Received]:
        """Wait until the desk has taken in `count` notices."""
        found: list[Received] = until(
            lambda: self.house.received() if len(self.house.received()) >= count else None, within_s,
            what=f"{count} notices at the desk, not {len(self.house.received())}",
        )  # fmt: skip
        return found

    def acknowledged(self, name: str, notice: str, within_s: float = 15) -> None:
        """Wait until the room shows that the authority has read it."""
        person: Person = getattr(self, name)
        until(
            lambda: any(notice in each.text and "已确认" in each.text for each in person.messages()), within_s,
            what=f"{notice} acknowledged in the room",
        )  # fmt: skip
