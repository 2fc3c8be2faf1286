"""The workspace's Web API, called by Slack's own client."""

# ruff: noqa: ANN401, S310 - the fixtures live in conftest, which tests cannot import; Bolt injects by name

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from workspace import wire
from workspace.state import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*海缆中断*"}}


def refused(act: Callable[..., Any], **args: Any) -> dict[str, Any]:
    """Call, expect a refusal, give the answer's body."""
    with pytest.raises(SlackApiError) as caught:
        act(**args)
    body = caught.value.response.data
    assert isinstance(body, dict)
    return body


def code(act: Callable[..., Any], **args: Any) -> str:
    """Call, expect a refusal, give its code."""
    return str(refused(act, **args)["error"])


# ------------------------------------------------------------------ who may call


def test_tokens_and_methods_are_refused_as_slack_refuses_them(local: Any) -> None:
    """A missing, unknown or wrong kind of token, an unknown method and a missing scope each have Slack's code."""
    assert code(local.client("").auth_test) == "not_authed"
    assert code(local.client("xoxb-other").auth_test) == "invalid_auth"
    assert code(local.client(wire.APP_TOKEN).auth_test) == "not_allowed_token_type"
    assert code(local.client().apps_connections_open, app_token=wire.BOT_TOKEN) == "not_allowed_token_type"
    assert code(local.client().api_call, api_method="chat.shout") == "unknown_method"
    missing = refused(local.client().usergroups_create, name="值班")
    assert (missing["error"], missing["needed"]) == ("missing_scope", "usergroups:write")


def test_only_this_machines_own_pages_may_speak_to_it(local: Any) -> None:
    """A foreign Host or Origin is answered 403, on HTTP and on the websocket alike."""
    port = int(local.base.rsplit(":", 1)[1].rstrip("/"))
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    assert _status(port, "/api/auth.test", {}) == 200
    assert _status(port, "/api/auth.test", {"Host": "evil.example"}) == 403
    assert _status(port, "/api/auth.test", {"Origin": "https://evil.example"}) == 403
    assert _status(port, "/api/auth.test", {"Origin": "null"}) == 403
    assert _status(port, "/api/auth.test", {"Host": "[::1"}) == 403
    assert _status(port, "/api/auth.test", {"Origin": f"http://127.0.0.1:{port}"}) == 200
    assert _status(port, "/api/auth.test", {"Origin": "http://127.0.0.1:1"}) == 403, "another local program's page"
    ticket = local.board.ticket()
    assert _status(port, f"/link/?ticket={ticket}", upgrade | {"Origin": "https://evil.example"}) == 403
    assert _status(port, f"/link/?ticket={ticket}", upgrade) == 101
    assert _status(port, f"/link/?ticket={ticket}", upgrade) == 403, "a ticket is good for one connection"


def _status(port: int, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_scopes_decide_what_the_app_may(start: Callable[..., Any]) -> None:
    """Without their scopes: no posting from outside, no e-mail in a profile, no private channel, no direct message."""
    local = start(without=("chat:write.public", "users:read.email", "groups:write", "im:write"))
    client = local.client()
    assert code(client.chat_postMessage, channel=local.room, text="x") == "not_in_channel"
    assert "email" not in client.users_info(user="U01")["user"]["profile"]
    assert code(client.users_lookupByEmail, email="li.wei@example.org") == "missing_scope"
    assert code(client.conversations_create, name="war-room", is_private=True) == "missing_scope"
    assert code(client.conversations_open, users="U01") == "missing_scope"


# ---------------------------------------------------------------------- messages


def test_a_message_lives_from_post_to_delete(local: Any) -> None:
    """Post, update (blocks not given are kept, an empty list takes them away), permalink, react, delete."""
    client = local.client()
    posted = client.chat_postMessage(channel=local.room, text="海缆中断", blocks=[SECTION])
    ts = posted["ts"]
    assert posted["message"]["blocks"][0]["block_id"], "Slack names every block"
    kept = client.chat_update(channel=local.room, ts=ts, text="已恢复")
    assert kept["message"]["blocks"] == posted["message"]["blocks"]
    bare = client.chat_update(channel=local.room, ts=ts, text="已恢复", blocks=[])
    assert "blocks" not in bare["message"]
    assert ts.replace(".", "") in client.chat_getPermalink(channel=local.room, message_ts=ts)["permalink"]
    client.reactions_add(channel=local.room, timestamp=ts, name="white_check_mark")
    assert code(client.reactions_add, channel=local.room, timestamp=ts, name="white_check_mark") == "already_reacted"
    client.chat_delete(channel=local.room, ts=ts)
    assert code(client.chat_update, channel=local.room, ts=ts, text="x") == "message_not_found"
    assert local.said(local.room) == []


def test_messages_that_cannot_be_are_refused(local: Any) -> None:
    """No text, no such channel, too long, somebody else's, archived: each has Slack's code."""
    client = local.client()
    mine = local.space.say("U01", local.room, "人说的话")
    assert code(client.api_call, api_method="chat.postMessage", params={"channel": local.room}) == "no_text"
    assert code(client.chat_postMessage, channel="C404", text="x") == "channel_not_found"
    assert code(client.chat_postMessage, channel=local.room, text="x" * 40_001) == "msg_too_long"
    assert code(client.chat_update, channel=local.room, ts=mine["ts"], text="x") == "cant_update_message"
    assert code(client.chat_delete, channel=local.room, ts=mine["ts"]) == "cant_delete_message"
    made = client.conversations_create(name="old")["channel"]["id"]
    client.conversations_archive(channel=made)
    assert code(client.chat_postMessage, channel=made, text="x") == "is_archived"
    assert code(client.conversations_archive, channel=made) == "already_archived"


def test_faulty_blocks_are_named_by_place(local: Any) -> None:
    """`invalid_blocks` says what is wrong and where, as Slack does, and nothing is posted."""
    wrong = [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]
    answer = refused(local.client().chat_postMessage, channel=local.room, text="x", blocks=wrong)
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"
    ]
    assert local.said(local.room) == []


def test_threads_are_counted_and_told_apart(local: Any) -> None:
    """A reply is in `conversations.replies`, not in the history; its first message counts it."""
    client = local.client()
    root = client.chat_postMessage(channel=local.room, text="root")["ts"]
    client.conversations_join(channel=local.room)
    reply = client.chat_postMessage(channel=local.room, text="reply", thread_ts=root)["ts"]
    local.space.say("U02", local.room, "收到", thread_ts=root)
    top = client.conversations_history(channel=local.room)["messages"]
    assert [(each["ts"], each["reply_count"]) for each in top if "subtype" not in each] == [(root, 2)]
    thread = client.conversations_replies(channel=local.room, ts=root)["messages"]
    assert [each["text"] for each in thread] == ["root", "reply", "收到"]
    assert thread[1]["ts"] == reply
    assert code(client.conversations_replies, channel=local.room, ts="1.000001") == "thread_not_found"


def test_metadata_is_kept_and_shown_only_when_asked_for(local: Any) -> None:
    """A message's metadata come back with `include_all_metadata`, also one message by its instant, else not."""
    client = local.client()
    client.conversations_join(channel=local.room)
    metadata = {"event_type": "dispatch", "event_payload": {"key": "k-1"}}
    ts = client.chat_postMessage(channel=local.room, text="x", metadata=metadata)["ts"]
    one = {"channel": local.room, "latest": ts, "inclusive": True, "limit": 1}
    assert client.conversations_history(**one, include_all_metadata=True)["messages"][0]["metadata"] == metadata
    assert "metadata" not in client.conversations_history(**one)["messages"][0]
    big = {"event_type": "dispatch", "event_payload": {"key": "k" * 17_000}}
    assert code(client.chat_postMessage, channel=local.room, text="x", metadata=big) == "metadata_too_large"


def test_whispers_never_enter_the_history(local: Any) -> None:
    """An ephemeral message is seen by its person alone and is in nobody's history."""
    client = local.client()
    assert code(client.chat_postEphemeral, channel=local.room, user="U01", text="x") == "not_in_channel"
    client.conversations_join(channel=local.room)
    client.chat_postEphemeral(channel=local.room, user="U01", text="只给你看")
    assert [each["text"] for each in local.said(local.room, "U01")] == ["只给你看"]
    assert local.said(local.room, "U01")[0]["is_ephemeral"]
    assert local.said(local.room, "U02") == []
    assert "只给你看" not in json.dumps(client.conversations_history(channel=local.room).data, ensure_ascii=False)


def test_history_turns_its_pages_while_people_speak(local: Any) -> None:
    """Pages by cursor neither repeat nor skip although new messages come in between; bounds are exclusive."""
    client = local.client()
    client.conversations_join(channel=local.room)
    sent = [client.chat_postMessage(channel=local.room, text=str(n))["ts"] for n in range(7)]
    seen: list[str] = []
    for page in client.conversations_history(channel=local.room, limit=3, oldest=sent[0], inclusive=True):
        seen += [each["ts"] for each in page["messages"]]
        client.chat_postMessage(channel=local.room, text="late")
    assert seen[-7:] == sent[::-1]
    between = client.conversations_history(channel=local.room, oldest=sent[1], latest=sent[4])
    assert [each["ts"] for each in between["messages"]] == [sent[3], sent[2]]


def test_scheduled_messages_come_when_due_unless_they_carry_metadata(local: Any, until: Callable[..., None]) -> None:
    """A scheduled message is posted at its time; one with metadata is accepted and never posted (Slack's warning)."""
    client = local.client()
    soon = int(local.clock()) + 300
    client.chat_scheduleMessage(channel=local.room, text="到点提醒", post_at=soon)
    metadata = {"event_type": "reminder", "event_payload": {"n": 1}}
    client.chat_scheduleMessage(channel=local.room, text="不会出现", post_at=soon, metadata=metadata)
    gone = client.chat_scheduleMessage(channel=local.room, text="撤回", post_at=soon)["scheduled_message_id"]
    client.chat_deleteScheduledMessage(channel=local.room, scheduled_message_id=gone)
    assert len(client.chat_scheduledMessages_list()["scheduled_messages"]) == 2
    assert code(client.chat_scheduleMessage, channel=local.room, text="x", post_at=soon - 600) == "time_in_past"
    far = soon + 121 * 24 * 3600
    assert code(client.chat_scheduleMessage, channel=local.room, text="x", post_at=far) == "time_too_far"
    local.clock.ahead = 301
    until(lambda: local.said(local.room))
    until(lambda: not client.chat_scheduledMessages_list()["scheduled_messages"])
    assert [each["text"] for each in local.said(local.room)] == ["到点提醒"]


def test_too_many_messages_for_the_same_minutes_are_refused(local: Any) -> None:
    """The 31st message within five minutes of a channel is `restricted_too_many`."""
    client = local.client()
    soon = int(local.clock()) + 1000
    for n in range(30):
        client.chat_scheduleMessage(channel=local.room, text=str(n), post_at=soon + n)
    assert code(client.chat_scheduleMessage, channel=local.room, text="x", post_at=soon) == "restricted_too_many"


# ---------------------------------------------------------------------- channels


def test_channels_are_made_named_and_filled(local: Any) -> None:
    """Create, topic, purpose, invite, members, rename, kick, archive, unarchive, list, info."""
    client = local.client()
    made = client.conversations_create(name="inc-1123-01-海缆")["channel"]
    channel = made["id"]
    client.conversations_setTopic(channel=channel, topic="II 级")
    client.conversations_setPurpose(channel=channel, purpose="处置")
    client.conversations_invite(channel=channel, users=["U01", "U02"])
    assert set(client.conversations_members(channel=channel)["members"]) == {"U01", "U02", local.space.bot_user["id"]}
    client.conversations_kick(channel=channel, user="U02")
    assert client.conversations_info(channel=channel, include_num_members=True)["channel"]["num_members"] == 2
    assert client.conversations_rename(channel=channel, name="inc-1")["channel"]["name"] == "inc-1"
    client.conversations_archive(channel=channel)
    names = [each["name"] for each in client.conversations_list(exclude_archived=True)["channels"]]
    assert names == ["duty-room"]
    client.conversations_unarchive(channel=channel)
    assert client.conversations_info(channel=channel)["channel"]["topic"]["value"] == "II 级"


BAD_NAMES = {
    "duty-room": "name_taken",
    "Duty": "invalid_name_specials",
    "a b": "invalid_name_specials",
    "a.b": "invalid_name_specials",
    "--": "invalid_name_punctuation",
    "x" * 81: "invalid_name_maxlength",
    "": "invalid_name_required",
}


def test_bad_channel_names_are_refused(local: Any) -> None:
    """A name taken or against Slack's rules is refused with its own code."""
    client = local.client()
    assert {name: code(client.conversations_create, name=name) for name in BAD_NAMES} == BAD_NAMES


def test_a_private_channel_is_unseen_from_outside(local: Any) -> None:
    """The app does not see private channels and direct messages it is not in."""
    client = local.client()
    theirs = local.space.create_channel("secret", by="U01", is_private=True)["id"]
    between = local.space.open_dm("U01", "U02")
    for each in (theirs, between):
        assert code(client.conversations_info, channel=each) == "channel_not_found"
        assert code(client.chat_postMessage, channel=each, text="x") == "channel_not_found"
    private = client.conversations_create(name="war-room", is_private=True)["channel"]
    assert private["is_private"]
    listed = client.conversations_list(types="public_channel,private_channel")["channels"]
    assert {each["name"] for each in listed} == {"duty-room", "war-room"}


def test_inviting_by_force_takes_the_good_and_names_the_bad(local: Any) -> None:
    """Without `force` nobody is invited when one cannot be; with it the others are, and `errors` names the rest."""
    client = local.client()
    channel = client.conversations_create(name="inc-2")["channel"]["id"]
    client.conversations_invite(channel=channel, users="U03")
    plain = refused(client.conversations_invite, channel=channel, users="U01,U404,U03")
    assert plain["error"] == "user_not_found"
    assert {each["user"]: each["error"] for each in plain["errors"]} == {
        "U404": "user_not_found",
        "U03": "already_in_channel",
    }
    assert "U01" not in local.space.who_sees(channel)
    forced = client.conversations_invite(channel=channel, users="U01,U404,U03", force=True)
    assert [each["user"] for each in forced["errors"]] == ["U404", "U03"]
    assert "U01" in local.space.who_sees(channel)
    assert code(client.conversations_invite, channel=channel, users="U01", force=True) == "already_in_channel"
    assert code(client.conversations_invite, channel=channel, users=local.space.bot_user["id"]) == "cant_invite_self"
    assert code(client.conversations_invite, channel=local.room, users="U01") == "not_in_channel"


def test_a_direct_message_is_one_channel_for_two(local: Any) -> None:
    """`conversations.open` gives the same channel each time, and a message to a person's id goes there."""
    client = local.client()
    first = client.conversations_open(users="U01")["channel"]["id"]
    assert client.conversations_open(users=["U01"])["channel"]["id"] == first
    assert client.chat_postMessage(channel="U01", text="你有一项任务")["channel"] == first
    assert code(client.conversations_open, users="") == "users_list_not_supplied"
    dm = next(each for each in local.space.channels_of("U01") if each["is_im"])
    assert (dm["user"], dm["unread"], dm["mention"]) == (local.space.bot_user["id"], 1, 1)


# ------------------------------------------------------------- people, pins, files


def test_people_are_found_with_their_language(local: Any) -> None:
    """Locale when asked for; look-up by e-mail; the list in pages."""
    client = local.client()
    assert client.users_info(user="U01", include_locale=True)["user"]["locale"] == "zh-CN"
    assert "locale" not in client.users_info(user="U01")["user"]
    assert client.users_lookupByEmail(email="WANG.fang@example.org")["user"]["id"] == "U02"
    assert code(client.users_lookupByEmail, email="nobody@example.org") == "users_not_found"
    assert code(client.users_info, user="U404") == "user_not_found"
    pages = [[each["id"] for each in page["members"]] for page in client.users_list(limit=3)]
    assert pages == [["U01", "U02", "U03"], [local.space.bot_user["id"]]]
    assert client.team_info()["team"]["id"] == "T0LOCAL"
    assert client.bots_info(bot=local.space.bot_id)["bot"]["user_id"] == local.space.bot_user["id"]


def test_user_groups_with_the_scope_for_them(start: Callable[..., Any]) -> None:
    """Create, rename, fill and list user groups; a name taken is refused."""
    client = start(scopes=("usergroups:write",)).client()
    group = client.usergroups_create(name="值班", handle="duty")["usergroup"]["id"]
    assert code(client.usergroups_create, name="值班") == "name_already_exists"
    client.usergroups_users_update(usergroup=group, users=["U01", "U02"])
    client.usergroups_update(usergroup=group, description="在岗")
    assert client.usergroups_users_list(usergroup=group)["users"] == ["U01", "U02"]
    listed = client.usergroups_list(include_users=True)["usergroups"][0]
    assert (listed["handle"], listed["description"], listed["user_count"]) == ("duty", "在岗", 2)


def test_pins_and_bookmarks(local: Any) -> None:
    """A message is pinned once; bookmarks are added, edited, listed, removed."""
    client = local.client()
    client.conversations_join(channel=local.room)
    ts = client.chat_postMessage(channel=local.room, text="状态卡")["ts"]
    client.pins_add(channel=local.room, timestamp=ts)
    assert code(client.pins_add, channel=local.room, timestamp=ts) == "already_pinned"
    assert client.pins_list(channel=local.room)["items"][0]["message"]["text"] == "状态卡"
    client.pins_remove(channel=local.room, timestamp=ts)
    assert code(client.pins_remove, channel=local.room, timestamp=ts) == "no_pin"
    mark = {"channel_id": local.room, "title": "预案", "type": "link", "link": "https://example.org/plan"}
    made = client.bookmarks_add(**mark)["bookmark"]["id"]
    client.bookmarks_edit(channel_id=local.room, bookmark_id=made, title="预案 v3")
    assert [each["title"] for each in client.bookmarks_list(channel_id=local.room)["bookmarks"]] == ["预案 v3"]
    assert code(client.bookmarks_add, **(mark | {"link": "javascript:alert(1)"})) == "invalid_link"
    client.bookmarks_remove(channel_id=local.room, bookmark_id=made)
    assert client.bookmarks_list(channel_id=local.room)["bookmarks"] == []


def test_a_file_goes_up_is_shown_and_comes_down_again(local: Any, tmp_path: Path) -> None:
    """`files_upload_v2` as it is; the bytes come back with the token and with nothing else."""
    client = local.client()
    client.conversations_join(channel=local.room)
    document = tmp_path / "首报.pdf"
    document.write_bytes(b"%PDF-1.7 \x00\xff")
    answer = client.files_upload_v2(channel=local.room, file=str(document), title="首报", initial_comment="请审")
    file = answer["file"]
    message = local.said(local.room)[-1]
    assert (message["text"], message["files"][0]["title"]) == ("请审", "首报")
    info = client.files_info(file=file["id"])["file"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(_quoted(info["url_private"]))
    request = urllib.request.Request(_quoted(info["url_private"]), headers={"Authorization": f"Bearer {client.token}"})
    with urllib.request.urlopen(request) as got:
        assert got.read() == document.read_bytes()
    client.files_delete(file=file["id"])
    assert code(client.files_info, file=file["id"]) == "file_not_found"


def _quoted(url: str) -> str:
    return urllib.parse.quote(url, safe=":/")


# ------------------------------------------------------------------------- views


def modal(**extra: Any) -> dict[str, Any]:
    """A small modal with one input."""
    title = {"type": "plain_text", "text": "宣布事件"}
    what = {
        "type": "input",
        "block_id": "what",
        "label": title,
        "element": {"type": "plain_text_input", "action_id": "text"},
    }
    return {"type": "modal", "title": title, "submit": {"type": "plain_text", "text": "宣布"}, "blocks": [what]} | extra


def test_a_trigger_opens_one_modal_within_three_seconds(local: Any) -> None:
    """A trigger_id works once and for three seconds; anything else is refused in Slack's words."""
    client = local.client()
    trigger = local.space.issue_trigger("U01")
    client.views_open(trigger_id=trigger, view=modal())
    assert code(client.views_open, trigger_id=trigger, view=modal()) == "exchanged_trigger_id"
    late = local.space.issue_trigger("U01")
    local.clock.ahead = 3.1
    assert code(client.views_open, trigger_id=late, view=modal()) == "expired_trigger_id"
    assert code(client.views_open, trigger_id="1.2.x", view=modal()) == "invalid_trigger_id"
    assert len(local.space.modals("U01")) == 1


def test_views_are_pushed_updated_and_kept_apart_by_hash(local: Any) -> None:
    """Three views at most; an update with an old hash loses; what was typed in blocks that stay is kept."""
    client = local.client()
    first = client.views_open(trigger_id=local.space.issue_trigger("U01"), view=modal(external_id="decl-1"))["view"]
    typed = {"what": {"text": {"type": "plain_text_input", "value": "双缆阻断"}}}
    local.space.type_in("U01", first["id"], typed)
    second = client.views_update(view_id=first["id"], hash=first["hash"], view=modal(callback_id="v2"))["view"]
    assert code(client.views_update, view_id=first["id"], hash=first["hash"], view=modal()) == "hash_conflict"
    assert second["hash"] != first["hash"]
    assert local.space.modals("U01")[0]["state"]["values"] == typed
    client.views_update(external_id="decl-1", view=modal())
    for _ in range(2):
        pushed = client.views_push(trigger_id=local.space.issue_trigger("U01", view_id=first["id"]), view=modal())
    assert pushed["view"]["root_view_id"] == first["id"]
    again = local.space.issue_trigger("U01", view_id=first["id"])
    assert code(client.views_push, trigger_id=again, view=modal()) == "push_limit_reached"
    assert code(client.views_update, view_id="V404", view=modal()) == "not_found"


def test_faulty_views_are_refused_with_reasons(local: Any) -> None:
    """Too large, too long a title, an input without a submit: refused, and the trigger is not spent on it."""
    client = local.client()
    trigger = local.space.issue_trigger("U01")
    long = modal(title={"type": "plain_text", "text": "x" * 25})
    assert "less than 25 characters" in json.dumps(refused(client.views_open, trigger_id=trigger, view=long))
    dumb = {key: value for key, value in modal().items() if key != "submit"}
    assert "submit" in json.dumps(refused(client.views_open, trigger_id=trigger, view=dumb))
    huge = modal(blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2999}}] * 90)
    assert code(client.views_open, trigger_id=trigger, view=huge) == "view_too_large"
    client.views_open(trigger_id=trigger, view=modal())


def test_home_is_published_for_one_person(local: Any) -> None:
    """A Home view is its person's own and keeps its id; an old hash is refused."""
    client = local.client()
    view = {"type": "home", "blocks": [SECTION]}
    first = client.views_publish(user_id="U01", view=view)["view"]
    assert client.views_publish(user_id="U01", view=view, hash=first["hash"])["view"]["id"] == first["id"]
    assert code(client.views_publish, user_id="U01", view=view, hash=first["hash"]) == "hash_conflict"
    assert local.space.home("U02") is None


# ---------------------------------------------------------------------- survival


def test_many_people_speak_at_once(local: Any) -> None:
    """Messages from eight threads and the app have an instant each, are in order, and none is lost on disk."""

    def speak(user: str) -> None:
        for n in range(20):
            local.space.say(user, local.room, f"{user} {n}")

    with ThreadPoolExecutor(8) as crowd:
        for _ in range(2):
            for user in ("U01", "U02", "U03"):
                crowd.submit(speak, user)
        for n in range(10):
            crowd.submit(local.client().chat_postMessage, channel=local.room, text=f"app {n}")
    said = local.space.messages(local.room, viewer="U01", limit=500)
    assert len({each["ts"] for each in said}) == len(said) == 130
    again = Workspace(directory=local.space.directory, manifest={}, members={})
    assert again.messages(local.room, viewer="U01", limit=500) == said
    again.close()


def test_who_left_stays_away_and_who_is_new_comes_in(tmp_path: Path) -> None:
    """At the next start a member who left a channel is not put back; a new member is put in."""
    members = {"members": [{"id": "U01", "name": "a"}, {"id": "U02", "name": "b"}], "channels": [{"name": "duty-room"}]}
    first = Workspace(directory=tmp_path, manifest={}, members=members)
    room = first.all_channels()[0]["id"]
    first.leave("U02", room)
    first.close()
    members["members"].append({"id": "U03", "name": "c"})
    second = Workspace(directory=tmp_path, manifest={}, members=members)
    assert second.who_sees(room) == ["U01", "U03"]
    second.close()


def test_people_stand_as_in_the_members_file(tmp_path: Path) -> None:
    """Over restarts people keep the order of the members file, then come those it no longer names, the bot last."""
    people = [{"id": each, "name": each.lower()} for each in ("U09", "U05", "U07", "U01")]
    for _ in range(2):
        space = Workspace(directory=tmp_path, manifest={}, members={"members": people})
        seen = [each["id"] for each in space.members()]
        space.close()
        assert seen == ["U09", "U05", "U07", "U01", "U0LBOT0001"]
    space = Workspace(directory=tmp_path, manifest={}, members={"members": [people[2], people[3]]})
    assert [each["id"] for each in space.members()] == ["U07", "U01", "U05", "U09", "U0LBOT0001"]
    space.close()


def test_a_bad_start_says_why(tmp_path: Path) -> None:
    """A file that is not there ends the start with status 2 and a sentence, not with a trace."""
    command = [sys.executable, "-m", "workspace", "--port", "0", "--state", str(tmp_path)]
    command += ["--manifest", str(tmp_path / "none.yaml"), "--members", str(tmp_path / "none.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "none.yaml" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_was_answered_survives_kill_minus_nine(tmp_path: Path) -> None:
    """A message, a channel and an open modal are there after kill -9 and a new start; the first line is its address."""
    members = tmp_path / "members.json"
    members.write_text(json.dumps({"members": [{"id": "U01", "name": "li.wei"}], "channels": [{"name": "duty-room"}]}))
    first, ready = _serve(tmp_path, members)
    client = WebClient(token=ready["bot_token"], base_url=ready["api"])
    ts = client.chat_postMessage(channel="#duty-room", text="还在")["ts"]
    first.kill()
    first.wait()
    members.write_text(
        json.dumps({"members": [{"id": "U01", "name": "li.wei"}, {"id": "U09", "name": "new"}], "channels": []})
    )
    second, ready = _serve(tmp_path, members)
    client = WebClient(token=ready["bot_token"], base_url=ready["api"])
    room = client.conversations_join(channel=client.conversations_list()["channels"][0]["id"])["channel"]["id"]
    found = client.conversations_history(channel=room)["messages"]
    assert (ts, "还在") in [(each["ts"], each["text"]) for each in found]
    assert client.users_info(user="U09")["user"]["name"] == "new"
    began = time.monotonic()
    second.terminate()
    assert second.wait(5) == 0
    assert time.monotonic() - began < 2


def test_it_ends_with_open_streams_and_with_its_parent(tmp_path: Path) -> None:
    """SIGTERM with a page's stream open ends it within 2 s; so does the end of standard input, if asked to follow."""
    members = tmp_path / "members.json"
    members.write_text(json.dumps({"members": [{"id": "U01", "name": "li.wei"}], "channels": [{"name": "duty-room"}]}))
    process, ready = _serve(tmp_path, members, "--exit-with-parent")
    stream = urllib.request.urlopen(f"{ready['ready']}ui/stream?as=U01", timeout=5)
    assert stream.headers["content-type"].startswith("text/event-stream")
    began = time.monotonic()
    process.terminate()
    assert process.wait(5) == 0
    assert time.monotonic() - began < 2
    process, _ = _serve(tmp_path, members, "--exit-with-parent")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(3) == 0


def _serve(tmp_path: Path, members: Path, *more: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    command = [sys.executable, "-m", "workspace", "--port", "0", "--state", str(tmp_path / "state")]
    command += ["--manifest", "slack-manifest.yaml", "--members", str(members), *more]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())
