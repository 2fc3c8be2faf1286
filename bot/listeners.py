"""Which press goes to which act: four literal tables, and Bolt told of them once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt import App
from sqlalchemy.orm import Session

from bot import (
    addresses,
    coverage,
    drafts,
    home,
    importing,
    incidents,
    issuing,
    library,
    notices,
    plans,
    printing,
    registers,
    returns,
    stamping,
    withdrawing,
)
from bot.commands import COMMANDS
from bot.door import Act, Door, Opens, Reads
from bot.press import House, Press

OPENS: Mapping[str, Opens] = {
    "declare_open": incidents.declare_open,
    "activate_open": incidents.activate_open,
    "level_open": incidents.level_open,
    "facts_open": incidents.facts_open,
    "assess_open": incidents.assess_open,
    "hand_over_open": incidents.hand_over_open,
    "add_task_open": incidents.add_task_open,
    "drop_task_open": incidents.drop_task_open,
    "release_open": incidents.release_open,
    "drop_rest_open": incidents.drop_rest_open,
    "stand_down_open": incidents.stand_down_open,
    "review_open": incidents.review_open,
    "close_press": incidents.close_open,
    "cancel_open": incidents.cancel_open,
    "merge_open": incidents.merge_open,
    "timeline_open": incidents.timeline_open,
    "tasks_open": incidents.tasks_open,
    "notice_edit": notices.edit_open,
    "correct_open": notices.correct_open,
    "announce_open": notices.announce_open,
    "notice_send_back": notices.send_back_open,
    "address_open": addresses.confirm_open,
    "scan_open": stamping.scan_open,
    "plan_review_open": plans.review_open,
    "plan_revise_open": plans.revise_open,
    "plan_snooze_open": plans.snooze_open,
    "plan_open": library.page,
    "plan_new_open": drafts.new_open,
    "plan_desk_open": drafts.desk,
    "plan_edit_open": drafts.edit_open,
    "plan_comment_open": drafts.comment_open,
    "plan_submit_open": drafts.submit_open,
    "plan_read_open": drafts.read,
    "plan_issue_open": issuing.issue_open,
    "plan_recall_open": issuing.recall_open,
    "plan_file_open": issuing.file_open,
    "print_open": printing.print_open,
    "plan_for_gap": coverage.plan_for_gap,
    "register_open": registers.register_open,
    "register_upload_open": registers.upload_open,
    "entry_add_open": registers.add_open,
    "entry_more": registers.more,
    "return_edit": returns.edit_open,
    "return_send_back": returns.send_back_open,
    "return_phone": returns.phone_open,
    "return_correct_open": returns.correct_open,
}

#: Brought up to date first, then opened: what is read tells what is known now.
PREPARES: Mapping[str, tuple[Act, Opens]] = {
    "notice_read": (notices.refresh, notices.read),
    "notice_phone": (notices.refresh, notices.phone_open),
    "return_read": (returns.refresh, returns.read),
}

#: Choices and buttons inside a modal that turn it into another page of itself.
TURNS: Mapping[str, Opens] = {
    "register_back_press": registers.turned,
    "register_next_press": registers.turned,
    "plan_tier_select": library.of_tier,
    "plan_unit_select": library.of_unit,
    "plan_state_select": library.of_state,
    "plan_library_back_press": library.turned,
    "plan_library_next_press": library.turned,
    "plan_part_select": library.page_part,
    "plan_leaf_back_press": library.page_leaf,
    "plan_leaf_next_press": library.page_leaf,
    "plan_desk_press": drafts.desk,
    "plan_piece_select": drafts.desk_part,
    "plan_items_back_press": drafts.desk_leaf,
    "plan_items_next_press": drafts.desk_leaf,
    "plan_read_back_press": drafts.read_leaf,
    "plan_read_next_press": drafts.read_leaf,
    "plan_tongue_press": drafts.read_tongue,
    "plan_refuse_press": drafts.refuse_open,
    "plan_amend_part_select": issuing.amend_part,
    "plan_amend_item_select": issuing.amend_item,
}

#: Done first; then the modal turns into what came of it.
BEGINS: Mapping[str, tuple[Act, Opens]] = {
    "plan_version_press": (drafts.begin, drafts.desk_of_plan),
    "plan_back_press": (drafts.roll_back, drafts.desk_of_plan),
}

ACTS: Mapping[str, Act] = {
    "role_take": incidents.take_role,
    "task_take_select": incidents.take_task,
    "notice_resend": notices.resend,
    "owed_press": notices.file_owed,
    "return_resend": returns.resend,
    "join_room": incidents.join_room,
    "resume_press": incidents.resume,
    "plan_move_press": incidents.move_plan,
    "plan_calendar_press": plans.calendar,
    "plan_remove_select": drafts.remove,
    "plan_raise_select": drafts.raise_,
    "plan_take_over_press": drafts.take_over,
    "plan_keep_press": drafts.keep,
    "register_sheet_press": registers.sheet,
}

CHANGES: Mapping[str, Opens] = {
    "scenario": incidents.declare_changed,
    "unit": incidents.declare_changed,
    "level": incidents.level_changed,
    "event_level": incidents.level_changed,
    "plan_q": library.searched,
    "entry_find": registers.sought,
}

SUBMITS: Mapping[str, Act] = {
    "declare": incidents.declare,
    "declare_anyway": incidents.declare_anyway,
    "activate": incidents.activate,
    "level": incidents.set_level,
    "facts": incidents.set_facts,
    "assess": incidents.do_assess,
    "hand_over": incidents.hand_over,
    "add_task": incidents.add_task,
    "drop_task": incidents.drop_task,
    "release": incidents.release,
    "drop_rest": incidents.drop_rest,
    "evidence": incidents.evidence,
    "stand_down": incidents.stand_down,
    "review": incidents.review,
    "close": incidents.do_close,
    "cancel": incidents.cancel,
    "merge": incidents.merge,
    "sign": notices.sign,
    "ask": notices.ask,
    "send_back": notices.send_back,
    "edit_draft": notices.edit,
    "phone": notices.phoned,
    "correct": notices.correct,
    "announce": notices.announce,
    "notice_recall": withdrawing.withdraw,
    "address": addresses.confirm,
    "plan_review": plans.do_review,
    "plan_snooze": plans.do_snooze,
    "return_sign": returns.sign,
    "return_ask": returns.ask,
    "return_refuse": returns.send_back,
    "return_write": returns.write,
    "return_phoned": returns.phoned,
    "return_correct": returns.correct,
    "plan_new": drafts.new,
    "plan_edit": drafts.edit,
    "plan_comment": drafts.comment,
    "plan_abandon": drafts.abandon,
    "plan_submit": drafts.submit,
    "plan_agree": drafts.agree,
    "plan_sign": drafts.sign,
    "plan_back": drafts.send_back,
    "plan_issue": issuing.issue,
    "plan_withdraw": issuing.withdraw,
    "plan_recall": issuing.recall,
    "plan_file": issuing.file,
    "plan_amend": issuing.amend,
    "print": printing.do_print,
    "entry": registers.do_entry,
    "entry_retire": registers.do_retire,
}

#: Forms with a file in them: it is fetched before anything is decided.
RECEIVES: Mapping[str, tuple[Act, Reads]] = {
    "register_upload": (registers.do_upload, registers.read),
    "notice_scan": (stamping.attach, stamping.read),
}

#: The same, where reading may outlast Slack's patience: the form says meanwhile that the file is being read.
AWAITS: Mapping[str, tuple[Act, Reads, Callable[[str], dict[str, Any]]]] = {
    "plan_upload": (importing.upload, importing.read, importing.reading),
}

#: Forms that only ask: nothing is done, they turn into what was asked for.
ASKS: Mapping[str, Opens] = {"register": registers.sought, "plan_library": library.searched}

#: Forms that lie on a list: when they are done, the list under them is drawn anew.
UNDER: Mapping[str, Opens] = {
    "drop_task": incidents.tasks_open,
    "evidence": incidents.tasks_open,
    "drop_rest": incidents.close_open,
    "release": incidents.close_open,
    "return_write": returns.read,
    "edit_draft": notices.read,
    **dict.fromkeys(
        (
            "plan_edit",
            "plan_comment",
            "plan_abandon",
            "plan_submit",
            "plan_agree",
            "plan_sign",
            "plan_back",
            "plan_upload",
        ),
        drafts.desk_again,
    ),
    "plan_issue": drafts.desk_again,
    **dict.fromkeys(("plan_withdraw", "plan_recall", "plan_file", "plan_amend"), library.page_again),
    **dict.fromkeys(("entry", "entry_retire", "register_upload"), registers.again),
}

#: Modals that are drawn anew after a button inside them.
AGAIN: Mapping[str, Opens] = {
    "tasks": incidents.tasks_open,
    "reports": notices.reports_open,
    "plan_desk": drafts.desk_again,
    "register": registers.again,
}

MORE: Mapping[str, Opens] = {
    "handover": incidents.hand_over_open,
    "assess": incidents.assess_open,
    "stand_down": incidents.stand_down_open,
    "timeline": incidents.timeline_open,
    "reports": notices.reports_open,
    "tasks": incidents.tasks_open,
    "add_task": incidents.add_task_open,
    "merge": incidents.merge_open,
    "cancel": incidents.cancel_open,
    "close": incidents.close_open,
    "review": incidents.review_open,
    "notice_text": notices.read,
    "notice_recall": withdrawing.withdraw_open,
}

#: What stands behind ⋯ of a plan and of a draft.
PLAN_MORE: Mapping[str, Opens] = {
    "yaml": library.sent,
    "draft_yaml": library.sent,
    "comments": library.comments,
    "difference": drafts.difference,
    "abandon": drafts.abandon_open,
    "upload": importing.upload_open,
    "print": importing.print_open,
    "file": issuing.file_open,
    "withdraw": issuing.withdraw_open,
    "amend": issuing.amend_open,
}


def plan_more(session: Session, press: Press) -> dict[str, Any] | None:
    """The ⋯ of a plan: `withdraw|cable-cut`."""
    return PLAN_MORE[press.number](session, press)


def plan_taken(session: Session, press: Press) -> None:
    """What is sent for behind that ⋯ is on its way before the modal says so."""
    if PLAN_MORE[press.number] is library.sent:
        library.download(session, press)


def more(session: Session, press: Press) -> dict[str, Any] | None:
    """The ⋯ of the status card: `handover|INC-…`."""
    what, _, number = press.value.partition("|")
    return MORE[what](session, replace(press, value=number))


def listen(app: App, house: House) -> None:
    """Tell Bolt every press of the tables."""
    door = Door(house, again=AGAIN, under=UNDER)
    for action, opens in OPENS.items():
        app.action(action)(door.opening(opens))
    for action, (prepare, opens) in PREPARES.items():
        app.action(action)(door.preparing(prepare, opens))
    for action, turns in TURNS.items():
        app.action(action)(door.changing(turns))
    for action, (prepare, opens) in BEGINS.items():
        app.action(action)(door.changing(opens, prepare=prepare))
    for action, act in ACTS.items():
        app.action(action)(door.acting(act))
    app.action("task_done")(door.acting(incidents.task_done, opens=incidents.wants_evidence))
    app.action("more")(door.opening(more))
    app.action("plan_more")(door.preparing(plan_taken, plan_more))
    app.action("declare_more")(door.changing(incidents.declare_changed))
    for block, changed in CHANGES.items():
        app.action({"block_id": block, "action_id": "value"})(door.changing(changed))
    _forms(app, door)
    for command, answers in COMMANDS.items():
        app.command(command)(door.commanding(answers))
    _shortcuts(app, door)
    app.event("app_home_opened")(door.hearing(home.show_home))
    app.event("user_change")(lambda event: house.locales.learn([event["user"]]))
    # What needs no answer from us is still acknowledged, else Slack waits three seconds and says so.
    app.action(re.compile(".*"))(_acknowledged)
    app.event(re.compile(".*"))(_heard)
    app.view_closed(re.compile(".*"))(_acknowledged)


def _forms(app: App, door: Door) -> None:
    for callback, act in SUBMITS.items():
        app.view(callback)(door.submitting(act))
    for callback, asks in ASKS.items():
        app.view(callback)(door.asking(asks))
    for callback, (act, reads) in RECEIVES.items():
        app.view(callback)(door.receiving(act, reads))
    for callback, (act, reads, waits) in AWAITS.items():
        app.view(callback)(door.awaiting(act, reads, waits))


def _shortcuts(app: App, door: Door) -> None:
    app.global_shortcut("declare")(door.opening(incidents.declare_open))
    app.message_shortcut("declare_from_message")(door.opening(incidents.declare_from_message))


def _acknowledged(ack: Callable[[], None]) -> None:
    ack()


def _heard() -> None:
    return
