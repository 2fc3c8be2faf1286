"""Messages about versions of plans: one that took effect while an incident runs, one to be filed, one that lapsed."""

from __future__ import annotations

from bot.views.parts import (
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    card,
    left,
    lines,
    name,
    section,
    sure,
    typed,
    when,
)
from bot.views.status import head_line
from bot.words import say


def plan_changed(facts: Facts, view: View) -> Doc:
    """Another version of the incident's plan is in force: what changed, and the one press that moves the incident."""
    lang, now, before = view.lang, facts["now"], facts["before"]
    lapsed = now["number"] < before["number"]
    key = "plan.lapsed" if lapsed else "plan.amended" if now["origin"] == "emergency" else "plan.changed"
    line = say(key, lang, number=facts["number"], now=now["number"], before=before["number"])
    told = [f"*{typed(line, 500)}*", head_line(facts), *_until(facts, view)]
    told += [f"• {typed(both(each, lang), 500)}" for each in facts["changes"]]
    blocks = [section(lines(told, lang)), section(_stands(facts, view))]
    if facts["moved"] is None:
        blocks.append(actions(_move(facts, lang)))
    return card(line, blocks, facts, lang)


def _until(facts: Facts, view: View) -> list[str]:
    if facts["lives_until"] is None:
        return []
    reason = typed(facts["reason"] or "", 300)
    return [say("plan.lives", view.lang, when=when(facts["lives_until"], view), reason=reason)]


def _stands(facts: Facts, view: View) -> str:
    """Which version it runs on, and what moving it has done."""
    lang, moved = view.lang, facts["moved"]
    if moved is None:
        return say("plan.stays", lang, label=typed(facts["before"]["label"]), now=facts["now"]["number"])
    return say(
        "plan.moved",
        lang,
        label=typed(facts["now"]["label"]),
        who=name(moved["by"], view),
        when=when(moved["at"], view),
        added=moved["added"],
        changed=moved["changed"],
        gone=moved["left"],
    )


def _move(facts: Facts, lang: str) -> Doc:
    number = facts["now"]["number"]
    value = f"{facts['number']}|{facts['now']['id']}"
    made = button(say("button.move_plan", lang, n=number), "plan_move_press", value, style="primary")
    return sure(made, lang, title=say("button.move_plan", lang, n=number), text=say("plan.move_sure", lang))


def plan_filing(facts: Facts, view: View) -> Doc:
    """A version is to be filed 备案: by when, and how to record it."""
    lang = view.lang
    title = both(facts["plan"]["title"], lang)
    line = say("plan.file_late" if facts["late"] else "plan.file", lang, title=title, n=facts["plan"]["version"])
    told = [f"*{typed(line, 500)}*", typed(facts["plan"]["label"])]
    if facts["due_at"] is not None:
        by, span = when(facts["due_at"], view), left(facts["due_at"], facts["at"], lang)
        told.append(say("plan.file_by", lang, n=facts["within"], when=by, left=span))
    else:
        why = typed(both(facts["caution"], lang), 300)
        told.append(say("plan.file_uncounted", lang, n=facts["within"], why=why))
    sure = say(f"sure.{facts['confidence']}", lang)
    told.append(say("plandue.rule", lang, source=typed(facts["source"], 300), sure=sure))
    told.append(say("plan.file_next", lang))
    record = button(say("button.plan_file", lang), "plan_file_open", facts["plan"]["code"], style="primary")
    return card(line, [section(lines(told, lang)), actions(record)], facts, lang)


def plan_lapsed(facts: Facts, view: View) -> Doc:
    """An emergency amendment is over: the version before stands again, and the amendment is to be reviewed."""
    lang = view.lang
    title, n = both(facts["plan"]["title"], lang), facts["plan"]["version"]
    line = say("plan.amendment_over", lang, title=title, n=n)
    told = [f"*{typed(line, 500)}*", typed(facts["plan"]["label"])]
    told.append(say("plan.amendment_next", lang, reason=typed(facts["reason"] or "", 300)))
    return card(line, [section(lines(told, lang))], facts, lang)


def plan_step(facts: Facts, view: View) -> Doc:
    """A draft waits for its reader: to review, to sign, to issue, to mend; or it was issued."""
    lang, act = view.lang, facts["act"]
    title = both(facts["title"], lang)
    line = say(f"planstep.{act}", lang, title=title)
    told = [f"*{typed(line, 500)}*", f"`{typed(facts.get('label') or '', 80)}`"]
    told.append(say("planstep.by", lang, who=name(facts["by"], view), when=when(facts["at"], view)))
    if facts["why"]:
        told.append(say("planstep.why", lang, why=typed(facts["why"], 1000)))
    if act == "issued":
        told.append(say("planstep.effective", lang, when=when(facts["effective_at"], view)))
        return card(line, [section(lines(told, lang)), actions(_look(facts, lang))], facts, lang)
    return card(line, [section(lines(told, lang)), actions(step(facts, lang))], facts, lang)


def step(facts: Facts, lang: str) -> Doc:
    """The one press that a waiting draft asks of its reader."""
    act = facts["act"]
    opens = {"issue": "plan_issue_open", "write": "plan_desk_open"}.get(act, "plan_read_open")
    return button(say(f"planstep.do_{act}", lang), opens, facts["draft"], style="primary")


def _look(facts: Facts, lang: str) -> Doc:
    return button(say("button.plan_open", lang), "plan_open", facts["code"])
