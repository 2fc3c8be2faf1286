"""The Web API's `views.*`."""

from __future__ import annotations

from workspace.api import Call, Method
from workspace.kit import too_large
from workspace.refusals import Doc, Refused
from workspace.state import checked_view


def _view(call: Call, kind: str) -> Doc:
    given = call.json("view")
    if too_large(given):
        raise Refused("view_too_large")
    return checked_view(given, kind)


def open_(call: Call) -> Doc:
    """`views.open`."""
    view = _view(call, "modal")
    trigger = call.space.spend_trigger(call.text("trigger_id"))
    return {"ok": True, "view": call.space.open_view(trigger.user_id, view)}


def push(call: Call) -> Doc:
    """`views.push`: only in answer to something pressed in a modal."""
    view = _view(call, "modal")
    trigger = call.space.spend_trigger(call.text("trigger_id"))
    if trigger.view_id is None:
        raise Refused("not_found")
    return {"ok": True, "view": call.space.push_view(trigger.user_id, view)}


def update(call: Call) -> Doc:
    """`views.update`, by `view_id` or `external_id`."""
    view = _view(call, "modal")
    screen = call.space.find_screen(view_id=call.text("view_id", ""), external_id=call.text("external_id", ""))
    return {"ok": True, "view": call.space.change_view(screen["view"]["id"], view, hash_=call.text("hash", ""))}


def publish(call: Call) -> Doc:
    """`views.publish`: a person's Home."""
    if not call.space.manifest.home_tab:
        raise Refused("not_enabled")
    view = _view(call, "home")
    user = call.space.user(call.text("user_id"))
    return {"ok": True, "view": call.space.publish_home(user["id"], view, hash_=call.text("hash", ""))}


METHODS = {
    "views.open": Method(act=open_, tier=4),
    "views.push": Method(act=push, tier=4),
    "views.update": Method(act=update, tier=4),
    "views.publish": Method(act=publish, tier=4),
}
