"""Files given in a form: fetched from Slack by the bot's token, which goes nowhere else, within a size."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from slack_sdk import WebClient

from bot import uploads
from errors import BadUpload


class _Shelf(BaseHTTPRequestHandler):
    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        """Answer with a sheet, with too much, with a way elsewhere, or with nothing."""
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        status = {"/gone": 404, "/elsewhere": 302}.get(self.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        if self.path == "/sheet":
            self.wfile.write(b"id,zh,en\n")
        if self.path == "/endless":
            piece = b"x" * 65536
            for _ in range(uploads.MOST // len(piece) + 2):
                self.wfile.write(piece)

    def log_message(self, *_said: Any) -> None:  # noqa: ANN401 -- the library's own signature
        """Say nothing."""


@pytest.fixture
def shelf() -> Iterator[str]:
    """Where the files lie."""
    server = HTTPServer(("127.0.0.1", 0), _Shelf)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    _Shelf.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


def form(url: str, **file: Any) -> dict[str, Any]:  # noqa: ANN401
    """A submitted form that holds this file."""
    given = {"id": "F1", "name": "清单.csv", "size": 9, "url_private_download": url} | file
    return {"state": {"values": {"sheet": {"value": {"type": "file_input", "files": [given]}}, "zh": {"value": {}}}}}


def test_a_file_is_fetched_with_the_bot_s_token(shelf: str) -> None:
    """Name and bytes, by the block it was given in; other fields are no files."""
    client = WebClient(token="xoxb-ours", base_url=f"{shelf}/api/")
    found = uploads.fetch(client, form(f"{shelf}/sheet"))
    assert {block: (each.name, each.content) for block, each in found.items()} == {"sheet": ("清单.csv", b"id,zh,en\n")}
    assert _Shelf.asked == [("/sheet", "Bearer xoxb-ours")]


@pytest.mark.parametrize("path", ["/gone", "/elsewhere", "/endless"])
def test_what_cannot_be_had_whole_is_refused(shelf: str, path: str) -> None:
    """Gone, moved elsewhere, larger than it said: refused in words, and no other address is asked."""
    client = WebClient(token="xoxb-ours", base_url=f"{shelf}/api/")
    with pytest.raises(BadUpload):
        uploads.fetch(client, form(f"{shelf}{path}"))
    assert [asked for asked, _ in _Shelf.asked] == [path]


def test_the_token_goes_to_slack_alone(shelf: str) -> None:
    """An address that is not Slack's is not asked at all; what says that it is too large neither."""
    for base in ("https://slack.com/api/", "http://127.0.0.1:9/api/"):
        with pytest.raises(BadUpload):
            uploads.fetch(WebClient(token="xoxb-ours", base_url=base), form(f"{shelf}/sheet"))
    for odd in ("", "https://slack.com.evil.invalid/x", "http://files.slack.com/x", "ftp://files.slack.com/x"):
        with pytest.raises(BadUpload):
            uploads.fetch(WebClient(token="xoxb-ours", base_url="https://slack.com/api/"), form(odd))
    client = WebClient(token="xoxb-ours", base_url=f"{shelf}/api/")
    with pytest.raises(BadUpload):
        uploads.fetch(client, form(f"{shelf}/sheet", size=uploads.MOST + 1))
    assert _Shelf.asked == []
