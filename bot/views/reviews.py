"""What falls due for plans: the reminder, the forms of its buttons, the list of what is coming."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.views.forms import choice, modal, text
from bot.views.parts import (
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    context,
    day,
    fit,
    header,
    lines,
    listed,
    name,
    option,
    section,
    typed,
    when,
)
from bot.words import say

SHOWN, MOST = 20, 40
SURENESS = ("V-text", "V-page", "V-part", "MEM")


# --- the reminder ----------------------------------------------------------------------------------------------------


def plan_due(facts: Facts, view: View) -> Doc:
    """A review, a drill or a revision falls due: what, by when, by which rule; once it is done, by whom."""
    lang, done = view.lang, facts.get("done")
    title = typed(both(facts["plan"]["title"], lang), 120)
    if done:
        line = say(f"plandue.done.{facts['what']}", lang, title=title)
        small = say("plandue.done_by", lang, who=name(done["by"], view), when=when(done["at"], view))
        return {"text": line, "blocks": [section(line), context(small)]}
    line = say(f"plandue.{facts['what']}.{facts['stage']}", lang, title=title, when=_day(facts["due_at"], view))
    blocks = [
        section(f"*{line}*"),
        section(lines(_told(facts, view), lang)),
        *_small(facts, view),
        _buttons(facts, lang),
    ]
    return {"text": line, "blocks": fit(blocks, 50, lang)}


def _day(said: str, view: View) -> str:
    return when(said, view)


def _told(facts: Facts, view: View) -> list[str]:
    lang, plan = view.lang, facts["plan"]
    told = [_plan(plan, view), say("plandue.day", lang, when=_day(facts["due_at"], view))]
    if facts.get("superior"):
        told.append(say("plandue.superior", lang, owner=name(facts["owner"], view)))
    if facts["what"] == "revision" and facts["detail"]:
        told.append(say("plandue.why", lang, why=typed(both(facts["detail"], lang), 900)))
    if facts["what"] == "drill" and facts["rule"]:
        told.append(_asked(facts, lang))
    told += [say("plandue.trigger", lang, why=typed(both(each, lang), 400)) for each in facts["triggers"][:6]]
    return told


def _plan(plan: Facts, view: View) -> str:
    title, owner = typed(both(plan["title"], view.lang), 120), name(plan["owner"], view)
    return say("plandue.plan", view.lang, title=title, label=typed(plan["label"], 80), owner=owner)


def _asked(facts: Facts, lang: str) -> str:
    rule = facts["rule"]
    return say(
        "plandue.asked",
        lang,
        what=typed(both(facts["detail"], lang), 120),
        kinds=listed([typed(both(each, lang), 60) for each in rule["kinds"]], lang),
        deliverable=typed(both(rule["deliverable"], lang), 200),
    )


def _small(facts: Facts, view: View) -> list[Doc]:
    """How sure the rule is, and what was done last."""
    lang, rule, plan = view.lang, facts["rule"], facts["plan"]
    if facts["what"] == "revision":
        return [context(say("plandue.internal", lang))]
    last = "drilled_at" if facts["what"] == "drill" else "reviewed_at"
    key = "plandue.last_drill" if facts["what"] == "drill" else "plandue.last_review"
    told = [say(key, lang, when=_date(plan[last], view))]
    if rule:
        sure = say(f"sure.{rule['confidence']}", lang) if rule["confidence"] in SURENESS else rule["confidence"]
        said = say("plandue.rule", lang, source=typed(rule["source"], 300), sure=sure)
        told.insert(0, said + (say("plandue.policy", lang) if rule["policy"] else ""))
    return [context(*told)]


def _date(said: str | None, view: View) -> str:
    return when(said, view) if said else say("plandue.never", view.lang)


def _buttons(facts: Facts, lang: str) -> Doc:
    """The next right thing first: sign the review, or hold the drill."""
    code = facts["plan"]["code"]
    snooze = button(say("button.plan_snooze", lang), "plan_snooze_open", f"{code}|{facts['deadline']}")
    look = button(say("button.plan_open", lang), "plan_open", code)
    if facts["what"] == "drill":
        return actions(button(say("button.drill", lang), "declare_open", "drill", style="primary"), snooze, look)
    sign = button(say("button.plan_reviewed", lang), "plan_review_open", code, style="primary")
    revise = button(say("button.plan_revise", lang), "plan_revise_open", code)
    return actions(sign, revise if facts["what"] == "review" else None, snooze, look)


# --- forms -----------------------------------------------------------------------------------------------------------


def plan_review(lang: str, *, plan: Facts, change: bool, url: str, view: View) -> Doc:
    """Sign that the plan was reviewed as it was read; what was found is written down."""
    seen = View(people=view.people, lang=lang, page_url=view.page_url, local=view.local)
    blocks = [
        section(_plan(plan, seen)),
        section(say("planreview.read", lang, digest=plan["digest"][:12], url=url)),
        context(say("planreview.change" if change else "planreview.no_change", lang)),
        text(
            "finding", say("planreview.finding", lang), many=True, most=3000, hint=say("planreview.finding_hint", lang)
        ),
    ]
    private = {"code": plan["code"], "digest": plan["digest"], "change": change}
    title, submit = say("planreview.head", lang), say("planreview.submit", lang)
    return modal(lang, title, blocks, callback="plan_review", submit=submit, private=private)


def plan_snooze(lang: str, *, plan: Facts, deadline: int, days: Sequence[Facts], view: View) -> Doc:
    """Until when to be silent, and why: one of a few mornings."""
    seen = View(people=view.people, lang=lang, page_url=view.page_url, local=view.local)
    options = [option(each["text"], each["at"]) for each in days]
    blocks = [
        section(_plan(plan, seen)),
        context(say("snooze.how", lang)),
        choice("until", say("snooze.until", lang), options),
        text("reason", say("snooze.reason", lang), many=True, most=1000),
    ]
    private = {"code": plan["code"], "deadline": deadline}
    title, submit = say("snooze.head", lang), say("snooze.submit", lang)
    return modal(lang, title, blocks, callback="plan_snooze", submit=submit, private=private)


# --- the list --------------------------------------------------------------------------------------------------------


def due_list(lang: str, *, rows: Sequence[Any], mine: str, view: View) -> Doc:
    """What is due within 90 days and what is overdue: one's own first; the calendar file on a button."""
    if not rows:
        return {"text": say("duelist.none", lang), "blocks": [section(say("duelist.none", lang))]}
    own, others = [r for r in rows if r.owner == mine], [r for r in rows if r.owner != mine]
    line = say("duelist.line", lang, n=len(rows))
    blocks = [header(say("duelist.head", lang)), section(line)]
    for key, found in (("duelist.mine", own), ("duelist.others", others)):
        if found:
            blocks += [
                section(say(key, lang)),
                section(lines([_row(each, lang, view) for each in found], lang, most=MOST)),
            ]
    blocks.append(actions(button(say("button.plan_calendar", lang), "plan_calendar_press")))
    return {"text": line, "blocks": fit(blocks, 50, lang)}


def _row(row: Any, lang: str, view: View) -> str:  # noqa: ANN401 -- a row of plans.due
    return say(
        "duelist.row",
        lang,
        mark="⚠️" if row.overdue else "⏱",
        when=day(row.due_at.isoformat(), view),
        what=row.what.said(lang),
        title=typed(row.title.said(lang), 100),
        detail=f" · {typed(row.detail.said(lang), 200)}" if row.detail else "",
        label=f" `{typed(row.label, 60)}`" if row.label else "",
        owner=name(row.owner, view) if row.owner else say("cover.nobody", lang),
    )
