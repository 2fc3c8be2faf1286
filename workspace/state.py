"""The workspace as people see and press it; every act builds Slack's payload and hands it to the app."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from workspace import blocks, payloads
from workspace.files import Files
from workspace.refusals import Doc, NotConnected, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NOTICE_LIFE_S = 15.0
MESSAGE_EVENTS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}
NOTICE_TEXTS = {
    "operation_timeout": "operation_timeout",
    "not_connected": "The app is not connected",
    "invalid_command": "is not a valid command",
    "invalid_response": "The app answered something Slack would not accept",
    "not_in_channel": "You are not in this channel",
    "gone": "This message has changed meanwhile",
}


class Workspace(Files):
    """One team with its people, its channels and one app.

    Thread-safe and synchronous. Documents are plain mappings in Slack's shapes; read them, never change them.
    The acts of people that wait for the app's acknowledgement block up to three seconds: call them from a thread.
    """

    def __init__(
        self,
        *,
        directory: Path,
        manifest: Mapping[str, Any],
        members: Mapping[str, Any],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the workspace kept in `directory`; `manifest` and `members` are the parsed files."""
        self._notices: dict[str, list[Doc]] = {}
        super().__init__(directory=directory, manifest=manifest, members=members, clock=clock)

    def emit(self, event: Doc) -> None:
        """Queue an event if the app subscribed to its kind and is in the channel it happened in."""
        if self._hears(event):
            super().emit(payloads.event(self, event, self.next_id("Ev")))

    def _hears(self, event: Doc) -> bool:
        kind = str(event["type"])
        name = MESSAGE_EVENTS.get(event.get("channel_type", ""), kind) if kind == "message" else kind
        if name not in self.manifest.events:
            return False
        return kind in ("app_home_opened", "user_change") or self.is_member(event["channel"], self.bot_user["id"])

    # ------------------------------------------------------------------- notices

    def notices_to(self, user_id: str) -> list[Doc]:
        """What the workspace itself told the person in the last 15 s: `{id, code, text, for}`.

        `code`: operation_timeout, not_connected, invalid_command, invalid_response, not_in_channel, gone; `for` names
        what was pressed (`/incident`, a button's text).
        """
        with self.lock:
            now = self.clock()
            fresh = [each for each in self._notices.get(user_id, []) if now - each["at"] < NOTICE_LIFE_S]
            self._notices[user_id] = fresh
            return list(fresh)

    def _notice(self, user_id: str, code: str, what: str) -> None:
        with self.changing():
            entry = {
                "id": self.next_ts(),
                "code": code,
                "text": NOTICE_TEXTS[code],
                "for": what,
                "at": self.clock(),
            }
            self._notices.setdefault(user_id, []).append(entry)
            self.touch([user_id])

    # ------------------------------------------------------------ what people do

    def say(self, user_id: str, channel_id: str, text: str, *, thread_ts: str | None = None) -> Doc:
        """Say something in a channel or thread; give the message.

        Raises Refused("channel_not_found" | "not_in_channel" | "is_archived" | "no_text").
        """
        with self.changing():
            channel = self._entered(user_id, channel_id)
            if not text.strip():
                raise Refused("no_text")
            fields: Doc = {"user": user_id, "text": text, "client_msg_id": self.next_id("M")}
            message = self.post(channel_id, fields | ({"thread_ts": thread_ts} if thread_ts else {}))
            if f"<@{self.bot_user['id']}>" in text and not channel["is_im"]:
                extra = {"channel": channel_id, "event_ts": message["ts"], "type": "app_mention"}
                self.emit(self.bare(message) | extra)
        return message

    def _entered(self, user_id: str, channel_id: str) -> Doc:
        channel = self.channel(channel_id)
        if user_id not in channel["_members"]:
            raise Refused("channel_not_found" if channel["is_private"] else "not_in_channel")
        if channel["is_archived"]:
            raise Refused("is_archived")
        return channel

    def command(self, user_id: str, channel_id: str, command: str, text: str) -> None:
        """Send a slash command; what the acknowledgement says is shown to the person (or in the channel)."""
        if all(each["command"] != command for each in self.manifest.commands):
            self._notice(user_id, "invalid_command", command)
            return
        payload = payloads.slash_command(self, user_id, self._entered(user_id, channel_id), command, text)
        answer = self._ask("slash_commands", payload, user_id, command)
        if answer and (answer.get("text") or answer.get("blocks")):
            self._answer_command(user_id, channel_id, command, answer)

    def _answer_command(self, user_id: str, channel_id: str, command: str, answer: Doc) -> None:
        if blocks.message_faults(answer.get("blocks", [])):
            self._notice(user_id, "invalid_response", command)
            return
        fields = self.by_app(answer)
        if answer.get("response_type") == "in_channel":
            self.post(channel_id, fields)
        else:
            self.whisper(channel_id, user_id, fields)

    def by_app(self, given: Doc) -> Doc:
        """The fields of a message the app says, from its text, blocks and attachments."""
        fields: Doc = {
            "user": self.bot_user["id"],
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "text": given.get("text") or "",
            "bot_profile": {
                "id": self.bot_id,
                "app_id": self.app_id,
                "name": self.bot_user["real_name"],
                "deleted": False,
                "updated": 0,
                "team_id": self.team["id"],
            },
        }
        if given.get("blocks"):
            fields["blocks"] = blocks.settle(given["blocks"])
        kept = ("attachments", "thread_ts", "metadata")
        return fields | {key: given[key] for key in kept if given.get(key)}

    def press(
        self,
        user_id: str,
        *,
        channel_id: str | None = None,
        ts: str | None = None,
        view_id: str | None = None,
        action: Doc,
        state_values: Doc | None = None,
    ) -> None:
        """Press or choose an element of a message (`channel_id`, `ts`), or of a modal or Home (`view_id`).

        `action` names it by `block_id` and `action_id` and carries the choice (`selected_option`, `value`, …);
        `state_values` is what was typed around it, in the shape of `state.values`.
        """
        try:
            if view_id is not None:
                payload = self._pressed_in_view(user_id, view_id, action, state_values or {})
            else:
                payload = self._pressed_in_message(user_id, channel_id or "", ts or "", action, state_values or {})
        except Refused:
            self._notice(user_id, "gone", action.get("action_id", ""))
            return
        label = payload["actions"][0].get("text", {}).get("text", action["action_id"])
        self._ask("interactive", payload, user_id, label)

    def _pressed_in_message(self, user_id: str, channel_id: str, ts: str, action: Doc, typed: Doc) -> Doc:
        channel = self.channel(channel_id)
        if channel["is_private"] and user_id not in channel["_members"]:
            raise Refused("channel_not_found")
        message = self.get(f"message/{channel_id}", ts) or self.whispered(channel_id, ts, user_id)
        standing = _all_blocks(message)
        pressed = self._pressed(standing, action)
        return payloads.press_in_message(
            self,
            user_id,
            channel,
            message,
            action=pressed,
            values=blocks.state_of(standing, _with(typed, pressed, standing)),
        )

    def _pressed_in_view(self, user_id: str, view_id: str, action: Doc, typed: Doc) -> Doc:
        home = self.home(user_id)
        if home is not None and home["id"] == view_id:
            pressed = self._pressed(home["blocks"], action)
            values = blocks.state_of(home["blocks"], _with(typed, pressed, home["blocks"]))
            return payloads.press_in_view(self, user_id, home | {"state": {"values": values}}, pressed)
        pressed = self._pressed(self._own_screen(user_id, view_id)["view"]["blocks"], action)
        self.type_in(user_id, view_id, _with(typed, pressed, self.screen(view_id)["view"]["blocks"]))
        return payloads.press_in_view(self, user_id, self._filled(self.screen(view_id)), pressed)

    def _pressed(self, standing: list[Doc], action: Doc) -> Doc:
        element = blocks.find_element(standing, action.get("block_id", ""), action.get("action_id", ""))
        if element is None:
            raise Refused("not_found")
        return blocks.action_of(element, action["block_id"], action, self.next_ts())

    def _own_screen(self, user_id: str, view_id: str) -> Doc:
        screen = self.screen(view_id)
        if screen["user"] != user_id:
            raise Refused("not_found")
        return screen

    def _filled(self, screen: Doc) -> Doc:
        view: Doc = screen["view"]
        return view | {"state": {"values": blocks.state_of(view["blocks"], screen["typed"])}}

    def submit(self, user_id: str, view_id: str, state_values: Doc) -> None:
        """Submit a modal with `state.values`; wait for the app and do what its acknowledgement says.

        What is missing is shown under its field without asking the app, as Slack's own client does.
        Raises Refused("not_found") when the modal is no longer open.
        """
        self._own_screen(user_id, view_id)
        self.type_in(user_id, view_id, state_values)
        view = self._filled(self.screen(view_id))
        lang = "zh" if self.user(user_id).get("locale", "").startswith("zh") else "en"
        missing = blocks.shortcomings(view["blocks"], view["state"]["values"], lang=lang)
        if missing:
            self.mark_view(view_id, errors=missing)
            return
        self._submitted(user_id, view)

    def _submitted(self, user_id: str, view: Doc) -> None:
        payload = payloads.view_submission(self, user_id, view)
        try:
            answer = self._outlet_ask("interactive", payload)
        except NotConnected:
            self._trouble(view["id"], "not_connected")
            return
        if answer is None:
            self._trouble(view["id"], "timeout")
            return
        try:
            self._after_submission(user_id, view, answer)
        except Refused:
            self._trouble(view["id"], "invalid_response")

    def _trouble(self, view_id: str, code: str) -> None:
        with self.changing():
            if self.get("screen", view_id) is not None:
                self.mark_view(view_id, trouble=code)

    def _after_submission(self, user_id: str, view: Doc, answer: Doc) -> None:
        match answer.get("response_action"):
            case None:
                self._leave(user_id, view["id"])
            case "clear":
                self.drop_views(user_id, keep=0)
            case "errors":
                self._show_errors(view, answer.get("errors") or {})
            case "update":
                self.change_view(view["id"], checked_view(answer.get("view"), "modal"))
            case "push":
                self.push_view(user_id, checked_view(answer.get("view"), "modal"))
            case _:
                raise Refused("invalid_arguments")

    def _leave(self, user_id: str, view_id: str) -> None:
        with self.changing():
            views = self.stack(user_id)
            if view_id in views:
                self.drop_views(user_id, keep=views.index(view_id))

    def _show_errors(self, view: Doc, errors: Doc) -> None:
        inputs = {each["block_id"] for each in view["blocks"] if each["type"] == "input"}
        if not errors or not set(errors) <= inputs:
            raise Refused("invalid_arguments")
        self.mark_view(view["id"], errors=errors)

    def close_view(self, user_id: str, view_id: str, *, clear: bool = False) -> None:
        """Close a modal (and those above it), or with `clear` all of them; tell the app if the view asked for it."""
        with self.changing():
            screen = self._own_screen(user_id, view_id)
            cleared = clear or screen["view"]["clear_on_close"]
            keep = 0 if cleared else self.stack(user_id).index(view_id)
            gone = self.drop_views(user_id, keep=keep)
        for each in gone:
            if each["view"]["notify_on_close"]:
                payload = payloads.view_closed(self, user_id, self._filled(each), is_cleared=cleared)
                # The person does not wait for this acknowledgement.
                threading.Thread(target=self._ask, args=("interactive", payload, user_id, "×"), daemon=True).start()

    def shortcut(self, user_id: str, callback_id: str) -> None:
        """Use a global shortcut."""
        payload = payloads.shortcut(self, user_id, callback_id)
        self._ask("interactive", payload, user_id, self._shortcut_name(callback_id))

    def message_action(self, user_id: str, callback_id: str, channel_id: str, ts: str) -> None:
        """Use a shortcut on a message; raises Refused("message_not_found")."""
        channel, message = self.channel(channel_id), self.message(channel_id, ts)
        payload = payloads.message_action(self, user_id, callback_id, channel, message)
        self._ask("interactive", payload, user_id, self._shortcut_name(callback_id))

    def _shortcut_name(self, callback_id: str) -> str:
        names = {each["callback_id"]: each["name"] for each in self.manifest.shortcuts}
        return str(names.get(callback_id, callback_id))

    def set_locale(self, user_id: str, locale: str) -> None:
        """The person chose a language for their client: their user object says so, and the app hears `user_change`."""
        standing = self.user(user_id)
        if standing.get("locale") == locale:
            return
        with self.changing():
            changed = self.put("user", user_id, {**standing, "locale": locale})
            self.emit({"type": "user_change", "user": changed, "event_ts": self.next_ts()})

    def open_home(self, user_id: str) -> None:
        """Open the app's Home tab: the app hears `app_home_opened` and may publish a view."""
        with self.changing():
            view = self.home(user_id)
            event = {
                "type": "app_home_opened",
                "user": user_id,
                "channel": self.open_dm(user_id, self.bot_user["id"]),
                "tab": "home",
                "event_ts": self.next_ts(),
            }
            self.emit(event | ({"view": view} if view else {}))

    def join(self, user_id: str, channel_id: str) -> None:
        """Join a public channel; being in it already is fine. Raises Refused for a private or archived one."""
        channel = self.channel(channel_id)
        if user_id in channel["_members"]:
            return
        if channel["is_private"]:
            raise Refused("channel_not_found")
        if channel["is_archived"]:
            raise Refused("is_archived")
        self.add_member(channel_id, user_id)

    def leave(self, user_id: str, channel_id: str) -> None:
        """Leave a channel; raises Refused("not_in_channel")."""
        self.remove_member(channel_id, user_id)

    def post_due(self) -> None:
        """Post the scheduled messages whose time has come, but for those with metadata, which Slack never posts."""
        now = self.clock()
        with self.lock:
            due = [each for each in self.every("scheduled").values() if each["post_at"] <= now]
        for each in due:
            with self.changing():
                self.drop("scheduled", each["id"])
                if not each["_fields"].get("metadata") and not self.channel(each["channel_id"])["is_archived"]:
                    self.post(each["channel_id"], self.by_app(each["_fields"]))

    # ------------------------------------------------------------------ dispatch

    def _outlet_ask(self, kind: str, payload: Doc) -> Doc | None:
        if self.outlet is None:
            raise NotConnected
        return self.outlet.ask(kind, payload, accepts_response_payload=True)

    def _ask(self, kind: str, payload: Doc, user_id: str, what: str) -> Doc | None:
        """Ask the app; tell the person when it is not there or does not acknowledge in time."""
        try:
            answer = self._outlet_ask(kind, payload)
        except NotConnected:
            self._notice(user_id, "not_connected", what)
            return None
        if answer is None:
            self._notice(user_id, "operation_timeout", what)
        return answer


def _all_blocks(message: Doc) -> list[Doc]:
    inner = [block for each in message.get("attachments", []) for block in each.get("blocks", [])]
    return [*message.get("blocks", []), *inner]


def _with(typed: Doc, pressed: Doc, standing: list[Doc]) -> Doc:
    """What was typed, with the choice just made in it."""
    element = blocks.find_element(standing, pressed["block_id"], pressed["action_id"])
    if element is None or element["type"] not in blocks.HOLDS:
        return typed
    key = blocks.HOLDS[element["type"]][0]
    chosen = {"type": element["type"], key: pressed.get(key)}
    inner = typed.get(pressed["block_id"], {}) | {pressed["action_id"]: chosen}
    return {**typed, pressed["block_id"]: inner}


def checked_view(view: object, kind: str) -> Doc:
    """A view Slack would accept, or Refused("invalid_arguments") with its faults."""
    faults = blocks.view_faults(view, kind)
    if faults:
        raise Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {each}" for each in faults]})
    if not isinstance(view, dict):
        raise Refused("invalid_arguments")
    return view
