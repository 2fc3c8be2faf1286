"""What stands open before each person: modals, Home, and the short-lived keys with which the app may answer."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from workspace import blocks
from workspace.refusals import Doc, Refused
from workspace.rooms import Rooms

TRIGGER_LIFE_S = 3.0
RESPONSE_LIFE_S = 30 * 60.0
RESPONSE_USES = 5
# From this many on, the expired ones are cleared away as a new one is made.
RESPONSES_KEPT = 500
STACK_LIMIT = 3


@dataclass(kw_only=True)
class Trigger:
    """One trigger_id: whose it is, in which view it arose, until when it may be exchanged."""

    user_id: str
    view_id: str | None
    until: float
    spent: bool = False


class Screens(Rooms):
    """Views and their stacks. A stored screen is `{view, user, typed, errors, trouble}`; `view` is Slack's object."""

    def __init__(self, **room: Any) -> None:  # noqa: ANN401 - handed through to Rooms
        """Start with no triggers: none outlives three seconds, so none outlives a restart."""
        super().__init__(**room)
        self._triggers: dict[str, Trigger] = {}

    # ------------------------------------------------------------------ triggers

    def issue_trigger(self, user_id: str, *, view_id: str | None = None) -> str:
        """Make a trigger_id that may be exchanged once within three seconds."""
        token = f"{secrets.randbelow(10**10)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        with self.lock:
            now = self.clock()
            self._triggers = {key: each for key, each in self._triggers.items() if now - each.until < RESPONSE_LIFE_S}
            self._triggers[token] = Trigger(user_id=user_id, view_id=view_id, until=now + TRIGGER_LIFE_S)
        return token

    def spend_trigger(self, token: str) -> Trigger:
        """Exchange a trigger_id; raises Refused for one unknown, used or too old."""
        with self.lock:
            found = self._triggers.get(token)
            if found is None:
                raise Refused("invalid_trigger_id")
            if found.spent:
                raise Refused("exchanged_trigger_id")
            if self.clock() > found.until:
                raise Refused("expired_trigger_id")
            found.spent = True
            return found

    # -------------------------------------------------------------- response_url

    def issue_response_url(
        self,
        user_id: str,
        channel_id: str,
        *,
        ts: str | None = None,
        is_ephemeral: bool = False,
        thread: str | None = None,
    ) -> str:
        """Make a response_url for a channel, and for a message of it when one was pressed."""
        key = secrets.token_urlsafe(18)
        fields = {
            "user": user_id,
            "channel": channel_id,
            "ts": ts,
            "is_ephemeral": is_ephemeral,
            "thread_ts": thread,
            "uses": 0,
            "until": self.clock() + RESPONSE_LIFE_S,
        }
        with self.changing():
            if len(self.every("response")) >= RESPONSES_KEPT:
                self._forget_responses()
            self.put("response", key, fields)
        return f"{self.base_url}response/{key}"

    def _forget_responses(self) -> None:
        now = self.clock()
        for key, found in self.every("response").items():
            if now > found["until"]:
                self.drop("response", key)

    def spend_response_url(self, key: str) -> Doc:
        """Count one use of a response_url; raises Refused("used_url") or Refused("expired_url")."""
        with self.changing():
            found = self.get("response", key)
            if found is None or self.clock() > found["until"]:
                raise Refused("expired_url")
            if found["uses"] >= RESPONSE_USES:
                raise Refused("used_url")
            return self.put("response", key, found | {"uses": found["uses"] + 1})

    # --------------------------------------------------------------------- views

    def screen(self, view_id: str) -> Doc:
        """One open screen; raises Refused("not_found")."""
        found = self.get("screen", view_id)
        if found is None:
            raise Refused("not_found")
        return found

    def find_screen(self, *, view_id: str = "", external_id: str = "") -> Doc:
        """A screen by view id or by the app's own external id; raises Refused("not_found")."""
        if view_id:
            return self.screen(view_id)
        for each in self.every("screen").values():
            if external_id and each["view"]["external_id"] == external_id:
                return each
        raise Refused("not_found")

    def stack(self, user_id: str) -> list[str]:
        """The ids of the person's open modals, the top one last."""
        return list((self.get("stack", user_id) or {"views": []})["views"])

    def open_view(self, user_id: str, given: Doc) -> Doc:
        """Open a modal as the root of a new stack; an older stack of the person goes away."""
        with self.changing():
            self._unused(given.get("external_id", ""))
            for each in self.stack(user_id):
                self.drop("screen", each)
            return self._put_on(user_id, given, [])

    def push_view(self, user_id: str, given: Doc) -> Doc:
        """Put a modal on top of the person's stack; raises Refused("push_limit_reached")."""
        with self.changing():
            under = self.stack(user_id)
            if not under:
                raise Refused("not_found")
            if len(under) >= STACK_LIMIT:
                raise Refused("push_limit_reached")
            self._unused(given.get("external_id", ""))
            return self._put_on(user_id, given, under)

    def _unused(self, external_id: str) -> None:
        if external_id and any(each["view"]["external_id"] == external_id for each in self.every("screen").values()):
            raise Refused("duplicate_external_id")

    def _put_on(self, user_id: str, given: Doc, under: list[str]) -> Doc:
        view_id = self.next_id("V")
        family = {"root_view_id": under[0] if under else view_id, "previous_view_id": under[-1] if under else None}
        view = self._view(view_id, given) | family
        self._put_screen({"view": view, "user": user_id, "typed": {}, "errors": {}, "trouble": ""})
        self.put("stack", user_id, {"views": [*under, view_id]})
        return view

    def _put_screen(self, screen: Doc) -> None:
        self.put("screen", screen["view"]["id"], screen)
        self.touch([screen["user"]])

    def _view(self, view_id: str, given: Doc) -> Doc:
        settled = blocks.settle(given["blocks"])
        return {
            "id": view_id,
            "team_id": self.team["id"],
            "type": given["type"],
            "blocks": settled,
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "state": {"values": {}},
            "hash": f"{self.next_ts()}.{secrets.token_hex(4)}",
            "title": given.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
            "clear_on_close": given.get("clear_on_close", False),
            "notify_on_close": given.get("notify_on_close", False),
            "close": given.get("close"),
            "submit": given.get("submit"),
            "previous_view_id": None,
            "root_view_id": view_id,
            "app_id": self.app_id,
            "external_id": given.get("external_id", ""),
            "app_installed_team_id": self.team["id"],
            "bot_id": self.bot_id,
        }

    def change_view(self, view_id: str, given: Doc, *, hash_: str = "") -> Doc:
        """Replace an open modal's content; what was typed in blocks that stay is kept.

        Raises Refused("not_found") or Refused("hash_conflict").
        """
        with self.changing():
            old = self.screen(view_id)
            if hash_ and hash_ != old["view"]["hash"]:
                raise Refused("hash_conflict")
            family = {key: old["view"][key] for key in ("root_view_id", "previous_view_id")}
            kept = {"external_id": given.get("external_id") or old["view"]["external_id"]}
            view = self._view(view_id, given) | family | kept
            typed = blocks.kept_state(old["typed"], view["blocks"])
            self._put_screen(old | {"view": view, "typed": typed, "errors": {}, "trouble": ""})
            return view

    def type_in(self, user_id: str, view_id: str, state_values: Doc) -> None:
        """Remember what the person has typed so far, in the shape of `view.state.values`; nobody is told."""
        with self.changing():
            screen = self.screen(view_id)
            if screen["user"] == user_id:
                self.put("screen", view_id, screen | {"typed": {**screen["typed"], **state_values}})

    def mark_view(self, view_id: str, *, errors: Doc | None = None, trouble: str = "") -> None:
        """Show errors under a modal's inputs (block id → text), or one trouble for the whole of it."""
        with self.changing():
            self._put_screen(self.screen(view_id) | {"errors": errors or {}, "trouble": trouble})

    def drop_views(self, user_id: str, *, keep: int) -> list[Doc]:
        """Take the person's modals off, down to `keep` of them; give the screens taken, top first."""
        with self.changing():
            views = self.stack(user_id)
            gone = [self.screen(each) for each in views[keep:][::-1]]
            for each in gone:
                self.drop("screen", each["view"]["id"])
            self.put("stack", user_id, {"views": views[:keep]})
            self.touch([user_id])
        return gone

    def modals(self, user_id: str) -> list[Doc]:
        """The person's open modals, top last.

        Each is Slack's view object with `state.values` typed so far, `errors` {block_id: text} after a refused
        submission, and `trouble`, a code for what went wrong with the whole modal ("" or "not_connected", "timeout",
        "invalid_response").
        """
        with self.lock:
            screens = [self.screen(each) for each in self.stack(user_id)]
        return [
            each["view"]
            | {"state": {"values": each["typed"]}, "errors": dict(each["errors"]), "trouble": each["trouble"]}
            for each in screens
        ]

    def publish_home(self, user_id: str, given: Doc, *, hash_: str = "") -> Doc:
        """Replace the person's Home view; raises Refused("hash_conflict")."""
        with self.changing():
            old = self.get("home", user_id)
            if hash_ and (old is None or hash_ != old["hash"]):
                raise Refused("hash_conflict")
            view_id = old["id"] if old is not None else self.next_id("V")
            view = self._view(view_id, given)
            self.put("home", user_id, view)
            self.touch([user_id])
            return view

    def home(self, user_id: str) -> Doc | None:
        """The Home view the app published for this person, or None."""
        return self.get("home", user_id)
