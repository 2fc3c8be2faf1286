"""What goes wrong on demand: slowness, rate limits, lost answers, dropped sockets; and the log of calls."""

# ruff: noqa: ANN401, S310 - the fixtures live in conftest, which tests cannot import; Bolt injects by name

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler

from workspace.faults import Faults, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def control(local: Any, path: str, body: Any = None) -> Any:
    """Speak to the workspace's control."""
    raw = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{local.base}_control/{path}", data=raw)) as answer:
        return json.load(answer)


def test_faults_are_switched_live_and_bad_ones_refused(local: Any) -> None:
    """Each fault is set alone, the others stay; an unknown one or a figure out of range changes nothing."""
    control(local, "faults", {"latency_ms": 5})
    now = control(local, "faults", {"rate_limits": True})
    assert now == {"latency_ms": 5, "rate_limits": True, "lose_answers": 0, "drop_sockets_s": 0}
    for wrong in ({"latencyms": 1}, {"lose_answers": 2}, {"latency_ms": "5"}, {"rate_limits": 1}):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            control(local, "faults", wrong)
    assert control(local, "faults") == now


def test_latency_delays_every_answer(local: Any) -> None:
    """With 120 ms set, a call takes at least that; without, far less."""
    client = local.client()
    control(local, "faults", {"latency_ms": 120})
    began = time.monotonic()
    client.auth_test()
    assert time.monotonic() - began >= 0.12
    control(local, "faults", {"latency_ms": 0})
    began = time.monotonic()
    client.auth_test()
    assert time.monotonic() - began < 0.1


def test_a_channel_takes_one_message_a_second(local: Any) -> None:
    """After a small burst a channel answers 429 with Retry-After; another channel is still free; waiting helps."""
    client = local.client()
    other = client.conversations_create(name="inc-1")["channel"]["id"]
    control(local, "faults", {"rate_limits": True})
    for n in range(3):
        client.chat_postMessage(channel=local.room, text=str(n))
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=local.room, text="too soon")
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "1")
    client.chat_postMessage(channel=other, text="free")
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    client.chat_postMessage(channel=local.room, text="in time")
    assert [each["text"] for each in local.said(local.room)] == ["0", "1", "2", "in time"]


def test_methods_keep_their_tier() -> None:
    """Twenty calls of a tier 2 method pass, the next waits three seconds; switched off, all pass."""
    faults = Faults(Settings(rate_limits=True))
    waits = [faults.wait_for("conversations.list", "", 2, 100.0) for _ in range(21)]
    assert waits == [0] * 20 + [3]
    assert faults.wait_for("conversations.list", "", 2, 103.1) == 0
    assert faults.wait_for("conversations.info", "", 3, 100.0) == 0
    faults.change({"rate_limits": False})
    assert faults.wait_for("conversations.list", "", 2, 103.2) == 0


def test_a_lost_answer_was_done_all_the_same(local: Any) -> None:
    """The call is done and noted, the connection closes without a word; a client that retries posts twice."""
    client = local.client()
    control(local, "faults", {"lose_answers": 1})
    with pytest.raises(OSError, match=r"Remote end closed|reset"):
        client.chat_postMessage(channel=local.room, text="once")
    assert [each["text"] for each in local.said(local.room)] == ["once"]
    client.retry_handlers.append(ConnectionErrorRetryHandler(max_retry_count=1))
    with pytest.raises(OSError, match=r"Remote end closed|reset"):
        client.chat_postMessage(channel=local.room, text="twice")
    assert [each["text"] for each in local.said(local.room)] == ["once", "twice", "twice"]
    control(local, "faults", {"lose_answers": 0})
    assert client.auth_test()["ok"]
    assert [each["lost"] for each in control(local, "calls")] == [True, True, True, False]


def test_which_answers_are_lost_repeats_with_the_seed() -> None:
    """The same seed loses the same answers, another seed others; a half means about a half."""
    rows = []
    for seed in (7, 7, 8):
        faults = Faults(Settings(lose_answers=0.5), seed=seed)
        rows.append([faults.loses() for _ in range(200)])
    assert rows[0] == rows[1] != rows[2]
    assert 70 < sum(rows[0]) < 130


def test_calls_are_counted_without_tokens(local: Any) -> None:
    """The log names method, outcome and arguments, numbered; no token is in it; it can be emptied."""
    client = local.client()
    client.chat_postMessage(channel=local.room, text="一")
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="C404", text="二")
    calls = control(local, "calls")
    assert [(each["n"], each["method"], each["ok"], each["error"]) for each in calls] == [
        (1, "chat.postMessage", True, None),
        (2, "chat.postMessage", False, "channel_not_found"),
    ]
    assert calls[0]["args"]["text"] == "一"
    assert all(each["ms"] >= 0 and each["at"] > 0 for each in calls)
    assert "xoxb" not in json.dumps(calls)
    control(local, "calls/reset", {})
    assert control(local, "calls") == []


def test_sockets_are_dropped_by_age_and_come_back(local: Any, until: Callable[..., None]) -> None:
    """A socket of the set age is refreshed; Bolt comes back by itself and takes commands again."""
    app, heard = local.bolt(), []

    @app.command("/drill")
    def took(ack: Any, body: Any) -> None:
        ack()
        heard.append(body["text"])

    local.connect(app)
    control(local, "faults", {"drop_sockets_s": 0.2})
    until(lambda: not control(local, "sockets")["connections"])
    control(local, "faults", {"drop_sockets_s": 0})
    until(lambda: control(local, "sockets")["connections"])
    local.space.command("U01", local.room, "/drill", "again")
    assert heard == ["again"]
