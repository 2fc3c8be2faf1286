"""Periodic returns in chat: the card in the duty room, what is told straight to people, the list, the forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import filings, signing
from bot.views.forms import about, modal, text, verbatim
from bot.views.parts import (
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    card,
    context,
    divider,
    header,
    lines,
    raw_name,
    section,
    typed,
    when,
)
from bot.words import say
from escalation.returns import amount

#: The buttons and forms of an incident's notice, as they are called for a return.
PRESSES = {
    "notice_read": "return_read",
    "notice_edit": "return_edit",
    "notice_send_back": "return_send_back",
    "notice_phone": "return_phone",
    "notice_resend": "return_resend",
}
FORMS = {"sign": "return_sign", "ask": "return_ask", "send_back": "return_refuse", "phone": "return_phoned"}
TEXTS = ("summary", "works", "problems", "next", "note")
NUMBERS = ("hazards_found", "hazards_closed", "major_found", "major_closed", "hazards_source")
#: What a monthly return does not ask.
YEARLY = frozenset({"summary", "problems", "next"})


def renamed(doc: Any) -> Any:  # noqa: ANN401 -- Slack's JSON
    """The same card or form, its presses called for a return."""
    match doc:
        case dict():
            own = {key: renamed(value) for key, value in doc.items()}
            own |= {"action_id": PRESSES.get(own["action_id"], own["action_id"])} if "action_id" in own else {}
            return own | ({"callback_id": FORMS[own["callback_id"]]} if "callback_id" in own else {})
        case list():
            return [renamed(each) for each in doc]
        case _:
            return doc


# --- the card --------------------------------------------------------------------------------------------------------


def return_card(facts: Facts, view: View) -> Doc:
    """The return's one message: from draft to receipt it stays the same message."""
    lang, stands = view.lang, filings.standing(facts)
    said = say(f"filing.{stands}", lang)
    blocks = [
        header(f"{both(facts['title'], lang)} · {both(facts['unit_title'], lang)}"),
        section(lines([f"*{said}* · {typed(facts['number'])}", filings.way(facts, view), *_short(facts, lang)], lang)),
        *filings.body(facts, view, stands),
        *([context(_documents(facts, view))] if facts["draft"] else []),
        *_buttons(facts, lang, stands),
    ]
    line = say("return.line", lang, title=both(facts["title"], lang), unit=both(facts["unit_title"], lang), stands=said)
    return card(line, blocks, facts, lang)


def _buttons(facts: Facts, lang: str, stands: str) -> list[Doc]:
    if stands in ("delivered", "told", "acknowledged") and not facts["corrected_by"]:
        return [actions(button(say("button.correct_return", lang), "return_correct_open", facts["return"]))]
    if stands == "sending":
        return []  # taking back what was signed is for an incident's notices
    rows: list[Doc] = renamed(filings.buttons(facts, lang, stands))
    return rows


def _short(facts: Facts, lang: str) -> list[str]:
    told = [say("return.corrects", lang, number=typed(facts["corrects"]), why=typed(facts["why"] or "", 300))]
    told = told if facts["corrects"] else []
    if facts["figures"]:
        told += [say("return.nil", lang)] if facts["nil"] else []
        told.append(
            say("return.figures", lang, **{name: amount(each, lang) for name, each in facts["figures"].items()})
        )
    return told + (
        [say("return.corrected_by", lang, number=typed(facts["corrected_by"]))] if facts["corrected_by"] else []
    )


def _documents(facts: Facts, view: View) -> str:
    page = f"{view.page_url}returns/{facts['page']}"
    return say("return.document", view.lang, url=f"{page}.pdf", chart=f"{page}.svg")


def return_news(facts: Facts, view: View) -> Doc:
    """Straight to a person: it falls due, is late, waits for their signature, came back, arrived, or did not."""
    lang, what = view.lang, facts["what"]
    told = {
        "title": both(facts["title"], lang),
        "unit": both(facts["unit_title"], lang),
        "who": raw_name(facts.get("by"), view),
        "why": facts["sent_back"] or "",
    }
    due_at = facts["clock"]["due_at"]
    key = "return.open" if what == "due" and due_at is None else f"return.{what}"
    line = say(key, lang, when=when(due_at, view), **told)
    safe = {name: typed(value, 500) for name, value in told.items()}
    body = [f"*{say(key, lang, when=when(due_at, view), **safe)}*", filings.way(facts, view), *_short(facts, lang)]
    body += filings.gaps(facts["missing"], lang) if not facts["signed_at"] else []
    body += [] if facts["draft"] else [say("return.waits", lang, when=when(facts["drafted_at"], view))]
    blocks = [section(lines(body, lang)), *(_step(facts, lang) if facts["draft"] else [])]
    return card(line, blocks, facts, lang)


def _step(facts: Facts, lang: str) -> list[Doc]:
    stands = filings.standing(facts)
    if facts["what"] == "sent_back":
        return [actions(button(say("button.edit", lang), "return_edit", facts["return"], style="primary"))]
    if stands in ("draft", "returned"):
        return [actions(button(say("button.read", lang), "return_read", facts["return"], style="primary"))]
    return [] if stands in ("delivered", "told", "acknowledged") else _buttons(facts, lang, stands)


# --- the list, and Home ----------------------------------------------------------------------------------------------


def listing(lang: str, rows: Sequence[Facts], view: View) -> list[Doc]:
    """Every return, the newest period first, each with its next step."""
    if not rows:
        return [section(say("return.none", lang))]
    return [section(say("return.head", lang)), *(_row(each, lang, view) for each in rows)]


def _row(facts: Facts, lang: str, view: View) -> Doc:
    stands = filings.standing(facts)
    said = say(f"filing.{stands}", lang)
    if not facts["draft"]:
        said = say("return.waits", lang, when=when(facts["drafted_at"], view))
    unit, title = typed(both(facts["unit_title"], lang), 60), typed(both(facts["title"], lang), 100)
    told = [say("return.line", lang, title=f"*{title}*", unit=unit, stands=said), filings.way(facts, view)]
    read = button(say("button.read", lang), "return_read", facts["return"]) if facts["draft"] else None
    return section(lines([*told, *_short(facts, lang)], lang), read)


def waiting(lang: str, facts: Facts) -> Doc:
    """A return that waits for this person, as Home shows it."""
    told = {"title": typed(both(facts["title"], lang), 100), "unit": typed(both(facts["unit_title"], lang), 60)}
    said = say("home.return_sign" if facts["mine"] == "sign" else "home.return_draft", lang, **told)
    due_at = facts["clock"]["due_at"]
    body = [said, *([say("clock.due", lang, when=when(due_at, None))] if due_at else [])]
    body += filings.gaps(facts["missing"], lang)
    read = button(say("button.read", lang), "return_read", facts["return"], style="primary")
    return section(lines(body, lang), read)


# --- forms -----------------------------------------------------------------------------------------------------------


def reading(
    lang: str,
    *,
    facts: Facts,
    rendered: Facts,
    aid: str | None,
    mode: str,
    approvers: Sequence[Facts],
    private: Mapping[str, Any],
    view: View,
) -> Doc:
    """The text exactly as it will go, with a reading aid for who reads English; `mode` is `sign`, `ask` or `wait`."""
    made: Doc = renamed(
        signing.notice(
            lang, filing=_headed(facts, lang), rendered=rendered, mode=mode, approvers=approvers, alone_from=None,
            private=private, view=view,
        )
    )  # fmt: skip
    extra = [divider(), section(say("return.aid", lang)), *verbatim(aid)] if aid else []
    made["blocks"] = [*made["blocks"], *extra]
    return made


def _headed(facts: Facts, lang: str) -> Facts:
    return {**facts, "title": both(facts["title"], lang)}


def refusing(lang: str, *, facts: Facts, private: Mapping[str, Any]) -> Doc:
    """Refuse to sign, with the reason."""
    made: Doc = renamed(signing.send_back(lang, filing=_headed(facts, lang), private=private))
    return made


def phoning(lang: str, *, facts: Facts, rendered: Facts, now_text: str, private: Mapping[str, Any]) -> Doc:
    """The text to hand over, and who took it."""
    number = facts["clock"].get("phone")
    filing = _headed(facts, lang)
    made: Doc = renamed(
        signing.phone(lang, filing=filing, rendered=rendered, phone=number, now_text=now_text, private=private)
    )
    return made


def writing(lang: str, *, facts: Facts, written: Mapping[str, str], yearly: bool, private: Mapping[str, Any]) -> Doc:
    """A person's words, and the figures that no record of the house has."""
    wanted = [name for name in TEXTS if yearly or name not in YEARLY]
    fields = [
        *(_line(name, lang, written) for name in NUMBERS),
        *(_lines(name, lang, written) for name in wanted),
    ]
    blocks = [about(_headed(facts, lang)), context(say("return.write_how", lang)), *fields]
    title, submit = say("return.write_head", lang), say("form.save", lang)
    return modal(lang, title, blocks, callback="return_write", submit=submit, private=private, head=facts)


def _line(name: str, lang: str, written: Mapping[str, str]) -> Doc:
    most = 200 if name == "hazards_source" else 9
    return text(name, say(f"return.field.{name}", lang), value=written.get(name) or "", optional=True, most=most)


def _lines(name: str, lang: str, written: Mapping[str, str]) -> Doc:
    return text(name, say(f"return.field.{name}", lang), value=written.get(name) or "", optional=True, many=True)


def correcting(lang: str, *, facts: Facts, private: Mapping[str, Any]) -> Doc:
    """What was wrong with a return that was filed."""
    why = text("why", say("return.correct_why", lang), many=True, most=1000)
    blocks = [about(_headed(facts, lang)), context(say("return.correct_how", lang)), why]
    title, submit = say("return.correct_head", lang), say("return.correct", lang)
    return modal(lang, title, blocks, callback="return_correct", submit=submit, private=private, head=facts)
