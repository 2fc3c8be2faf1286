"""The form that asks what to print."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views.forms import choice, modal
from bot.views.parts import Doc, Facts, both, context, option, section, typed
from bot.words import say


def print_form(lang: str, *, plan: Facts, roles: Sequence[Facts], units: Sequence[Facts], unit: str) -> Doc:
    """The whole plan or one role's card; in which language; whose contacts, where there is a choice."""
    what = [option(say("paper.whole", lang), "plan")]
    what += [option(say("paper.card", lang, role=both(each["title"], lang)), f"role:{each['id']}") for each in roles]
    langs = [option(say(f"paper.{each}", lang), each) for each in ("zh", "en")]
    blocks = [
        section(f"*{typed(both(plan['title'], lang), 120)}* `{typed(plan['label'], 80)}`"),
        choice("what", say("paper.what", lang), what, chosen="plan"),
        choice("lang", say("paper.lang", lang), langs, chosen=lang),
    ]
    if len(units) > 1:
        named = [option(both(each["title"], lang), each["id"]) for each in units]
        blocks.append(choice("unit", say("paper.unit", lang), named, chosen=unit, hint=say("paper.unit_hint", lang)))
    blocks.append(context(say("paper.where", lang)))
    private = {"code": plan["code"], "number": plan["number"]}
    title, submit = say("paper.head", lang), say("paper.submit", lang)
    return modal(lang, title, blocks, callback="print", submit=submit, private=private)
