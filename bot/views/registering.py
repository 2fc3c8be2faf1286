"""The risk registers in chat: the list of them, one of them page by page, the forms of an entry and of a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.views.forms import ELEMENT, choice, modal, people_options, text, ticks, upload_field
from bot.views.parts import (
    LABEL,
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    context,
    cut,
    name,
    option,
    overflow,
    plain,
    section,
    typed,
)
from bot.words import catalogue, say
from plans.sheets import FACTS, NAME_MOST, TEXT_MOST, Sort

SHOWN = 160  # characters of each fact in the list
OFFERED = 200  # choices of one field: a form holds 250 KB in all
FIND_MOST = 100


def title(register: str, lang: str) -> str:
    """What a register is called."""
    return say(f"register.{register}", lang)


def titles(register: str) -> tuple[str, ...]:
    """What people may call it when they type, in either language."""
    return tuple(each.strip().casefold() for each in (title(register, "zh"), title(register, "en")))


def column(named: str, lang: str) -> str:
    """What a column of a register's sheet is called."""
    key = f"entry_field.{named}"
    if key in catalogue():
        return say(key, lang)
    stem, _, tongue = named.rpartition("_")
    return say(f"entry_field.in_{tongue}", lang, what=say(f"entry_field.{stem}", lang))


# --- lists -----------------------------------------------------------------------------------------------------------


def listing(lang: str, *, rows: Sequence[Facts], units: int) -> Doc:
    """Every register with what it is for, how many entries it has, and the way into it."""
    blocks = []
    for row in rows:
        register_ = row["register"]
        about = say(f"register.{register_}_about", lang)
        told = f"*{title(register_, lang)}* · {say('register.count', lang, n=row['count'])}\n{about}"
        blocks.append(section(told, button(say("button.register_open", lang), "register_open", register_)))
    blocks.append(context(say("register.units_elsewhere", lang, n=units)))
    return modal(lang, say("register.head", lang), blocks)


def register(
    lang: str,
    *,
    register: str,
    rows: Sequence[Facts],
    total: int,
    page: int,
    pages: int,
    find: str,
    note: str,
    view: View,
) -> Doc:
    """One page of a register, with its search; each entry's ⋯ changes or retires it."""
    add = button(say("button.entry_add", lang), "entry_add_open", register, style="primary")
    download = button(say("button.register_sheet", lang), "register_sheet_press", f"{register}|sheet")
    give = button(say("button.register_upload", lang), "register_upload_open", register)
    blocks: list[Doc] = [actions(add, download, give)]
    if note:
        blocks.append(context(say("register.sheet_sent", lang)))
    blocks.append(_search(lang, find))
    count = say("register.count", lang, n=total)
    blocks.append(context(count if pages < 2 else say("register.page", lang, count=count, n=page + 1, of=pages)))  # noqa: PLR2004 -- one page needs no number
    blocks += [section(_row(row, view, lang), _more(row, lang)) for row in rows]
    back = button(say("button.register_back", lang), "register_back_press", page - 1) if page else None
    on = button(say("button.register_next", lang), "register_next_press", page + 1) if page + 1 < pages else None
    blocks += [actions(back, on)] if back or on else []
    private = {"register": register, "find": find[:FIND_MOST], "page": page}
    find_it = say("register.find", lang)  # Slack wants a form's own button wherever there is a field
    return modal(lang, title(register, lang), blocks, callback="register", submit=find_it, private=private)


def _search(lang: str, find: str) -> Doc:
    element: Doc = {"type": "plain_text_input", "action_id": ELEMENT, "max_length": FIND_MOST}
    element |= {"initial_value": find[:FIND_MOST]} if find else {}
    element |= {"placeholder": plain(say("register.find_hint", lang), 150)}
    label = plain(say("register.find", lang), LABEL)
    block = {"type": "input", "block_id": "entry_find", "label": label, "element": element}
    return block | {"optional": True, "dispatch_action": True}


def _more(row: Facts, lang: str) -> Doc:
    at = f"{row['register']}|{row['name']}"
    options = [option(say(f"button.entry_{what}", lang), f"{what}|{at}") for what in ("change", "retire")]
    return overflow("entry_more", options)


def _row(row: Facts, view: View, lang: str) -> str:
    where = typed(both(row["unit"], lang), 60) if row["unit"] else say("register.everywhere", lang)
    owner = name(row["owner"], view) if row["owner"] else say("register.no_owner", lang)
    head = f"*{typed(both(row['title'], lang), 120)}* `{typed(row['name'], 60)}`\n{where} · {owner}"
    return "\n".join((head, *_facts(row, lang)))


def _facts(row: Facts, lang: str) -> Iterator[str]:
    colon = say("parts.colon", lang)
    for fact, value in row["facts"].items():
        yield f"{column(fact, lang)}{colon}{typed(both(value, lang), SHOWN)}"
    if row["scenarios"]:
        comma = "、" if lang == "zh" else ", "
        named = comma.join(typed(both(each, lang), 60) for each in row["scenarios"])
        yield f"{column('scenarios', lang)}{colon}{cut(named, 400)}"


# --- forms -----------------------------------------------------------------------------------------------------------


def entry(
    lang: str,
    *,
    register: str,
    name: str,
    cells: Mapping[str, str],
    units: Sequence[Facts],
    people: Sequence[Facts],
    scenarios: Sequence[Facts],
    moved: str,
    private: Mapping[str, Any],
) -> Doc:
    """One entry, a field a column; `moved` tells what somebody else made of it meanwhile."""
    blocks: list[Doc] = []
    if moved:
        blocks += [section(say("register.moved", lang)), section(typed_lines(moved))]
    if name:
        blocks.append(context(f"`{typed(name)}`"))
    else:
        label, hint = say("entry_field.id", lang), say("register.id_hint", lang)
        blocks.append(text("id", label, value=cells.get("id", ""), hint=hint, most=NAME_MOST))
    blocks += [_text(each, lang, cells, optional=False) for each in ("zh", "en")]
    named = [option(both(each["title"], lang), each["id"]) for each in units]
    blocks.append(_chosen("unit", named, lang, cells, hint=say("register.unit_hint", lang)))
    blocks.append(_chosen("owner", people_options(people, lang), lang, cells))
    for fact, sort in FACTS[register].items():
        blocks += _fact(fact, sort, lang, cells, scenarios)
    head = say("register.entry_change" if name else "register.entry_new", lang)
    return modal(lang, head, blocks, callback="entry", submit=say("register.save", lang), private=private)


def _chosen(named: str, options: Sequence[Doc], lang: str, cells: Mapping[str, str], *, hint: str = "") -> Doc:
    """One of a few; where a form cannot hold them all, its id is typed, and the nearest is named if it is wrong."""
    label, value = column(named, lang), cells.get(named, "")
    if not 0 < len(options) <= OFFERED:
        return text(named, label, value=value, optional=True, hint=say("register.by_id", lang), most=NAME_MOST)
    return choice(named, label, options, chosen=value, optional=True, hint=hint)


def _fact(fact: str, sort: Sort, lang: str, cells: Mapping[str, str], scenarios: Sequence[Facts]) -> list[Doc]:
    match sort:
        case Sort.BOTH:
            return [_text(f"{fact}_{tongue}", lang, cells) for tongue in ("zh", "en")]
        case Sort.SCENARIOS:
            options = [option(both(each["title"], lang), each["id"]) for each in scenarios]
            chosen = cells.get(fact, "").split()
            return [ticks(fact, column(fact, lang), options, chosen=chosen)] if options else []
        case Sort.TEXT:
            return [_text(fact, lang, cells)]


def _text(named: str, lang: str, cells: Mapping[str, str], *, optional: bool = True) -> Doc:
    long = named not in ("zh", "en", "class")
    value = cells.get(named, "")
    return text(named, column(named, lang), value=value, optional=optional, many=long, most=TEXT_MOST)


def retire(lang: str, *, title: Facts, name: str, plans: Sequence[Facts], private: Mapping[str, Any]) -> Doc:
    """Which plans lean on the entry, and will want revision, before it stands no longer."""
    told = [f"• *{typed(both(each['title'], lang), 80)}* `{typed(each['label'], 60)}`" for each in plans[:20]]
    lean = say("register.leaning", lang, n=len(plans)) if plans else say("register.none_leans", lang)
    blocks = [
        section(f"*{typed(both(title, lang), 120)}* `{typed(name)}`"),
        section("\n".join((lean, *told))),
        context(say("register.kept", lang)),
    ]
    submit = say("button.entry_retire", lang)
    return modal(lang, submit, blocks, callback="entry_retire", submit=submit, private=private)


def upload(lang: str, *, columns: Sequence[str], private: Mapping[str, Any]) -> Doc:
    """Where to give a sheet, and what the house makes of it."""
    named = " ".join(f"`{each}`" for each in columns)
    blocks = [
        section(say("register.upload_how", lang)),
        upload_field("sheet", say("register.file", lang), kinds=("csv",)),
        context(say("register.columns", lang, columns=named)),
    ]
    head, submit = say("button.register_upload", lang), say("register.take", lang)
    return modal(lang, head, blocks, callback="register_upload", submit=submit, private=private)


def typed_lines(told: str) -> str:
    """Several lines that people typed."""
    return "\n".join(typed(line, 400) for line in told.splitlines())
