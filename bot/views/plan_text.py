"""A plan's own words, part by part, as paragraphs: nothing of them is read as emphasis, mention or link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from bot.views.due import fact_title
from bot.views.parts import Doc, View, raw_name
from bot.words import catalogue, say
from escalation import regimes
from escalation.notices import EVENT_CLASSES
from escalation.rosters import ROLE_TITLES
from escalation.spans import span_words
from escalation.words import Words
from playbooks.changes import clock_words
from playbooks.forms import Part
from playbooks.shape import REFERENCES, Playbook, ResponseLevel

#: One paragraph: pieces of text, each bold or not.
Para = tuple[tuple[str, bool], ...]
#: Titles of what plans name by id, by the name of the field and the id.
Known = Mapping[str, Mapping[str, Words]]
NOTHING: Known = {}
BLOCK, LEAF = 2400, 24_000  # characters of one block, and of one leaf: a modal holds 250 kB, written as \\uXXXX
PARTS = tuple(Part)


def para(*pieces: str) -> Para:
    """A paragraph whose first piece is bold, where there are several."""
    return tuple((piece, len(pieces) > 1 and n == 0) for n, piece in enumerate(pieces))


def whole(book: Playbook, view: View, known: Known = NOTHING) -> list[Para]:
    """The whole plan in the reader's language, each part under its name."""
    told: list[Para] = []
    for part in PARTS:
        found = list(paragraphs(book, part, view, known))
        if found:
            told += [para(f"\n{part.words.said(view.lang)}", ""), *found]
    return told


def paragraphs(book: Playbook, part: Part, view: View, known: Known = NOTHING) -> Iterator[Para]:
    """One part of the plan, a paragraph for each thing it says; `known` gives titles by the name of the field.

    What has no title there is called by its id.
    """
    match part:
        case Part.HEAD:
            return _head(book, view, known)
        case Part.REFERENCES:
            return _references(book, view.lang, known)
        case _:
            return _PARTS[part](book, view.lang)


def _named(ids: Iterable[str], titles: Mapping[str, Words], lang: str) -> str:
    """Things by their titles, each with its id, by which it is found."""
    return _listed((f"{titles[each].said(lang)} ({each})" if each in titles else each for each in ids), lang)


def _levels(book: Playbook, lang: str) -> Iterator[Para]:
    for rule in book.levels:
        yield para(say(f"response.{rule.level.value}", lang), f"\n{rule.when.said(lang)}")
        yield para(rule.measures.said(lang))
        decided, period = _role(book, rule.decided_by, lang), span_words(rule.period).said(lang)
        yield para(say("planpage.decided", lang, who=decided, period=period))


def _roles(book: Playbook, lang: str) -> Iterator[Para]:
    for role in book.roles:
        since = say("planpage.from", lang, level=role.start.value)
        yield para(role.title.said(lang), f" · {_post(role.post, lang)} · {since}\n{role.brief.said(lang)}")


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


def _head(book: Playbook, view: View, known: Known) -> Iterator[Para]:
    lang = view.lang
    parent = [book.parent] if book.parent else []
    graded = regimes.all_criteria().get(book.criteria)
    colon = say("parts.colon", lang)
    units = [view.people.units[each].title.said(lang) if each in view.people.units else each for each in book.units]
    told = {
        "title": book.title.said(lang),
        "tier": f"{book.tier.words.said(lang)} · {book.organisation.words.said(lang)}",
        "scenario": _scenarios(book, known.get("scenario", {}), lang),
        "family": book.family.words.said(lang),
        "owner": raw_name(book.owner, view),
        "parent": _named(parent, known.get("parent", {}), lang) or say("planpage.no_parent", lang),
        "units": _listed(units, lang) or say("planpage.all_units", lang),
        "review_every": span_words(book.review_every).said(lang) if book.review_every else say("planpage.house", lang),
        "criteria": graded.title.said(lang) if graded is not None else book.criteria,
        "event_class": _listed((EVENT_CLASSES[each].said(lang) for each in book.event_class), lang),
        "scope": book.scope.said(lang),
    }
    for key, said in told.items():
        yield para(say(f"planhead.{key}", lang) + colon, said)
    if book.outline:
        yield para(say("planflag.outline", lang))
    yield para(say("planhead.source", lang) + colon, "".join(f"\n– {each}" for each in book.source))


def _scenarios(book: Playbook, titles: Mapping[str, Words], lang: str) -> str:
    """Its own scenario, and those it covers too."""
    own = f"{book.scenario_title.said(lang)} ({book.scenario})"
    return _listed((own, *(_named([each], titles, lang) for each in book.scenarios[1:])), lang)


def _role(book: Playbook, role: str, lang: str) -> str:
    """A role of the plan, or a post of the people file, by its title."""
    found = next((each for each in book.roles if each.id == role), None)
    return found.title.said(lang) if found else _post(role, lang)


def _post(post: str, lang: str) -> str:
    if post in ROLE_TITLES:
        return ROLE_TITLES[post][0 if lang == "zh" else 1]
    return say(f"post.{post}", lang) if f"post.{post}" in catalogue() else post


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
            clock=clock_words(duty.clock).said(lang), regime=_regime(duty.regime, lang),
            signs=_role(book, duty.signs, lang), alone=_role(book, duty.alone.post, lang),
            before=span_words(duty.alone.before).said(lang),
        )  # fmt: skip
        yield para(f"{duty.id} {duty.title.said(lang)}", f"\n{told}")


def _regime(name: str, lang: str) -> str:
    found = regimes.all_regimes().get(name)
    return found.title.said(lang) if found is not None else name


def _ladder(book: Playbook, lang: str) -> Iterator[Para]:
    for n, rung in enumerate(book.ladder.rungs, start=1):
        told = say(
            "planpage.rung", lang, wait=span_words(rung.wait).said(lang), whom=rung.whom.words.said(lang),
            via=rung.via.words.said(lang),
        )  # fmt: skip
        yield para(f"{n}.", f" {told}")
    yield para(say("planpage.repeat", lang, span=span_words(book.ladder.repeat).said(lang)))


def _references(book: Playbook, lang: str, known: Known) -> Iterator[Para]:
    for key in REFERENCES:
        named: Sequence[str] = getattr(book.references, key)
        if named:
            yield para(
                say(f"planref.{key}", lang) + say("parts.colon", lang),
                _named(named, known.get(f"references.{key}", {}), lang),
            )


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
