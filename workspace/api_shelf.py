"""What hangs on a channel: the Web API's `pins.*`, `bookmarks.*` and `files.*`."""

from __future__ import annotations

import secrets

from workspace import blocks
from workspace.api import Call, Method
from workspace.refusals import Doc, Refused

BOOKMARKS = 100


def pin(call: Call) -> Doc:
    """`pins.add`."""
    channel = call.inside("read")
    call.space.pin(channel["id"], call.text("timestamp"), by=call.space.bot_user["id"])
    return {"ok": True}


def unpin(call: Call) -> Doc:
    """`pins.remove`."""
    call.space.unpin(call.inside("read")["id"], call.text("timestamp"))
    return {"ok": True}


def pins(call: Call) -> Doc:
    """`pins.list`."""
    return {"ok": True, "items": call.space.pins(call.room("read")["id"])}


# --------------------------------------------------------------------- bookmarks


def _link(call: Call, default: str | None = None) -> str:
    link = call.text("link", default)
    if not link.startswith(("http://", "https://", "mailto:")):
        raise Refused("invalid_link")
    return link


def _save_bookmark(call: Call, bookmark: Doc) -> Doc:
    channel_id = bookmark["channel_id"]
    now, me = int(call.space.clock()), call.space.bot_user["id"]
    with call.space.changing():
        changed = bookmark | {"date_updated": now, "last_updated_by_user_id": me}
        call.space.put(f"bookmark/{channel_id}", bookmark["id"], changed)
        call.space.touch(call.space.who_sees(channel_id))
    return changed


def bookmark_add(call: Call) -> Doc:
    """`bookmarks.add`: a link."""
    channel = call.inside("read", "channel_id")
    if call.text("type") != "link":
        raise Refused("invalid_bookmark_type")
    if len(call.space.bookmarks(channel["id"])) >= BOOKMARKS:
        raise Refused("too_many_bookmarks")
    title, link = call.text("title"), _link(call)
    with call.space.changing():
        bookmark_id = call.space.next_id("Bk")
    bookmark = {
        "id": bookmark_id,
        "channel_id": channel["id"],
        "title": title,
        "link": link,
        "emoji": call.text("emoji", "") or None,
        "icon_url": None,
        "type": "link",
        "entity_id": None,
        "date_created": int(call.space.clock()),
        "rank": bookmark_id,
        "app_id": call.space.app_id,
    }
    return {"ok": True, "bookmark": _save_bookmark(call, bookmark)}


def _bookmark(call: Call) -> Doc:
    channel = call.inside("read", "channel_id")
    found = call.space.get(f"bookmark/{channel['id']}", call.text("bookmark_id"))
    if found is None:
        raise Refused("not_found")
    return found


def bookmark_edit(call: Call) -> Doc:
    """`bookmarks.edit`."""
    bookmark = _bookmark(call)
    given: Doc = {key: call.text(key, "") for key in ("title", "emoji") if key in call.args}
    if "link" in call.args:
        given["link"] = _link(call)
    return {"ok": True, "bookmark": _save_bookmark(call, bookmark | given)}


def bookmark_remove(call: Call) -> Doc:
    """`bookmarks.remove`."""
    bookmark = _bookmark(call)
    with call.space.changing():
        call.space.drop(f"bookmark/{bookmark['channel_id']}", bookmark["id"])
        call.space.touch(call.space.who_sees(bookmark["channel_id"]))
    return {"ok": True}


def bookmarks(call: Call) -> Doc:
    """`bookmarks.list`."""
    return {"ok": True, "bookmarks": call.space.bookmarks(call.room("read", "channel_id")["id"])}


# ------------------------------------------------------------------------- files


def upload_url(call: Call) -> Doc:
    """`files.getUploadURLExternal`."""
    length = call.number("length", 0, most=2**30)
    if length < 1:
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] length must be positive"]})
    space = call.space
    file = space.begin_upload(call.text("filename"), length)
    key = secrets.token_urlsafe(12)
    with space.changing():
        space.put("upload", key, {"file": file["id"]})
    return {"ok": True, "upload_url": f"{space.base_url}upload/v1/{key}", "file_id": file["id"]}


def complete_upload(call: Call) -> Doc:
    """`files.completeUploadExternal`: finish, and share into channels."""
    files = call.json("files")
    if not isinstance(files, list) or not files or not all(isinstance(each, dict) and "id" in each for each in files):
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] files must name ids"]})
    wanted = [*([call.text("channel_id", "")] if call.text("channel_id", "") else []), *call.names("channels")]
    channels = [_shared_to(call, each) for each in wanted]
    fields = call.space.by_app(_said_beside(call))
    done = call.space.complete_upload(files, channels, fields)
    return {"ok": True, "files": [call.space.shown_file(each) for each in done]}


def _shared_to(call: Call, channel_id: str) -> str:
    inner = Call(space=call.space, args={"channel": channel_id})
    return str(inner.inside("read")["id"])


def _said_beside(call: Call) -> Doc:
    beside: Doc = {"text": call.text("initial_comment", "")}
    if call.text("thread_ts", ""):
        beside["thread_ts"] = call.text("thread_ts")
    given = call.json("blocks", "invalid_blocks_format")
    if given:
        faults = blocks.message_faults(given)
        if faults:
            raise Refused("invalid_blocks", errors=faults)
        beside["blocks"] = given
    return beside


def file_info(call: Call) -> Doc:
    """`files.info`."""
    file, _ = call.space.file(call.text("file"))
    return {"ok": True, "file": file, "comments": [], "response_metadata": {"next_cursor": ""}}


def file_delete(call: Call) -> Doc:
    """`files.delete`."""
    call.space.delete_file(call.text("file"))
    return {"ok": True}


METHODS = {
    "pins.add": Method(act=pin, scopes=("pins:write",), tier=2),
    "pins.remove": Method(act=unpin, scopes=("pins:write",), tier=2),
    "pins.list": Method(act=pins, scopes=("pins:read",), tier=2),
    "bookmarks.add": Method(act=bookmark_add, scopes=("bookmarks:write",), tier=2),
    "bookmarks.edit": Method(act=bookmark_edit, scopes=("bookmarks:write",), tier=2),
    "bookmarks.remove": Method(act=bookmark_remove, scopes=("bookmarks:write",), tier=2),
    "bookmarks.list": Method(act=bookmarks, scopes=("bookmarks:read",), tier=2),
    "files.getUploadURLExternal": Method(act=upload_url, scopes=("files:write",), tier=4),
    "files.completeUploadExternal": Method(act=complete_upload, scopes=("files:write",), tier=4),
    "files.info": Method(act=file_info, scopes=("files:read",), tier=4),
    "files.delete": Method(act=file_delete, scopes=("files:write",), tier=3),
}
