"""A plan's own words, part by part, as paragraphs: nothing of them is read as emphasis, mention or link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from bot.views.due import fact_title
from bot.views.parts import Doc, View, raw_name
from bot.words import say
from escalation.rosters import ROLE_TITLES
from playbooks.changes import clock_words, span_words
from playbooks.forms import Part
from playbooks.shape import REFERENCES, Playbook, ResponseLevel

#: One paragraph: pieces of text, each bold or not.
Para = tuple[tuple[str, bool], ...]
BLOCK, LEAF = 2400, 24_000  # characters of one block, and of one leaf: a modal holds 250 kB, written as \\uXXXX
PARTS = tuple(Part)


def para(*pieces: str) -> Para:
    """A paragraph whose first piece is bold, where there are several."""
    return tuple((piece, len(pieces) > 1 and n == 0) for n, piece in enumerate(pieces))


def whole(book: Playbook, view: View) -> list[Para]:
    """The whole plan in the reader's language, each part under its name."""
    told: list[Para] = []
    for part in PARTS:
        found = list(paragraphs(book, part, view))
        if found:
            told += [para(f"\n{part.words.said(view.lang)}", ""), *found]
    return told


def paragraphs(book: Playbook, part: Part, view: View) -> Iterator[Para]:
    """One part of the plan, a paragraph for each thing it says."""
    return _head(book, view) if part is Part.HEAD else _PARTS[part](book, view.lang)


def _levels(book: Playbook, lang: str) -> Iterator[Para]:
    for rule in book.levels:
        yield para(say(f"response.{rule.level.value}", lang), f"\n{rule.when.said(lang)}")
        yield para(rule.measures.said(lang))
        decided, period = _role(book, rule.decided_by, lang), span_words(rule.period).said(lang)
        yield para(say("planpage.decided", lang, who=decided, period=period))


def _roles(book: Playbook, lang: str) -> Iterator[Para]:
    for role in book.roles:
        since = say("planpage.from", lang, level=role.start.value)
        yield para(role.title.said(lang), f" · {role.post} · {since}\n{role.brief.said(lang)}")


def _facts(book: Playbook, lang: str) -> Iterator[Para]:
    if book.facts:
        yield para(_listed((fact_title(each, lang) for each in book.facts), lang))


def _assessment(book: Playbook, lang: str) -> Iterator[Para]:
    yield from (para(each.id, f" {each.ask.said(lang)}") for each in book.assessment)


def _review(book: Playbook, lang: str) -> Iterator[Para]:
    yield from (para(each.id, f" {each.ask.said(lang)}") for each in book.review)


def _stand_down(book: Playbook, lang: str) -> Iterator[Para]:
    yield from (para(f"{n}.", f" {words.said(lang)}") for n, words in enumerate(book.stand_down, start=1))


def _chapters(book: Playbook, _lang: str) -> Iterator[Para]:
    yield from (para(each.title, f"\n{each.text}") for each in book.chapters)


def _listed(found: Iterable[str], lang: str) -> str:
    return ("、" if lang == "zh" else ", ").join(found)


def _head(book: Playbook, view: View) -> Iterator[Para]:
    lang = view.lang
    colon = say("parts.colon", lang)
    units = [view.people.units[each].title.said(lang) if each in view.people.units else each for each in book.units]
    told = {
        "title": book.title.said(lang),
        "tier": f"{book.tier.words.said(lang)} · {book.organisation.words.said(lang)}",
        "scenario": f"{book.scenario_title.said(lang)} ({_listed(book.scenarios, lang)})",
        "family": book.family.words.said(lang),
        "owner": raw_name(book.owner, view),
        "parent": book.parent or say("planpage.no_parent", lang),
        "units": _listed(units, lang) or say("planpage.all_units", lang),
        "review_every": span_words(book.review_every).said(lang) if book.review_every else say("planpage.house", lang),
        "criteria": book.criteria,
        "event_class": _listed(book.event_class, lang),
        "scope": book.scope.said(lang),
    }
    for key, said in told.items():
        yield para(say(f"planhead.{key}", lang) + colon, said)
    if book.outline:
        yield para(say("planflag.outline", lang))
    yield para(say("planhead.source", lang) + colon, "".join(f"\n– {each}" for each in book.source))


def _role(book: Playbook, role: str, lang: str) -> str:
    found = next((each for each in book.roles if each.id == role), None)
    if found is None and role in ROLE_TITLES:
        return ROLE_TITLES[role][0 if lang == "zh" else 1]
    return found.title.said(lang) if found else role


def _tasks(book: Playbook, lang: str) -> Iterator[Para]:
    """By the level they begin at, the least serious first: what stands at a level stands at every worse one."""
    ordered = sorted(book.tasks, key=lambda task: task.start.rank)
    for level, found in groupby(ordered, key=lambda task: task.start):
        yield para(_begins(level, lang), "")
        for task in found:
            within = say("planpage.within", lang, span=span_words(task.due).said(lang))
            proof = say("planpage.evidence", lang, what=task.evidence.said(lang)) if task.evidence else ""
            yield para(task.id, f" {_role(book, task.role, lang)} · {within}\n{task.do.said(lang)}{proof}")


def _begins(level: ResponseLevel, lang: str) -> str:
    return say("planpage.tasks_from", lang, level=say(f"response.{level.value}", lang))


def _duties(book: Playbook, lang: str) -> Iterator[Para]:
    for duty in book.duties:
        told = say(
            "planpage.duty", lang, to=duty.addressee.words.said(lang), way=duty.courier.words.said(lang),
            clock=clock_words(duty.clock).said(lang), regime=duty.regime, signs=duty.signs, alone=duty.alone.post,
            before=span_words(duty.alone.before).said(lang),
        )  # fmt: skip
        yield para(f"{duty.id} {duty.title.said(lang)}", f"\n{told}")


def _ladder(book: Playbook, lang: str) -> Iterator[Para]:
    for n, rung in enumerate(book.ladder.rungs, start=1):
        told = say(
            "planpage.rung", lang, wait=span_words(rung.wait).said(lang), whom=rung.whom.words.said(lang),
            via=rung.via.words.said(lang),
        )  # fmt: skip
        yield para(f"{n}.", f" {told}")
    yield para(say("planpage.repeat", lang, span=span_words(book.ladder.repeat).said(lang)))


def _references(book: Playbook, lang: str) -> Iterator[Para]:
    for key in REFERENCES:
        named: Sequence[str] = getattr(book.references, key)
        if named:
            yield para(say(f"planref.{key}", lang) + say("parts.colon", lang), _listed(named, lang))


_PARTS: Mapping[Part, Callable[[Playbook, str], Iterator[Para]]] = {
    Part.LEVELS: _levels,
    Part.ROLES: _roles,
    Part.TASKS: _tasks,
    Part.DUTIES: _duties,
    Part.LADDER: _ladder,
    Part.FACTS: _facts,
    Part.ASSESSMENT: _assessment,
    Part.STAND_DOWN: _stand_down,
    Part.REVIEW: _review,
    Part.REFERENCES: _references,
    Part.CHAPTERS: _chapters,
}


# --- as blocks -------------------------------------------------------------------------------------------------------


def rich(paras: Iterable[Para]) -> list[Doc]:
    """The paragraphs as rich text, several to a block; joined they are the text, to the last character."""
    blocks: list[list[Doc]] = []
    room = 0
    for each in _ended(paras):
        size = sum(len(text) for text, _ in each)
        if not blocks or room < size:
            blocks.append([])
            room = BLOCK
        blocks[-1] += [
            {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {}) for text, bold in each
        ]
        room -= size
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": each}]} for each in blocks]


def _ended(paras: Iterable[Para]) -> Iterator[Para]:
    """Each paragraph with its line end, none longer than a block."""
    for each in paras:
        ended = [(text, bold) for text, bold in (*each, ("\n", False)) if text]
        if sum(len(text) for text, _ in ended) <= BLOCK:
            yield tuple(ended)
            continue
        for text, bold in ended:
            yield from (((text[start : start + BLOCK], bold),) for start in range(0, len(text), BLOCK))


def leaves(paras: Sequence[Para]) -> list[list[Para]]:
    """The paragraphs in leaves that fit into a modal; no paragraph of a plan is longer than a leaf."""
    found: list[list[Para]] = [[]]
    room = LEAF
    for each in paras:
        size = sum(len(text) for text, _ in each)
        if found[-1] and size > room:
            found.append([])
            room = LEAF
        found[-1].append(each)
        room -= size
    return found
