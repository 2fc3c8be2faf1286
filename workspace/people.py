"""Slack user objects, made from the members file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workspace.refusals import Doc


def person(raw: Mapping[str, Any], *, team_id: str) -> Doc:
    """Make a member's user object from an entry of the members file."""
    name = raw["name"]
    real_name = raw.get("real_name", name)
    profile = _profile(raw, name=name, real_name=real_name, team_id=team_id)
    return _user(raw["id"], name=name, real_name=real_name, team_id=team_id, profile=profile) | {
        "locale": raw.get("locale", "en-US"),
        "tz": raw.get("tz", "Asia/Shanghai"),
        "tz_label": raw.get("tz_label", "China Standard Time"),
        "tz_offset": raw.get("tz_offset", 28800),
    }


def bot(name: str, *, user_id: str, bot_id: str, app_id: str, team_id: str) -> Doc:
    """Make the app's bot user."""
    profile = _profile({}, name=name, real_name=name, team_id=team_id) | {"api_app_id": app_id, "bot_id": bot_id}
    user = _user(user_id, name=name.lower(), real_name=name, team_id=team_id, profile=profile)
    return user | {"is_bot": True, "locale": "en-US"}


def _user(user_id: str, *, name: str, real_name: str, team_id: str, profile: Doc) -> Doc:
    return {
        "id": user_id,
        "team_id": team_id,
        "name": name,
        "real_name": real_name,
        "deleted": False,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": 0,
    }


def _profile(raw: Mapping[str, Any], *, name: str, real_name: str, team_id: str) -> Doc:
    return {
        "title": raw.get("title", ""),
        "phone": raw.get("phone", ""),
        "email": raw.get("email", ""),
        "real_name": real_name,
        "real_name_normalized": real_name,
        "display_name": raw.get("display_name", real_name or name),
        "display_name_normalized": raw.get("display_name", real_name or name),
        "status_text": "",
        "status_emoji": "",
        "team": team_id,
    }
