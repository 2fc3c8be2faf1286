"""A notice's message in all its states: draft, asked, signed, on its way, received, acknowledged, failed."""

from __future__ import annotations

from bot.views import due
from bot.views.parts import (
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    card,
    header,
    lines,
    listed,
    marked,
    mention,
    name,
    option,
    overflow,
    raw_name,
    section,
    sure,
    typed,
    when,
)
from bot.views.status import head_line
from bot.words import say
from escalation import notices

FIELDS_SHOWN = 8
ARRIVED = ("delivered", "acknowledged", "told")
OVER = ("closed", "cancelled")


def standing(facts: Facts) -> str:
    """Where a notice stands, in one word; the words of `templates/chat` have a sentence for each."""
    sending = facts["sending"]
    if facts.get("recalled") or facts["acknowledged_at"]:
        return "recalled" if facts.get("recalled") else "acknowledged"
    if sending is not None:
        if sending["state"] == "delivered" and by_hand(facts):
            return "told"
        known = ("delivered", "rejected", "uncertain", "with_person", "cancelled")
        return str(sending["state"]) if sending["state"] in known else "sending"
    if facts["signed_at"]:
        return "signed"
    if not facts["draft"]:
        return "none"
    return "returned" if facts["sent_back"] else "draft"


def by_hand(facts: Facts) -> bool:
    """Whether a person carries it: by phone or by fax."""
    return bool(facts["clock"].get("courier") == "by_hand")


def filing(facts: Facts, view: View) -> Doc:
    """The notice's one message: from draft to receipt it stays the same message."""
    lang, stands = view.lang, standing(facts)
    title = both(facts["clock"]["title"], lang)
    held = stands == "draft" and facts["missing"].get("holds")
    said = say("filing.to_fill" if held else f"filing.{stands}", lang)
    blocks = [
        header(marked(f"{title} · {facts['number']}", facts, lang)),
        section(lines([head_line(facts), f"*{said}*", way(facts, view)], lang)),
        *body(facts, view, stands),
        *buttons(facts, lang, stands),
    ]
    return card(f"{title} · {facts['number']} · {said}", blocks, facts, lang)


def way(facts: Facts, view: View) -> str:
    """To whom, how, by when."""
    clock, lang = facts["clock"], view.lang
    way = say(f"courier.{clock['courier']}", lang)
    deadline = ""
    if clock.get("immediate"):
        deadline = say("clock.at_once", lang)
    elif clock["due_at"]:
        deadline = due.due(clock["due_at"], None, view)
    told = [f"→ {typed(both(clock['recipient'], lang), 80)}", way, deadline]
    told += [say(f"sure.{clock['confidence']}", lang)] if clock.get("confidence") in due.SURENESS else []
    return " · ".join(part for part in told if part)


def body(facts: Facts, view: View, stands: str) -> list[Doc]:
    """What is said of it below its head: the draft and its gaps, or the signature and the proof."""
    told = _draft(facts, view) if stands in ("draft", "returned", "none") else _sent(facts, view, stands)
    return [section(lines(told, view.lang))] if told else []


# --- before it leaves ------------------------------------------------------------------------------------------------


def _draft(facts: Facts, view: View) -> list[str]:
    lang = view.lang
    if not facts["draft"]:
        return [say("filing.wait_draft", lang)]
    told = [say("filing.version", lang, version=facts["draft"], who=name(facts["drafter"], view))]
    told += gaps(facts["missing"], lang, view)
    told += carried(facts, lang)
    told += unconfirmed(facts.get("unconfirmed"), lang)
    if facts["corrects"]:
        told.append(say("filing.corrects", lang, reference=typed(facts["corrects"], 80)))
    if facts["stale"]:
        told.append(say("filing.stale", lang))
    if facts["sent_back"]:
        told.append(say("filing.sent_back", lang, why=typed(facts["sent_back"], 500)))
    if facts["asked"]:
        told.append(say("filing.asked", lang, who=name(facts["asked"], view)))
    return told


def unconfirmed(changed: Facts | None, lang: str) -> list[str]:
    """A changed address that nobody has confirmed: old, new, and what to do."""
    if not changed:
        return []
    was = typed(changed["was"] or say("filing.no_address", lang), 120)
    return [say("filing.unconfirmed", lang, was=was, now=typed(changed["now"], 120))]


def carried(facts: Facts, lang: str) -> list[str]:
    """Which texts stand as an earlier notice said them, a line a notice."""
    rows = facts.get("carried") or []
    told = []
    for reference in dict.fromkeys(each["reference"] for each in rows):
        names = [wording(each["name"], lang) for each in rows if each["reference"] == reference]
        fields = listed(names, lang, most=FIELDS_SHOWN)
        told.append(say("filing.carried", lang, reference=typed(reference, 80), fields=fields))
    return told


def wording(name: str, lang: str) -> str:
    """What a text is called that a person may write for a notice."""
    return say(f"written.{name}", lang) if name in notices.WRITTEN else notices.label(name).said(lang)


def gaps(missing: Facts, lang: str, view: View | None = None) -> list[str]:
    """What a draft lacks now and whether that holds it up, what may follow, and figures that cannot all be right."""
    told = []
    for part in ("now", "later", "contradictions"):
        fields = [typed(both(each, lang), 160) for each in missing.get(part, ())]
        if fields:
            said = {"n": len(fields), "fields": listed(fields, lang, most=FIELDS_SHOWN)}
            told.append(say(_gap(part, missing), lang, when=when(missing.get("until"), view), **said))
    if told and missing.get("sure") in ("V-page", "V-part", "MEM"):
        told.append(say("filing.unsure", lang, sure=say(f"sure.{missing['sure']}", lang)))
    return told


def _gap(part: str, missing: Facts) -> str:
    """Which sentence says it: that it must be there first, from when it may wait, or that it may follow."""
    if part != "now" or "holds" not in missing:  # a periodic return: nothing follows it but a correction
        return f"filing.gaps_{part}"
    if not missing["holds"]:
        return "filing.gaps_open"
    return "filing.gaps_until" if missing.get("until") else "filing.gaps_hold"


def fill(facts: Facts, lang: str) -> list[Doc]:
    """The forms on which what is missing is filled in, the first of them as the next step."""
    known = {
        "words": ("button.fill", "notice_edit", facts["filing"]),
        "facts": ("button.facts", "facts_open", facts["number"]),
        "level": ("button.level", "level_open", facts["number"]),
    }
    forms = facts["missing"].get("forms") or ["words"]
    rows = [(say(known[form][0], lang), known[form][1], known[form][2]) for form in forms]
    return [button(*row, style=None if n else "primary") for n, row in enumerate(rows)]


def moved(facts: Facts, view: View) -> list[str]:
    """What the notice said and is otherwise now, and whether that is put right already."""
    lang, zone = view.lang, view.people.organisation.zone
    told = []
    for each in facts["moved"][:FIELDS_SHOWN]:
        was, now = (typed(notices.value_said(each["name"], each[key], lang, zone), 80) for key in ("was", "now"))
        kind = "filing.was_wrong" if each["wrong"] else "filing.moved"
        told.append(say(kind, lang, name=notices.label(each["name"]).said(lang), was=was, now=now))
    if facts["correction"]:
        told.append(say("filing.corrected" if facts["correction"]["signed"] else "filing.correcting", lang))
    return told


# --- after it was signed ---------------------------------------------------------------------------------------------


def _sent(facts: Facts, view: View, stands: str) -> list[str]:
    lang = view.lang
    told = []
    if facts["signed_at"]:
        who, then = signer(facts, view), when(facts["signed_at"], view)
        told.append(
            say("filing.signed_alone" if facts["signed_alone"] else "filing.signed_by", lang, who=who, when=then)
        )
    told += _proof(facts, view, stands)
    if facts["corrects"]:
        told.append(say("filing.corrects", lang, reference=typed(facts["corrects"], 80)))
    told += _seal(facts, view)
    told += moved(facts, view) if stands in ARRIVED else []
    if facts["digest"]:
        told.append(say("filing.digest", lang, digest=facts["digest"][:12]))
    return told


def signer(facts: Facts, view: View) -> str:
    """Who signed it, and in whose stead."""
    who = name(facts["signed_by"], view)
    if not facts.get("signed_for"):
        return who
    return say("filing.signed_for", view.lang, who=who, principal=name(facts["signed_for"], view))


def _proof(facts: Facts, view: View, stands: str) -> list[str]:
    lang = view.lang
    match stands:
        case "recalled":
            return _recalled(facts["recalled"], view)
        case "acknowledged" | "delivered" | "told":
            return _receipt(facts, view)
        case "rejected" | "uncertain":
            return [_why(facts, lang), say(f"filing.{stands}_next", lang, phone=phone(facts, lang))]
        case "with_person":
            return [say("filing.with_person_next", lang, phone=phone(facts, lang))]
        case "cancelled":
            return [say("filing.cancelled_next", lang)]
        case _:
            return [say("filing.on_its_way", lang)]


def _seal(facts: Facts, view: View) -> list[str]:
    """The sealed scan: awaited until when, given, or to follow; where the letter to be printed is."""
    seal, lang = facts.get("seal"), view.lang
    if not seal or facts.get("recalled"):
        return []
    if seal["scan"]:
        went = "arrived" if seal["scan_state"] == "delivered" else "failed" if _lost(seal) else "going"
        return [say(f"filing.scan_{went}", lang, who=name(seal["scan"]["by"], view))]
    told = (
        say("filing.scan_held", lang, when=when(seal["until"], view)) if seal["held"] else say("filing.scan_owed", lang)
    )
    url = f"{view.page_url}letters/{seal['pdf']}.pdf" if seal["pdf"] else ""
    return [told, *([say("filing.scan_print", lang, url=url)] if url else [])]


def _lost(seal: Facts) -> bool:
    return seal["scan_state"] in ("rejected", "uncertain")


def _upload(facts: Facts, lang: str) -> list[Doc]:
    """A button for the sealed scan while one is wanted."""
    seal = facts.get("seal")
    if not seal or seal["scan"] or facts["state"] in OVER:
        return []
    return [button(say("button.scan", lang), "scan_open", facts["filing"], style="primary" if seal["held"] else None)]


def _recalled(recalled: Facts, view: View) -> list[str]:
    who, then = name(recalled["by"], view), when(recalled["at"], view)
    told = say("filing.recalled_by", view.lang, who=who, when=then, why=typed(recalled["why"], 500))
    return [told, say("filing.recalled_next", view.lang)]


def _receipt(facts: Facts, view: View) -> list[str]:
    lang, sending = view.lang, facts["sending"] or {}
    proof: Facts = sending.get("outcome") or {}
    way = say(f"courier.{_courier(facts, proof)}", lang)
    then = when(facts["clock"]["met_at"] or proof.get("at") or sending.get("settled_at"), view)
    told = [say("filing.received", lang, when=then, way=way)] if then else []
    if proof.get("receipt"):
        told.append(say("filing.receipt", lang, receipt=typed(proof["receipt"], 120)))
    if proof.get("spoken_to"):
        told.append(say("filing.spoken_to", lang, who=typed(proof["spoken_to"], 80)))
    if facts.get("unread"):
        told.append(say("filing.unread", lang, phone=phone(facts, lang)))
    if facts["acknowledged_at"]:
        who, then = typed(facts["acknowledged_by"] or "", 80), when(facts["acknowledged_at"], view)
        told.append(say("filing.acknowledged_by", lang, who=who, when=then))
    return told


def _courier(facts: Facts, proof: Facts) -> str:
    return "by_hand" if proof.get("by_hand") else str(facts["clock"]["courier"])


def _why(facts: Facts, lang: str) -> str:
    why = ((facts["sending"] or {}).get("outcome") or {}).get("why")
    return say("filing.why", lang, why=typed(why, 200)) if why else say("filing.no_why", lang)


def phone(facts: Facts, lang: str) -> str:
    """The authority's number; an unset one is said, so that nobody looks for it in vain; a drill has none."""
    if facts.get("exercise"):
        return say("filing.drill_phone", lang)
    number = facts["clock"].get("phone")
    return typed(number, 40) if number else say("filing.no_phone", lang)


# --- the next step ---------------------------------------------------------------------------------------------------


def buttons(facts: Facts, lang: str, stands: str) -> list[Doc]:
    """What can be done with the notice now; what has arrived can be corrected by another."""
    tell = button(say("button.phone_record", lang), "notice_phone", facts["filing"], style="primary")
    match stands:
        case "draft" | "returned":
            return [actions(*_unsigned(facts, lang, stands)), *_addressed(facts, lang)]
        case "with_person":
            return [actions(tell)]
        case "sending":
            return [actions(*_upload(facts, lang), _more(facts, lang))]
        case "rejected" | "uncertain":
            # What was refused did not arrive: it can be taken back too, and go to another address.
            back = [_more(facts, lang)] if stands == "rejected" and "return" not in facts else []
            return [actions(tell, _resend(facts, lang), *back)]
        case "delivered" | "acknowledged" | "told":
            return [] if facts["state"] in OVER else [actions(_correct(facts, lang), *_upload(facts, lang))]
        case _:
            return []


def _unsigned(facts: Facts, lang: str, stands: str) -> list[Doc]:
    """Signing is offered where nothing holds it up; else filling in, and reading."""
    number, back = facts["filing"], stands == "returned"
    if facts["missing"].get("holds"):
        return [*fill(facts, lang), button(say("button.view", lang), "notice_read", number)]
    read = button(say("button.read", lang), "notice_read", number, style=None if by_hand(facts) or back else "primary")
    edit = button(say("button.edit", lang), "notice_edit", number, style="primary" if back else None)
    tell = button(say("button.phone_record", lang), "notice_phone", number, style="primary")
    if back:
        return [edit, read]
    return [tell, read, edit] if by_hand(facts) else [read, edit]


def _addressed(facts: Facts, lang: str) -> list[Doc]:
    """What an unconfirmed address wants: an approver's confirmation, or a call meanwhile."""
    if not facts.get("unconfirmed"):
        return []
    confirm = button(say("button.address", lang), "address_open", facts["unconfirmed"]["id"])
    return [actions(confirm, button(say("button.phone_record", lang), "notice_phone", facts["filing"]))]


def _more(facts: Facts, lang: str) -> Doc:
    """While no courier has it: read what was signed, or take it back."""
    rows = [
        option(say(f"button.notice_{each}", lang), f"notice_{each}|{facts['filing']}") for each in ("text", "recall")
    ]
    return overflow("more", rows)


def _correct(facts: Facts, lang: str) -> Doc:
    wrong = any(each["wrong"] for each in facts["moved"])
    return button(say("button.correct", lang), "correct_open", facts["filing"], style="primary" if wrong else None)


def _resend(facts: Facts, lang: str) -> Doc:
    again = button(say("button.resend", lang), "notice_resend", facts["filing"], style="danger")
    return sure(again, lang, title=say("button.resend", lang), text=say("filing.resend_sure", lang))


# --- what is told about it -------------------------------------------------------------------------------------------


def sign_asked(facts: Facts, view: View) -> Doc:
    """Straight to the signer: read and sign, with the clock."""
    return _told("sign_asked", facts, view, who=raw_name(facts.get("by"), view), buttons=("read",))


def sent_back(facts: Facts, view: View) -> Doc:
    """Straight to the drafter: the signer's reason."""
    return _told("sent_back", facts, view, who=raw_name(facts.get("by"), view), why=facts["why"], buttons=("edit",))


def delivered(facts: Facts, view: View) -> Doc:
    """To the room: the authority has it."""
    return _told("delivered", facts, view, told=_receipt(facts, view))


def unread(facts: Facts, view: View) -> Doc:
    """Straight to the signer and the duty managers: it arrived and nobody there says that it was read."""
    return _told("unread", facts, view, told=_receipt(facts, view))


def question(facts: Facts, view: View) -> Doc:
    """To the room, the liaison and the signer: what the authority asks."""
    told = [say("notice.asked_task", view.lang, code=facts["code"])] if facts["code"] else []
    return _told("question", facts, view, told=told, who=facts["who"], question=facts["question"])


def failed(facts: Facts, view: View) -> Doc:
    """To the room and to who can act: it was refused, and what to do now."""
    return _alarm("rejected", facts, view)


def uncertain(facts: Facts, view: View) -> Doc:
    """To the room and to who can act: nobody knows whether it arrived, and what to do now."""
    return _alarm("uncertain", facts, view)


def _alarm(stands: str, facts: Facts, view: View) -> Doc:
    lang, title = view.lang, both(facts["clock"]["title"], view.lang)
    line = f"⚠️ {title} · {facts['number']} · {say(f'filing.{stands}', lang)}"
    whom = [mention(who, view) for who in dict.fromkeys([facts["commander"], facts["signed_by"]]) if who]
    told = [head_line(facts), f"⚠️ *{typed(title)}* · *{say(f'filing.{stands}', lang)}* {' '.join(whom)}"]
    told += _proof(facts, view, stands)
    return card(line, [section(lines(told, lang)), *buttons(facts, lang, stands)], facts, lang)


def _told(
    kind: str, facts: Facts, view: View, *, told: list[str] | None = None, buttons: tuple[str, ...] = (), **said: object
) -> Doc:
    lang, title = view.lang, both(facts["clock"]["title"], view.lang)
    line = say(f"notice.{kind}", lang, title=title, number=facts["number"], **said)
    safe = {key: typed(value, 500) for key, value in said.items()}
    first = f"*{say(f'notice.{kind}', lang, title=typed(title), number=typed(facts['number']), **safe)}*"
    body = [head_line(facts), first, way(facts, view), *(told or []), *_missing(facts, kind, view)]
    look = "button.view" if facts["missing"].get("holds") else "button.read"
    pressed = {"read": (look, "notice_read"), "edit": ("button.edit", "notice_edit")}
    row = [button(say(pressed[b][0], lang), pressed[b][1], facts["filing"], style="primary") for b in buttons]
    blocks = [section(lines(body, lang)), *([actions(*row)] if row else [])]
    return card(line, blocks, facts, lang)


def _missing(facts: Facts, kind: str, view: View) -> list[str]:
    return gaps(facts["missing"], view.lang, view) if kind in ("sign_asked", "sent_back") else []
