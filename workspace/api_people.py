"""The Web API's `auth.*`, `users.*`, `usergroups.*`, `team.info` and `bots.info`."""

from __future__ import annotations

from workspace.api import Call, Method, paged
from workspace.refusals import Doc, Refused


def auth_test(call: Call) -> Doc:
    """`auth.test`."""
    space = call.space
    return {
        "ok": True,
        "url": f"https://{space.team['domain']}.slack.com/",
        "team": space.team["name"],
        "user": space.bot_user["name"],
        "team_id": space.team["id"],
        "user_id": space.bot_user["id"],
        "bot_id": space.bot_id,
        "is_enterprise_install": False,
    }


def _shown(call: Call, user: Doc) -> Doc:
    """A user object: e-mail only with its scope, locale only when asked for."""
    found = {key: value for key, value in user.items() if key != "locale"}
    if "users:read.email" not in call.space.manifest.scopes:
        found["profile"] = {key: value for key, value in user["profile"].items() if key != "email"}
    return found | ({"locale": user["locale"]} if call.flag("include_locale") else {})


def user_info(call: Call) -> Doc:
    """`users.info`."""
    return {"ok": True, "user": _shown(call, call.space.user(call.text("user")))}


def users_list(call: Call) -> Doc:
    """`users.list`."""
    page, cursor = call.page(call.space.members(), default=1000, most=1000)
    now = int(call.space.clock())
    return {"ok": True, "members": [_shown(call, each) for each in page], "cache_ts": now, **paged(cursor)}


def lookup_by_email(call: Call) -> Doc:
    """`users.lookupByEmail`."""
    wanted = call.text("email").lower()
    for each in call.space.members():
        if each["profile"]["email"].lower() == wanted and not each["deleted"]:
            return {"ok": True, "user": _shown(call, each)}
    raise Refused("users_not_found")


def team_info(call: Call) -> Doc:
    """`team.info`."""
    team = call.space.team
    url = f"https://{team['domain']}.slack.com/"
    return {"ok": True, "team": team | {"url": url, "email_domain": "", "icon": {"image_default": True}}}


def bot_info(call: Call) -> Doc:
    """`bots.info`."""
    space = call.space
    if call.text("bot", space.bot_id) != space.bot_id:
        raise Refused("bot_not_found")
    found = {
        "id": space.bot_id,
        "deleted": False,
        "name": space.bot_user["real_name"],
        "updated": 0,
        "app_id": space.app_id,
        "user_id": space.bot_user["id"],
        "icons": {},
    }
    return {"ok": True, "bot": found}


# ------------------------------------------------------------------- user groups


def _group(call: Call) -> Doc:
    found = call.space.get("usergroup", call.text("usergroup"))
    if found is None:
        raise Refused("no_such_subteam")
    return found


def _free(call: Call, name: str, handle: str, but: str = "") -> None:
    for each in call.space.every("usergroup").values():
        if each["id"] != but and each["name"] == name:
            raise Refused("name_already_exists")
        if each["id"] != but and handle and each["handle"] == handle:
            raise Refused("handle_already_exists")


def _store_group(call: Call, group: Doc) -> Doc:
    now, me = int(call.space.clock()), call.space.bot_user["id"]
    with call.space.changing():
        stored = call.space.put("usergroup", group["id"], group | {"date_update": now, "updated_by": me})
        call.space.touch()
    return stored


def group_create(call: Call) -> Doc:
    """`usergroups.create`."""
    name, handle = call.text("name"), call.text("handle", "")
    _free(call, name, handle)
    with call.space.changing():
        group_id = call.space.next_id("S")
    group = {
        "id": group_id,
        "team_id": call.space.team["id"],
        "is_usergroup": True,
        "name": name,
        "description": call.text("description", ""),
        "handle": handle,
        "is_external": False,
        "date_create": int(call.space.clock()),
        "date_delete": 0,
        "created_by": call.space.bot_user["id"],
        "prefs": {"channels": call.names("channels"), "groups": []},
        "users": [],
        "user_count": 0,
    }
    return {"ok": True, "usergroup": _without_users(_store_group(call, group))}


def group_update(call: Call) -> Doc:
    """`usergroups.update`."""
    group = _group(call)
    given: Doc = {key: call.text(key, "") for key in ("name", "handle", "description") if key in call.args}
    changed = group | given
    _free(call, changed["name"], changed["handle"], but=group["id"])
    return {"ok": True, "usergroup": _without_users(_store_group(call, changed))}


def group_users_update(call: Call) -> Doc:
    """`usergroups.users.update`: the whole list of members, anew."""
    group, users = _group(call), call.names("users")
    if not users:
        raise Refused("no_users_provided")
    if any(call.space.get("user", each) is None for each in users):
        raise Refused("invalid_users")
    return {"ok": True, "usergroup": _store_group(call, group | {"users": users, "user_count": len(users)})}


def group_users(call: Call) -> Doc:
    """`usergroups.users.list`."""
    return {"ok": True, "users": _group(call)["users"]}


def groups(call: Call) -> Doc:
    """`usergroups.list`."""
    rows = list(call.space.every("usergroup").values())
    return {"ok": True, "usergroups": rows if call.flag("include_users") else [_without_users(each) for each in rows]}


def _without_users(group: Doc) -> Doc:
    return {key: value for key, value in group.items() if key != "users"}


METHODS = {
    "auth.test": Method(act=auth_test, tier=5),
    "users.info": Method(act=user_info, scopes=("users:read",), tier=4),
    "users.list": Method(act=users_list, scopes=("users:read",), tier=2),
    "users.lookupByEmail": Method(act=lookup_by_email, scopes=("users:read.email",), tier=3),
    "team.info": Method(act=team_info, scopes=("team:read",), tier=3),
    "bots.info": Method(act=bot_info, scopes=("users:read",), tier=3),
    "usergroups.list": Method(act=groups, scopes=("usergroups:read",), tier=2),
    "usergroups.users.list": Method(act=group_users, scopes=("usergroups:read",), tier=2),
    "usergroups.create": Method(act=group_create, scopes=("usergroups:write",), tier=2),
    "usergroups.update": Method(act=group_update, scopes=("usergroups:write",), tier=2),
    "usergroups.users.update": Method(act=group_users_update, scopes=("usergroups:write",), tier=2),
}
