"""One call of the Web API: its arguments, read as Slack reads them, and the table of methods."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from workspace.refusals import Doc, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workspace.state import Workspace

T = TypeVar("T")
TRUE = (True, 1, "1", "true", "True")
# Which scope a conversation's kind asks for, by what one wants to do with it.
FAMILIES = {"channel": "channels", "group": "groups", "im": "im"}
WRITES = {"channels": "channels:manage", "groups": "groups:write", "im": "im:write"}


def bad(*sentences: str) -> Refused:
    """Slack's `invalid_arguments` with its reasons."""
    return Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {each}" for each in sentences]})


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call with a good token: the workspace and the arguments as they came (strings, or JSON values)."""

    space: Workspace
    args: Doc

    def text(self, name: str, default: str | None = None) -> str:
        """A string argument; raises Refused("invalid_arguments") when it is missing and has no default."""
        value = self.args.get(name)
        if value is None or (value == "" and default is None):
            if default is None:
                raise bad(f"missing required field: {name}")
            return default
        if isinstance(value, bool | int | float):
            return str(value)
        if not isinstance(value, str):
            raise bad(f"{name} must be a string")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean argument."""
        return self.args.get(name, default) in TRUE

    def number(self, name: str, default: int, *, most: int) -> int:
        """A whole number from 1 to `most`; larger ones are cut to `most`, as Slack does."""
        given = self.text(name, str(default))
        if not re.fullmatch(r"-?\d+(\.0+)?", given):
            raise bad(f"{name} must be an integer")
        return min(int(float(given)), most) if float(given) > 0 else default

    def names(self, name: str) -> list[str]:
        """A list of ids: a JSON array or a comma-separated string; empty when absent."""
        value = self.args.get(name)
        if isinstance(value, list):
            return [str(each) for each in value]
        if isinstance(value, str) and value.startswith("["):
            parsed = self.json(name)
            return [str(each) for each in parsed] if isinstance(parsed, list) else []
        return [each.strip() for each in str(value or "").split(",") if each.strip()]

    def json(self, name: str, code: str = "invalid_arguments") -> Any:  # noqa: ANN401 - any JSON
        """A JSON argument, parsed if it came as a string; None when absent. Raises Refused(code)."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except json.JSONDecodeError as wrong:
            raise Refused(code) from wrong

    def need(self, *scopes: str) -> None:
        """Raise Refused("missing_scope") unless the app has one of the scopes."""
        if not self.space.manifest.scopes.intersection(scopes):
            provided = ",".join(sorted(self.space.manifest.scopes))
            raise Refused("missing_scope", needed=scopes[0], provided=provided)

    def need_for(self, channel: Doc, verb: str) -> None:
        """Raise Refused("missing_scope") unless the app may `read`, `history` or `write` this kind of conversation."""
        family = FAMILIES["im" if channel["is_im"] else "group" if channel["is_private"] else "channel"]
        self.need(WRITES[family] if verb == "write" else f"{family}:{verb}")

    def sees(self, channel: Doc) -> bool:
        """Say whether the app can see this conversation at all."""
        return not channel["is_private"] or self.space.bot_user["id"] in channel["_members"]

    def room(self, verb: str, name: str = "channel") -> Doc:
        """The conversation an argument names by id; raises Refused("channel_not_found" | "missing_scope")."""
        found = self.space.get("channel", self.text(name))
        if found is None or not self.sees(found):
            raise Refused("channel_not_found")
        self.need_for(found, verb)
        return found

    def inside(self, verb: str, name: str = "channel") -> Doc:
        """The conversation an argument names, of which the app must be a member and which must not be archived."""
        found = self.room(verb, name)
        if self.space.bot_user["id"] not in found["_members"]:
            raise Refused("not_in_channel")
        if found["is_archived"]:
            raise Refused("is_archived")
        return found

    def page(self, items: Sequence[T], *, default: int, most: int) -> tuple[list[T], str]:
        """One page of items by `limit` and `cursor`, and the next cursor ("" at the end)."""
        limit = self.number("limit", default, most=most)
        start = _offset(self.text("cursor", ""))
        after = start + limit
        following = base64.b64encode(f"offset:{after}".encode()).decode() if after < len(items) else ""
        return list(items[start:after]), following


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("offset:"))
    except ValueError as wrong:
        raise Refused("invalid_cursor") from wrong


def paged(cursor: str) -> Doc:
    """Slack's `response_metadata` of a paginated answer."""
    return {"response_metadata": {"next_cursor": cursor}}


@dataclass(frozen=True, kw_only=True)
class Method:
    """How a method is answered: its act, the scopes of which it needs one, its tier (0: a post a second a channel)."""

    act: Callable[[Call], Doc]
    scopes: tuple[str, ...] = ()
    tier: int = 3
    app_token: bool = False
