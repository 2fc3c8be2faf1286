"""Channels and what is said in them: members, messages, threads, pins, bookmarks, what is unread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workspace import people
from workspace.manifest import Manifest
from workspace.records import Records
from workspace.refusals import Doc, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

BOT_USER, BOT_ID, APP_ID = "U0LBOT0001", "B0L0000001", "A0L0000001"
TO_ALL = ("<!channel>", "<!here>", "<!everyone>")
NAME_LIMIT = 80
# Fields only the workspace itself reads; Slack never sends them.
INNER = ("_to", "_members", "_pins", "_text_only")


class Rooms(Records):
    """The people, the channels and the messages of one team."""

    def __init__(
        self,
        *,
        directory: Path,
        manifest: Mapping[str, Any],
        members: Mapping[str, Any],
        clock: Callable[[], float],
    ) -> None:
        """Read the manifest, seat the members, and open the channels of the members file."""
        super().__init__(directory=directory, clock=clock)
        self.manifest = Manifest.read(manifest)
        team = members.get("team", {})
        self.team: Doc = {
            "id": team.get("id", "T0LOCAL"),
            "name": team.get("name", "Local"),
            "domain": team.get("domain", "local"),
        }
        self.app_id, self.bot_id, self.app_name = APP_ID, BOT_ID, self.manifest.app_name
        self.base_url = "http://127.0.0.1/"
        self._last_ts = self._latest_on_disk()
        # The shelf comes back from disk by id; people stand in the order of the members file.
        self._rank = {each["id"]: rank for rank, each in enumerate(members.get("members", []))}
        with self.changing():
            self._seat(members)

    def _latest_on_disk(self) -> int:
        latest = 0
        for kind, shelf in self._documents.items():
            if kind.startswith("message/") and shelf:
                latest = max(latest, int(max(shelf).replace(".", "")))
        return latest

    def _seat(self, members: Mapping[str, Any]) -> None:
        """Add the bot, the members and the channels of the members file; what is there already stays."""
        team_id = self.team["id"]
        robot = people.bot(self.manifest.bot_name, user_id=BOT_USER, bot_id=BOT_ID, app_id=APP_ID, team_id=team_id)
        self.bot_user = self.put("user", BOT_USER, robot)
        everyone = [each["id"] for each in members.get("members", [])]
        strangers = [each for each in everyone if self.get("user", each) is None]
        for raw in members.get("members", []):
            self.put("user", raw["id"], people.person(raw, team_id=team_id))
        for raw in members.get("channels", []):
            self._furnish(raw, everyone, strangers)

    def _furnish(self, raw: Mapping[str, Any], everyone: list[str], strangers: list[str]) -> None:
        """Open a channel of the members file; into one that is there already only strangers come, nobody who left."""
        wanted = everyone if raw.get("members", "all") == "all" else list(raw["members"])
        found = self.find_channel(raw["name"])
        if found is None:
            made = self.create_channel(raw["name"], by=wanted[0] if wanted else BOT_USER, is_private=False)
            found = self._replace_channel(made | {"topic": self._said(raw.get("topic", ""), made["creator"])})
            strangers = wanted
        newcomers = [each for each in wanted if each in strangers and each not in found["_members"]]
        if newcomers:
            self._replace_channel(found | {"_members": [*found["_members"], *newcomers]})

    # ------------------------------------------------------------------ people

    def members(self) -> list[Doc]:
        """All user objects: people as in the members file, then those it no longer names, the bot last."""
        with self.lock:
            users = list(self._documents["user"].values())
        unnamed = len(self._rank)
        return sorted(users, key=lambda each: (each["is_bot"], self._rank.get(each["id"], unnamed), each["id"]))

    def user(self, user_id: str) -> Doc:
        """One user object; raises Refused("user_not_found")."""
        found = self.get("user", user_id)
        if found is None:
            raise Refused("user_not_found")
        return found

    def commands(self) -> list[Doc]:
        """The app's slash commands: `{command, description, usage_hint}`."""
        return [dict(each) for each in self.manifest.commands]

    def shortcuts(self, kind: str) -> list[Doc]:
        """The app's shortcuts of kind `global` or `message`: `{name, callback_id, description, type}`."""
        return [dict(each) for each in self.manifest.shortcuts if each.get("type") == kind]

    # ---------------------------------------------------------------- channels

    def channel(self, channel_id: str) -> Doc:
        """One channel as stored; raises Refused("channel_not_found")."""
        found = self.get("channel", channel_id)
        if found is None:
            raise Refused("channel_not_found")
        return found

    def find_channel(self, name: str) -> Doc | None:
        """The channel of this name, archived or not."""
        for each in self.every("channel").values():
            if not each["is_im"] and each["name"] == name:
                return each
        return None

    def create_channel(self, name: str, *, by: str, is_private: bool) -> Doc:
        """Create a channel with its creator as the only member; raises Refused("name_taken")."""
        if self.find_channel(name) is not None:
            raise Refused("name_taken")
        with self.changing():
            made = self._new_channel("C", by) | {
                "name": name,
                "name_normalized": name,
                "is_channel": not is_private,
                "is_group": is_private,
                "is_private": is_private,
                "_members": [by],
            }
            self.put("channel", made["id"], made)
            self.touch()
        return made

    def open_dm(self, user_id: str, other: str) -> str:
        """Give the id of the direct-message channel of two users, making it if need be."""
        pair = sorted({self.user(user_id)["id"], self.user(other)["id"]})
        for each in self.every("channel").values():
            if each["is_im"] and each["_members"] == pair:
                return str(each["id"])
        with self.changing():
            made = self._new_channel("D", user_id) | {"is_im": True, "is_private": True, "_members": pair}
            self.put("channel", made["id"], made)
            self.touch(pair)
        return str(made["id"])

    def _new_channel(self, prefix: str, by: str) -> Doc:
        return {
            "id": self.next_id(prefix),
            "name": "",
            "is_channel": False,
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": False,
            "is_archived": False,
            "is_general": False,
            "is_shared": False,
            "is_org_shared": False,
            "is_ext_shared": False,
            "created": int(self.clock()),
            "creator": by,
            "context_team_id": self.team["id"],
            "topic": self._said("", by),
            "purpose": self._said("", by),
            "_members": [],
            "_pins": [],
        }

    def _said(self, value: str, by: str) -> Doc:
        return {"value": value, "creator": by, "last_set": int(self.clock()) if value else 0}

    def _replace_channel(self, document: Doc) -> Doc:
        self.put("channel", document["id"], document)
        self.touch(document["_members"] if document["is_private"] else None)
        return document

    def who_sees(self, channel_id: str) -> list[str]:
        """The members of a channel, in the order they came."""
        return list(self.channel(channel_id)["_members"])

    def is_member(self, channel_id: str, user_id: str) -> bool:
        """Say whether the user is in the channel."""
        return user_id in self.channel(channel_id)["_members"]

    def channels_of(self, user_id: str) -> list[Doc]:
        """The channels and direct messages the person is in.

        Channel shapes of Slack with `topic` as text, and `user` (the other one, direct messages only), `unread`,
        `mention` and `pins` as counts. Archived channels come last.
        """
        with self.lock:
            mine = [each for each in self.every("channel").values() if user_id in each["_members"]]
            rows = [self._row(each, user_id) for each in mine]
        return sorted(rows, key=lambda each: (each["is_archived"], each["is_im"], each["name"]))

    def all_channels(self) -> list[Doc]:
        """All public channels, by name, shaped as in `channels_of` for someone who has read everything."""
        with self.lock:
            public = [each for each in self.every("channel").values() if not each["is_private"]]
            rows = [self._row(each, "") for each in public]
        return sorted(rows, key=lambda each: (each["is_archived"], each["name"]))

    def _row(self, channel: Doc, user_id: str) -> Doc:
        unread, mention = self._unread(channel, user_id) if user_id else (0, 0)
        row = self.public(channel) | {
            "topic": channel["topic"]["value"],
            "purpose": channel["purpose"]["value"],
            "num_members": len(channel["_members"]),
            "pins": len(channel["_pins"]),
            "unread": unread,
            "mention": mention,
        }
        if channel["is_im"]:
            others = [each for each in channel["_members"] if each != user_id]
            row["user"] = others[0] if others else user_id
            row["name"] = self.user(row["user"])["real_name"]
        return row

    def add_member(self, channel_id: str, user_id: str, *, inviter: str | None = None) -> None:
        """Put a user into a channel, say so in it, and tell the app."""
        with self.changing():
            channel = self.channel(channel_id)
            if user_id in channel["_members"]:
                raise Refused("already_in_channel")
            self._replace_channel(channel | {"_members": [*channel["_members"], user_id]})
            self.touch([user_id])
            self._announce(channel_id, user_id, "channel_join", f"<@{user_id}> has joined the channel")
            self.emit(self._joined(channel, user_id, inviter))

    def _joined(self, channel: Doc, user_id: str, inviter: str | None) -> Doc:
        event = {
            "type": "member_joined_channel",
            "user": user_id,
            "channel": channel["id"],
            "channel_type": "G" if channel["is_private"] else "C",
            "team": self.team["id"],
            "event_ts": self.next_ts(),
        }
        return event | ({"inviter": inviter} if inviter else {})

    def remove_member(self, channel_id: str, user_id: str) -> None:
        """Take a user out of a channel and say so in it; raises Refused("not_in_channel")."""
        with self.changing():
            channel = self.channel(channel_id)
            if user_id not in channel["_members"]:
                raise Refused("not_in_channel")
            self._announce(channel_id, user_id, "channel_leave", f"<@{user_id}> has left the channel")
            left = [each for each in channel["_members"] if each != user_id]
            self._replace_channel(self.channel(channel_id) | {"_members": left})
            self.touch([user_id])

    def set_words(self, channel_id: str, field: str, value: str, *, by: str) -> None:
        """Set the `topic` or the `purpose` and say so in the channel."""
        with self.changing():
            self._replace_channel(self.channel(channel_id) | {field: self._said(value, by)})
            words = f"set the channel {field}: {value}" if value else f"cleared the channel {field}"
            self._announce(channel_id, by, f"channel_{field}", words, **{field: value})

    def rename(self, channel_id: str, name: str, *, by: str) -> Doc:
        """Give a channel another name; raises Refused("name_taken")."""
        with self.changing():
            channel = self.channel(channel_id)
            if self.find_channel(name) not in (None, channel):
                raise Refused("name_taken")
            renamed = self._replace_channel(channel | {"name": name, "name_normalized": name})
            old = channel["name"]
            self._announce(channel_id, by, "channel_name", f'renamed the channel from "{old}" to "{name}"', name=name)
        return renamed

    def set_archived(self, channel_id: str, *, archived: bool, by: str) -> None:
        """Archive a channel or bring it back, and say so in it."""
        with self.changing():
            word = "archive" if archived else "unarchive"
            self._announce(channel_id, by, f"channel_{word}", f"{word}d the channel")
            self._replace_channel(self.channel(channel_id) | {"is_archived": archived})

    # ---------------------------------------------------------------- messages

    def next_ts(self) -> str:
        """The present instant as Slack's `seconds.microseconds`, never the same twice."""
        with self.lock:
            self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, channel_id: str, fields: Doc) -> Doc:
        """Store a message made of `fields` (user, text, blocks, thread_ts …); give it as stored."""
        with self.changing():
            message = {"type": "message", **fields, "ts": self.next_ts(), "team": self.team["id"]}
            self.put(f"message/{channel_id}", message["ts"], message)
            if message.get("thread_ts"):
                self._count_reply(channel_id, message)
            self._said_in(channel_id, self.bare(message))
            if message.get("user") and not message.get("subtype") and is_top(message):
                self._note_read(message["user"], channel_id, message["ts"])
        return message

    def _announce(self, channel_id: str, by: str, subtype: str, text: str, **extra: str) -> None:
        self.post(channel_id, {"subtype": subtype, "user": by, "text": text, **extra})

    def _said_in(self, channel_id: str, event: Doc) -> None:
        channel = self.channel(channel_id)
        self.touch(channel["_members"])
        self.emit(
            event
            | {
                "channel": channel_id,
                "channel_type": channel_type(channel),
                "event_ts": event.get("ts") or self.next_ts(),
            }
        )

    def _count_reply(self, channel_id: str, reply: Doc) -> None:
        parent = self.get(f"message/{channel_id}", reply["thread_ts"])
        if parent is None:
            return
        replies = [each for each in self._thread(channel_id, parent["ts"]) if each["ts"] != parent["ts"]]
        users = list(dict.fromkeys(each.get("user", "") for each in replies))
        counted = {
            "thread_ts": parent["ts"],
            "reply_count": len(replies),
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": replies[-1]["ts"] if replies else parent["ts"],
        }
        self.put(f"message/{channel_id}", parent["ts"], parent | counted)

    def edit(self, channel_id: str, ts: str, fields: Doc) -> Doc:
        """Replace fields of a message; raises Refused("message_not_found")."""
        with self.changing():
            old = self.message(channel_id, ts)
            new = {key: value for key, value in (old | fields).items() if value is not None}
            self.put(f"message/{channel_id}", ts, new)
            changed = {"message": self.bare(new), "previous_message": self.bare(old)}
            self._said_in(
                channel_id,
                {"type": "message", "subtype": "message_changed", "ts": self.next_ts(), "hidden": True} | changed,
            )
        return new

    def erase(self, channel_id: str, ts: str) -> None:
        """Delete a message, with its pin; raises Refused("message_not_found")."""
        with self.changing():
            old = self.message(channel_id, ts)
            self.drop(f"message/{channel_id}", ts)
            channel = self.channel(channel_id)
            self._replace_channel(channel | {"_pins": [pin for pin in channel["_pins"] if pin["ts"] != ts]})
            if old.get("thread_ts", ts) != ts:
                self._count_reply(channel_id, old)
            event = {"type": "message", "subtype": "message_deleted", "hidden": True, "ts": self.next_ts()}
            self._said_in(channel_id, event | {"deleted_ts": ts, "previous_message": self.bare(old)})

    def whisper(self, channel_id: str, user_id: str, fields: Doc) -> Doc:
        """Show a message to one person in a channel; it never enters the history."""
        with self.changing():
            message = {"type": "message", **fields, "ts": self.next_ts(), "is_ephemeral": True, "_to": user_id}
            self.put(f"whisper/{channel_id}", message["ts"], message)
            self.touch([user_id])
        return message

    def rewhisper(self, channel_id: str, ts: str, fields: Doc | None) -> None:
        """Replace a whisper, or take it away when `fields` is None."""
        with self.changing():
            old = self.get(f"whisper/{channel_id}", ts)
            if old is None:
                return
            self.touch([old["_to"]])
            if fields is None:
                self.drop(f"whisper/{channel_id}", ts)
            else:
                self.put(
                    f"whisper/{channel_id}", ts, {key: val for key, val in (old | fields).items() if val is not None}
                )

    def message(self, channel_id: str, ts: str) -> Doc:
        """One message as stored; raises Refused("message_not_found")."""
        self.channel(channel_id)
        found = self.get(f"message/{channel_id}", ts)
        if found is None:
            raise Refused("message_not_found")
        return found

    def whispered(self, channel_id: str, ts: str, user_id: str) -> Doc:
        """One ephemeral message of this person; raises Refused("message_not_found")."""
        found = self.get(f"whisper/{channel_id}", ts)
        if found is None or found["_to"] != user_id:
            raise Refused("message_not_found")
        return found

    def messages(self, channel_id: str, *, viewer: str, thread_ts: str | None = None, limit: int = 200) -> list[Doc]:
        """What the person sees in a channel or in one thread (its first message first), oldest first, the last `limit`.

        Slack's message objects and `is_ephemeral`, `pinned`, `reply_count`. Raises Refused("channel_not_found") for a
        private channel the viewer is not in.
        """
        with self.lock:
            channel = self.channel(channel_id)
            if channel["is_private"] and viewer not in channel["_members"]:
                raise Refused("channel_not_found")
            shown = list(self._top(channel_id) if thread_ts is None else self._thread(channel_id, thread_ts))
            whispers = self._whispers(channel_id, viewer, thread_ts)
            pins = {pin["ts"] for pin in channel["_pins"]}
        both = sorted([*shown, *whispers], key=lambda each: each["ts"])[-limit:]
        return [self._as_seen(each, pins) for each in both]

    def _as_seen(self, message: Doc, pins: set[str]) -> Doc:
        flags = {
            "is_ephemeral": message.get("is_ephemeral", False),
            "pinned": message["ts"] in pins,
            "reply_count": message.get("reply_count", 0),
        }
        return self.public(message) | flags

    def _top(self, channel_id: str) -> Iterator[Doc]:
        for each in self._documents.get(f"message/{channel_id}", {}).values():
            if is_top(each):
                yield each

    def _thread(self, channel_id: str, thread_ts: str) -> Iterator[Doc]:
        for each in self._documents.get(f"message/{channel_id}", {}).values():
            if thread_ts in (each["ts"], each.get("thread_ts")):
                yield each

    def _whispers(self, channel_id: str, viewer: str, thread_ts: str | None) -> list[Doc]:
        mine = [each for each in self.every(f"whisper/{channel_id}").values() if each["_to"] == viewer]
        return [each for each in mine if each.get("thread_ts") == thread_ts]

    def history(self, channel_id: str) -> list[Doc]:
        """The channel's own messages without replies, newest first, as stored."""
        with self.lock:
            return list(self._top(channel_id))[::-1]

    def replies(self, channel_id: str, ts: str) -> list[Doc]:
        """A thread as stored, its first message first; raises Refused("thread_not_found")."""
        with self.lock:
            root = self.get(f"message/{channel_id}", ts)
            if root is None:
                raise Refused("thread_not_found")
            return list(self._thread(channel_id, root.get("thread_ts", ts)))

    def public(self, document: Doc) -> Doc:
        """A document without the workspace's own fields."""
        return {key: value for key, value in document.items() if key not in INNER}

    def bare(self, message: Doc) -> Doc:
        """A message as events and payloads carry it: without metadata."""
        return {key: value for key, value in self.public(message).items() if key != "metadata"}

    # ---------------------------------------------------------- pins, bookmarks

    def pins(self, channel_id: str) -> list[Doc]:
        """Pinned messages, newest pin first: `{type, channel, created, created_by, message}`."""
        with self.lock:
            pins = self.channel(channel_id)["_pins"][::-1]
            return [
                {
                    "type": "message",
                    "channel": channel_id,
                    "created": pin["created"],
                    "created_by": pin["created_by"],
                    "message": self.public(self.message(channel_id, pin["ts"])) | {"pinned_to": [channel_id]},
                }
                for pin in pins
            ]

    def pin(self, channel_id: str, ts: str, *, by: str) -> None:
        """Pin a message; raises Refused("already_pinned") or Refused("message_not_found")."""
        with self.changing():
            self.message(channel_id, ts)
            channel = self.channel(channel_id)
            if any(pin["ts"] == ts for pin in channel["_pins"]):
                raise Refused("already_pinned")
            pin = {"ts": ts, "created": int(self.clock()), "created_by": by}
            self._replace_channel(channel | {"_pins": [*channel["_pins"], pin]})
            self.touch(channel["_members"])

    def unpin(self, channel_id: str, ts: str) -> None:
        """Take a pin away; raises Refused("no_pin") or Refused("message_not_found")."""
        with self.changing():
            self.message(channel_id, ts)
            channel = self.channel(channel_id)
            left = [pin for pin in channel["_pins"] if pin["ts"] != ts]
            if len(left) == len(channel["_pins"]):
                raise Refused("no_pin")
            self._replace_channel(channel | {"_pins": left})
            self.touch(channel["_members"])

    def bookmarks(self, channel_id: str) -> list[Doc]:
        """The channel's bookmarks in order: `{id, channel_id, title, link, emoji, type, …}`."""
        self.channel(channel_id)
        return list(self.every(f"bookmark/{channel_id}").values())

    # -------------------------------------------------------------------- unread

    def mark_read(self, user_id: str, channel_id: str, ts: str | None = None) -> None:
        """Note that the person has read a channel up to `ts` (default: all of it)."""
        with self.changing():
            if ts is None:
                ts = max(self._documents.get(f"message/{channel_id}", {}), default="0")
            if self._note_read(user_id, channel_id, ts):
                self.touch([user_id])

    def _note_read(self, user_id: str, channel_id: str, ts: str) -> bool:
        key = f"{user_id}:{channel_id}"
        if (self.get("read", key) or {"ts": "0"})["ts"] >= ts:
            return False
        self.put("read", key, {"ts": ts})
        return True

    def _unread(self, channel: Doc, user_id: str) -> tuple[int, int]:
        read = (self.get("read", f"{user_id}:{channel['id']}") or {"ts": "0"})["ts"]
        shelf = self._documents.get(f"message/{channel['id']}", {})
        unread = mention = 0
        for ts in reversed(shelf):
            if ts <= read:
                break
            if counts_for(shelf[ts], user_id):
                unread += 1
                mention += channel["is_im"] or mentions(shelf[ts], user_id)
        return unread, mention


def channel_type(channel: Doc) -> str:
    """Slack's `channel_type` of message events."""
    if channel["is_im"]:
        return "im"
    return "group" if channel["is_private"] else "channel"


def is_top(message: Doc) -> bool:
    """Say whether a message stands in the channel itself (and not only in a thread)."""
    thread = message.get("thread_ts")
    return thread is None or thread == message["ts"] or message.get("subtype") == "thread_broadcast"


def counts_for(message: Doc, user_id: str) -> bool:
    """Say whether a message makes the channel unread for this person."""
    quiet = message.get("subtype") not in (None, "bot_message", "thread_broadcast", "file_share")
    return is_top(message) and not quiet and message.get("user") != user_id


def mentions(message: Doc, user_id: str) -> bool:
    """Say whether a message calls this person, or everyone, by name."""
    words = list(_texts([message.get("text", ""), message.get("blocks", [])]))
    return any(f"<@{user_id}>" in each or any(call in each for call in TO_ALL) for each in words)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def checked_name(name: str) -> str:
    """A channel name Slack would accept, or Refused with Slack's reason."""
    if not name:
        raise Refused("invalid_name_required")
    if len(name) > NAME_LIMIT:
        raise Refused("invalid_name_maxlength")
    if not re.search(r"\w", name):
        raise Refused("invalid_name_punctuation")
    if name != name.lower() or re.search(r"[^\w-]", name):
        raise Refused("invalid_name_specials")
    return name


def only(ids: Iterable[str]) -> list[str]:
    """The ids once each, in order."""
    return list(dict.fromkeys(each.strip() for each in ids if each.strip()))
