"""Forms about roles and tasks: hand over, add a task, say why one is not needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.forms import about, choice, modal, people_options, text
from bot.views.parts import Doc, Facts, View, both, cut, option, section, typed
from bot.words import say


def hand_over(
    lang: str,
    *,
    head: Facts,
    roles: Sequence[Facts],
    people: Sequence[Facts],
    private: Mapping[str, Any],
    view: View | None = None,
) -> Doc:
    """Which role, to whom; both names stay on record."""
    names = {each["id"]: each["name"] for each in people}
    options = [option(_held(role, names, lang, view), role["role"]) for role in roles]
    only = roles[0]["role"] if len(roles) == 1 else None
    blocks = [about(head), section(say("handover.how", lang))]
    if options and people:
        blocks.append(choice("role", say("handover.role", lang), options, chosen=only))
        blocks.append(choice("to", say("handover.to", lang), people_options(people, lang)))
    submit = say("handover.submit", lang) if options and people else ""
    title = say("handover.head", lang)
    return modal(lang, title, blocks, callback="hand_over", submit=submit, private=private, head=head)


def _held(role: Facts, names: Mapping[str, str], lang: str, view: View | None) -> str:
    holder = role["holder"]
    person = view.people.people.get(holder) if view and holder else None
    who = person.name if person else names.get(holder, holder) if holder else say("handover.vacant", lang)
    return f"{cut(both(role['title'], lang), 45)} · {who}"


def add_task(lang: str, *, head: Facts, roles: Sequence[Facts], private: Mapping[str, Any]) -> Doc:
    """A task that the plan does not have."""
    options = [option(both(role["title"], lang), role["role"]) for role in roles]
    options = options or [option(say("addtask.commander", lang), "commander")]
    blocks = [
        about(head),
        text("text", say("addtask.text", lang), many=True, most=1000),
        choice("role", say("addtask.role", lang), options, chosen=private.get("role") or None),
        text("due", say("addtask.due", lang), optional=True, hint=say("addtask.due_hint", lang), most=20),
    ]
    title, submit = say("addtask.head", lang), say("addtask.submit", lang)
    return modal(lang, title, blocks, callback="add_task", submit=submit, private=private, head=head)


def drop_task(lang: str, *, head: Facts, task: Facts, private: Mapping[str, Any]) -> Doc:
    """Say why a task is not needed: it is settled without being done."""
    what = f"`{typed(task['code'], 20)}` {typed(both(task['do'], lang), 600)}"
    blocks = [about(head), section(what), text("why", say("form.why", lang), many=True, most=1000)]
    title, submit = say("droptask.head", lang), say("droptask.submit", lang)
    return modal(lang, title, blocks, callback="drop_task", submit=submit, private=private, head=head)
