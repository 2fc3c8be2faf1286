"""What can be typed: /incident and its words, each answered where it was typed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bot import addresses, coverage, find, incidents, library, printing, registers
from bot.door import Doing
from bot.plans import due_list
from bot.press import Press
from bot.views import due, modals
from bot.views.cards import CARDS
from bot.views.parts import View, fit, section
from bot.views.reports import not_in_plan
from bot.views.returns import listing as listing_of_returns
from bot.words import say
from incidents import permits, picture, records, returns, run
from incidents.machine import STATES
from incidents.records import periodic_returns as all_returns
from playbooks.records import numbered

TEXT, MESSAGE_BLOCKS = 3000, 50  # of one message
RETURNS_SHOWN = 12  # Slack takes fifty blocks
Answer = Any
Command = Callable[[Session, Press, str], Answer]


def incident(session: Session, press: Press, text: str) -> Answer:
    """`/incident` opens the declaration; `/incident status`, `tasks`, `timeline`, `facts`, `mine`, … answer or open."""
    word, _, rest = text.partition(" ")
    known = WORDS.get(word.lower())
    if known is None and word.isascii() and word and not rest:
        # One foreign word is a slip of the pen, not an emergency.
        near = difflib.get_close_matches(word.lower(), WORDS, n=1, cutoff=0.5)
        return say("command.did_you_mean", press.lang, word=near[0]) if near else usage(session, press, rest)
    if known is None:
        return incidents.declare_open(session, replace(press, private={"title": text}))
    return known(session, press, rest.strip())


def _number(rest: str) -> str:
    first = rest.split(" ", 1)[0] if rest else ""
    return first if "-" in first else ""


def _on(session: Session, press: Press, rest: str) -> Press:
    of = find.here(session, press.channel, _number(rest))
    return replace(press, value=of.number)


def _opens(opens: Callable[[Session, Press], Any]) -> Command:
    def command(session: Session, press: Press, rest: str) -> Answer:
        return opens(session, _on(session, press, rest))

    return command


def status(session: Session, press: Press, rest: str) -> Answer:
    """The status card, for the asker alone."""
    of = find.here(session, press.channel, _number(rest))
    card = CARDS["status"](picture.status(session, of, at=press.at), replace(press.house.view, lang=press.lang))
    return {"text": card["text"], "blocks": card["blocks"]}


def listing(session: Session, press: Press, _rest: str) -> Answer:
    """What is open."""
    standing = records.open_incidents(session)
    if not standing:
        return say("command.nothing_open", press.lang)
    return "\n".join(_row(session, of, press.lang) for of in standing)


def _row(session: Session, of: records.Incident, lang: str) -> str:
    told = say("command.row", lang, number=of.number, title=of.title, state=_state(of, lang))
    room = find.room(session, of)
    return f"{told} <#{room['channel']}>" if room else told


def _state(of: records.Incident, lang: str) -> str:
    return STATES[of.stands].said(lang)


def mine(session: Session, press: Press, _rest: str) -> Answer:
    """My roles and tasks across incidents."""
    found = find.mine(session, press.by, at=press.at)
    called = find.called(session, press.by)
    if not found and not called:
        return say("command.nothing_mine", press.lang)
    return modals.mine(press.lang, found=found, called=called, view=press.house.view)


def timeline(session: Session, press: Press, rest: str) -> Answer:
    """What happened."""
    return incidents.timeline_open(session, _on(session, press, rest))


def take(session: Session, press: Press, rest: str) -> Answer:
    """`/incident take T03`: I am on it."""
    of = find.here(session, press.channel)
    code = rest.strip().upper()
    records.task(session, of, code)
    number = of.number

    def act(inside: Session, again: Press) -> None:
        mine_ = records.incident(inside, number)
        run.take_task(inside, mine_, code, people=again.people, by=again.by, at=again.at)

    return Doing(act=act, answer=say("command.taken", press.lang, code=code))


def usage(_session: Session, press: Press, _rest: str) -> Answer:
    """What can be typed."""
    return say("command.usage", press.lang)


def drill(session: Session, press: Press, _rest: str) -> Answer:
    """The declaration with the drill switch on."""
    return incidents.declare_open(session, replace(press, value="drill"))


def _post(post: str, lang: str) -> str:
    zh, en = permits.ROLE_TITLES.get(post, (post, post))
    return say(f"post.{post}", lang) if post not in permits.ROLE_TITLES else (zh if lang == "zh" else en)


def oncall(_session: Session, press: Press, _text: str) -> Answer:
    """Who is on duty."""
    unit = next(iter(press.by.posts), "")
    rows = [
        say(
            "command.on_duty_row",
            press.lang,
            role=_post(row["role"], press.lang),
            who=", ".join(press.people.person(w).name for w in row["people"]),
        )
        for row in find.on_duty(press.people, unit)
    ]
    return "\n".join(rows)


def plans(session: Session, press: Press, text: str) -> Answer:
    """`/plan` opens the library; its words are those of `PLAN_WORDS`; `/plan CODE` one plan; others are looked for."""
    word, _, rest = text.partition(" ")
    known = PLAN_WORDS.get(word.lower())
    return known(session, press, rest.strip()) if known is not None else library.looked_for(session, press, text)


def plan_usage(_session: Session, press: Press, _rest: str) -> Answer:
    """What can be typed about plans."""
    return say("command.plan_usage", press.lang)


def plans_due(session: Session, press: Press, _rest: str) -> Answer:
    """What falls due for plans."""
    return due_list(session, press)


def plan_print(session: Session, press: Press, rest: str) -> Answer:
    """`/plan print CODE [ROLE] [zh|en]`: a plan, or a role's action card, as a PDF in the asker's messages."""
    if not rest:
        return say("paper.usage", press.lang)
    version, role, lang = printing.command(session, press, rest)
    code, number = version.code, version.number

    def act(inside: Session, again: Press) -> None:
        found = numbered(inside, code, number)
        printing.send(inside, again, found, role=role, lang=lang)

    return Doing(act=act, answer=say("paper.coming", press.lang, label=version.label))


#: The words of /plan.
PLAN_WORDS: Mapping[str, Command] = {
    "due": plans_due,
    "print": plan_print,
    "registers": registers.command,
    "coverage": coverage.command,
    "help": plan_usage,
}


def periodic(session: Session, press: Press, _text: str) -> Answer:
    """The monthly returns and annual summaries, the newest period first."""
    rows = [returns.facts(session, of, press.people, at=press.at) for of in all_returns(session)[:RETURNS_SHOWN]]
    blocks = listing_of_returns(press.lang, rows, replace(press.house.view, lang=press.lang))
    return {"text": say("return.head" if rows else "return.none", press.lang), "blocks": blocks}


def report(session: Session, press: Press, text: str) -> Answer:
    """What is owed to whom by when, over all open incidents and all regimes; what a plan forgot with a button each.

    Its words are those of `REPORT_WORDS`: `/report returns` lists the periodic returns instead, `/report
    addresses` the authorities' changed addresses.
    """
    known = REPORT_WORDS.get(text.strip().lower())
    if known is not None:
        return known(session, press, text)
    view, at = replace(press.house.view, lang=press.lang), press.at.isoformat()
    told: list[str] = []
    blocks: list[Any] = []
    for of in records.open_incidents(session):
        rows = _owed(session, of, view, press)
        forgotten = find.forgotten(session, of, press.people, at=press.at)
        told += rows
        blocks += [section(part) for part in _parts(rows)] + not_in_plan(forgotten, at, view)
    if not blocks:
        return say("command.nothing_owed", press.lang)
    return {"text": "\n".join(told)[:TEXT], "blocks": fit(blocks, MESSAGE_BLOCKS, press.lang)}


def report_usage(_session: Session, press: Press, _rest: str) -> Answer:
    """What can be typed about reports."""
    return say("command.report_usage", press.lang)


def changed_addresses(session: Session, press: Press, _text: str) -> Answer:
    """The authorities' addresses that changed and that nobody has confirmed."""
    return addresses.listing(session, press)


#: The words of /report.
REPORT_WORDS: Mapping[str, Command] = {
    "returns": periodic,
    "月报": periodic,
    "addresses": changed_addresses,
    "地址": changed_addresses,
    "help": report_usage,
}


def _owed(session: Session, of: records.Incident, view: View, press: Press) -> list[str]:
    clocks = picture.status(session, of, at=press.at)["clocks"]
    return [
        f"{of.number} · {due.clock_line(clock, view, press.at.isoformat())}"
        for clock in due.in_order(clocks)
        if clock["state"] in ("running", "late", "not_started")
    ]


def _parts(rows: list[str], most: int = 8) -> list[str]:
    return ["\n".join(rows[start : start + most]) for start in range(0, len(rows), most)]


WORDS: Mapping[str, Command] = {
    "status": status,
    "list": listing,
    "mine": mine,
    "timeline": timeline,
    "tasks": _opens(incidents.tasks_open),
    "facts": _opens(incidents.facts_open),
    "level": _opens(incidents.level_open),
    "assess": _opens(incidents.assess_open),
    "handover": _opens(incidents.hand_over_open),
    "close": _opens(incidents.close_open),
    "standdown": _opens(incidents.stand_down_open),
    "review": _opens(incidents.review_open),
    "cancel": _opens(incidents.cancel_open),
    "merge": _opens(incidents.merge_open),
    "drill": drill,
    "take": take,
    "help": usage,
}

COMMANDS: Mapping[str, Command] = {
    "/incident": incident,
    "/drill": drill,
    "/oncall": oncall,
    "/plan": plans,
    "/report": report,
}
