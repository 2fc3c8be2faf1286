"""Slack's app manifest, read for what a workspace needs to know of the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workspace.refusals import Doc


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What the manifest declares: names, commands, shortcuts, scopes, events and switches."""

    app_name: str
    bot_name: str
    description: str
    commands: tuple[Doc, ...]
    shortcuts: tuple[Doc, ...]
    scopes: frozenset[str]
    events: frozenset[str]
    socket_mode: bool
    interactivity: bool
    home_tab: bool
    messages_tab: bool

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Manifest:
        """Read a parsed manifest (the YAML or JSON document as mappings and lists)."""
        shown = raw.get("display_information", {})
        features = raw.get("features", {})
        settings = raw.get("settings", {})
        home = features.get("app_home", {})
        name = shown.get("name", "App")
        return cls(
            app_name=name,
            bot_name=features.get("bot_user", {}).get("display_name", name),
            description=shown.get("description", ""),
            commands=tuple(_command(each) for each in features.get("slash_commands", [])),
            shortcuts=tuple(dict(each) for each in features.get("shortcuts", [])),
            scopes=frozenset(raw.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            socket_mode=bool(settings.get("socket_mode_enabled", False)),
            interactivity=bool(settings.get("interactivity", {}).get("is_enabled", False)),
            home_tab=bool(home.get("home_tab_enabled", False)),
            messages_tab=bool(home.get("messages_tab_enabled", False)),
        )


def _command(raw: Mapping[str, Any]) -> Doc:
    return {
        "command": raw["command"],
        "description": raw.get("description", ""),
        "usage_hint": raw.get("usage_hint", ""),
    }
