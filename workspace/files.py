"""Files the app uploads: their bytes on disk, their place in channels, their addresses."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from workspace.refusals import Doc, Refused
from workspace.screens import Screens

if TYPE_CHECKING:
    from collections.abc import Sequence

GIVEN_MOST = 50 * 1024 * 1024
SHOWN_AS = {
    "pdf": "PDF",
    "docx": "Word Document",
    "png": "PNG",
    "txt": "Plain Text",
    "json": "JSON",
    "ics": "Calendar",
    "csv": "CSV",
}


class Files(Screens):
    """Slack's two-step upload. A stored file is Slack's file object without addresses, and `_done`."""

    def begin_upload(self, name: str, length: int, *, by: str = "") -> Doc:
        """Reserve a file id for bytes to come, from the app or from a person."""
        suffix = Path(name).suffix.lstrip(".").lower() or "binary"
        with self.changing():
            file_id = self.next_id("F")
            now = int(self.clock())
            return self.put(
                "file",
                file_id,
                {
                    "id": file_id,
                    "created": now,
                    "timestamp": now,
                    "name": name,
                    "title": name,
                    "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
                    "filetype": suffix,
                    "pretty_type": SHOWN_AS.get(suffix, suffix.upper()),
                    "user": by or self.bot_user["id"],
                    "mode": "hosted",
                    "editable": False,
                    "is_external": False,
                    "external_type": "",
                    "is_public": False,
                    "size": length,
                    "channels": [],
                    "groups": [],
                    "ims": [],
                    "_done": False,
                },
            )

    def receive(self, file_id: str, body: bytes) -> None:
        """Keep the bytes of a reserved file; raises Refused("file_not_found") or Refused("length_mismatch")."""
        found = self.stored_file(file_id)
        if found["size"] != len(body):
            raise Refused("length_mismatch")
        path = self._path(file_id)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)

    def _path(self, file_id: str) -> Path:
        return self.directory / "files" / file_id

    def give(self, user_id: str, name: str, body: bytes) -> Doc:
        """Keep a file that a person puts into a form; it is shared nowhere."""
        if not 0 < len(body) <= GIVEN_MOST:
            raise Refused("file_too_large" if body else "file_is_empty")
        found = self.begin_upload(name, len(body), by=user_id)
        self.receive(found["id"], body)
        with self.changing():
            return self._complete({"id": found["id"]}, ())

    def given(self, user_id: str, file_id: str) -> Doc | None:
        """A file that this person put into a form, as the app is told of it."""
        found = self.get("file", file_id)
        return self.shown_file(found) if found is not None and found["_done"] and found["user"] == user_id else None

    def stored_file(self, file_id: str) -> Doc:
        """A file as stored; raises Refused("file_not_found")."""
        found = self.get("file", file_id)
        if found is None:
            raise Refused("file_not_found")
        return found

    def complete_upload(self, files: Sequence[Doc], channel_ids: Sequence[str], message: Doc) -> list[Doc]:
        """Finish uploads (each `{id, title?}`) and share them, as one message a channel."""
        with self.changing():
            done = [self._complete(each, channel_ids) for each in files]
            for channel_id in channel_ids:
                shown = [self.shown_file(each) for each in done]
                self.post(channel_id, message | {"files": shown, "upload": True})
        return done

    def _complete(self, given: Doc, channel_ids: Sequence[str]) -> Doc:
        found = self.stored_file(given["id"])
        if not self._path(found["id"]).exists():
            raise Refused("file_not_found")
        channels = [self.channel(each) for each in channel_ids]
        shared = {
            "channels": [each["id"] for each in channels if each["is_channel"]],
            "groups": [each["id"] for each in channels if each["is_group"]],
            "ims": [each["id"] for each in channels if each["is_im"]],
        }
        title = given.get("title") or found["title"]
        is_public = bool(shared["channels"])
        return self.put("file", found["id"], found | shared | {"title": title, "is_public": is_public, "_done": True})

    def shown_file(self, found: Doc) -> Doc:
        """A file object as Slack shows it, with its addresses."""
        url = f"{self.base_url}files-pri/{self.team['id']}-{found['id']}/"
        shown = {key: value for key, value in found.items() if key != "_done"}
        return shown | {
            "url_private": f"{url}{found['name']}",
            "url_private_download": f"{url}download/{found['name']}",
            "permalink": f"{self.base_url}files/{found['id']}",
        }

    def public(self, document: Doc) -> Doc:
        """A document without the workspace's own fields; its files with today's addresses (the port may change)."""
        found = super().public(document)
        if found.get("files"):
            found["files"] = [self._shown_now(each) for each in found["files"]]
        return found

    def _shown_now(self, shown: Doc) -> Doc:
        stored = self.get("file", shown["id"])
        return shown if stored is None else self.shown_file(stored)

    def file(self, file_id: str) -> tuple[Doc, Path]:
        """A finished file and where its bytes lie; raises Refused("file_not_found")."""
        found = self.stored_file(file_id)
        if not found["_done"]:
            raise Refused("file_not_found")
        return self.shown_file(found), self._path(file_id)

    def delete_file(self, file_id: str) -> None:
        """Delete a file and its bytes; messages that showed it keep a tombstone."""
        with self.changing():
            self.stored_file(file_id)
            self.drop("file", file_id)
            self._path(file_id).unlink(missing_ok=True)
            for kind in [each for each in self._documents if each.startswith("message/")]:
                self._entomb(kind, file_id)

    def _entomb(self, kind: str, file_id: str) -> None:
        for ts, message in self.every(kind).items():
            if any(each["id"] == file_id for each in message.get("files", [])):
                files = [_tomb(each) if each["id"] == file_id else each for each in message["files"]]
                self.edit(kind.removeprefix("message/"), ts, {"files": files})


def _tomb(file: Doc) -> Doc:
    return {"id": file["id"], "mode": "tombstone"}
