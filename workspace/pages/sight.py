"""What one person sees: the page cut into pieces that can be replaced one by one as they change."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from workspace import blocks
from workspace.pages import controls, mrkdwn
from workspace.pages.mrkdwn import Names
from workspace.pages.showing import templates
from workspace.pages.words import WORDS
from workspace.refusals import Doc, Refused
from workspace.state import Workspace

PANES: Final = ("rooms", "head", "log", "thread", "foot", "home", "modal", "notices")
COMPACT_WITHIN_S: Final = 300.0
AVATAR_HUES: Final = 8
JOINED_TOGETHER: Final = 3
_RENDERED_LIMIT: Final = 4000
_rendered: dict[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Who looks, at what, in which language; `channel` is empty on the Home tab."""

    viewer: str
    channel: str
    thread: str
    home: bool
    lang: str

    def url(self, **changed: str) -> str:
        """Give the address of this place with some of it changed."""
        asked = {"as": self.viewer, **changed}
        return "/?" + urlencode({key: value for key, value in asked.items() if value})


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One replaceable piece: its key, a seal that changes with its content, and how to draw it."""

    key: str
    seal: str
    template: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Sight:
    """The workspace as seen from one place."""

    space: Workspace
    place: Place
    cache: dict[str, str] = field(default_factory=lambda: _rendered)

    # Names

    @cached_property
    def names(self) -> Names:
        """How people and channels are called to this reader."""
        return Names(user=self.user_name, channel=self.channel_name, viewer=self.place.viewer, place=self._channel_url)

    def user_name(self, user_id: str) -> str:
        """Give the display name of a person, or the id of someone unknown."""
        try:
            user = self.space.user(user_id)
        except Refused:
            return user_id
        return str(user["profile"].get("display_name") or user["real_name"])

    def channel_name(self, channel_id: str) -> str:
        """Give the name of a channel, or the id of one unknown."""
        try:
            return str(self.space.channel(channel_id)["name"])
        except Refused:
            return channel_id

    def _channel_url(self, channel_id: str) -> str:
        return self.place.url(c=channel_id)

    @cached_property
    def people(self) -> list[Doc]:
        """Everyone but the bot."""
        return [each for each in self.space.members() if not each["is_bot"]]

    @cached_property
    def channels(self) -> list[Doc]:
        """The channels and direct messages of the viewer."""
        return self.space.channels_of(self.place.viewer)

    @cached_property
    def channel(self) -> Doc | None:
        """The channel looked at, joined or only looked into, or None."""
        for each in [*self.channels, *self.space.all_channels()]:
            if each["id"] == self.place.channel:
                return each
        return None

    @property
    def is_member(self) -> bool:
        """Say whether the viewer is in the channel looked at."""
        return any(each["id"] == self.place.channel for each in self.channels)

    # Pieces

    def pieces(self, pane: str) -> list[Piece]:
        """Give the pieces of one pane, in order."""
        drawn: Iterator[tuple[str, str, Mapping[str, Any]]] = getattr(self, f"_{pane}")()
        return [self._piece(key, template, facts) for key, template, facts in drawn]

    def _piece(self, key: str, template: str, facts: Mapping[str, Any]) -> Piece:
        whole = [key, template, self.place.lang, self.place.viewer, facts]
        said = json.dumps(whole, ensure_ascii=False, sort_keys=True)
        return Piece(key=key, seal=hashlib.sha256(said.encode()).hexdigest()[:16], template=template, facts=facts)

    def draw(self, piece: Piece) -> Markup:
        """Give a piece's HTML; the same piece is drawn once."""
        found = self.cache.get(piece.seal)
        if found is None:
            found = templates.get_template(f"{piece.template}.html").render(self._context(piece))
            if len(self.cache) > _RENDERED_LIMIT:
                self.cache.clear()
            self.cache[piece.seal] = found
        return Markup(found)  # noqa: S704 - drawn by an autoescaping template

    def _context(self, piece: Piece) -> dict[str, Any]:
        return {
            **piece.facts,
            "key": piece.key,
            "seal": piece.seal,
            "sight": self,
            "place": self.place,
            "lang": self.place.lang,
            "w": WORDS[self.place.lang],
            "names": self.names,
            "m": mrkdwn,
            "k": controls,
        }

    def _rooms(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        joined = {each["id"] for each in self.channels}
        shown = [each for each in self.channels if not each["is_archived"] or each["id"] == self.place.channel]
        yield (
            "rooms",
            "rooms",
            {
                "rooms": [_row(each) for each in shown if not each["is_im"]],
                "dms": [_row(each) for each in shown if each["is_im"]],
                "old": [_row(each) for each in self.channels if each["is_archived"] and not each["is_im"]],
                "others": [_row(each) for each in self.space.all_channels() if each["id"] not in joined],
                "here": self.place.channel,
                "at_home": self.place.home,
                "app": self.space.app_name,
                "app_user": self.space.bot_user["id"],
                "team": self.space.team["name"],
            },
        )

    def _head(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        if self.place.home or self.channel is None:
            yield "head", "head", {"channel": None, "title": self.space.app_name, "bookmarks": [], "pins": []}
            return
        pins = [self._pin(each) for each in self.space.pins(self.place.channel)]
        row = _row(self.channel) | {"num_members": self.channel["num_members"]}
        marks = [{key: each.get(key) or "" for key in ("title", "link", "emoji")} for each in self._bookmarks()]
        facts = {"channel": row, "title": self.channel["name"], "bookmarks": marks, "pins": pins}
        yield "head", "head", facts | {"topic": self.channel["topic"], "thread": self.place.thread}

    def _bookmarks(self) -> list[Doc]:
        return self.space.bookmarks(self.place.channel)

    def _pin(self, pin: Doc) -> dict[str, str]:
        message = pin["message"]
        return {
            "ts": message["ts"],
            "who": self.user_name(message.get("user", "")),
            "words": mrkdwn.summary(message.get("text", ""), self.names),
        }

    def _log(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        if self.place.home or self.channel is None:
            return
        messages = self.space.messages(self.place.channel, viewer=self.place.viewer)
        before: Doc | None = None
        for run in _runs(messages):
            if len(run) >= JOINED_TOGETHER:
                yield self._joined(run)
            else:
                for message, last in zip(run, [before, *run], strict=False):
                    yield self._message(message, last, in_thread=False)
            before = run[-1]
        if not messages:
            yield "none", "empty", {"sentence": WORDS[self.place.lang]["no_messages"]}

    def _joined(self, run: list[Doc]) -> tuple[str, str, Mapping[str, Any]]:
        """Give one quiet line for people who came one after another; its key stays while the run grows."""
        names = [self.user_name(str(each["user"])) for each in run]
        # Chinese counts everybody (等 10 人), English those not yet named (and 8 others).
        count = len(names) if self.place.lang == "zh" else len(names) - 2
        facts = {"ts": run[0]["ts"], "joined": names, "count": count}
        return f"j{run[0]['ts']}", "joined", facts

    def _thread(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        if not self.place.thread or self.channel is None:
            return
        for message in self.space.messages(self.place.channel, viewer=self.place.viewer, thread_ts=self.place.thread):
            yield self._message(message, None, in_thread=True)

    def _message(self, message: Doc, before: Doc | None, *, in_thread: bool) -> tuple[str, str, Mapping[str, Any]]:
        facts = {
            "message": message,
            "compact": before is not None and _goes_on(before, message),
            "in_thread": in_thread,
            "channel_id": self.place.channel,
            "shortcuts": self.space.shortcuts("message"),
        }
        return ("t" if in_thread else "m") + message["ts"], "message", facts

    def _foot(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        if self.place.home or self.channel is None:
            return
        state = "archived" if self.channel["is_archived"] else "open" if self.is_member else "outside"
        name = self.channel["name"] if self.channel["is_im"] else f"#{self.channel['name']}"
        yield "foot", "foot", {"state": state, "channel_id": self.place.channel, "called": name}

    def _home(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        if not self.place.home:
            return
        view = self.space.home(self.place.viewer)
        yield "home", "home", {"view": view, "state": blocks.state_of(view["blocks"], {}) if view else {}}

    def _modal(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        stack = self.space.modals(self.place.viewer)
        if stack:
            view = stack[-1]
            values = blocks.state_of(view["blocks"], view["state"]["values"])
            yield view["id"], "modal", {"view": view, "state": values, "depth": len(stack)}

    def _notices(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        words = WORDS[self.place.lang]
        for each in self.space.notices_to(self.place.viewer):
            sentence = words.get(f"notice_{each['code']}", words["notice_refused"]).format(what=each["for"])
            yield f"n{each['id']}", "notice", {"sentence": sentence}

    # For templates

    def values_of(self, message: Doc) -> Doc:
        """Give the values the elements of a message were set to."""
        return blocks.state_of(all_blocks(message), {})

    def author(self, message: Doc) -> dict[str, Any]:
        """Give who said a message: `{id, name, title, is_app, hue, initial}`."""
        user_id = str(message.get("user", ""))
        name = str(message.get("username") or self.user_name(user_id))
        is_app = bool(message.get("bot_id"))
        title = "" if is_app else self._title(user_id)
        hue = int(hashlib.sha256(user_id.encode()).hexdigest(), 16) % AVATAR_HUES
        return {"id": user_id, "name": name, "title": title, "is_app": is_app, "hue": hue, "initial": initial(name)}

    def _title(self, user_id: str) -> str:
        try:
            return str(self.space.user(user_id)["profile"].get("title", ""))
        except Refused:
            return ""


def initial(name: str) -> str:
    """Give what stands in an avatar: the last two characters of a Chinese name, the first letter of another."""
    return name[-2:] if name[-1:] > "\u2e7f" else name[:1].upper()


def all_blocks(message: Doc) -> list[Doc]:
    """Give the blocks of a message and of its attachments."""
    inner = [block for each in message.get("attachments", []) for block in each.get("blocks", [])]
    return [*message.get("blocks", []), *inner]


def _row(channel: Doc) -> dict[str, Any]:
    kept = ("id", "name", "is_im", "is_private", "is_archived", "unread", "mention", "topic")
    return {key: channel.get(key) for key in kept}


def _runs(messages: list[Doc]) -> Iterator[list[Doc]]:
    """Cut a log into runs: people joining one after another together, every other message alone."""
    for joins, run in groupby(messages, key=lambda each: each.get("subtype") == "channel_join"):
        if joins:
            yield list(run)
        else:
            yield from ([each] for each in run)


def _goes_on(before: Doc, message: Doc) -> bool:
    """Say whether a message follows its author's last one closely enough to stand without a heading."""
    return bool(
        before.get("user") == message.get("user")
        and not before.get("subtype")
        and not message.get("subtype")
        and not message.get("blocks")
        and before["is_ephemeral"] == message["is_ephemeral"]
        and float(message["ts"]) - float(before["ts"]) < COMPACT_WITHIN_S
    )


def iso(ts: str) -> str:
    """Give a message's ts as an ISO 8601 instant in UTC."""
    return datetime.fromtimestamp(float(ts), tz=UTC).isoformat(timespec="seconds")


def clock(ts: str) -> str:
    """Give a message's ts as hours and minutes UTC, until the page's script writes the reader's own."""
    return datetime.fromtimestamp(float(ts), tz=UTC).strftime("%H:%M UTC")


templates.globals.update(iso=iso, clock=clock)
