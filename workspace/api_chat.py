"""The Web API's `chat.*` and `reactions.*`."""

from __future__ import annotations

import json
import re

from workspace import blocks
from workspace.api import Call, Method, paged
from workspace.refusals import Doc, Refused

TEXT_LIMIT = 40_000
METADATA_LIMIT = 16_000
FAR_S = 120 * 24 * 3600
CROWD, CROWD_S = 30, 300


def _target(call: Call) -> Doc:
    """The conversation a message goes to: by id, by a person's id, or by name."""
    wanted = call.text("channel", "")
    space = call.space
    if space.get("user", wanted) is not None:
        return space.channel(space.open_dm(wanted, space.bot_user["id"]))
    found = space.get("channel", wanted) or space.find_channel(wanted.removeprefix("#"))
    if found is None or not call.sees(found):
        raise Refused("channel_not_found")
    return found


def _writable(call: Call) -> Doc:
    channel = _target(call)
    if channel["is_archived"]:
        raise Refused("is_archived")
    outside = call.space.bot_user["id"] not in channel["_members"]
    if outside and "chat:write.public" not in call.space.manifest.scopes:
        raise Refused("not_in_channel")
    return channel


def _checked_blocks(given: object) -> list[Doc]:
    faults = blocks.message_faults(given)
    if faults or not isinstance(given, list):
        messages = [f"[ERROR] {each}" for each in faults]
        raise Refused("invalid_blocks", errors=faults, response_metadata={"messages": messages})
    return given


def _checked_metadata(given: object) -> Doc:
    if not isinstance(given, dict):
        raise Refused("invalid_metadata_format")
    if given == {}:
        return given
    if set(given) != {"event_type", "event_payload"} or not isinstance(given["event_payload"], dict):
        raise Refused("invalid_metadata_schema")
    if not isinstance(given["event_type"], str) or not 0 < len(given["event_type"]) <= 255:  # noqa: PLR2004 - Slack's
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(given, ensure_ascii=False).encode()) > METADATA_LIMIT:
        raise Refused("metadata_too_large")
    return given


def content(call: Call) -> Doc:
    """The text, blocks, attachments and metadata of a message, checked; only what was given."""
    found: Doc = {}
    if "text" in call.args:
        found["text"] = call.text("text", "")
        if len(found["text"]) > TEXT_LIMIT:
            raise Refused("msg_too_long")
    given = call.json("blocks", "invalid_blocks_format")
    if given is not None:
        found["blocks"] = _checked_blocks(given)
    attached = call.json("attachments", "invalid_attachments")
    if attached is not None:
        found["attachments"] = _checked_attachments(attached)
    metadata = call.json("metadata", "invalid_metadata_format")
    if metadata is not None:
        found["metadata"] = _checked_metadata(metadata)
    return found


def _checked_attachments(given: object) -> list[Doc]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Refused("invalid_attachments")
    return [
        {"id": index, **each} | ({"blocks": blocks.settle(_checked_blocks(each["blocks"]))} if "blocks" in each else {})
        for index, each in enumerate(given, 1)
    ]


def _full(call: Call) -> Doc:
    found = content(call)
    if not (found.get("text") or found.get("blocks") or found.get("attachments")):
        raise Refused("no_text")
    return found


def _threaded(call: Call, channel: Doc) -> Doc:
    """Where in the channel: in the thread of `thread_ts`; at the top when its first message is not there."""
    wanted = call.text("thread_ts", "")
    if wanted and not re.fullmatch(r"\d{10}\.\d{6}", wanted):
        raise Refused("invalid_thread_ts")
    root = call.space.get(f"message/{channel['id']}", wanted) if wanted else None
    if root is None:
        return {}
    place = {"thread_ts": root.get("thread_ts", wanted)}
    return place | ({"subtype": "thread_broadcast"} if call.flag("reply_broadcast") else {})


def post_message(call: Call) -> Doc:
    """`chat.postMessage`."""
    space = call.space
    channel = _writable(call)
    fields = space.by_app(_full(call)) | _threaded(call, channel)
    message = space.post(channel["id"], fields)
    return {"ok": True, "channel": channel["id"], "ts": message["ts"], "message": space.public(message)}


def post_ephemeral(call: Call) -> Doc:
    """`chat.postEphemeral`."""
    space = call.space
    channel = _target(call)
    if channel["is_archived"]:
        raise Refused("is_archived")
    if space.bot_user["id"] not in channel["_members"]:
        raise Refused("not_in_channel")
    if call.text("user") not in channel["_members"]:
        raise Refused("user_not_in_channel")
    fields = space.by_app(_full(call)) | _threaded(call, channel)
    return {"ok": True, "message_ts": space.whisper(channel["id"], call.text("user"), fields)["ts"]}


def _own(call: Call, code: str) -> tuple[Doc, Doc]:
    channel = _target(call)
    message = call.space.get(f"message/{channel['id']}", call.text("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.get("bot_id") != call.space.bot_id or message.get("subtype", "").startswith("channel_"):
        raise Refused(code)
    return channel, message


def update(call: Call) -> Doc:
    """`chat.update`: fields not given stay as they were; an empty list of blocks takes them away."""
    space = call.space
    channel, message = _own(call, "cant_update_message")
    given = content(call)
    if not given:
        raise Refused("no_text")
    fields: Doc = {key: value or None for key, value in given.items() if key != "text"}
    if "text" in given:
        fields["text"] = given["text"]
    if given.get("blocks"):
        fields["blocks"] = blocks.settle(given["blocks"])
    fields["edited"] = {"user": space.bot_user["id"], "ts": space.next_ts()}
    if not any((message | fields).get(key) for key in ("text", "blocks", "attachments")):
        raise Refused("no_text")
    new = space.public(space.edit(channel["id"], message["ts"], fields))
    return {"ok": True, "channel": channel["id"], "ts": message["ts"], "text": new.get("text", ""), "message": new}


def delete(call: Call) -> Doc:
    """`chat.delete`."""
    channel, message = _own(call, "cant_delete_message")
    call.space.erase(channel["id"], message["ts"])
    return {"ok": True, "channel": channel["id"], "ts": message["ts"]}


def permalink(call: Call) -> Doc:
    """`chat.getPermalink`."""
    channel = _target(call)
    message = call.space.message(channel["id"], call.text("message_ts"))
    link = f"{call.space.base_url}archives/{channel['id']}/p{message['ts'].replace('.', '')}"
    return {"ok": True, "channel": channel["id"], "permalink": link}


def schedule(call: Call) -> Doc:
    """`chat.scheduleMessage`. One with metadata is taken and never posted, as Slack's documentation warns."""
    space = call.space
    channel = _writable(call)
    fields = _full(call) | _threaded(call, channel)
    post_at = _post_at(call)
    near = [
        each
        for each in space.every("scheduled").values()
        if each["channel_id"] == channel["id"] and abs(each["post_at"] - post_at) < CROWD_S
    ]
    if len(near) >= CROWD:
        raise Refused("restricted_too_many")
    with space.changing():
        key = space.next_id("Q")
        row = {"id": key, "channel_id": channel["id"], "post_at": post_at, "date_created": int(space.clock())}
        space.put("scheduled", key, row | {"_fields": fields})
    shown = {"type": "delayed_message", **space.by_app(fields)}
    return {"ok": True, "channel": channel["id"], "scheduled_message_id": key, "post_at": post_at, "message": shown}


def _post_at(call: Call) -> int:
    given = call.text("post_at")
    if not re.fullmatch(r"\d+", given):
        raise Refused("invalid_time")
    if int(given) <= call.space.clock():
        raise Refused("time_in_past")
    if int(given) > call.space.clock() + FAR_S:
        raise Refused("time_too_far")
    return int(given)


def unschedule(call: Call) -> Doc:
    """`chat.deleteScheduledMessage`; not within the minute before it goes."""
    row = call.space.get("scheduled", call.text("scheduled_message_id"))
    if row is None or row["channel_id"] != _target(call)["id"] or row["post_at"] - call.space.clock() < 60:  # noqa: PLR2004
        raise Refused("invalid_scheduled_message_id")
    with call.space.changing():
        call.space.drop("scheduled", row["id"])
    return {"ok": True}


def scheduled(call: Call) -> Doc:
    """`chat.scheduledMessages.list`."""
    rows = sorted(call.space.every("scheduled").values(), key=lambda each: each["post_at"])
    wanted = call.text("channel", "")
    shown = [
        {key: value for key, value in each.items() if key != "_fields"} | {"text": each["_fields"].get("text", "")}
        for each in rows
        if wanted in ("", each["channel_id"])
    ]
    page, cursor = call.page(shown, default=100, most=100)
    return {"ok": True, "scheduled_messages": page, **paged(cursor)}


def _reaction_place(call: Call) -> tuple[Doc, Doc, str]:
    channel = _target(call)
    name = call.text("name").strip(":")
    if not re.fullmatch(r"[\w+'-]+(::skin-tone-\d)?", name):
        raise Refused("invalid_name")
    return channel, call.space.message(channel["id"], call.text("timestamp")), name


def react(call: Call) -> Doc:
    """`reactions.add`."""
    channel, message, name = _reaction_place(call)
    me = call.space.bot_user["id"]
    rows = {each["name"]: each["users"] for each in message.get("reactions", [])}
    if me in rows.get(name, []):
        raise Refused("already_reacted")
    _set_reactions(call, channel, message, rows | {name: [*rows.get(name, []), me]})
    return {"ok": True}


def unreact(call: Call) -> Doc:
    """`reactions.remove`."""
    channel, message, name = _reaction_place(call)
    me = call.space.bot_user["id"]
    rows = {each["name"]: each["users"] for each in message.get("reactions", [])}
    if me not in rows.get(name, []):
        raise Refused("no_reaction")
    _set_reactions(call, channel, message, rows | {name: [each for each in rows[name] if each != me]})
    return {"ok": True}


def _set_reactions(call: Call, channel: Doc, message: Doc, rows: dict[str, list[str]]) -> None:
    reactions = [{"name": name, "users": users, "count": len(users)} for name, users in rows.items() if users]
    with call.space.changing():
        new = {key: value for key, value in message.items() if key != "reactions"}
        call.space.put(f"message/{channel['id']}", message["ts"], new | ({"reactions": reactions} if reactions else {}))
        call.space.touch(channel["_members"])


METHODS = {
    "chat.postMessage": Method(act=post_message, scopes=("chat:write",), tier=0),
    "chat.postEphemeral": Method(act=post_ephemeral, scopes=("chat:write",), tier=4),
    "chat.update": Method(act=update, scopes=("chat:write",), tier=3),
    "chat.delete": Method(act=delete, scopes=("chat:write",), tier=3),
    "chat.getPermalink": Method(act=permalink, tier=5),
    "chat.scheduleMessage": Method(act=schedule, scopes=("chat:write",), tier=3),
    "chat.deleteScheduledMessage": Method(act=unschedule, scopes=("chat:write",), tier=3),
    "chat.scheduledMessages.list": Method(act=scheduled, tier=3),
    "reactions.add": Method(act=react, scopes=("reactions:write",), tier=3),
    "reactions.remove": Method(act=unreact, scopes=("reactions:write",), tier=2),
}
