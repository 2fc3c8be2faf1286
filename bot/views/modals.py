"""Every form and every modal that is read: facts in, a Slack view out, in the language of who opened it.

A form's fields are blocks named for them with the element `value`; `private` comes back with the submission.
"""

from __future__ import annotations

from bot.views.assessing import assess, evidence, facts, review
from bot.views.declaring import declare, twin
from bot.views.ending import cancel, close_blocked, close_confirm, drop_rest, merge, release, stand_down
from bot.views.levels import level
from bot.views.reading import mine, tasks, text_modal, timeline
from bot.views.reports import announce, correct, reports
from bot.views.reviews import plan_review, plan_snooze
from bot.views.roles import add_task, drop_task, hand_over
from bot.views.signing import edit_draft, notice, phone, send_back

__all__ = [
    "add_task",
    "announce",
    "assess",
    "cancel",
    "close_blocked",
    "close_confirm",
    "correct",
    "declare",
    "drop_rest",
    "drop_task",
    "edit_draft",
    "evidence",
    "facts",
    "hand_over",
    "level",
    "merge",
    "mine",
    "notice",
    "phone",
    "plan_review",
    "plan_snooze",
    "release",
    "reports",
    "review",
    "send_back",
    "stand_down",
    "tasks",
    "text_modal",
    "timeline",
    "twin",
]
