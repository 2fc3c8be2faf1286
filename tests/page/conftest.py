"""A workspace with a small app that posts every kind of card, and a browser to look at it with."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from workspace import desk, pages, wire
from workspace.faults import Faults, Settings
from workspace.server import Server, listen
from workspace.state import Workspace
from workspace.switchboard import Switchboard

SCOPES = [f"{each}:{right}" for each in ("channels", "groups", "im") for right in ("history", "read", "write")]
SCOPES += ["bookmarks:write", "channels:join", "channels:manage", "chat:write", "commands"]
SCOPES += ["files:read", "files:write", "pins:read", "pins:write", "users:read"]
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Sample"},
    "features": {
        "bot_user": {"display_name": "Sample"},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [
            {"command": "/form", "description": "Open a form 打开表单", "usage_hint": "[all | small]"},
            {"command": "/card", "description": "Post a card 发一张卡片"},
            {"command": "/slow", "description": "Answer too late"},
        ],
        "shortcuts": [
            {"name": "Open the form", "type": "global", "callback_id": "open_form", "description": "From anywhere"},
            {"name": "Form from this message", "type": "message", "callback_id": "form_from_message"},
        ],
    },
    "oauth_config": {"scopes": {"bot": SCOPES}},
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}, "socket_mode_enabled": True},
}
MEMBERS: dict[str, Any] = {
    "team": {"id": "T0LOCAL", "name": "东方通信集团", "domain": "sample"},
    "members": [
        {"id": "U0LIWEI", "name": "li.wei", "real_name": "李伟", "locale": "zh-CN", "title": "值班经理 duty manager"},
        {"id": "U0WANG", "name": "wang.fang", "real_name": "王芳", "locale": "zh-CN", "title": "签发人 approver"},
        {"id": "U0ADA", "name": "ada", "real_name": "Ada Byron", "locale": "en-US", "title": "responder"},
    ],
    "channels": [{"name": "duty-room", "topic": "24-hour duty · 值班室", "members": "all"}],
}


def plain(text: str) -> dict[str, Any]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def options(*texts: str) -> list[dict[str, Any]]:
    """Options whose value is their text in lower case."""
    return [{"text": plain(text), "value": text.lower()} for text in texts]


def asked(block_id: str, label: str, element: dict[str, Any], **more: object) -> dict[str, Any]:
    """An input block; its element's action_id is `it`."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": "it", **element},
        **more,
    }


def everything() -> dict[str, Any]:
    """A modal with every kind of element an input may hold."""
    roles = options("Commander", "Liaison", "Logistics")
    blocks = [
        {"type": "section", "text": mrkdwn("*All fields.* What is typed is kept.")},
        asked(
            "what",
            "What happened",
            {"type": "plain_text_input", "placeholder": plain("One sentence"), "max_length": 40},
        ),
        asked(
            "more",
            "Details",
            {"type": "plain_text_input", "multiline": True},
            optional=True,
            hint=plain("As you know it"),
        ),
        asked("plan", "Scenario", {"type": "static_select", "options": options("Cable cut", "Power loss", "Flood")}),
        asked("users", "Users affected", {"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}),
        asked("day", "Day", {"type": "datepicker", "initial_date": "2026-11-23"}),
        asked("hour", "Hour", {"type": "timepicker", "initial_time": "09:30"}),
        asked("since", "Since when", {"type": "datetimepicker", "initial_date_time": 1763862720}),
        asked("level", "Level", {"type": "radio_buttons", "options": options("I", "II", "III")}),
        asked("drill", "Kind", {"type": "checkboxes", "options": options("This is a drill")}, optional=True),
        asked("roles", "Roles", {"type": "multi_static_select", "options": roles}, optional=True),
        asked("who", "Commander", {"type": "users_select"}),
        asked("team", "Team", {"type": "multi_users_select"}, optional=True),
        asked("room", "Room", {"type": "conversations_select"}, optional=True),
        asked("mail", "Mail", {"type": "email_text_input"}, optional=True),
        {
            "type": "actions",
            "block_id": "grow",
            "elements": [{"type": "button", "action_id": "grow", "text": plain("More fields")}],
        },
    ]
    return {
        "type": "modal",
        "callback_id": "everything",
        "title": plain("Every field"),
        "submit": plain("Declare"),
        "close": plain("Cancel"),
        "blocks": blocks,
    }


def card(now: int) -> list[dict[str, Any]]:
    """A status card like those of an incident."""
    due = f"<!date^{now + 2520}^{{date_short_pretty}} {{time}}|soon>"
    return [
        {"type": "header", "text": plain("🚨 海缆中断：东海段双缆阻断 · INC-2026-0031")},
        {
            "type": "section",
            "text": mrkdwn(
                "Response level *II* (decided by <@U0LIWEI>) · Event level _undetermined_ · ~3~ 2 facts unknown"
            ),
            "accessory": {
                "type": "overflow",
                "action_id": "more",
                "options": options("Hand over", "Assess", "Stand down"),
            },
        },
        {
            "type": "section",
            "fields": [
                mrkdwn(f"*⏱ First notice → 省通信管理局*\ndue {due} (42 min)"),
                mrkdwn("*Vacant*\n对外联络"),
                mrkdwn("*Tasks*\n6 of 17 done · 2 late"),
                mrkdwn("*Users affected*\n120 000 (14:05, NOC) · was 80 000"),
            ],
        },
        {
            "type": "context",
            "elements": [mrkdwn("Plan `submarine-cable v3 · 9f2c41` · 电管〔2009〕187号, not verified")],
        },
        {"type": "divider"},
        {
            "type": "actions",
            "block_id": "buttons",
            "elements": [
                {
                    "type": "button",
                    "action_id": "sign",
                    "style": "primary",
                    "text": plain("Sign first notice"),
                    "value": "n1",
                },
                {"type": "button", "action_id": "facts", "text": plain("Update facts")},
                {
                    "type": "static_select",
                    "action_id": "level",
                    "placeholder": plain("Level"),
                    "options": options("I", "II", "III", "IV"),
                },
                {
                    "type": "button",
                    "action_id": "end",
                    "style": "danger",
                    "text": plain("Stand down"),
                    "confirm": {
                        "title": plain("Stand down?"),
                        "text": mrkdwn("This *ends* the response."),
                        "confirm": plain("Stand down now"),
                        "deny": plain("Not yet"),
                    },
                },
            ],
        },
    ]


SMALL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "small",
    "notify_on_close": True,
    "title": plain("Small"),
    "submit": plain("Save"),
    "blocks": [
        asked("word", "Word", {"type": "plain_text_input"}),
        {
            "type": "actions",
            "block_id": "go",
            "elements": [{"type": "button", "action_id": "push", "text": plain("Next page")}],
        },
    ],
}


SCRIPT = "第 {} 段：请照读。Read this out, word for word, before you write anything down."
LONG: dict[str, Any] = {
    "type": "modal",
    "title": plain("Call"),
    "submit": plain("Save"),
    "blocks": [
        *({"type": "section", "text": plain(SCRIPT.format(number))} for number in range(1, 25)),
        asked("who", "Spoken to", {"type": "plain_text_input"}),
    ],
}


@dataclass
class Heard:
    """What the sample app heard, for tests to ask about."""

    payloads: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, kind: str, body: dict[str, Any]) -> None:
        """Keep one payload."""
        self.payloads.append((kind, body))

    def last(self, kind: str, within_s: float = 3.0) -> dict[str, Any]:
        """The newest payload of a kind, waiting a little for it."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            found = [body for each, body in self.payloads if each == kind]
            if found:
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(f"the app heard no {kind}, only {[each for each, _ in self.payloads]}")


SECOND = {"type": "modal", "title": plain("Second"), "blocks": [{"type": "section", "text": plain("Page two")}]}


@dataclass(frozen=True)
class Sample:
    """An app that opens forms, refuses some, posts cards and edits them."""

    client: WebClient
    heard: Heard

    def form(self, ack: Ack, body: dict[str, Any]) -> None:
        """Open the big form, or the small one."""
        ack()
        self.heard.note("command", body)
        view = {"small": SMALL, "long": LONG}.get(body["text"]) or everything()
        self.client.views_open(trigger_id=body["trigger_id"], view=view)

    def card(self, ack: Ack, body: dict[str, Any]) -> None:
        """Acknowledge with words, then post the card."""
        ack("Posting the card")
        self.client.chat_postMessage(channel=body["channel_id"], text="A card", blocks=card(int(time.time())))

    def slow(self, ack: Ack) -> None:
        """Acknowledge too late."""
        time.sleep(3.4)
        ack()

    def submitted(self, ack: Ack, body: dict[str, Any]) -> None:
        """Refuse the word "wrong", take anything else."""
        self.heard.note("submission", body)
        values = body["view"]["state"]["values"]
        if values["what"]["it"]["value"] == "wrong":
            ack(response_action="errors", errors={"what": "Say more than that.", "plan": "Not this one."})
        else:
            ack()

    def saved(self, ack: Ack, body: dict[str, Any]) -> None:
        """Take the small form."""
        self.heard.note("submission", body)
        ack()

    def closed(self, ack: Ack, body: dict[str, Any]) -> None:
        """Hear that the small form was closed."""
        ack()
        self.heard.note("closed", body)

    def push(self, ack: Ack, body: dict[str, Any]) -> None:
        """Put a second page on the form."""
        ack()
        self.client.views_push(trigger_id=body["trigger_id"], view=SECOND)

    def grow(self, ack: Ack, body: dict[str, Any]) -> None:
        """Add a field to the open form."""
        ack()
        view = everything()
        view["blocks"].append(asked("extra", "Extra field", {"type": "plain_text_input"}, optional=True))
        self.client.views_update(view_id=body["view"]["id"], view=view)

    def sign(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Edit the card in place and whisper to who pressed."""
        ack()
        self.heard.note("action", body)
        message = body["message"]
        blocks = [
            *message["blocks"],
            {"type": "context", "elements": [mrkdwn(f"✅ signed by <@{body['user']['id']}>")]},
        ]
        self.client.chat_update(channel=body["channel"]["id"], ts=message["ts"], text="A card, signed", blocks=blocks)
        respond(text="Only you read this: *signed*", replace_original=False)

    def any_action(self, ack: Ack, body: dict[str, Any]) -> None:
        """Hear of a press."""
        ack()
        self.heard.note("action", body)

    def from_anywhere(self, ack: Ack, body: dict[str, Any]) -> None:
        """Open the small form from a shortcut, of the workspace or of a message."""
        ack()
        self.heard.note(body["type"], body)
        self.client.views_open(trigger_id=body["trigger_id"], view=SMALL)

    def home(self, event: dict[str, Any]) -> None:
        """Publish Home."""
        buttons = [
            {"type": "button", "action_id": "declare", "style": "primary", "text": plain("Declare"), "value": "x"},
            {"type": "button", "action_id": "drill", "text": plain("Drill")},
        ]
        blocks = [
            {"type": "header", "text": plain("Now")},
            {"type": "section", "text": mrkdwn(f"Nothing waits for you, <@{event['user']}>.")},
            {"type": "actions", "elements": buttons},
        ]
        self.client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})


def sample_app(api: str, heard: Heard) -> App:
    """The sample as a Bolt app on this workspace."""
    client = WebClient(token=wire.BOT_TOKEN, base_url=api, retry_handlers=[])
    app = App(client=client, token_verification_enabled=False, listener_executor=ThreadPoolExecutor(8))
    sample = Sample(client, heard)
    for command in ("form", "card", "slow"):
        app.command(f"/{command}")(getattr(sample, command))
    app.view("everything")(sample.submitted)
    app.view("small")(sample.saved)
    app.view_closed("small")(sample.closed)
    for action in ("push", "grow", "sign"):
        app.action(action)(getattr(sample, action))
    app.action(re.compile(".*"))(sample.any_action)
    app.shortcut(re.compile(".*"))(sample.from_anywhere)
    app.event("app_home_opened")(sample.home)
    return app


@dataclass(frozen=True, kw_only=True)
class World:
    """The running workspace, its app and what the app heard."""

    url: str
    space: Workspace
    desk: desk.Desk
    client: WebClient
    heard: Heard

    @property
    def room(self) -> str:
        """The id of #duty-room."""
        found = self.space.find_channel("duty-room")
        assert found is not None
        return str(found["id"])

    def post_card(self, channel: str) -> str:
        """Post the sample's status card; give its ts."""
        posted = self.client.chat_postMessage(channel=channel, text="A card", blocks=card(int(time.time())))
        return str(posted["ts"])

    def fresh_room(self, name: str) -> str:
        """A new public channel with everyone and the app in it."""
        made = self.client.conversations_create(name=name)["channel"]["id"]
        self.client.conversations_invite(channel=made, users="U0LIWEI,U0WANG,U0ADA")
        return str(made)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One workspace for the whole run, with the sample app connected to it."""
    state = tmp_path_factory.mktemp("workspace")
    bound, port = listen(0)
    space = Workspace(directory=state, manifest=MANIFEST, members=MEMBERS)
    space.base_url = f"http://127.0.0.1:{port}/"
    faults = Faults(Settings(), seed=0)
    whole = wire.make(space, faults, tokens=wire.Tokens(), switchboard=Switchboard(app_id=space.app_id, faults=faults))
    table = desk.Desk(directory=state, portal_token="portal", lang="zh")
    table.start(smtp_port=None)
    server = Server(whole, [*pages.build(space, lang="zh"), *desk.build(table)], on_leave=table.stop)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        os.environ.pop(name, None)
    heard = Heard()
    app = sample_app(f"{space.base_url}api/", heard)
    handler = SocketModeHandler(app, wire.APP_TOKEN, concurrency=8)
    handler.connect()
    app.client.conversations_join(channel=space.find_channel("duty-room")["id"])
    yield World(url=space.base_url, space=space, desk=table, client=app.client, heard=heard)
    with contextlib.suppress(AttributeError):  # slack_sdk may trip over its own reconnecting session at the end
        handler.close()
    server.leave()
    thread.join(timeout=3)
    space.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of one's own: 1280 pixels wide, English, in Shanghai."""
    made = chromium.new_context(
        viewport={"width": 1280, "height": 860}, locale="en-GB", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    made.set_default_timeout(5000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab in which any error of the page's own script fails the test."""
    made = context.new_page()
    faults: list[str] = []
    made.on("pageerror", lambda fault: faults.append(str(fault)))
    made.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    yield made
    assert faults == []


@pytest.fixture
def room(world: World, request: pytest.FixtureRequest) -> str:
    """A channel for this test alone."""
    world.heard.payloads.clear()
    world.space._notices.clear()
    for each in MEMBERS["members"]:
        world.space.drop_views(each["id"], keep=0)
    name = request.node.name.removeprefix("test_").replace("_", "-").lower()
    return world.fresh_room("".join(each for each in name if each.isalnum() or each == "-")[:60])


@pytest.fixture
def seat(world: World, page: Page, room: str) -> Page:
    """The test's channel, in English, as 李伟."""
    page.goto(f"{world.url}?lang=en&as=U0LIWEI&c={room}")
    expect(page.locator("body[data-ready]")).to_be_attached()
    return page
