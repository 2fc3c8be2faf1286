"""Forms about what is reported besides: a correction, an announcement, and the one schedule over all regimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import due
from bot.views.filings import moved
from bot.views.forms import about, choice, modal, text
from bot.views.parts import Doc, Facts, View, actions, both, button, context, divider, lines, option, section
from bot.words import say

ROWS_SHOWN = 40


def correct(lang: str, *, filing: Facts, private: Mapping[str, Any], view: View) -> Doc:
    """What the notice said and is otherwise now, and why it was wrong."""
    told = moved(filing, view) or [say("correct.nothing", lang)]
    blocks = [
        about(filing),
        section(lines(told, lang)),
        context(say("correct.how", lang)),
        text("why", say("correct.why", lang), many=True, most=1000),
    ]
    title, submit = say("correct.head", lang), say("correct.submit", lang)
    return modal(lang, title, blocks, callback="correct", submit=submit, private=private, head=filing)


def announce(
    lang: str, *, head: Facts, kinds: Sequence[Facts], offices: Sequence[Facts], private: Mapping[str, Any]
) -> Doc:
    """Which letter, to which of the unit's offices."""
    blocks = [
        about(head),
        context(say("announce.how", lang)),
        choice("kind", say("announce.kind", lang), [option(both(each["title"], lang), each["id"]) for each in kinds]),
        choice("to", say("announce.to", lang), [option(both(each["title"], lang), each["id"]) for each in offices]),
    ]
    title, submit = say("announce.head", lang), say("announce.submit", lang)
    return modal(lang, title, blocks, callback="announce", submit=submit, private=private, head=head)


def reports(lang: str, *, head: Facts, clocks: Sequence[Facts], forgotten: Sequence[Facts], at: str, view: View) -> Doc:
    """Everything owed over all regimes, what the plan forgot with a button each, and the way to any other notice."""
    told = [due.clock_line(each, view, at) for each in due.in_order(clocks)]
    blocks = [
        about(head),
        section(lines([say("reports.owed", lang), *(told or [say("reports.none", lang)])], lang, most=40)),
        *not_in_plan(forgotten, at, view),
        divider(),
        # A false alarm ends everything that is owed; who calls it off looks first at what is.
        actions(
            button(say("announce.open", lang), "announce_open", head["number"]),
            button(say("more.cancel", lang), "cancel_open", head["number"]),
        ),
    ]
    return modal(
        lang, say("reports.head", lang), blocks, callback="reports", private={"number": head["number"]}, head=head
    )


def not_in_plan(forgotten: Sequence[Facts], at: str, view: View) -> list[Doc]:
    """What a regime asks and the plan does not name: shown, whatever it is, with a button where it can be filed."""
    if not forgotten:
        return []
    rows = [_row(each, at, view) for each in forgotten[:ROWS_SHOWN]]
    more = len(forgotten) - ROWS_SHOWN
    rest = [context(say("parts.more", view.lang, n=more))] if more > 0 else []
    return [divider(), section(say("reports.forgotten", view.lang)), *rows, *rest]


def _row(each: Facts, at: str, view: View) -> Doc:
    line = f"{due.clock_line(each, view, at)} · {say('reports.not_in_plan', view.lang)}"
    if each["file"] is None:
        return section(f"{line} · {say('reports.no_office', view.lang)}")
    return section(line, button(say("reports.file", view.lang), "owed_press", each["file"]))
