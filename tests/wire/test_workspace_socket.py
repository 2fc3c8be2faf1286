"""Socket Mode and interaction: the real Bolt, unmodified, against people who press."""

# ruff: noqa: ANN401, S310 - the fixtures live in conftest, which tests cannot import; Bolt injects by name

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.webhook import WebhookClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from workspace import switchboard, wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLAIN = {"type": "plain_text", "text": "宣布事件"}


def plain(text: str) -> dict[str, str]:
    """A plain text."""
    return {"type": "plain_text", "text": text}


def modal(**extra: Any) -> dict[str, Any]:
    """The declaration in small: what, a scenario, a drill."""
    options = [{"text": plain(each), "value": each} for each in ("海缆", "基站")]
    blocks = [
        {
            "type": "input",
            "block_id": "what",
            "label": PLAIN,
            "element": {"type": "plain_text_input", "action_id": "t"},
        },
        {
            "type": "input",
            "block_id": "scenario",
            "label": PLAIN,
            "dispatch_action": True,
            "optional": True,
            "element": {"type": "static_select", "action_id": "s", "options": options},
        },
    ]
    return {
        "type": "modal",
        "callback_id": "declare",
        "title": PLAIN,
        "submit": plain("宣布"),
        "blocks": blocks,
        "private_metadata": "m",
    } | extra


def text_state(value: str) -> dict[str, Any]:
    """What a person typed as "what happened"."""
    return {"what": {"t": {"type": "plain_text_input", "value": value}}}


CARD = [
    {
        "type": "actions",
        "block_id": "next",
        "elements": [
            {
                "type": "button",
                "action_id": "activate",
                "text": {"type": "plain_text", "text": "启动"},
                "value": "INC-1",
                "style": "primary",
            },
            {
                "type": "static_select",
                "action_id": "level",
                "placeholder": {"type": "plain_text", "text": "级别"},
                "options": [
                    {"text": {"type": "plain_text", "text": "II 级"}, "value": "II"},
                    {"text": {"type": "plain_text", "text": "I 级"}, "value": "I"},
                ],
            },
        ],
    }
]


@pytest.fixture(name="bodies")
def fixture_bodies() -> dict[str, dict[str, Any]]:
    """The payloads a test's app was given, by listener."""
    return {}


@pytest.fixture(name="app")
def fixture_app(local: Any, bodies: dict[str, dict[str, Any]]) -> Any:
    """A Bolt app that declares incidents, connected."""
    app = local.bolt()

    @app.command("/incident")
    def declare(ack: Any, body: Any, client: Any) -> None:
        ack()
        bodies["command"] = body
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("declare")
    def declared(ack: Any, body: Any, view: Any, client: Any) -> None:
        bodies["view"] = body
        text = view["state"]["values"]["what"]["t"]["value"]
        if len(text) < 4:
            ack(response_action="errors", errors={"what": "请写清楚发生了什么"})
            return
        ack()
        client.chat_postMessage(channel=local.room, text=text, blocks=CARD)

    @app.action("activate")
    def activated(ack: Any, body: Any, client: Any, respond: Any) -> None:
        ack()
        bodies["button"] = body
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="处置中", blocks=[])
        respond("已启动", response_type="ephemeral", replace_original=False)

    @app.action("level")
    def levelled(ack: Any, body: Any) -> None:
        ack()
        bodies["select"] = body

    @app.action("s")
    def chosen(ack: Any, body: Any) -> None:
        ack()
        bodies["chosen"] = body

    @app.event("app_home_opened")
    def home(event: Any, client: Any) -> None:
        bodies["home"] = event
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": CARD})

    local.connect(app)
    return app


# ----------------------------------------------------------------- the whole way


@pytest.mark.usefixtures("app")
def test_from_a_command_to_an_updated_card(local: Any, until: Callable[..., None]) -> None:
    """Command → modal → field errors, values kept → submit → card → select → button → update → answer to one."""
    space = local.space
    space.command("U01", local.room, "/incident", "海缆")
    until(lambda: space.modals("U01"))
    view = space.modals("U01")[0]
    space.submit("U01", view["id"], text_state("短"))
    standing = space.modals("U01")[0]
    assert standing["errors"] == {"what": "请写清楚发生了什么"}
    assert standing["state"]["values"]["what"]["t"]["value"] == "短"
    space.submit("U01", view["id"], text_state("东海段双缆阻断"))
    assert space.modals("U01") == []
    until(lambda: local.said(local.room))
    card = local.said(local.room)[0]
    chosen = {"block_id": "next", "action_id": "level", "selected_option": CARD[0]["elements"][1]["options"][1]}
    space.press("U02", channel_id=local.room, ts=card["ts"], action=chosen)
    space.press("U02", channel_id=local.room, ts=card["ts"], action={"block_id": "next", "action_id": "activate"})
    until(lambda: len(local.said(local.room, "U02")) == 2)
    changed, whispered = local.said(local.room, "U02")
    assert (changed["text"], "blocks" in changed, "edited" in changed) == ("处置中", False, True)
    assert (whispered["text"], whispered["is_ephemeral"]) == ("已启动", True)
    assert len(local.said(local.room, "U01")) == 1, "the answer was for the presser alone"


@pytest.mark.usefixtures("app")
def test_payloads_have_slacks_shapes(local: Any, bodies: dict[str, Any], until: Callable[..., None]) -> None:
    """What Bolt is given has the fields Slack documents, for command, submission, button, select and Home."""
    space = local.space
    space.command("U01", local.room, "/incident", "a b")
    until(lambda: space.modals("U01"))
    view = space.modals("U01")[0]
    option = view["blocks"][1]["element"]["options"][0]
    act = {"block_id": "scenario", "action_id": "s", "selected_option": option}
    space.press("U01", view_id=view["id"], action=act, state_values=text_state("双缆阻断"))
    space.submit("U01", view["id"], text_state("双缆阻断"))
    until(lambda: local.said(local.room))
    card = local.said(local.room)[0]
    space.press("U01", channel_id=local.room, ts=card["ts"], action={"block_id": "next", "action_id": "activate"})
    space.open_home("U01")
    until(lambda: space.home("U01"))
    _check_command(bodies["command"], local)
    _check_submission(bodies["view"], view, option)
    _check_button(bodies["button"], local, card)
    assert bodies["chosen"]["container"] == {"type": "view", "view_id": view["id"]}
    assert bodies["chosen"]["view"]["state"]["values"]["what"]["t"]["value"] == "双缆阻断"
    assert bodies["chosen"]["actions"][0]["selected_option"] == option
    assert (bodies["home"]["tab"], bodies["home"]["channel"][0]) == ("home", "D")


def _check_command(body: dict[str, Any], local: Any) -> None:
    expected = {
        "command": "/incident",
        "text": "a b",
        "channel_id": local.room,
        "channel_name": "duty-room",
        "user_id": "U01",
        "user_name": "li.wei",
        "team_id": "T0LOCAL",
        "team_domain": "tocsin-local",
        "is_enterprise_install": "false",
    }
    assert {key: body[key] for key in expected} == expected
    assert {"token", "api_app_id", "trigger_id", "response_url"} <= set(body)


def _check_submission(body: dict[str, Any], view: dict[str, Any], option: dict[str, Any]) -> None:
    assert body["type"] == "view_submission"
    assert body["user"] == {"id": "U01", "username": "li.wei", "name": "li.wei", "team_id": "T0LOCAL"}
    assert body["response_urls"] == []
    sent = body["view"]
    assert (sent["id"], sent["root_view_id"], sent["previous_view_id"]) == (view["id"], view["id"], None)
    assert (sent["private_metadata"], sent["callback_id"], sent["hash"]) == ("m", "declare", view["hash"])
    assert sent["state"]["values"] == {
        "what": {"t": {"type": "plain_text_input", "value": "双缆阻断"}},
        "scenario": {"s": {"type": "static_select", "selected_option": option}},
    }


def _check_button(body: dict[str, Any], local: Any, card: dict[str, Any]) -> None:
    assert body["container"] == {
        "type": "message",
        "message_ts": card["ts"],
        "channel_id": local.room,
        "is_ephemeral": False,
    }
    assert body["channel"] == {"id": local.room, "name": "duty-room"}
    assert body["message"]["blocks"][0]["block_id"] == "next"
    assert body["state"]["values"] == {"next": {"level": {"type": "static_select", "selected_option": None}}}
    action = body["actions"][0]
    assert (action["type"], action["value"], action["style"]) == ("button", "INC-1", "primary")
    assert action["text"] == {"type": "plain_text", "text": "启动", "emoji": True}
    assert "action_ts" in action


# ------------------------------------------------------- acknowledgements, or none


def test_silence_is_told_to_the_person_after_the_limit(start: Callable[..., Any]) -> None:
    """A listener that never acknowledges leaves its presser with `operation_timeout`; Slack's limit is 3 s."""
    assert switchboard.ACK_WITHIN_S == 3.0
    local = start(ack_within_s=0.3)
    app = local.bolt()

    @app.command("/plan")
    def slow(ack: Any) -> None:
        time.sleep(0.5)
        ack("too late")

    local.connect(app)
    began = time.monotonic()
    local.space.command("U01", local.room, "/plan", "")
    assert 0.3 <= time.monotonic() - began < 0.5
    assert local.notices("U01") == ["operation_timeout"]
    assert local.notices("U02") == []
    time.sleep(0.3)
    assert local.said(local.room) == [], "an acknowledgement that came too late says nothing"


def test_without_a_socket_the_person_is_told_at_once(local: Any) -> None:
    """No app connected: a notice, no waiting, and a modal that stays open with its trouble named."""
    began = time.monotonic()
    local.space.command("U01", local.room, "/incident", "")
    opened = local.client().views_open(trigger_id=local.space.issue_trigger("U01"), view=modal())["view"]
    local.space.submit("U01", opened["id"], text_state("双缆阻断"))
    assert time.monotonic() - began < 0.3
    assert local.notices("U01") == ["not_connected"]
    assert local.space.modals("U01")[0]["trouble"] == "not_connected"
    local.space.command("U01", local.room, "/nothing", "")
    assert local.notices("U01") == ["not_connected", "invalid_command"]


def test_an_acknowledgement_may_carry_words(local: Any) -> None:
    """`ack("text")` is whispered to the person; `response_type: in_channel` is said to all."""
    app = local.bolt()

    @app.command("/oncall")
    def now(ack: Any) -> None:
        ack("李伟在岗")

    @app.command("/plan")
    def plan(ack: Any) -> None:
        ack(text="预案一览", blocks=CARD, response_type="in_channel")

    local.connect(app)
    local.space.command("U01", local.room, "/oncall", "")
    local.space.command("U01", local.room, "/plan", "")
    assert [each["text"] for each in local.said(local.room, "U01")] == ["李伟在岗", "预案一览"]
    assert [each["text"] for each in local.said(local.room, "U02")] == ["预案一览"]


@pytest.mark.usefixtures("app")
def test_a_required_field_is_missed_without_asking_the_app(local: Any, bodies: dict[str, Any]) -> None:
    """An empty required input is refused in the person's language, and the app hears nothing of it."""
    for user, sentence in (("U01", "此项必填。"), ("U02", "Please complete this required field.")):
        view = local.client().views_open(trigger_id=local.space.issue_trigger(user), view=modal())["view"]
        local.space.submit(user, view["id"], {})
        assert local.space.modals(user)[0]["errors"] == {"what": sentence}
    assert "view" not in bodies


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ({"response_action": "clear"}, 0),
        ({}, 1),
        ({"response_action": "update", "view": modal(callback_id="two")}, 2),
        ({"response_action": "push", "view": modal(callback_id="two")}, 3),
        ({"response_action": "errors", "errors": {"no-such-block": "x"}}, 2),
        ({"response_action": "update", "view": {"type": "modal"}}, 2),
    ],
)
def test_what_a_submission_is_answered_is_done(local: Any, answer: dict[str, Any], left: int) -> None:
    """Nothing, clear, update, push do what Slack does to a stack of two; an answer Slack refuses is a trouble."""
    app = local.bolt()
    app.view("declare")(lambda ack: ack(**answer))
    local.connect(app)
    client = local.client()
    root = client.views_open(trigger_id=local.space.issue_trigger("U01"), view=modal())["view"]["id"]
    top = client.views_push(trigger_id=local.space.issue_trigger("U01", view_id=root), view=modal())["view"]["id"]
    local.space.submit("U01", top, text_state("双缆阻断"))
    stack = local.space.modals("U01")
    assert len(stack) == left
    if left == 2 and answer["view" if "view" in answer else "errors"] != modal(callback_id="two"):
        assert stack[-1]["trouble"] == "invalid_response"
    elif left >= 2:
        assert (stack[-1]["callback_id"], stack[-1]["trouble"]) == ("two", "")


def test_closing_is_told_only_if_asked_for(local: Any, until: Callable[..., None]) -> None:
    """`view_closed` comes for views with `notify_on_close`, with what was typed, and says if all were cleared."""
    app, heard = local.bolt(), []

    @app.view_closed("declare")
    def closed(ack: Any, body: Any) -> None:
        ack()
        heard.append((body["is_cleared"], body["view"]["private_metadata"]))

    local.connect(app)
    client, space = local.client(), local.space
    quiet = client.views_open(trigger_id=space.issue_trigger("U01"), view=modal())["view"]["id"]
    space.close_view("U01", quiet)
    loud = modal(notify_on_close=True, private_metadata="loud")
    root = client.views_open(trigger_id=space.issue_trigger("U01"), view=loud)["view"]["id"]
    client.views_push(trigger_id=space.issue_trigger("U01", view_id=root), view=modal())
    space.close_view("U01", root, clear=True)
    until(lambda: heard)
    assert (heard, space.modals("U01")) == ([(True, "loud")], [])


# -------------------------------------------------------- shortcuts, events, whispers


def test_shortcuts_reach_the_app(local: Any, until: Callable[..., None]) -> None:
    """A global shortcut carries a trigger; one on a message carries the message and its channel."""
    app, heard = local.bolt(), {}

    @app.shortcut("declare")
    def anywhere(ack: Any, body: Any) -> None:
        ack()
        heard["global"] = body

    @app.shortcut("declare_from_message")
    def here(ack: Any, body: Any) -> None:
        ack()
        heard["message"] = body

    local.connect(app)
    said = local.space.say("U02", local.room, "好像断了一条缆")
    local.space.shortcut("U01", "declare")
    local.space.message_action("U01", "declare_from_message", local.room, said["ts"])
    until(lambda: len(heard) == 2)
    assert heard["global"]["type"] == "shortcut"
    assert {"trigger_id", "action_ts", "team", "user"} <= set(heard["global"])
    body = heard["message"]
    assert (body["type"], body["message"]["text"], body["channel"]["id"]) == (
        "message_action",
        "好像断了一条缆",
        local.room,
    )
    assert [each["name"] for each in local.space.shortcuts("message")] == ["Declare from this message"]


def test_the_app_hears_only_where_it_is_and_what_it_subscribed_to(local: Any, until: Callable[..., None]) -> None:
    """Messages come from channels the app is in; joins and direct messages too; never from elsewhere."""
    app, heard = local.bolt(), []
    app.event("message")(lambda event: heard.append(event["text"]))
    app.event("member_joined_channel")(lambda event: heard.append(event["user"]))
    local.connect(app)
    local.space.say("U01", local.room, "app is not here")
    local.client().conversations_join(channel=local.room)
    local.space.say("U01", local.room, "here it is")
    direct = local.space.open_dm("U02", local.space.bot_user["id"])
    local.space.say("U02", direct, "to you alone")
    made = local.client().conversations_create(name="inc-1")["channel"]["id"]
    local.client().conversations_invite(channel=made, users="U03")
    until(lambda: "U03" in heard)
    until(lambda: "to you alone" in heard)
    assert "here it is" in heard
    assert "app is not here" not in heard


def test_an_event_not_acknowledged_comes_again(local: Any) -> None:
    """An event without an acknowledgement is sent again, with the attempt counted and the reason named."""
    local.client().conversations_join(channel=local.room)
    with _socket(local) as link:
        local.space.say("U01", local.room, "收到请回复")
        attempts = [_envelope_of(link, "收到请回复") for _ in range(3)]
        link.send(json.dumps({"envelope_id": attempts[-1]["envelope_id"]}))
        assert [(each["retry_attempt"], each["retry_reason"]) for each in attempts] == [
            (0, ""),
            (1, "timeout"),
            (2, "timeout"),
        ]
        assert len({each["payload"]["event_id"] for each in attempts}) == 1
        assert attempts[0]["accepts_response_payload"] is False


def test_a_whispers_button_carries_no_message(local: Any) -> None:
    """As with Slack, pressing in an ephemeral message sends no `message`; its response_url can replace it."""
    app, heard = local.bolt(), {}

    @app.action("activate")
    def pressed(ack: Any, body: Any, respond: Any) -> None:
        ack()
        heard.update(body)
        respond(text="办好了", replace_original=True)

    local.connect(app)
    client = local.client()
    client.conversations_join(channel=local.room)
    ts = client.chat_postEphemeral(channel=local.room, user="U01", text="?", blocks=CARD)["message_ts"]
    local.space.press("U01", channel_id=local.room, ts=ts, action={"block_id": "next", "action_id": "activate"})
    end = time.monotonic() + 3
    while local.said(local.room)[0]["text"] != "办好了" and time.monotonic() < end:
        time.sleep(0.01)
    assert (local.said(local.room)[0]["text"], "blocks" in local.said(local.room)[0]) == ("办好了", False)
    assert heard["container"]["is_ephemeral"] is True
    assert "message" not in heard


def test_a_response_url_serves_five_times_in_half_an_hour(local: Any) -> None:
    """The sixth use is refused, as is any after thirty minutes; deleting the original works."""
    ts = local.client().chat_postMessage(channel=local.room, text="原文")["ts"]
    url = local.space.issue_response_url("U01", local.room, ts=ts)
    hook = WebhookClient(url)
    assert [hook.send(text=str(n), response_type="in_channel").status_code for n in range(4)] == [200] * 4
    assert hook.send_dict({"delete_original": True}).status_code == 200
    assert (hook.send(text="6").status_code, "used_url" in hook.send(text="6").body) == (404, True)
    assert [each["text"] for each in local.said(local.room)] == ["0", "1", "2", "3"]
    old = WebhookClient(local.space.issue_response_url("U01", local.room))
    local.clock.ahead = 30 * 60 + 1
    assert "expired_url" in old.send(text="x").body


# ----------------------------------------------------------------------- sockets


def test_an_envelope_goes_to_one_socket_in_turn(local: Any) -> None:
    """Two connected apps share the envelopes; none is seen twice."""
    seen: list[list[str]] = [[], []]
    for mine in seen:
        local.connect(_noting(local.bolt(), mine))
    for n in range(8):
        local.space.command("U01", local.room, "/drill", str(n))
    assert sorted(seen[0] + seen[1]) == [str(n) for n in range(8)]
    assert len(seen[0]) == len(seen[1]) == 4


def _noting(app: Any, mine: list[str]) -> Any:
    @app.command("/drill")
    def took(ack: Any, body: Any) -> None:
        mine.append(body["text"])
        ack()

    return app


def test_hello_names_the_app_and_tickets_serve_once(local: Any) -> None:
    """A connection begins with hello; its address cannot be used again."""
    url = local.client().apps_connections_open(app_token=wire.APP_TOKEN)["url"]
    with connect(url, proxy=None) as link:
        hello = json.loads(link.recv(2))
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"]["app_id"] == local.space.app_id
    with pytest.raises(InvalidStatus), connect(url, proxy=None):
        pass


@pytest.mark.usefixtures("app")
def test_no_command_is_lost_while_sockets_are_refreshed(local: Any) -> None:
    """With the socket refreshed again and again, every command is acknowledged: none goes to a socket on its way."""
    local.faults.change({"drop_sockets_s": 0.4})
    told = 0
    for _ in range(20):
        local.space.command("U01", local.room, "/incident", "")
        told += len(local.notices("U01"))
        time.sleep(0.03)
    assert told == 0
    local.faults.change({"drop_sockets_s": 0})


def test_after_disconnect_nothing_is_sent_and_the_socket_closes(local: Any) -> None:
    """A socket told to refresh gets no more envelopes and is closed shortly after."""
    with _socket(local) as link:
        local.faults.change({"drop_sockets_s": 0.01})
        assert json.loads(link.recv(2)) | {"debug_info": 0} == {
            "type": "disconnect",
            "reason": "refresh_requested",
            "debug_info": 0,
        }
        assert local.board.connections == 0
        threading.Thread(target=local.space.command, args=("U01", local.room, "/plan", "")).start()
        with pytest.raises(ConnectionClosed):
            link.recv(2)


@contextmanager
def _socket(local: Any) -> Iterator[ClientConnection]:
    url = local.client().apps_connections_open(app_token=wire.APP_TOKEN)["url"]
    with connect(url, proxy=None) as link:
        assert json.loads(link.recv(2))["type"] == "hello"
        yield link


def _envelopes(link: ClientConnection) -> Iterator[dict[str, Any]]:
    while True:
        yield json.loads(link.recv(3))


def _envelope_of(link: ClientConnection, text: str) -> dict[str, Any]:
    """The next event that says this; others are acknowledged on the way."""
    for envelope in _envelopes(link):
        if envelope["payload"]["event"].get("text") == text:
            return envelope
        link.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
    raise AssertionError("the socket ended")


def test_waiting_readers_wake_on_change_and_at_the_end(local: Any) -> None:
    """`wait` returns as something changes for this person, and at once when the workspace ends."""
    seen = local.space.version("U02")
    threading.Timer(0.1, lambda: local.space.say("U01", local.room, "hi")).start()
    began = time.monotonic()
    assert local.space.wait("U02", seen, 3) != seen
    assert time.monotonic() - began < 1
    threading.Timer(0.1, local.space.stop).start()
    began = time.monotonic()
    local.space.wait("U02", local.space.version("U02"), 3)
    assert time.monotonic() - began < 1


def test_a_response_url_that_is_none_is_refused(local: Any) -> None:
    """An address nobody was given answers 404."""
    request = urllib.request.Request(f"{local.base}response/none", data=b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request)
