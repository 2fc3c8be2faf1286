"""A draft on the desk: where it stands, what changed, its parts to edit, and the forms that lie on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.views import library
from bot.views.forms import choice, modal, picked_at, text, ticks, upload_field
from bot.views.parts import (
    INPUT,
    OPTIONS,
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    context,
    divider,
    lines,
    name,
    option,
    overflow,
    section,
    select,
    sure,
    typed,
    when,
)
from bot.views.plan_text import Para, rich
from bot.words import say
from escalation.words import Words
from playbooks.forms import LISTED, NEW, Item, Line, Part
from playbooks.machine import MEANINGS, STATES

OVERVIEW = "overview"
ITEMS = 20
SHORT = 120  # a longer text is written in several lines
CHANGES_SHOWN = 12
OVERTAKEN_SHOWN = 8
KINDS = ("yaml", "yml", "docx", "md", "txt")
PIECE, FIELD, PIECES = 2400, 2900, 12  # a long text stands in several fields: Slack takes 3,000 characters in one


def desk(
    lang: str, *, facts: Facts, part: str, items: Sequence[Item], lines_: Sequence[Line], leaf: int, view: View
) -> Doc:
    """The draft: state, hands, what changed; or one part of it with its items."""
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n{_standing(facts, lang)}"),
        context(MEANINGS[facts["state"]].said(lang)),
        *_sent_back(facts, lang),
        *_overtaken(facts, lang),
        actions(*_steps(facts, lang)),
        divider(),
        actions(_part_choice(lang, part)),
        *(_overview(facts, lang, view) if part == OVERVIEW else _part(facts, Part(part), (items, lines_), leaf, lang)),
    ]
    private = {"draft": facts["draft"], "part": part, "leaf": leaf}
    return modal(lang, say("plandesk.head", lang), blocks, callback="plan_desk", private=private)


def _standing(facts: Facts, lang: str) -> str:
    return f"{STATES[facts['state']].said(lang)} · `{typed(facts['label'], 80)}`"


def _sent_back(facts: Facts, lang: str) -> list[Doc]:
    return [section(say("plandesk.sent_back", lang, why=typed(facts["sent_back"], 1000)))] if facts["sent_back"] else []


def _overtaken(facts: Facts, lang: str) -> list[Doc]:
    """A version came in between: what it changed, what of the draft would give way, and the two ways on."""
    told = facts["overtaken"]
    if told is None:
        return []
    label, value = typed(told["label"], 80), f"{facts['draft']}|{told['number']}"
    blocks = [section(say("planover.came", lang, label=label)), *_some(told["changes"], lang)]
    if told["faults"]:
        blocks += [section(say("planover.no_plan", lang)), *_some(told["faults"], lang)]
    elif told["gives_way"]:
        blocks += [section(say("planover.gives_way", lang)), *_some(told["gives_way"], lang)]
    if not (facts["open"] and facts["may_write"]):
        return [*blocks, context(say("planover.waits", lang))]
    take = button(say("button.plan_take_over", lang, n=told["number"]), "plan_take_over_press", value, style="primary")
    keep = button(say("button.plan_keep", lang), "plan_keep_press", value)
    keep = sure(keep, lang, title=say("button.plan_keep", lang), text=say("planover.keep_sure", lang, n=told["number"]))
    return [*blocks, actions(None if told["faults"] else take, keep), divider()]


def _some(told: Sequence[Facts], lang: str) -> list[Doc]:
    """The first changes as a list; the rest is counted."""
    shown = [f"• {typed(both(each, lang), 300)}" for each in told[:OVERTAKEN_SHOWN]]
    more = len(told) - len(shown)
    return [section("\n".join(shown + ([say("parts.more", lang, n=more)] if more else [])))] if shown else []


def _steps(facts: Facts, lang: str) -> list[Doc | None]:
    """The next right thing first: it depends on who looks."""
    draft, act = facts["draft"], "" if facts["overtaken"] else facts["act"]
    read = button(say("button.plan_read", lang), "plan_read_open", draft)
    first = None
    if act == "submit":
        first = button(say("button.plan_submit", lang), "plan_submit_open", draft, style="primary")
    elif act in ("review", "sign"):
        first = read = button(say(f"button.plan_read_{act}", lang), "plan_read_open", draft, style="primary")
    elif act == "issue":
        first = button(say("button.plan_issue", lang), "plan_issue_open", draft, style="primary")
    comment = button(say("button.plan_comment", lang), "plan_comment_open", draft) if facts["open"] else None
    more = [option(say(f"planmore.{what}", lang), f"{what}|{draft}") for what in ("draft_yaml", "difference")]
    if facts["open"] and facts["may_write"]:
        more += [option(say(f"planmore.{what}", lang), f"{what}|{draft}") for what in ("upload", "abandon")]
    return [first, None if first is read else read, comment, overflow("plan_more", more)]


def _part_choice(lang: str, part: str) -> Doc:
    options = [option(say("plandesk.overview", lang), OVERVIEW)]
    options += [option(say("plandesk.edit_part", lang, part=each.words.said(lang)), each.value) for each in Part]
    return select("plan_piece_select", options, chosen=part, hint=say("planpage.part", lang))


# --- the overview ----------------------------------------------------------------------------------------------------


def _overview(facts: Facts, lang: str, view: View) -> list[Doc]:
    blocks = [section(lines([_hand(each, lang, view) for each in facts["hands"]], lang))]
    told = facts["changes"]
    if facts["against"] is None:
        blocks.append(section(say("plandesk.new_plan", lang)))
    elif not told:
        blocks.append(section(say("plandesk.no_change", lang, label=typed(facts["against"], 80))))
    else:
        blocks.append(section(say("plandesk.changes", lang, n=len(told), label=typed(facts["against"], 80))))
        blocks += [section(f"• {typed(both(each, lang), 700)}") for each in told[:CHANGES_SHOWN]]
        if len(told) > CHANGES_SHOWN:
            blocks.append(context(say("plandesk.more_changes", lang, n=len(told) - CHANGES_SHOWN)))
    if facts["comments"]:
        blocks.append(section(say("plandesk.comments", lang)))
        blocks += [library.comment(lang, each, view) for each in facts["comments"]]
    edited = say(
        "plandesk.edited", lang, who=library.named(facts["editors"], lang, view), when=when(facts["changed_at"], view)
    )
    return [*blocks, context(edited)]


def _hand(each: Facts, lang: str, view: View) -> str:
    """Who answers as what, until when; or that nobody does yet."""
    part = both(each["part"], lang)
    if each["person"] is None:
        return say("plandesk.hand_missing", lang, part=part)
    stands = say("plandesk.stands_for", lang, who=name(each["stands_for"], view)) if each["stands_for"] else ""
    note = f"\n> {typed(each['note'], 500)}" if each["note"] else ""
    return say(
        "plandesk.hand", lang, part=part, who=name(each["person"], view) + stands, when=when(each["given_at"], view),
        until=when(each["expires_at"], view),
    ) + note  # fmt: skip


# --- one part --------------------------------------------------------------------------------------------------------


def _part(facts: Facts, part: Part, inside: tuple[Sequence[Item], Sequence[Line]], leaf: int, lang: str) -> list[Doc]:
    """The part's own fields under one button, then its items, each with its button."""
    (items, own), draft, may = inside, facts["draft"], facts["open"] and facts["may_write"]
    blocks: list[Doc] = []
    if own:
        said = lines(
            [
                f"{each.title.said(lang)}{say('parts.colon', lang)}{typed(_value(each, facts, lang), 160)}"
                for each in own
            ],
            lang,
        )
        blocks.append(section(said, _edit(facts, part, "", lang) if may else None))
    shown = items[leaf * ITEMS : (leaf + 1) * ITEMS]
    blocks += [
        section(typed(each.words.said(lang), 400), _edit(facts, part, each.id, lang) if may else None) for each in shown
    ]
    pages = -(-len(items) // ITEMS)
    leafing = library.turns(("plan_items_back_press", "plan_items_next_press"), leaf, pages, lang)
    adds = part in LISTED and part is not Part.LEVELS and may
    add = button(say("button.plan_add", lang), "plan_edit_open", f"{draft}|{part.value}|{NEW}") if adds else None
    if leafing or add:
        blocks.append(actions(*leafing, add))
    if adds and len(shown) > 1:
        blocks.append(
            actions(
                _chosen("plan_remove_select", facts, part, shown, lang),
                _chosen("plan_raise_select", facts, part, shown, lang),
            )
        )
    if not may:
        blocks.append(context(say("plandesk.only_read", lang)))
    return blocks


def _value(line: Line, facts: Facts, lang: str) -> str:
    """What a line says: a duration in words, a value of a choice by its name."""
    known: Mapping[str, Words] = facts["labels"].get(line.field, {})
    if line.reads is not None:
        return line.reads.said(lang)
    named = [_choice(each, known, lang) for each in line.value.split("\n")]
    return " · ".join(named) or "—"


def _edit(facts: Facts, part: Part, item: str, lang: str) -> Doc:
    return button(say("button.edit", lang), "plan_edit_open", f"{facts['draft']}|{part.value}|{item}")


def _chosen(action: str, facts: Facts, part: Part, items: Sequence[Item], lang: str) -> Doc:
    options = [
        option(each.words.said(lang), f"{facts['draft']}|{facts['revision']}|{part.value}|{each.id}") for each in items
    ]
    made = select(action, options, hint=say(f"plandesk.{action}", lang))
    if action != "plan_remove_select":
        return made
    return sure(made, lang, title=say("planremove.sure", lang), text=say("planremove.how", lang))


# --- the form of a part ----------------------------------------------------------------------------------------------


def edit(
    lang: str,
    *,
    head: Facts,
    part: Part,
    item: str | None,
    lines_: Sequence[Line],
    labels: Mapping[str, Mapping[str, Words]],
    moved: Sequence[Facts],
    private: Mapping[str, Any],
) -> Doc:
    """A part's own fields, or those of one item; with what another changed meanwhile, where somebody did."""
    named = part.words.said(lang) if item in (None, NEW) else f"{part.words.said(lang)} · {item}"
    blocks = [section(f"*{typed(both(head['title'], lang), 120)}* · {typed(named, 80)}")]
    if moved:
        told = [say("planedit.moved", lang), *(f"• {typed(both(each, lang), 600)}" for each in moved)]
        blocks.append(section(lines(told, lang)))
    revision = private["revision"]
    for line in lines_:
        blocks += field(line, revision, lang, labels.get(line.field, {}))
    title, submit = say("planedit.head", lang), say("planedit.submit", lang)
    return modal(lang, title, blocks, callback="plan_edit", submit=submit, private=private)


def field(line: Line, revision: int, lang: str, labels: Mapping[str, Words]) -> list[Doc]:
    """One line as a field: a choice where it has few values, else text; a long text stands in several fields.

    The block carries the revision: Slack keeps what stands in a field of the same name, whatever is drawn anew.
    """
    block, label, hint = f"{line.field}#{revision}", line.title.said(lang), _hint(line, lang)
    if line.choices and not line.many and (not line.value or line.value in line.choices):
        options = [option(_choice(each, labels, lang), each) for each in line.choices]
        return [choice(block, label, options, chosen=line.value or None, optional=not line.required, hint=hint)]
    if line.choices and line.many and len(line.choices) <= OPTIONS and set(line.value.split()) <= set(line.choices):
        options = [option(_choice(each, labels, lang), each) for each in line.choices]
        return [ticks(block, label, options, chosen=line.value.split("\n"), hint=hint)]
    pieces = cut_up(line.value)
    if len(pieces) == 1:
        return [_text(block, label, line, line.value, hint)]
    if not pieces:
        return [context(say("planedit.too_long", lang, field=typed(label, 80)))]
    last = len(pieces)
    return [
        _text(f"{block}#{n}", f"{label} ({n}/{last})", line, piece, hint if n == 1 else "", optional=n > 1)
        for n, piece in enumerate(pieces, start=1)
    ]


def _text(block: str, label: str, line: Line, value: str, hint: str, *, optional: bool = False) -> Doc:
    many = line.many or (line.most or len(value)) > SHORT
    one = not line.many and "#" not in block.partition("#")[2]
    most = max(min(INPUT, line.most or INPUT) if one else INPUT, len(value))
    return text(
        block, label, value=value, optional=optional or not line.required, many=many, hint=hint, most=most
    )  # fmt: skip


def _choice(value: str, labels: Mapping[str, Words], lang: str) -> str:
    said = labels.get(value)
    return f"{said.said(lang)} ({value})" if said is not None and said.said(lang) != value else value


def _hint(line: Line, lang: str) -> str:
    many = say("planedit.one_a_line", lang) if line.many and not line.choices else ""
    return (" ".join(each for each in (line.hint.said(lang), many) if each))[:200]


def spoken(lines_: Iterable[Line], lang: str) -> tuple[Line, ...]:
    """The lines as people say them: a duration in words, which is read as well as its spelling in files."""
    return tuple(replace(each, value=each.reads.said(lang)) if each.reads is not None else each for each in lines_)


def cut_up(value: str) -> list[str]:
    """A text in pieces of one field each, cut at line ends; joined with line ends they are the text.

    None at all where it cannot be: a line is longer than a field, or there are too many.
    """
    if len(value) <= FIELD:
        return [value]
    found: list[str] = []
    for line in value.split("\n"):
        if found and len(found[-1]) + len(line) + 1 <= PIECE:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return found if len(found) <= PIECES and all(len(each) <= FIELD and each.strip() for each in found) else []


def joined(typed_: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields, by line: several fields of one line are joined, several ticks are lines."""
    found: dict[str, list[str]] = {}
    for block, value in typed_.items():
        name_ = block.partition("#")[0]
        if "#" in block:
            found.setdefault(name_, []).append("\n".join(value) if isinstance(value, list) else str(value))
    return {name_: "\n".join(each) if len(each) > 1 else each[0] for name_, each in found.items()}


def changed(shown: Iterable[Line], fields: Mapping[str, Any]) -> dict[str, str]:
    """What was changed of the lines that were shown, by line; ticks have no order of their own: they keep the old."""
    typed_ = joined(fields)
    found = {}
    for line in shown:
        said = typed_.get(line.field, line.value).replace("\r\n", "\n").strip()
        if line.many and line.choices:
            ticked = said.split("\n")
            kept = [each for each in line.value.split("\n") if each in ticked]
            said = "\n".join([*kept, *(each for each in ticked if each not in kept)]).strip()
        if said != line.value.strip():
            found[line.field] = said
    return found


# --- reading, to answer for it ---------------------------------------------------------------------------------------


def reading(
    lang: str,
    *,
    facts: Facts,
    told: Sequence[Para],
    leaf: int,
    of: int,
    act: str,
    other: bool,
    private: Mapping[str, Any],
) -> Doc:
    """The draft word for word, leaf after leaf; on the last one it can be answered for, or sent back."""
    leafing = library.turns(("plan_read_back_press", "plan_read_next_press"), leaf, of, lang)
    tongue = button(say("button.plan_tongue", lang), "plan_tongue_press", "zh" if private["lang"] == "en" else "en")
    last = leaf == of - 1
    answers = act in ("review", "sign")
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n{_standing(facts, lang)}"),
        section(say("planread.digest", lang, digest=facts["digest"])),
    ]
    if leaf == 0 and not other:
        blocks += _difference(facts, lang)
    blocks += [divider(), *rich(told), divider()]
    if answers and last:
        blocks += [
            context(say(f"planread.{act}_means", lang)),
            text("note", say("planread.note", lang), optional=True, many=True, most=2000),
            *_signers(facts, act, lang),
        ]
    elif answers:
        blocks.append(context(say("planread.read_on", lang)))
    back = button(say("button.plan_send_back", lang), "plan_refuse_press", facts["draft"], style="danger")
    blocks.append(actions(*leafing, tongue, back if answers else None))
    callback = {"review": "plan_agree", "sign": "plan_sign"}.get(act, "") if last else ""
    submit = say(f"planread.submit_{act}", lang) if callback else ""
    title = say(f"planread.head_{act}" if answers else "planread.head", lang)
    return modal(lang, title, blocks, callback=callback or "plan_reading", submit=submit, private=private)


def _difference(facts: Facts, lang: str) -> list[Doc]:
    if facts["against"] is None:
        return [section(say("plandesk.new_plan", lang))]
    told = [say("plandesk.changes", lang, n=len(facts["changes"]), label=typed(facts["against"], 80))]
    told += [f"• {typed(both(each, lang), 500)}" for each in facts["changes"][:40]]
    return [section(part) for part in packed(told)]


def packed(told: Sequence[str], most: int = 2800) -> list[str]:
    """Lines packed into texts of at most `most` characters."""
    found: list[str] = []
    for line in told:
        if found and len(found[-1]) + len(line) + 1 <= most:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return found


def _signers(facts: Facts, act: str, lang: str) -> list[Doc]:
    return (
        [whom("whom", say("planread.signer", lang), facts["next"], lang)] if act == "review" and facts["next"] else []
    )


def whom(block: str, label: str, people: Sequence[Facts], lang: str) -> Doc:
    """Whom to tell: one of those who may; left empty, all of them."""
    options = [
        option(f"{each['name']} · {both(each['title'], lang)}" if each["title"] else each["name"], each["id"])
        for each in people
    ]
    return choice(block, label, options, optional=True, hint=say("planread.whom_hint", lang))


def difference(lang: str, *, facts: Facts) -> Doc:
    """Every change as a sentence."""
    if not facts["changes"]:
        told = [say("plandesk.no_change", lang, label=typed(facts["against"] or "—", 80))]
    else:
        told = [say("plandesk.changes", lang, n=len(facts["changes"]), label=typed(facts["against"] or "—", 80))]
        told += [f"• {typed(both(each, lang), 1200)}" for each in facts["changes"]]
    return modal(lang, say("planmore.difference", lang), [section(each) for each in packed(told)][:98])


# --- small forms -----------------------------------------------------------------------------------------------------


def submit(lang: str, *, facts: Facts, reviewers: Sequence[Facts], private: Mapping[str, Any]) -> Doc:
    """Answer for it as its author, and ask somebody to review it."""
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n`{typed(facts['label'], 80)}`"),
        *_difference(facts, lang)[:20],
        context(say("plansubmit.means", lang)),
        *([whom("whom", say("plansubmit.whom", lang), reviewers, lang)] if reviewers else []),
        *([] if reviewers else [section(say("plansubmit.nobody", lang))]),
    ]
    title, send = say("plansubmit.head", lang), say("plansubmit.submit", lang)
    return modal(lang, title, blocks, callback="plan_submit", submit=send, private=private)


def reason(lang: str, what: str, *, facts: Facts, private: Mapping[str, Any]) -> Doc:
    """A step that wants its reason: send back, abandon, withdraw, recall; or a comment."""
    optional = what == "abandon"
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n`{typed(facts['label'], 80)}`"),
        context(say(f"planreason.{what}_means", lang)),
        text("reason", say(f"planreason.{what}_label", lang), many=True, most=2000, optional=optional),
    ]
    title, done = say(f"planreason.{what}_head", lang), say(f"planreason.{what}_submit", lang)
    return modal(lang, title, blocks, callback=REASONS[what], submit=done, private=private)


REASONS = {
    "back": "plan_back",
    "abandon": "plan_abandon",
    "withdraw": "plan_withdraw",
    "recall": "plan_recall",
    "comment": "plan_comment",
}


def issue(lang: str, *, facts: Facts, private: Mapping[str, Any], view: View) -> Doc:
    """Issue it: at once, or from a stated instant."""
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n`{typed(facts['label'], 80)}`"),
        section(lines([_hand(each, lang, view) for each in facts["hands"]], lang)),
        context(say("planissue.means", lang)),
        picked_at("effective_at", say("planissue.when", lang), optional=True, hint=say("planissue.when_hint", lang)),
    ]
    title, done = say("planissue.head", lang), say("planissue.submit", lang)
    return modal(lang, title, blocks, callback="plan_issue", submit=done, private=private)


def new(lang: str, *, starters: Sequence[Facts], units: Sequence[Facts], chosen: Facts) -> Doc:
    """A new plan, begun from one that stands."""
    options = [option(f"{both(each['title'], lang)} · {each['code']}", each["code"]) for each in starters]
    places = [option(both(each["title"], lang), each["id"]) for each in units]
    blocks = [
        context(say("plannew.how", lang)),
        choice("starter", say("plannew.starter", lang), options, chosen=chosen.get("starter")),
        text("code", say("plannew.code", lang), hint=say("plannew.code_hint", lang), shown="flood-henan", most=40),
        text("title_zh", say("plannew.title_zh", lang), most=120),
        text("title_en", say("plannew.title_en", lang), most=240),
        ticks("units", say("plannew.units", lang), places, hint=say("plannew.units_hint", lang)),
    ]
    return modal(lang, say("plannew.head", lang), blocks, callback="plan_new", submit=say("plannew.submit", lang))


def filing(lang: str, *, facts: Facts, private: Mapping[str, Any]) -> Doc:
    """With whom and under which number a version was filed 备案."""
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n`{typed(facts['label'], 80)}`"),
        context(say("planfiling.means", lang)),
        text("with_whom", say("planfiling.with", lang), most=120),
        text("number", say("planfiling.number", lang), most=120),
    ]
    title, done = say("planfiling.head", lang), say("planfiling.submit", lang)
    return modal(lang, title, blocks, callback="plan_file", submit=done, private=private)


def upload(lang: str, *, facts: Facts, private: Mapping[str, Any]) -> Doc:
    """Where to give a plan file, or a document whose chapters are kept beside the playbook."""
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n`{typed(facts['label'], 80)}`"),
        section(say("planupload.how", lang)),
        upload_field("file", say("planupload.file", lang), kinds=KINDS),
    ]
    title, done = say("planupload.head", lang), say("planupload.submit", lang)
    return modal(lang, title, blocks, callback="plan_upload", submit=done, private=private)


def uploaded(lang: str, *, told: Sequence[str]) -> Doc:
    """What came of it, and what could not be read."""
    return modal(lang, say("planupload.head", lang), [section(each) for each in packed(told)][:98])


def amend(
    lang: str,
    *,
    facts: Facts,
    part: Part,
    item: str | None,
    items: Sequence[Item],
    lines_: Sequence[Line],
    labels: Mapping[str, Mapping[str, Words]],
    until: int,
    private: Mapping[str, Any],
) -> Doc:
    """An emergency amendment of one thing in the plan, by one person: what, why, until when."""
    parts = [option(each.words.said(lang), each.value) for each in Part]
    blocks = [
        section(f"*{typed(both(facts['title'], lang), 200)}*\n`{typed(facts['label'], 80)}`"),
        context(say("planamend.means", lang)),
        actions(
            select("plan_amend_part_select", parts, chosen=part.value, hint=say("planpage.part", lang)),
            _amended(items, item, lang),
        ),
    ]
    for line in lines_:
        blocks += field(line, private["at"], lang, labels.get(line.field, {}))
    blocks += [
        picked_at("until", say("planamend.until", lang), chosen=until, hint=say("planamend.until_hint", lang)),
        text("reason", say("planamend.reason", lang), many=True, most=2000),
    ]
    title, done = say("planamend.head", lang), say("planamend.submit", lang)
    return modal(lang, title, blocks, callback="plan_amend", submit=done, private=private)


def _amended(items: Sequence[Item], item: str | None, lang: str) -> Doc | None:
    if not items:
        return None
    options = [option(each.words.said(lang), each.id) for each in items]
    return select("plan_amend_item_select", options, chosen=item, hint=say("planamend.item", lang))
