"""The parts of every card and form: texts that fit, times, people, and Slack's blocks, within Slack's limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.words import say
from escalation.rosters import People

Facts = Mapping[str, Any]
Doc = dict[str, Any]

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
SECTION, CONTEXT = 2900, 1900  # Slack's limits are 3000; the rest is room for what is put around
BUTTON, OPTION, HEADER, PLACEHOLDER, TITLE = 75, 75, 150, 150, 24
INPUT, LABEL, VALUE, PRIVATE = 3000, 200, 150, 3000
OPTIONS, GROUPS, OVERFLOW = 100, 100, 5
BLOCK_ID = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """For whom a card is drawn: the people file, the language of the room, where links lead.

    `local` is the built-in workspace, where a newcomer tries things out.
    """

    people: People
    lang: str
    page_url: str
    local: bool = False


Card = Callable[[Facts, View], Doc]


# --- texts that fit --------------------------------------------------------------------------------------------------


def cut(text: str, limit: int) -> str:
    """The text, at most `limit` characters, with … where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def esc(text: object) -> str:
    """Typed text for mrkdwn: no mention, channel or link can come of it."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: object, limit: int = 300) -> str:
    """Typed text as one line of mrkdwn: cut, then escaped, so that no entity is cut in two."""
    return esc(cut(" ".join(str(text).split()), limit))


_HALF_TOKEN = re.compile(r"<[^<>]*\Z|&[a-z]{0,3}\Z")


def cut_marked(text: str, limit: int) -> str:
    """Mrkdwn of at most `limit` characters; a date, a mention or an entity is kept whole or left out."""
    return text if len(text) <= limit else _HALF_TOKEN.sub("", text[: limit - 1]) + "…"


def both(words: object, lang: str) -> str:
    """What `{zh, en}` says in `lang`; a plain text says itself."""
    if isinstance(words, Mapping):
        return str(words["zh" if lang == "zh" else "en"])
    return str(words or "")


def lines(told: Iterable[str], lang: str, *, limit: int = SECTION, most: int = 60) -> str:
    """Lines of mrkdwn, as many as fit; the rest is counted."""
    told, shown, length = list(told), [], 0
    for line in told[:most]:
        kept = cut_marked(line, limit // 2)
        if length + len(kept) + 1 > limit - 40:  # room for the count
            break
        shown.append(kept)
        length += len(kept) + 1
    if len(shown) < len(told):
        shown.append(say("parts.more", lang, n=len(told) - len(shown)))
    return "\n".join(shown)


def listed(names: Sequence[str], lang: str, *, most: int = 6) -> str:
    """Names in a row; those beyond `most` are counted."""
    comma = "、" if lang == "zh" else ", "
    row = comma.join(names[:most])
    return row if len(names) <= most else row + comma + say("parts.more", lang, n=len(names) - most)


# --- times -----------------------------------------------------------------------------------------------------------


def instant(said: str) -> datetime:
    """An instant as it stands in facts."""
    return datetime.fromisoformat(said)


def written(said: str | None, view: View | None) -> str:
    """An instant for plain texts: in the organisation's zone, with its date and the zone."""
    if said is None:
        return ""
    if view is None:
        return instant(said).strftime("%Y-%m-%d %H:%M UTC%z").removesuffix("+0000")
    zone = view.people.organisation
    return f"{instant(said).astimezone(zone.tz):%Y-%m-%d %H:%M} ({zone.zone})"


def when(said: str | None, view: View | None) -> str:
    """An instant for mrkdwn: each reader sees their own time; what cannot draw it shows the organisation's."""
    if said is None:
        return ""
    return f"<!date^{int(instant(said).timestamp())}^{{date_short_pretty}} {{time}}|{written(said, view)}>"


def day(said: str, view: View) -> str:
    """A day for mrkdwn: the organisation's own, for what falls due by the end of a day."""
    zone = view.people.organisation
    return f"{instant(said).astimezone(zone.tz):%Y-%m-%d}"


def left(due_at: str, at: str | None, lang: str) -> str:
    """How long until `due_at`, or since, as of `at`; empty when it is not known as of when."""
    return "" if at is None else span((instant(due_at) - instant(at)).total_seconds(), lang)


def span(seconds: float, lang: str) -> str:
    """`42 min left`, `2 h late`: rounded down, so that nobody believes to have more time than there is."""
    minutes = int(abs(seconds) // 60)
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:  # noqa: PLR2004 -- under two days hours say more
        amount = say("span.days", lang, n=days)
    elif hours >= 2:  # noqa: PLR2004 -- under two hours minutes say more
        amount = say("span.hours", lang, n=hours, minutes=minutes % 60)
    else:
        amount = say("span.minutes", lang, n=minutes)
    return say("span.late" if seconds <= 0 else "span.left", lang, amount=amount)


# --- people ----------------------------------------------------------------------------------------------------------


def name(who: str | None, view: View | None) -> str:
    """A person's plain name, escaped; an id that the file does not know says itself."""
    person = view.people.people.get(who or "") if view else None
    return typed(person.name if person else who or "", 60)


def raw_name(who: str | None, view: View) -> str:
    """A person's name as it is, for plain texts."""
    person = view.people.people.get(who or "")
    return person.name if person else who or ""


def mention(who: str | None, view: View) -> str:
    """A person so that they are notified; without a Slack id, their name."""
    person = view.people.people.get(who or "")
    return f"<@{person.slack}>" if person and person.slack else name(who, view)


def mentions(whom: Sequence[str], view: View) -> str:
    """Several people, notified."""
    return listed([mention(who, view) for who in whom], view.lang, most=12)


# --- Slack's blocks --------------------------------------------------------------------------------------------------


def plain(text: str, limit: int) -> Doc:
    """A plain_text object; an empty one would be refused."""
    return {"type": "plain_text", "text": cut(text, limit) or "…"}


def mrkdwn(text: str, limit: int = SECTION) -> Doc:
    """A mrkdwn object; an empty one would be refused."""
    return {"type": "mrkdwn", "text": cut_marked(text, limit) or "…"}


def header(text: str) -> Doc:
    """A header."""
    return {"type": "header", "text": plain(text, HEADER)}


def section(text: str, accessory: Doc | None = None) -> Doc:
    """A paragraph, with a button at its side or none."""
    block: Doc = {"type": "section", "text": mrkdwn(text)}
    return block | ({"accessory": accessory} if accessory else {})


def context(*texts: str) -> Doc:
    """Small print."""
    return {"type": "context", "elements": [mrkdwn(text, CONTEXT) for text in texts[:10]]}


def divider() -> Doc:
    """A line."""
    return {"type": "divider"}


def actions(*elements: Doc | None) -> Doc:
    """A row of buttons."""
    return {"type": "actions", "elements": [each for each in elements if each]}


def button(text: str, action_id: str, value: object = "", *, style: str | None = None) -> Doc:
    """A button; an empty value is left out."""
    made: Doc = {"type": "button", "text": plain(text, BUTTON), "action_id": action_id}
    made |= {"value": str(value)} if str(value) else {}
    return made | ({"style": style} if style else {})


def sure(made: Doc, lang: str, *, title: str, text: str) -> Doc:
    """The button, asking once more before it acts."""
    asked = {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(say("button.yes", lang), 30),
        "deny": plain(say("button.no", lang), 30),
    }
    return made | {"confirm": asked}


def option(text: str, value: str) -> Doc:
    """One choice."""
    return {"text": plain(text, OPTION), "value": value[:VALUE]}


def overflow(action_id: str, options: Sequence[Doc]) -> Doc:
    """What stands behind ⋯: two to five choices."""
    return {"type": "overflow", "action_id": action_id, "options": list(options[:OVERFLOW])}


def select(action_id: str, options: Sequence[Doc], *, chosen: str | None = None, hint: str = "") -> Doc:
    """A select; over 100 choices they stand in groups of 100 (Slack's limit), over 10 000 the rest is left out."""
    made: Doc = {"type": "static_select", "action_id": action_id}
    if len(options) <= OPTIONS:
        made["options"] = list(options)
    else:
        starts = range(0, min(len(options), OPTIONS * GROUPS), OPTIONS)
        made["option_groups"] = [_group(options[start : start + OPTIONS]) for start in starts]
    offered = options[: OPTIONS * GROUPS]
    initial = next((each for each in offered if chosen is not None and each["value"] == chosen), None)
    return made | ({"initial_option": initial} if initial else {}) | ({"placeholder": plain(hint, 150)} if hint else {})


def _group(options: Sequence[Doc]) -> Doc:
    first, last = options[0]["text"]["text"], options[-1]["text"]["text"]
    return {"label": plain(f"{cut(first, 34)} – {cut(last, 34)}", OPTION), "options": list(options)}


# --- whole cards -----------------------------------------------------------------------------------------------------


def icon(facts: Facts) -> str:
    """🚨 for a real incident, 🎯 for a drill."""
    return "🎯" if facts.get("exercise") else "🚨"


def marked(text: str, facts: Facts, lang: str) -> str:
    """The text with the drill's mark before it, where it is one."""
    return say("parts.exercise", lang) + text if facts.get("exercise") else text


def banner(facts: Facts, lang: str) -> list[Doc]:
    """The line that stands on top of everything a drill shows."""
    return [section(say("parts.banner", lang))] if facts.get("exercise") else []


def card(text: str, blocks: Sequence[Doc], facts: Facts, lang: str) -> Doc:
    """A message: its notification line, and its blocks under the drill's mark."""
    line = marked(typed(text, 1500), facts, lang)  # Slack reads mentions in it, even beside blocks
    return {
        "text": line,
        "blocks": _steady(fit([*banner(facts, lang), *blocks], MESSAGE_BLOCKS, lang)),
    }


def _steady(blocks: Sequence[Doc]) -> list[Doc]:
    """Blocks with something to press keep their names through every edit: a press on the card as it was still lands."""
    steady: list[Doc] = []
    taken: set[str] = set()
    for block in blocks:
        name = _pressed(block)
        if name and name not in taken and "block_id" not in block:
            taken.add(name)
            steady.append({**block, "block_id": name})
        else:
            steady.append(block)
    return steady


def steady_buttons(blocks: Sequence[Doc]) -> list[Doc]:
    """The same for a modal, for rows of buttons alone: a list would keep a choice that is not offered any more."""
    kinds = {"button", "overflow"}
    plain_ = [{each.get("type") for each in _elements(block)} <= kinds for block in blocks]
    named = iter(_steady([block for block, alone in zip(blocks, plain_, strict=True) if alone]))
    return [next(named) if alone else block for block, alone in zip(blocks, plain_, strict=True)]


def _elements(block: Doc) -> list[Doc]:
    return [each for each in (*block.get("elements", ()), block.get("accessory"), block.get("element")) if each]


def _pressed(block: Doc) -> str:
    elements = [*block.get("elements", ()), block.get("accessory") or {}]
    named = [f"{each['action_id']}:{each.get('value', '')}" for each in elements if each.get("action_id")]
    return cut("/".join(named), BLOCK_ID)


def fit(blocks: Sequence[Doc], limit: int, lang: str) -> list[Doc]:
    """At most `limit` blocks: the last one (the buttons) is kept, those before it are counted."""
    if len(blocks) <= limit:
        return list(blocks)
    over = context(say("parts.more", lang, n=len(blocks) - limit + 1))
    return [*blocks[: limit - 2], over, blocks[-1]]
