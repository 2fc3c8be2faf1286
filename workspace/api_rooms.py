"""The Web API's `conversations.*`."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from workspace.api import Call, Method, bad, paged
from workspace.refusals import Doc, Refused
from workspace.rooms import checked_name, only

if TYPE_CHECKING:
    from collections.abc import Sequence

TOPIC_LIMIT = 250
INVITES = 100
TYPES = ("public_channel", "private_channel", "mpim", "im")


def shown(call: Call, channel: Doc) -> Doc:
    """A conversation as the Web API gives it to this app."""
    space = call.space
    me = space.bot_user["id"]
    found = space.public(channel) | {"is_member": me in channel["_members"]}
    if channel["is_im"]:
        others = [each for each in channel["_members"] if each != me]
        return found | {"user": others[0] if others else me, "is_open": True}
    return found


def create(call: Call) -> Doc:
    """`conversations.create`."""
    private = call.flag("is_private")
    call.need("groups:write" if private else "channels:manage")
    name = checked_name(call.text("name", ""))
    made = call.space.create_channel(name, by=call.space.bot_user["id"], is_private=private)
    return {"ok": True, "channel": shown(call, made)}


def invite(call: Call) -> Doc:
    """`conversations.invite`: all or nothing; with `force` the good ones, and `errors` for the others."""
    channel = call.inside("write")
    users = only(call.names("users"))
    if not users:
        raise Refused("no_user")
    if len(users) > INVITES:
        raise Refused("too_many_users")
    refused = [each for each in (_refusal(call, channel, user) for user in users) if each is not None]
    good = [user for user in users if user not in {each["user"] for each in refused}]
    if refused and (not call.flag("force") or not good):
        raise Refused(refused[0]["error"], errors=refused)
    with call.space.changing():
        for user in good:
            call.space.add_member(channel["id"], user, inviter=call.space.bot_user["id"])
    answer: Doc = {"ok": True, "channel": shown(call, call.space.channel(channel["id"]))}
    return answer | ({"errors": refused} if refused else {})


def _refusal(call: Call, channel: Doc, user: str) -> Doc | None:
    found = call.space.get("user", user)
    if found is None:
        code = "user_not_found"
    elif user == call.space.bot_user["id"]:
        code = "cant_invite_self"
    elif found["deleted"]:
        code = "cant_invite"
    elif user in channel["_members"]:
        code = "already_in_channel"
    else:
        return None
    return {"user": user, "ok": False, "error": code}


def join(call: Call) -> Doc:
    """`conversations.join`."""
    call.need("channels:join")
    channel = call.space.get("channel", call.text("channel"))
    if channel is None or not call.sees(channel):
        raise Refused("channel_not_found")
    if not channel["is_channel"]:
        raise Refused("method_not_supported_for_channel_type")
    if channel["is_archived"]:
        raise Refused("is_archived")
    me = call.space.bot_user["id"]
    if me in channel["_members"]:
        again = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
        return {"ok": True, "channel": shown(call, channel)} | again
    call.space.add_member(channel["id"], me)
    return {"ok": True, "channel": shown(call, call.space.channel(channel["id"]))}


def leave(call: Call) -> Doc:
    """`conversations.leave`."""
    channel = call.room("write")
    me = call.space.bot_user["id"]
    if me not in channel["_members"]:
        return {"ok": True, "not_in_channel": True}
    call.space.remove_member(channel["id"], me)
    return {"ok": True}


def kick(call: Call) -> Doc:
    """`conversations.kick`."""
    channel = call.inside("write")
    user = call.space.user(call.text("user"))["id"]
    if user == call.space.bot_user["id"]:
        raise Refused("cant_kick_self")
    call.space.remove_member(channel["id"], user)
    return {"ok": True, "errors": {}}


def _words(call: Call, field: str) -> Doc:
    channel = call.inside("write")
    if channel["is_im"]:
        raise Refused("method_not_supported_for_channel_type")
    value = call.text(field, "")
    if len(value) > TOPIC_LIMIT:
        raise Refused("too_long")
    call.space.set_words(channel["id"], field, value, by=call.space.bot_user["id"])
    return {"ok": True, "channel": shown(call, call.space.channel(channel["id"]))}


def set_topic(call: Call) -> Doc:
    """`conversations.setTopic`."""
    return _words(call, "topic")


def set_purpose(call: Call) -> Doc:
    """`conversations.setPurpose`."""
    return _words(call, "purpose") | {"purpose": call.text("purpose", "")}


def rename(call: Call) -> Doc:
    """`conversations.rename`."""
    channel = call.inside("write")
    name = checked_name(call.text("name", ""))
    return {"ok": True, "channel": shown(call, call.space.rename(channel["id"], name, by=call.space.bot_user["id"]))}


def archive(call: Call) -> Doc:
    """`conversations.archive`."""
    channel = call.room("write")
    if channel["is_archived"]:
        raise Refused("already_archived")
    if call.space.bot_user["id"] not in channel["_members"]:
        raise Refused("not_in_channel")
    call.space.set_archived(channel["id"], archived=True, by=call.space.bot_user["id"])
    return {"ok": True}


def unarchive(call: Call) -> Doc:
    """`conversations.unarchive`."""
    channel = call.room("write")
    if not channel["is_archived"]:
        raise Refused("not_archived")
    call.space.set_archived(channel["id"], archived=False, by=call.space.bot_user["id"])
    return {"ok": True}


def list_(call: Call) -> Doc:
    """`conversations.list`: public channels, and what else the app is in, by `types`."""
    wanted = only(call.text("types", "public_channel").split(","))
    if not set(wanted) <= set(TYPES):
        raise Refused("invalid_types")
    for each in wanted:
        call.need({"im": "im:read", "mpim": "mpim:read", "private_channel": "groups:read"}.get(each, "channels:read"))
    hidden = call.flag("exclude_archived")
    rows = [
        shown(call, each) | {"num_members": len(each["_members"])}
        for each in call.space.every("channel").values()
        if _type_of(each) in wanted and call.sees(each) and not (hidden and each["is_archived"])
    ]
    page, cursor = call.page(rows, default=100, most=1000)
    return {"ok": True, "channels": page, **paged(cursor)}


def _type_of(channel: Doc) -> str:
    if channel["is_im"]:
        return "im"
    return "private_channel" if channel["is_private"] else "public_channel"


def info(call: Call) -> Doc:
    """`conversations.info`."""
    channel = call.room("read")
    counted = {"num_members": len(channel["_members"])} if call.flag("include_num_members") else {}
    return {"ok": True, "channel": shown(call, channel) | counted}


def members(call: Call) -> Doc:
    """`conversations.members`."""
    page, cursor = call.page(call.room("read")["_members"], default=100, most=1000)
    return {"ok": True, "members": page, **paged(cursor)}


def open_(call: Call) -> Doc:
    """`conversations.open` for a direct message with one person."""
    call.need("im:write")
    users = call.names("users")
    if call.text("channel", ""):
        return {"ok": True, "no_op": True, "already_open": True, "channel": shown(call, call.room("read"))}
    if not users:
        raise Refused("users_list_not_supplied")
    if len(users) > 1:
        raise Refused("method_not_supported_for_channel_type")
    me = call.space.bot_user["id"]
    channel = call.space.channel(call.space.open_dm(call.space.user(users[0])["id"], me))
    return {"ok": True, "channel": shown(call, channel) if call.flag("return_im") else {"id": channel["id"]}}


# ---------------------------------------------------------------------- history


def _moment(call: Call, name: str, default: str) -> str:
    given = call.text(name, default) or default
    if given in ("0", default):
        return default
    if not re.fullmatch(r"\d{1,11}(\.\d{1,6})?", given):
        raise Refused(f"invalid_ts_{name}")
    whole, _, part = given.partition(".")
    return f"{whole:0>10}.{part:0<6}"


def _between(call: Call, messages: Sequence[Doc]) -> list[Doc]:
    oldest, latest = _moment(call, "oldest", "0"), _moment(call, "latest", "9999999999.999999")
    if call.flag("inclusive"):
        return [each for each in messages if oldest <= each["ts"] <= latest]
    return [each for each in messages if oldest < each["ts"] < latest]


def _messages(call: Call, messages: Sequence[Doc]) -> list[Doc]:
    clean = call.space.public if call.flag("include_all_metadata") else call.space.bare
    return [clean(each) for each in messages]


def _after(cursor: str) -> str:
    if not cursor:
        return ""
    try:
        return base64.b64decode(cursor, validate=True).decode().removeprefix("ts:")
    except ValueError as wrong:
        raise Refused("invalid_cursor") from wrong


def _slice(call: Call, messages: list[Doc], default: int, *, newest_first: bool) -> tuple[list[Doc], str]:
    """A page that stays where it is while new messages arrive: the cursor names the last message given."""
    limit = call.number("limit", default, most=999)
    last = _after(call.text("cursor", ""))
    if last:
        messages = [each for each in messages if (each["ts"] < last if newest_first else each["ts"] > last)]
    page = messages[:limit]
    more = len(messages) > limit
    return page, base64.b64encode(f"ts:{page[-1]['ts']}".encode()).decode() if more else ""


def history(call: Call) -> Doc:
    """`conversations.history`: newest first, without replies and without what was whispered."""
    channel = call.room("history")
    if call.space.bot_user["id"] not in channel["_members"]:
        raise Refused("not_in_channel")
    found = _between(call, call.space.history(channel["id"]))
    page, cursor = _slice(call, found, 100, newest_first=True)
    answer = {
        "ok": True,
        "messages": _messages(call, page),
        "has_more": bool(cursor),
        "pin_count": len(channel["_pins"]),
    }
    return answer | (paged(cursor) if cursor else {})


def replies(call: Call) -> Doc:
    """`conversations.replies`: a thread, its first message first."""
    channel = call.room("history")
    if call.space.bot_user["id"] not in channel["_members"]:
        raise Refused("not_in_channel")
    found = call.space.replies(channel["id"], call.text("ts"))
    page, cursor = _slice(call, [found[0], *_between(call, found[1:])], 999, newest_first=False)
    answer: Doc = {"ok": True, "messages": _messages(call, page), "has_more": bool(cursor)}
    return answer | (paged(cursor) if cursor else {})


def mark(call: Call) -> Doc:
    """`conversations.mark` moves the app's own read mark, which nobody sees."""
    if not call.text("ts"):
        raise bad("missing required field: ts")
    call.space.mark_read(call.space.bot_user["id"], call.inside("write")["id"], call.text("ts"))
    return {"ok": True}


METHODS = {
    "conversations.create": Method(act=create, tier=2),
    "conversations.invite": Method(act=invite, tier=3),
    "conversations.join": Method(act=join, tier=3),
    "conversations.leave": Method(act=leave, tier=3),
    "conversations.kick": Method(act=kick, tier=3),
    "conversations.setTopic": Method(act=set_topic, tier=2),
    "conversations.setPurpose": Method(act=set_purpose, tier=2),
    "conversations.rename": Method(act=rename, tier=2),
    "conversations.archive": Method(act=archive, tier=2),
    "conversations.unarchive": Method(act=unarchive, tier=2),
    "conversations.list": Method(act=list_, tier=2),
    "conversations.info": Method(act=info, tier=3),
    "conversations.members": Method(act=members, tier=4),
    "conversations.open": Method(act=open_, tier=3),
    "conversations.history": Method(act=history, tier=3),
    "conversations.replies": Method(act=replies, tier=3),
    "conversations.mark": Method(act=mark, tier=3),
}
