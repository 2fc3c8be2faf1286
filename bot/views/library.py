"""The library of plans: what one looks for, the plans in their tree, and one plan as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.forms import modal, text
from bot.views.parts import (
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    context,
    cut,
    day,
    divider,
    lines,
    listed,
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
from plans.tiers import Tier
from playbooks.forms import Part
from playbooks.machine import MEANINGS, STATES, State
from playbooks.shape import Playbook

PAGE = 10
HISTORY = "history"
INDENT = "\u3000"  # an ideographic space: it is as wide as a sign, on every reader's screen
SEEN_STATES = tuple(State)


# --- the list --------------------------------------------------------------------------------------------------------


def library(
    lang: str, *, rows: Sequence[Any], total: int, page: int, asked: Facts, units: Sequence[Facts], view: View
) -> Doc:
    """The plans asked for, a page of them at a time; `rows` are those of this page."""
    blocks = [
        text("plan_q", say("library.search", lang), value=asked["words"], optional=True, shown=say("library.how", lang))
        | {"dispatch_action": True},
        actions(
            _filter("plan_tier_select", [(each.value, each.words) for each in Tier], asked["tier"], "tier", lang),
            _filter("plan_unit_select", [(e["id"], Words(**e["title"])) for e in units], asked["unit"], "unit", lang),
            _filter("plan_state_select", [(e.value, STATES[e]) for e in SEEN_STATES], asked["state"], "state", lang),
        ),
        context(say("library.found" if rows else "library.none", lang, n=total)),
        *(_row(each, lang, view) for each in rows),
        divider(),
        actions(
            *turns(("plan_library_back_press", "plan_library_next_press"), page, -(-total // PAGE), lang), _begin(lang)
        ),
    ]
    private = {**asked, "page": page}
    return modal(
        lang, say("library.head", lang), blocks, callback="plan_library", submit=say("library.submit", lang),
        private=private,
    )  # fmt: skip


def _filter(action: str, choices: Sequence[tuple[str, Words]], chosen: str, what: str, lang: str) -> Doc:
    """A filter; its first choice takes it away."""
    options = [option(say(f"library.any_{what}", lang), "*"), *(option(w.said(lang), key) for key, w in choices)]
    return select(action, options, chosen=chosen or "*", hint=say(f"library.any_{what}", lang))


def _begin(lang: str) -> Doc:
    return button(say("button.plan_new", lang), "plan_new_open")


def turns(actions_: tuple[str, str], page: int, pages: int, lang: str) -> list[Doc]:
    """Back and on, where there is somewhere to go."""
    last, (back_id, next_id) = max(0, pages - 1), actions_
    back = button(say("button.back", lang), back_id, page - 1)
    onward = button(say("button.next", lang, n=page + 2, of=last + 1), next_id, page + 1)
    return [*([back] if page > 0 else []), *([onward] if page < last else [])]


def _row(row: Any, lang: str, view: View) -> Doc:  # noqa: ANN401 -- a row of playbooks.shelf
    indent = INDENT * min(row.depth, 4) + ("└ " if row.depth else "")
    told = [f"{indent}*{typed(row.title.said(lang), 100)}*", standing(row, lang), _whose(row, lang, view)]
    told += flags(row, lang, view)
    where = ("plan_open", row.code) if row.number is not None else ("plan_desk_open", row.draft or "")
    return section("\n".join(told), button(say("button.open", lang), *where))


def standing(row: Any, lang: str) -> str:  # noqa: ANN401 -- a row of playbooks.shelf
    """State, version and digest."""
    number = f" v{row.number}" if row.number is not None else ""
    return f"{STATES[row.state].said(lang)} · `{typed(row.code, 40)}`{number} · `{row.digest[:6]}`"


def _whose(row: Any, lang: str, view: View) -> str:  # noqa: ANN401 -- a row of playbooks.shelf
    review = day(row.review_due.isoformat(), view) if row.review_due else say("library.no_review", lang)
    return say(
        "library.whose", lang, tier=row.tier.words.said(lang), level=row.organisation.words.said(lang),
        owner=name(row.owner, view), review=review,
    )  # fmt: skip


def flags(row: Any, lang: str, view: View) -> list[str]:  # noqa: ANN401 -- a row of playbooks.shelf
    """What stands beside the state, in words."""
    told = [say(f"planflag.{each.value}", lang) for each in row.flags if each.value != "coming"]
    if row.coming_at is not None:
        told.append(say("planflag.coming", lang, when=when(row.coming_at.isoformat(), view)))
    if row.draft_state is not None and row.number is not None:
        told.append(say("planflag.draft", lang, state=STATES[row.draft_state].said(lang)))
    return ["⚑ " + " · ".join(told)] if told else []


# --- one plan as a page ----------------------------------------------------------------------------------------------


def page(
    lang: str,
    *,
    row: Any,  # noqa: ANN401 -- a row of playbooks.shelf
    book: Playbook,
    part: str,
    told: Sequence[Para],
    leaf: int,
    of: int,
    history: Sequence[Facts],
    may: Mapping[str, bool],
    url: str,
    view: View,
) -> Doc:
    """One plan: where it stands, what it says part by part, who wrote, reviewed and signed each version."""
    shown = list(rich(told)) if part != HISTORY else _history(lang, row, history, may, view)
    blocks = [
        section(f"*{typed(book.title.said(lang), 200)}*\n{standing(row, lang)}\n{_whose(row, lang, view)}"),
        *([section(each) for each in flags(row, lang, view)]),
        context(MEANINGS[row.state].said(lang)),
        actions(*_steps(lang, row, may, url)),
        divider(),
        actions(_part_choice(lang, "plan_part_select", part, history=True)),
        *(shown or [context(say("planpage.empty", lang))]),
    ]
    leafing = turns(("plan_leaf_back_press", "plan_leaf_next_press"), leaf, of, lang)
    blocks += [actions(*leafing)] if leafing else []
    private = {"code": row.code, "part": part, "leaf": leaf}
    return modal(lang, say("planpage.head", lang), blocks, callback="plan_page", private=private)


def _steps(lang: str, row: Any, may: Mapping[str, bool], url: str) -> list[Doc | None]:  # noqa: ANN401 -- as above
    """The next right thing first; at most four, the rest behind ⋯."""
    first = None
    if row.draft is not None:
        first = button(say("button.plan_desk", lang), "plan_desk_press", row.draft, style="primary")
    elif may["write"]:
        key = "button.plan_version" if row.state is not State.WITHDRAWN else "button.plan_again"
        first = button(say(key, lang), "plan_version_press", row.code, style="primary")
    read = button(say("button.plan_web", lang), "plan_web_press") | {"url": url}
    more = [option(say(f"planmore.{what}", lang), f"{what}|{row.code}") for what in _behind(row, may)]
    return [first, read, overflow("plan_more", more) if len(more) > 1 else None]


def _behind(row: Any, may: Mapping[str, bool]) -> list[str]:  # noqa: ANN401 -- as above
    stands = row.state is State.IN_FORCE
    filing = stands and "not_filed" in row.flags
    wanted = {
        "print": True,
        "yaml": True,
        "file": filing,
        "amend": stands and may["amend"],
        "withdraw": row.state is not State.WITHDRAWN and may["withdraw"],
        "comments": True,  # the last: Slack shows five
    }
    return [what for what, offered in wanted.items() if offered]


def _part_choice(lang: str, action: str, part: str, *, history: bool) -> Doc:
    options = [option(each.words.said(lang), each.value) for each in Part]
    options += [option(say("planpage.history", lang), HISTORY)] if history else []
    return select(action, options, chosen=part, hint=say("planpage.part", lang))


def _history(lang: str, row: Any, history: Sequence[Facts], may: Mapping[str, bool], view: View) -> list[Doc]:  # noqa: ANN401
    return [_version(lang, row, each, may, view) for each in history]


def _version(lang: str, row: Any, each: Facts, may: Mapping[str, bool], view: View) -> Doc:  # noqa: ANN401
    """One version: who answers for it, since when it stands, where it was filed; a draft equal to it is one press."""
    told = [f"*v{each['number']}* · `{each['digest'][:12]}` · {STATES[each['state']].said(lang)}"]
    told.append(_answered(lang, each, view))
    told.append(say("planpage.since", lang, when=when(each["effective_at"], view)))
    if each["lives_until"]:
        told.append(
            say("plan.lives", lang, when=when(each["lives_until"], view), reason=typed(each["reason"] or "", 300))
        )
    if each["filed_at"]:
        told.append(
            say(
                "planpage.filed", lang, whom=typed(each["filed_with"], 120), number=typed(each["filed_number"], 120),
                who=name(each["filed_by"], view), when=when(each["filed_at"], view),
            )
        )  # fmt: skip
    told.append(f"<{each['url']}|{say('planpage.read', lang)}>")
    return section(lines(told, lang), _back_to(lang, row, each, may))


def _answered(lang: str, each: Facts, view: View) -> str:
    match each["origin"]:
        case "starter":
            return say("planflag.starter", lang)
        case "emergency":
            return say("planpage.amended", lang, who=name(each["author"], view))
        case _:
            who = {part: name(each[part], view) for part in ("author", "reviewer", "signer")}
            return say("planpage.answered", lang, **who)


def _back_to(lang: str, row: Any, each: Facts, may: Mapping[str, bool]) -> Doc | None:  # noqa: ANN401
    value = f"{row.code}|{each['number']}"
    if each["state"] == State.ISSUED and may["withdraw"]:
        return button(say("button.plan_recall", lang), "plan_recall_open", value)
    if row.draft is not None or not may["write"] or each["state"] == State.IN_FORCE:
        return None
    made = button(cut(say("button.plan_back_to", lang, n=each["number"]), 70), "plan_back_press", value)
    said = say("button.plan_back_to", lang, n=each["number"])
    return sure(made, lang, title=said, text=say("planpage.back_sure", lang))


def comments(lang: str, *, title: Facts, told: Sequence[Facts], view: View) -> Doc:
    """What was said about a plan's drafts, the newest first."""
    blocks = [section(f"*{typed(both(title, lang), 200)}*")]
    blocks += [comment(lang, each, view) for each in told[:60]]
    if not told:
        blocks.append(context(say("plandesk.no_comment", lang)))
    return modal(lang, say("planmore.comments", lang), blocks)


def comment(lang: str, each: Facts, view: View) -> Doc:
    """Who said what when, about which content."""
    small = say(
        "plandesk.commented", lang, who=name(each["by"], view), when=when(each["at"], view), digest=each["digest"][:6]
    )
    return section(f"{typed(each['text'], 2000)}\n_{small}_")


def named(whom: Sequence[str], lang: str, view: View) -> str:
    """Several people, by name."""
    return listed([name(each, view) for each in whom], lang)
