"""The journal as people read it: one sentence an entry, in either language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.views import due
from bot.views.parts import both, listed, typed, when
from bot.words import say
from escalation.duties import filing_of
from escalation.rosters import People
from incidents import facts as known
from plans.cycles import DrillKind

Body = Mapping[str, Any]
Facts = Mapping[str, Any]
Told = Mapping[str, object]


def sentence(entry_kind: str, body: Body, by_name: str, lang: str, people: People) -> str:
    """What an entry says, as mrkdwn; empty where it tells people nothing (the edit of a card was settled).

    A kind that is not known here says its name, so that nothing is left out. Titles that stand in the body beside ids
    (`role_title`, `title`, `roles[i].title`: texts, or `{zh, en}`) are said instead of the ids.
    """
    tell = SENTENCES.get(entry_kind)
    who = typed(by_name, 60)
    if tell is None:
        return say("entry.unknown", lang, who=who, kind=typed(entry_kind, 60))
    told = tell(body, lang, people)
    return say(f"entry.{entry_kind}", lang, who=who, **told) if told is not None else ""


def _name(who: object, people: People) -> str:
    person = people.people.get(str(who or ""))
    return typed(person.name if person else who or "", 60)


def _names(whom: object, people: People, lang: str) -> str:
    return listed([_name(who, people) for who in whom], lang) if isinstance(whom, list | tuple) else ""


def _nothing(_body: Body, _lang: str, _people: People) -> Told:
    return {}


def _words(*fields: str) -> Callable[[Body, str, People], Told]:
    """Fields told as they stand: texts, numbers, and texts in both languages."""

    def tell(body: Body, lang: str, _people: People) -> Told:
        return {each: _phrase(body.get(each), lang) for each in fields}

    return tell


def _phrase(words: object, lang: str) -> str:
    """A text inside a sentence: on one line, without its own full stop."""
    return typed(both(words, lang).strip().rstrip("。."), 300) if words else ""


def _role(body: Body, lang: str) -> str:
    return typed(both(body.get("role_title") or body["role"], lang), 60)


def _duty(body: Body, lang: str) -> str:
    """What a notice, a clock or a task is called; one that comes again with its number."""
    said = typed(both(body.get("title") or body.get("duty") or body.get("name"), lang), 100)
    return f"{said} #{body['seq']}" if int(body.get("seq") or 1) > 1 else said


def _titled(body: Body, lang: str, _people: People) -> Told:
    return {"title": _duty(body, lang)}


def _declared(body: Body, lang: str, _people: People) -> Told:
    kind = say("entry.drill" if body.get("exercise") else "entry.real", lang)
    return {
        "title": typed(body["title"], 200),
        "number": typed(body["number"]),
        "plan": typed(body["plan"]),
        "kind": kind,
    }


def _facts(body: Body, lang: str, people: People) -> Told:
    told = [_fact(name, value, lang, people) for name, value in body["values"].items()]
    source = typed(body.get("source") or "", 80)
    return {"facts": listed(told, lang), "when": when(body.get("as_of"), None), "source": source}


def _fact(name: str, value: object, lang: str, people: People) -> str:
    if name not in known.KINDS:
        return f"{typed(name, 60)} {typed(value, 60)}"
    return f"{due.fact_title(name, lang)} {typed(known.said(name, value, lang, tz=people.organisation.tz), 80)}"


def _graded(body: Body, lang: str, _people: People) -> Told:
    drivers = [due.fact_title(name, lang) for name in (body.get("graded") or {}).get("drivers") or ()]
    now, before = (due.event_level(body.get(key), lang) for key in ("event_level", "before"))
    return {"now": now, "before": before, "facts": listed(drivers, lang) or "—"}


def _activated(body: Body, lang: str, _people: People) -> Told:
    level, event = due.response_level(body["level"], lang), due.event_level(body.get("event_level"), lang)
    return {"level": level, "event": event, "reason": _reason(body.get("reason"), lang)}


def _level(body: Body, lang: str, _people: People) -> Told:
    now, before = (due.response_level(body.get(key), lang) for key in ("level", "before"))
    return {"now": now, "before": before, "reason": _reason(body.get("reason"), lang)}


def _reason(why: object, lang: str) -> str:
    return say("entry.because", lang, why=typed(why, 300)) if why else ""


def _event_level(body: Body, lang: str, _people: People) -> Told:
    now, before = (due.event_level(body.get(key), lang) for key in ("level", "before"))
    return {"now": now, "before": before}


def _called_all(body: Body, lang: str, people: People) -> Told:
    told = [say("entry.role_and_whom", lang, **_one_called(each, lang, people)) for each in body["roles"]]
    return {"roles": listed(told, lang, most=12)}


def _one_called(each: Facts, lang: str, people: People) -> Told:
    return {
        "role": typed(both(each.get("title") or each["role"], lang), 60),
        "whom": _names(each["whom"], people, lang),
    }


def _called(body: Body, lang: str, people: People) -> Told:
    return {"role": _role(body, lang), "whom": _names(body["whom"], people, lang), "n": body["n"]}


def _taken(body: Body, lang: str, people: People) -> Told:
    return {"role": _role(body, lang), "person": _name(body["person"], people)}


def _handed(body: Body, lang: str, people: People) -> Told:
    held, to = _name(body.get("from"), people) or "—", _name(body["to"], people)
    return {"role": _role(body, lang), "held": held, "to": to}


def _done(body: Body, lang: str, people: People) -> Told:
    given = body.get("evidence")
    evidence = say("tasks.given", lang, text=typed(given, 200)) if given else ""
    return {**_words("code", "do")(body, lang, people), "evidence": evidence}


def _started(body: Body, lang: str, _people: People) -> Told:
    return {"title": typed(both(body["title"], lang), 100), "due": _when(body.get("due"), lang)}


def _moved(body: Body, lang: str, _people: People) -> Told:
    was, then = (_when(body.get(key), lang) for key in ("was", "due"))
    change = "moved" if body.get("was") else "running" if body.get("due") else "renewed"
    return {"title": _duty(body, lang), "change": say(f"moved.{change}", lang, was=was, due=then)}


def _not_owed(body: Body, lang: str, _people: People) -> Told:
    return {"title": _duty(body, lang), "why": _until(str(body.get("why") or ""), lang)}


def _until(why: str, lang: str) -> str:
    """Why a clock has ended: the instant that ends it, what the house does at closing, or a person's own words."""
    if why == "closed":
        return say("entry.until_closed", lang)
    if why in known.KINDS:
        return say("entry.until", lang, fact=due.fact_title(why, lang))
    return due.anchor(why, lang, {}) if filing_of(why) is not None else typed(why, 300)


def _when(said: str | None, lang: str) -> str:
    return when(said, None) or say("entry.no_time", lang)


def _rang(body: Body, lang: str, _people: People) -> Told:
    return {"title": _duty(body, lang), "ring": say(f"ring.{body['ring']}", lang)}


def _asked(body: Body, _lang: str, people: People) -> Told:
    return {"whom": _name(body["whom"], people)}


def _signed(body: Body, lang: str, people: People) -> Told:
    alone = say("entry.alone", lang) if body.get("alone") else ""
    if body.get("instead_of"):
        alone = say("entry.in_stead", lang, who=_name(body["instead_of"], people)) + alone
    return {"title": _duty(body, lang), "digest": typed(str(body["digest"])[:12]), "alone": alone}


def _reached(body: Body, lang: str, _people: People) -> Told:
    return {"units": listed([both(each, lang) for each in body["units"]], lang) or "—"}


def _drafted(body: Body, lang: str, _people: People) -> Told:
    return {"title": _duty(body, lang), "draft": body["draft"]}


def _acknowledged(body: Body, lang: str, _people: People) -> Told:
    receipt = body.get("receipt")
    said = say("entry.receipt", lang, receipt=typed(receipt, 120)) if receipt else ""
    return {"title": _duty(body, lang), "receipt": say("entry.proof", lang, proof=said) if said else ""}


# --- what left the house, and what came of it ------------------------------------------------------------------------

SENT = frozenset({"delivered", "rejected", "uncertain", "with_person", "cancelled", "superseded"})
TROUBLE = frozenset({"rejected", "uncertain"})
#: Cards that are edited, and orders: the next edit says it all again, so that one alone tells people nothing.
EDITED = frozenset({"status", "tasks", "filing", "sheet", "duty_card", "home", "whisper"})


def _kind(key: str) -> str:
    """Of which kind a dispatch is, by its key: `notice:…`, `incident:7:room`, `incident:7:call:noc:2`."""
    parts = key.split(":")
    return parts[2] if parts[0] == "incident" and len(parts) > 2 else parts[0]  # noqa: PLR2004 -- matter, then kind


def _parcel(body: Body, lang: str) -> str:
    """What was sent, in words; a notice by its title, or by its duty's id where no title is known."""
    match _kind(body["key"]):
        case "notice":
            title = both(body.get("title") or [*body["key"].split(":"), "", ""][2], lang)
            return say("parcel.notice", lang, title=typed(title, 100))
        case "call" | "calls":
            return say("parcel.call", lang)
        case "staff_mail":
            return say("parcel.mail", lang)
        case _:
            return say("parcel.message", lang)


def _settled(body: Body, lang: str, _people: People) -> Told | None:
    kind, state = _kind(body["key"]), str(body["state"])
    if kind in EDITED or kind.startswith("room.") or (kind not in ("notice", "room") and state not in TROUBLE):
        return None
    if kind == "room":
        told = say("entry.room_made" if state == "delivered" else "entry.room_not_made", lang)
        return {"told": told, "proof": _proof({"why": body.get("why")}, lang)}
    stands = "told" if state == "delivered" and body.get("by_hand") else state
    said = say(f"sent.{stands}", lang, what=_parcel(body, lang)) if state in SENT else typed(state, 40)
    return {"told": said, "proof": _proof(body, lang)}


def _proof(body: Body, lang: str) -> str:
    """Whom it was told, the receipt, or why it failed; empty where nothing is known of it."""
    told = [say("entry.spoken_to", lang, who=typed(body["spoken_to"], 80))] if body.get("spoken_to") else []
    if body.get("receipt"):
        word = "entry.reference" if body.get("by_hand") else "entry.receipt"
        told.append(say(word, lang, receipt=typed(body["receipt"], 120)))
    if body.get("why"):
        told.append(say("entry.failed", lang, why=typed(body["why"], 200)))
    return say("entry.proof", lang, proof=listed(told, lang)) if told else ""


def _scanned(body: Body, lang: str, _people: People) -> Told:
    return {"title": _duty(body, lang), "went": say(f"entry.scan_{body['went']}", lang)}


def _address(body: Body, lang: str, _people: People) -> Told:
    was = body.get("was") or say("filing.no_address", lang)
    return {"office": typed(body["office"]), "was": typed(was, 120), "now": typed(body["now"], 120)}


def _recalled(body: Body, lang: str, _people: People) -> Told:
    return {"what": _parcel(body, lang), "why": _phrase(body.get("why"), lang)}


def _answers(body: Body, _lang: str, _people: People) -> Told:
    return {"version": body["version"], "n": len(body.get("answers") or {})}


def _stood_down(body: Body, lang: str, _people: People) -> Told:
    criteria = body.get("criteria") or []
    met = sum(bool(each.get("met")) for each in criteria)
    return {"met": met, "n": len(criteria), "note": _reason(body.get("note"), lang)}


# --- plans -----------------------------------------------------------------------------------------------------------


def _plan(body: Body, _lang: str, _people: People) -> Told:
    return {"before": typed(body["before"]), "now": typed(body["now"]), "n": len(body.get("changes") or ())}


def _digest(body: Body, _lang: str, _people: People) -> Told:
    return {"digest": typed(str(body["digest"])[:6])}


def _edited(body: Body, lang: str, people: People) -> Told:
    said = [_phrase(each, lang) for each in body.get("changes") or ()]
    return {**_digest(body, lang, people), "revision": body["revision"], "changes": listed(said, lang, most=4)}


def _rebased(body: Body, lang: str, people: People) -> Told:
    said = [_phrase(each, lang) for each in body["changes"]] or ["—"]
    done = say(f"rebased.{body['how']}", lang, version=body["version"])
    return {**_version(body, lang, people), "done": done, "changes": listed(said, lang, most=4)}


def _stead(body: Body, lang: str, people: People) -> str:
    principal = body.get("stands_for")
    return say("entry.in_stead", lang, who=_name(principal, people)) if principal else ""


def _hand(body: Body, lang: str, people: People) -> Told:
    part = say(f"part.{body['part']}", lang)
    return {**_digest(body, lang, people), "part": part, "stead": _stead(body, lang, people)}


def _given_up(body: Body, lang: str, people: People) -> Told:
    return {**_digest(body, lang, people), "reason": _reason(body.get("why"), lang)}


def _version(body: Body, lang: str, people: People) -> Told:
    return {**_digest(body, lang, people), "version": body["version"]}


def _issued(body: Body, lang: str, people: People) -> Told:
    three = [f"{say(f'part.{part}', lang)} {_name(each['person'], people)}" for part, each in body["persons"].items()]
    effective = {"effective": _when(body.get("effective_at"), lang), "persons": listed(three, lang)}
    return {**_version(body, lang, people), **effective}


def _amended(body: Body, lang: str, people: People) -> Told:
    until = {"until": _when(body.get("until"), lang), "reason": _reason(body.get("reason"), lang)}
    return {**_version(body, lang, people), **until, "stead": _stead(body, lang, people)}


def _lapsed(body: Body, _lang: str, _people: People) -> Told:
    return {"version": body["version"], "again": body.get("again") or "—"}


def _retired(body: Body, lang: str, _people: People) -> Told:
    plans = listed([typed(code, 40) for code in body["plans"]], lang) or "–"
    return {"name": typed(body["name"], 60), "title": _phrase(body["title"], lang), "plans": plans}


def _gaps(body: Body, _lang: str, _people: People) -> Told:
    return {what: len(body[what]) for what in ("found", "changed", "closed")}


def _gaps_reminded(body: Body, lang: str, people: People) -> Told:
    told = {what: body[what] for what in ("open", "late")}
    return {**told, "owner": _name(body["owner"], people), "to": _names(body["to"], people, lang)}


def _plan_reviewed(body: Body, lang: str, _people: People) -> Told:
    outcome = say("entry.plan_wrong" if body["change"] else "entry.plan_right", lang)
    return {"version": body["version"], "outcome": outcome, "finding": _phrase(body["finding"], lang)}


def _drilled(body: Body, lang: str, _people: People) -> Told:
    return {"incident": typed(body["incident"]), "kind": typed(DrillKind(body["kind"]).words.said(lang), 60)}


def _due_what(body: Body, lang: str) -> str:
    return say(f"duewhat.{body['kind']}", lang)


def _reminded(body: Body, lang: str, people: People) -> Told:
    return {"what": _due_what(body, lang), "whom": _names(body["whom"], people, lang) or "—"}


def _snoozed(body: Body, lang: str, _people: People) -> Told:
    return {"what": _due_what(body, lang), "until": when(body["until"], None), "reason": _phrase(body["reason"], lang)}


def _answered(body: Body, lang: str, _people: People) -> Told:
    return {"how": say("entry.by_review" if body["how"] == "reviewed" else "entry.by_version", lang)}


SENTENCES: Mapping[str, Callable[[Body, str, People], Told | None]] = {
    "declared": _declared,
    "facts_set": _facts,
    "event_graded": _graded,
    "activated": _activated,
    "level_set": _level,
    "event_level_set": _event_level,
    "roles_called": _called_all,
    "called": _called,
    "role_taken": _taken,
    "handed_over": _handed,
    "task_added": _words("code", "do"),
    "task_taken": _words("code", "do"),
    "task_done": _done,
    "task_dropped": _words("code", "do", "why"),
    "clock_started": _started,
    "deadline_moved": _moved,
    "deadline_cancelled": _not_owed,
    "clock_rang": _rang,
    "drafted": _drafted,
    "notice_added": _words("title"),
    "reached": _reached,
    "asked_to_sign": _asked,
    "sent_back": _words("why"),
    "signed": _signed,
    "recalled": _recalled,
    "scan_attached": _scanned,
    "left_unsealed": _titled,
    "address_changed": _address,
    "address_confirmed": _address,
    "resent": _recalled,
    "dispatch_settled": _settled,
    "acknowledged": _acknowledged,
    "looked": _titled,
    "asked_back": lambda body, lang, people: {**_titled(body, lang, people), "question": typed(body["question"], 300)},
    "link_asked": _nothing,
    "enclosed": lambda body, _lang, _people: {"n": len(body["enclosed"])},
    "unread": _titled,
    "assessed": _answers,
    "stood_down": _stood_down,
    "resumed": _nothing,
    "reviewed": _answers,
    "closed": _nothing,
    "joined": _nothing,
    "cancelled": _words("why"),
    "merged": _words("into"),
    "absorbed": _words("number", "title"),
    "plan_changed": _plan,
    "plan_moved": _plan,
    "draft_opened": _digest,
    "draft_edited": _edited,
    "draft_rebased": _rebased,
    "draft_commented": _words("text"),
    "draft_signed": _hand,
    "draft_sent_back": _words("why"),
    "draft_abandoned": _given_up,
    "issued": _issued,
    "in_force": _version,
    "superseded": lambda body, lang, people: {**_version(body, lang, people), "by": body["by"]},
    "withdrawn": _words("version"),
    "amended": _amended,
    "amendment_lapsed": _lapsed,
    "plan_withdrawn": _words("why"),
    "version_recalled": _words("version", "why"),
    "plan_filed": _words("version", "with", "number"),
    "entry_put": _words("name", "title"),
    "sheet_taken": lambda body, lang, people: {
        **_digest(body, lang, people),
        "file": typed(body["file"], 120),
        **{each: body[each] for each in ("new", "changed", "same")},
    },
    "entry_retired": _retired,
    "gaps": _gaps,
    "gaps_reminded": _gaps_reminded,
    "plan_reviewed": _plan_reviewed,
    "drilled": _drilled,
    "reminded": _reminded,
    "snoozed": _snoozed,
    "revision_required": _words("why"),
    "revision_reworded": _words("why"),
    "revision_answered": _answered,
    "return_opened": _started,
    "return_reminded": _words("title"),
    "return_corrected": _words("number", "why"),
}
