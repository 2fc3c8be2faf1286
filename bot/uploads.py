"""Files that people give in a form: fetched from Slack by the bot's own token, within a size and a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from slack_sdk import WebClient

from bot.press import Given
from errors import BadUpload
from escalation.words import Words

MOST = 20 * 1024 * 1024  # as the largest document that is read
LIMIT_S = 2.0  # Slack waits three seconds for the form's answer
CHUNK = 64 * 1024

TOO_LARGE = Words(zh="文件超过 20 MB", en="it is larger than 20 MB")
NOT_FETCHED = Words(zh="没有从聊天服务取到文件", en="it could not be fetched from chat")


def fetch(client: WebClient, view: Mapping[str, Any]) -> dict[str, Given]:
    """The files of a submitted form by block, the first of each; refuses `BadUpload`."""
    values: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values", {})
    return {
        block: _fetched(client, element["files"][0])
        for block, inside in values.items()
        for element in inside.values()
        if element.get("files")
    }


def _fetched(client: WebClient, file: Mapping[str, Any]) -> Given:
    name, url = str(file.get("name") or file["id"])[:120], str(file.get("url_private_download") or "")
    if int(file.get("size") or 0) > MOST:
        raise BadUpload(name=name, why=TOO_LARGE)
    if not _is_slack(client, url):
        raise BadUpload(name=name, why=NOT_FETCHED)
    try:
        return Given(name=name, content=_read(url, str(client.token), name))
    except requests.RequestException as fault:
        raise BadUpload(name=name, why=NOT_FETCHED) from fault


def _is_slack(client: WebClient, url: str) -> bool:
    """The bot's token goes to Slack and nowhere else."""
    where, home = urlsplit(url), urlsplit(client.base_url)
    ours = (where.scheme, where.netloc) == (home.scheme, home.netloc)
    return ours or (where.scheme == "https" and (where.hostname or "").endswith(".slack.com"))


def _read(url: str, token: str, name: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}"}
    with requests.Session() as session:
        session.trust_env = urlsplit(url).scheme == "https"  # a proxy leads to Slack, never to this machine
        answer = session.get(url, headers=headers, timeout=LIMIT_S, stream=True, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            raise BadUpload(name=name, why=NOT_FETCHED)
        read = bytearray()
        for chunk in answer.iter_content(CHUNK):
            read += chunk
            if len(read) > MOST:
                raise BadUpload(name=name, why=TOO_LARGE)
    return bytes(read)
