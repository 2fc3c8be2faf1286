"""A notice as it will go: read it to the last character, sign it, ask for it, send it back, or read it aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import due
from bot.views.filings import by_hand, carried, fill, gaps, unconfirmed, wording
from bot.views.filings import phone as number_of
from bot.views.forms import about, choice, modal, people_options, text, verbatim
from bot.views.parts import Doc, Facts, View, actions, both, button, context, divider, lines, name, section, typed, when
from bot.words import say

#: Longer letters cannot be shown whole in one modal (Slack's 250 kB), and what was not shown is not signed.
WHOLE_BYTES = 180_000


def notice(
    lang: str,
    *,
    filing: Facts,
    rendered: Facts,
    mode: str,
    approvers: Sequence[Facts],
    alone_from: str | None,
    private: Mapping[str, Any],
    view: View | None = None,
) -> Doc:
    """The text exactly as it will go; `mode` is `sign`, `ask`, `wait`, or `fill` while what is missing holds it up."""
    whole = len(rendered["text"].encode()) <= WHOLE_BYTES
    mode = mode if whole and (mode != "ask" or approvers) else "wait"
    blocks = [
        about(filing),
        section(lines(_facts(lang, filing, rendered, view), lang)),
        *_gaps(lang, rendered, view),
        *_carried(lang, filing),
        divider(),
        *(verbatim(rendered["text"]) if whole else [section(say("notice.too_long", lang))]),
        divider(),
        *_steps(lang, {**filing, "missing": rendered}, mode, approvers, alone_from),
    ]
    submit = {"sign": say("notice.sign", lang), "ask": say("notice.ask", lang)}.get(mode, "")
    callback = mode if submit else ""
    title = both(filing["clock"]["title"], lang)
    return modal(lang, title, blocks, callback=callback, submit=submit, private=private, head=filing)


def _facts(lang: str, filing: Facts, rendered: Facts, view: View | None) -> list[str]:
    """Addressee, channel, deadline, drafter, digest."""
    clock = filing["clock"]
    told = [
        say("notice.to", lang, who=typed(both(clock["recipient"], lang), 120)),
        say("notice.way", lang, way=_way(lang, clock, rendered)),
        *unconfirmed(filing.get("unconfirmed"), lang),
        say("notice.due", lang, due=_deadline(lang, clock, view)),
        say("notice.drafter", lang, version=rendered["version"], who=name(filing["drafter"], view)),
        say("notice.digest", lang, digest=rendered["digest"]),
    ]
    if clock.get("confidence") in due.SURENESS:
        told.insert(3, say("notice.sure", lang, sure=say(f"sure.{clock['confidence']}", lang)))
    return told


def _way(lang: str, clock: Facts, rendered: Facts) -> str:
    """How it goes and to which address: what is signed is for that address alone."""
    to = rendered.get("to")
    return typed(both(to, lang), 200) if to else say(f"courier.{clock['courier']}", lang)


def _deadline(lang: str, clock: Facts, view: View | None) -> str:
    if clock.get("immediate"):
        return say("clock.at_once", lang)
    return when(clock["due_at"], view) or say("clock.unknown", lang)


def _gaps(lang: str, rendered: Facts, view: View | None = None) -> list[Doc]:
    missing = {"now": rendered["missing_now"], "later": rendered["missing_later"]}
    told = gaps({**rendered, **missing}, lang, view)
    return [section(lines(told, lang))] if told else []


def _carried(lang: str, filing: Facts) -> list[Doc]:
    told = carried(filing, lang) if not filing["signed_at"] else []
    return [section(lines(told, lang))] if told else []


def _steps(lang: str, filing: Facts, mode: str, approvers: Sequence[Facts], alone_from: str | None) -> list[Doc]:
    edit = None if filing["signed_at"] else button(say("button.edit", lang), "notice_edit", filing["filing"])
    alone = [context(say("notice.alone", lang, when=when(alone_from, None)))] if alone_from else []
    match mode:
        case "sign":
            back = button(say("notice.send_back", lang), "notice_send_back", filing["filing"], style="danger")
            return [context(say("notice.sign_means", lang)), actions(back, edit)]
        case "fill":
            back = button(say("notice.send_back", lang), "notice_send_back", filing["filing"], style="danger")
            return [section(say("notice.fill", lang)), *alone, actions(*fill(filing, lang), back)]
        case "ask":
            chosen = str(approvers[0]["id"]) if len(approvers) == 1 else None
            whom = choice("whom", say("notice.whom", lang), people_options(approvers, lang), chosen=chosen)
            return [whom, *alone, *([actions(edit)] if edit else [])]
        case _:
            signed = "filing.recalled" if filing.get("recalled") else "notice.signed"
            said = say(signed if filing["signed_at"] else "notice.wait", lang)
            return [section(said), *([] if filing["signed_at"] else alone), *([actions(edit)] if edit else [])]


def send_back(lang: str, *, filing: Facts, private: Mapping[str, Any]) -> Doc:
    """Refuse to sign, with the reason."""
    blocks = [about(filing), text("why", say("sendback.why", lang), many=True, most=1000)]
    title, submit = say("sendback.head", lang), say("notice.send_back", lang)
    return modal(lang, title, blocks, callback="send_back", submit=submit, private=private, head=filing)


def edit_draft(
    lang: str,
    *,
    filing: Facts,
    asked: Sequence[str],
    written: Mapping[str, str],
    carried: Mapping[str, str],
    private: Mapping[str, Any],
) -> Doc:
    """A person's own words in a draft; figures and levels come from the incident and are not typed here.

    `asked` names the texts: those of every report, and those that the notice's own field list asks. `carried` says of
    those that an earlier notice said (a correction: the notice it puts right) which one it was.
    """
    key = "edit.filed" if filing["corrects"] else "edit.carried"
    said = {name: say(key, lang, reference=reference) for name, reference in carried.items()}
    fields = [
        text(
            each, wording(each, lang), value=written.get(each) or "", optional=True, many=True, hint=said.get(each, "")
        )
        for each in asked
    ]
    blocks = [about(filing), context(say("edit.how", lang)), *fields]
    title, submit = say("edit.head", lang), say("form.save", lang)
    return modal(lang, title, blocks, callback="edit_draft", submit=submit, private=private, head=filing)


def phone(
    lang: str, *, filing: Facts, rendered: Facts, phone: str | None, now_text: str, private: Mapping[str, Any]
) -> Doc:
    """The script to read aloud, the number, and who took it: that is the receipt."""
    dial = phone or filing["clock"].get("phone")
    number = number_of({"clock": {"phone": dial}}, lang)
    who = typed(both(filing["clock"]["recipient"], lang), 120)
    first = say("phone.drill" if filing["exercise"] else "phone.dial", lang, number=number, who=who)
    blocks = [
        about(filing),
        section(first),
        *([] if by_hand(filing) else [context(say("phone.instead", lang))]),
        *_gaps(lang, rendered),
        *_script(lang, rendered),
        text("spoken_to", say("phone.spoken_to", lang), hint=say("phone.spoken_to_hint", lang), most=80),
        text("spoken_at", say("phone.spoken_at", lang), value=now_text, most=40),
        text("reference", say("phone.reference", lang), optional=True, most=120),
    ]
    title, submit = say("phone.head", lang), say("phone.submit", lang)
    return modal(lang, title, blocks, callback="phone", submit=submit, private=private, head=filing)


def _script(lang: str, rendered: Facts) -> list[Doc]:
    if len(rendered["text"].encode()) > WHOLE_BYTES:
        return [section(say("notice.too_long", lang))]
    return [section(say("phone.read", lang)), *verbatim(rendered["text"])]
