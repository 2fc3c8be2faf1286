"""The journal as people read it: one sentence an entry, in either language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.views import due
from bot.views.parts import both, listed, typed, when
from bot.words import say
from escalation.rosters import People
from incidents import facts as known

Body = Mapping[str, Any]
Told = Mapping[str, object]


def sentence(entry_kind: str, body: Body, by_name: str, lang: str, people: People) -> str:
    """What an entry says, as mrkdwn; a kind that is not known here says its name, so that nothing is left out."""
    tell = SENTENCES.get(entry_kind)
    who = typed(by_name, 60)
    if tell is None:
        return say("entry.unknown", lang, who=who, kind=typed(entry_kind, 60))
    return say(f"entry.{entry_kind}", lang, who=who, **tell(body, lang, people))


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
        return {each: typed(both(body.get(each), lang) if body.get(each) else "", 300) for each in fields}

    return tell


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
    told = [f"{typed(each['role'], 40)} ({_names(each['whom'], people, lang)})" for each in body["roles"]]
    return {"roles": listed(told, lang, most=12)}


def _called(body: Body, lang: str, people: People) -> Told:
    return {"role": typed(body["role"], 40), "whom": _names(body["whom"], people, lang), "n": body["n"]}


def _taken(body: Body, _lang: str, people: People) -> Told:
    return {"role": typed(body["role"], 40), "person": _name(body["person"], people)}


def _handed(body: Body, _lang: str, people: People) -> Told:
    held, to = _name(body.get("from"), people) or "—", _name(body["to"], people)
    return {"role": typed(body["role"], 40), "held": held, "to": to}


def _done(body: Body, lang: str, people: People) -> Told:
    given = body.get("evidence")
    evidence = say("tasks.given", lang, text=typed(given, 200)) if given else ""
    return {**_words("code", "do")(body, lang, people), "evidence": evidence}


def _started(body: Body, lang: str, _people: People) -> Told:
    return {"title": typed(both(body["title"], lang), 100), "due": _when(body.get("due"), lang)}


def _moved(body: Body, lang: str, _people: People) -> Told:
    was, then = (_when(body.get(key), lang) for key in ("was", "due"))
    return {"name": typed(body["name"], 60), "was": was, "due": then}


def _when(said: str | None, lang: str) -> str:
    return when(said, None) or say("entry.no_time", lang)


def _rang(body: Body, lang: str, _people: People) -> Told:
    return {"name": typed(body["name"], 60), "ring": say(f"ring.{body['ring']}", lang)}


def _asked(body: Body, _lang: str, people: People) -> Told:
    return {"whom": _name(body["whom"], people)}


def _signed(body: Body, lang: str, _people: People) -> Told:
    alone = say("entry.alone", lang) if body.get("alone") else ""
    return {"duty": typed(body["duty"], 40), "digest": typed(str(body["digest"])[:12]), "alone": alone}


def _settled(body: Body, lang: str, _people: People) -> Told:
    told = [str(body[key]) for key in ("receipt", "spoken_to", "why") if body.get(key)]
    state = say(f"sent.{body['state']}", lang) if body["state"] in SENT else typed(body["state"], 40)
    return {"key": typed(body["key"], 80), "state": state, "proof": typed(" · ".join(told), 200) or "—"}


def _answers(body: Body, _lang: str, _people: People) -> Told:
    return {"version": body["version"], "n": len(body.get("answers") or {})}


def _stood_down(body: Body, lang: str, _people: People) -> Told:
    criteria = body.get("criteria") or []
    met = sum(bool(each.get("met")) for each in criteria)
    return {"met": met, "n": len(criteria), "note": _reason(body.get("note"), lang)}


SENT = frozenset({"delivered", "rejected", "uncertain", "with_person", "cancelled", "superseded"})

SENTENCES: Mapping[str, Callable[[Body, str, People], Told]] = {
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
    "deadline_cancelled": _words("name", "why"),
    "clock_rang": _rang,
    "drafted": _words("duty", "draft"),
    "asked_to_sign": _asked,
    "sent_back": _words("why"),
    "signed": _signed,
    "recalled": _words("key", "why"),
    "resent": _words("key"),
    "dispatch_settled": _settled,
    "acknowledged": _words("duty", "receipt"),
    "assessed": _answers,
    "stood_down": _stood_down,
    "resumed": _nothing,
    "reviewed": _answers,
    "closed": _nothing,
    "cancelled": _words("why"),
    "merged": _words("into"),
    "absorbed": _words("number", "title"),
    "published": _words("title", "version"),
}
