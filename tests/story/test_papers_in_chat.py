"""A signed notice's documents in the room of a running house, also of one that is killed while it uploads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.story.house import House, standing, until
from tests.story.kill import BOT
from tests.story.team import Team


def below(house: House, room: str) -> list[dict[str, Any]]:
    """Every message of the room's threads."""
    headers = {"Authorization": f"Bearer {BOT}"}

    def asked(method: str, **more: str) -> list[dict[str, Any]]:
        answer = house.web.post(
            f"{house.url}/api/{method}", data={"channel": room, **more}, headers=headers, timeout=10
        )
        return list(answer.json()["messages"])

    roots = [each["ts"] for each in asked("conversations.history", limit="200") if each.get("reply_count")]
    return [each for ts in roots for each in asked("conversations.replies", ts=ts)[1:]]


def called(house: House, method: str, *, lost: bool = False) -> int:
    """How often the workspace did what this method asks; with `lost`, those whose answer never came."""
    return sum(each["method"] == method and each["lost"] >= lost for each in house.calls())


def test_documents_that_were_shared_when_the_house_was_killed_are_not_shared_twice(tmp_path: Path) -> None:
    """The files are there, their answer is lost, the house is killed: it looks below the message, and finds them."""
    with standing(tmp_path / "var") as house:
        team = Team(house)
        assert team.declare("gao", title="黄河滩区基站退服", scenario="flood_typhoon", unit="henan") == {}
        assert team.activate("gao", "IV", event_level="II") == {}
        room = next(channel for name, channel in team.gao.rooms().items() if name.startswith("inc-"))
        house.settle()
        house.faults(latency_ms=400)
        assert team.sign("wang", "首报") == {}
        until(lambda: called(house, "files.getUploadURLExternal") == 2, 40, what="both are about to be uploaded")
        house.faults(latency_ms=400, lose_answers=1)
        until(lambda: called(house, "files.completeUploadExternal", lost=True), 20, what="shared, and nobody told")
        house.kill()
        house.start()
        house.rest()
        assert called(house, "files.completeUploadExternal") == 0, "after the start nothing is uploaded again"
        assert called(house, "conversations.replies") > 0, "it was looked for"
        (papers,) = below(house, room)
        assert [each["name"].rsplit(".", 1)[1] for each in papers["files"]] == ["pdf", "docx"]
        assert "签名有效" in house.web.get(f"{house.url}/desk?lang=zh", timeout=5).text
