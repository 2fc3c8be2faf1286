"""The payloads Slack sends an app, built from the workspace's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workspace.refusals import Doc
    from workspace.state import Workspace

TOKEN = "local-verification-token"  # noqa: S105 - Slack's deprecated field; it opens nothing


def channel_name(channel: Doc) -> str:
    """The name Slack gives a channel in payloads; direct messages and private channels have a common one."""
    if channel["is_im"]:
        return "directmessage"
    return "privategroup" if channel["is_private"] else str(channel["name"])


def _frame(space: Workspace, user_id: str, kind: str) -> Doc:
    user = space.user(user_id)
    return {
        "type": kind,
        "team": {"id": space.team["id"], "domain": space.team["domain"]},
        "user": {"id": user_id, "username": user["name"], "name": user["name"], "team_id": space.team["id"]},
        "api_app_id": space.app_id,
        "token": TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def slash_command(space: Workspace, user_id: str, channel: Doc, command: str, text: str) -> Doc:
    """What a slash command sends."""
    return {
        "token": TOKEN,
        "team_id": space.team["id"],
        "team_domain": space.team["domain"],
        "channel_id": channel["id"],
        "channel_name": channel_name(channel),
        "user_id": user_id,
        "user_name": space.user(user_id)["name"],
        "command": command,
        "text": text,
        "api_app_id": space.app_id,
        "is_enterprise_install": "false",
        "response_url": space.issue_response_url(user_id, channel["id"]),
        "trigger_id": space.issue_trigger(user_id),
    }


def press_in_message(space: Workspace, user_id: str, channel: Doc, message: Doc, *, action: Doc, values: Doc) -> Doc:
    """What an element pressed in a message sends; an ephemeral message itself is not included, as with Slack."""
    ephemeral = bool(message.get("is_ephemeral"))
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel["id"],
        "is_ephemeral": ephemeral,
    }
    thread = message.get("thread_ts")
    url = space.issue_response_url(user_id, channel["id"], ts=message["ts"], is_ephemeral=ephemeral, thread=thread)
    return (
        _frame(space, user_id, "block_actions")
        | {
            "container": container | ({"thread_ts": thread} if thread else {}),
            "trigger_id": space.issue_trigger(user_id),
            "channel": {"id": channel["id"], "name": channel_name(channel)},
            "state": {"values": values},
            "response_url": url,
            "actions": [action],
        }
        | ({} if ephemeral else {"message": space.bare(message)})
    )


def press_in_view(space: Workspace, user_id: str, view: Doc, action: Doc) -> Doc:
    """What an element pressed in a modal or in Home sends; `view` carries its state."""
    return _frame(space, user_id, "block_actions") | {
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": space.issue_trigger(user_id, view_id=view["id"] if view["type"] == "modal" else None),
        "view": view,
        "actions": [action],
    }


def view_submission(space: Workspace, user_id: str, view: Doc) -> Doc:
    """What submitting a modal sends."""
    trigger = space.issue_trigger(user_id, view_id=view["id"])
    return _frame(space, user_id, "view_submission") | {"trigger_id": trigger, "view": view, "response_urls": []}


def view_closed(space: Workspace, user_id: str, view: Doc, *, is_cleared: bool) -> Doc:
    """What closing a modal sends, if it asked for it."""
    return _frame(space, user_id, "view_closed") | {"view": view, "is_cleared": is_cleared}


def shortcut(space: Workspace, user_id: str, callback_id: str) -> Doc:
    """What a global shortcut sends."""
    return _frame(space, user_id, "shortcut") | {
        "action_ts": space.next_ts(),
        "callback_id": callback_id,
        "trigger_id": space.issue_trigger(user_id),
    }


def message_action(space: Workspace, user_id: str, callback_id: str, channel: Doc, message: Doc) -> Doc:
    """What a shortcut on a message sends."""
    return _frame(space, user_id, "message_action") | {
        "action_ts": space.next_ts(),
        "callback_id": callback_id,
        "trigger_id": space.issue_trigger(user_id),
        "response_url": space.issue_response_url(user_id, channel["id"]),
        "message_ts": message["ts"],
        "channel": {"id": channel["id"], "name": channel_name(channel)},
        "message": space.bare(message),
    }


def event(space: Workspace, inner: Doc, event_id: str) -> Doc:
    """The outer body around an event."""
    return {
        "token": TOKEN,
        "team_id": space.team["id"],
        "context_team_id": space.team["id"],
        "context_enterprise_id": None,
        "api_app_id": space.app_id,
        "event": inner,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(space.clock()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": space.team["id"],
                "user_id": space.bot_user["id"],
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }
