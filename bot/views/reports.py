"""Forms about what is reported besides: a correction, an announcement, and the one schedule over all regimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import due
from bot.views.filings import wording
from bot.views.forms import about, choice, modal, text, verbatim
from bot.views.parts import Doc, Facts, View, actions, both, button, context, divider, lines, option, section, typed
from bot.words import say
from escalation import notices

ROWS_SHOWN = 40
MOST_CORRECTED = 2000
#: A longer text would leave no room for the form's own fields (Slack's 250 kB).
WHOLE_BYTES = 150_000


def correct(
    lang: str, *, filing: Facts, filed: Facts, written: Mapping[str, str], private: Mapping[str, Any], view: View
) -> Doc:
    """What the notice said and is otherwise now, why it was wrong, and its words to be put right where they stand.

    `filed` is the notice as it was sent, `written` what a correction that is drafted already says.
    """
    blocks = [
        about(filing),
        section(lines(_otherwise(filed, view), lang)),
        context(say("correct.how", lang)),
        text("why", say("correct.why", lang), value=written.get("wrong_because") or "", many=True, most=1000),
        *(_word(name, said, written, filed, lang) for name, said in filed["written"].items()),
        text(
            "corrected", say("correct.more", lang), value=written.get("corrected") or "", optional=True, many=True,
            hint=say("correct.more_hint", lang), most=MOST_CORRECTED,
        ),
        divider(),
        section(say("correct.filed", lang, reference=typed(filed["reference"], 80))),
        *_text(filed, lang),
    ]  # fmt: skip
    title, submit = say("correct.head", lang), say("correct.submit", lang)
    return modal(lang, title, blocks, callback="correct", submit=submit, private=private, head=filing)


def _otherwise(filed: Facts, view: View) -> list[str]:
    """What the correction will say of itself: figures, times and the level that are known differently."""
    lang, zone = view.lang, view.people.organisation.zone
    told = [f"• {typed(notices.changed_line(each, lang, zone), 300)}" for each in filed["changes"]]
    return [say("correct.changes", lang), *told] if told else [say("correct.nothing", lang)]


def _word(name: str, said: str, written: Mapping[str, str], filed: Facts, lang: str) -> Doc:
    hint = say("edit.filed", lang, reference=filed["reference"])
    # Named apart: a text may be called as another field of the form is.
    return text(f"said:{name}", wording(name, lang), value=written.get(name, said), optional=True, many=True, hint=hint)


def _text(filed: Facts, lang: str) -> list[Doc]:
    whole = len(filed["text"].encode()) <= WHOLE_BYTES
    return verbatim(filed["text"]) if whole else [section(say("correct.too_long", lang))]


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
