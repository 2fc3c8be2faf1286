"""What the environment says, read once, with every fault of it named at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import unquote, urlsplit

from errors import BadSettings

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
LATER = ("page", "desk")  # no settings: known once the workspace stands


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the environment (or `.env`) says, read once; secrets never print."""

    slack_bot_token: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)
    slack_api_url: str = "https://slack.com/api/"
    database_url: str = field(default="", repr=False)
    tocsin_var: str = "var"
    tocsin_port: int = 8765
    tocsin_http_port: int = 8766
    tocsin_public_url: str = ""
    tocsin_people: str = "people.yaml"
    tocsin_journal_key: str = field(default="", repr=False)
    tocsin_smtp_url: str = field(default="", repr=False)
    tocsin_smtp_ca: str = ""
    tocsin_mail_from: str = "tocsin@localhost"
    tocsin_portals: str = field(default="", repr=False)
    tocsin_workspace_options: str = ""
    tocsin_clock: str = ""  # a file with an offset, for rehearsals and tests; never with a real Slack
    sentry_dsn: str = field(default="", repr=False)
    tocsin_lang: str = "zh"
    page: str = ""  # known once the workspace stands
    desk: str = ""  # as page

    @property
    def local(self) -> bool:
        """Whether the built-in workspace stands in for Slack."""
        return not self.slack_bot_token and not self.slack_app_token

    @property
    def var(self) -> Path:
        """Where the database, the workspace's state and what is exported lie."""
        return Path(self.tocsin_var)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read them; raise `BadSettings` naming everything that is missing or wrong at once."""
        known = {each.name: each.type for each in fields(cls) if each.name not in LATER}
        said = {name: environ[name.upper()].strip() for name in known if environ.get(name.upper(), "").strip()}
        faults = list(_faults(said))
        if faults:
            raise BadSettings(listed="\n".join(f"  {fault}" for fault in faults))
        return cls(**{name: int(value) if known[name] == "int" else value for name, value in said.items()})  # type: ignore[arg-type]


SECRETS = (
    "slack_bot_token",
    "slack_app_token",
    "database_url",
    "tocsin_journal_key",
    "tocsin_smtp_url",
    "tocsin_portals",
    "sentry_dsn",
)


def _faults(said: Mapping[str, str]) -> Iterator[str]:
    yield from _number_faults(said)
    yield from _slack_faults(said)
    if said.get("tocsin_lang", "zh") not in ("zh", "en"):
        yield f"TOCSIN_LANG: “{said['tocsin_lang']}” 应为 zh 或 en / must be zh or en"
    if "database_url" in said and not said["database_url"].startswith(("sqlite:///", "postgresql")):
        yield "DATABASE_URL: 应以 sqlite:/// 或 postgresql:// 开头 / must begin with sqlite:/// or postgresql://"
    if "tocsin_portals" in said:
        from escalation.couriers import keys

        yield from (f"TOCSIN_PORTALS: {fault}" for fault in keys.read(said["tocsin_portals"])[1])
    yield from _mail_faults(said)
    if "tocsin_people" in said and not Path(said["tocsin_people"]).is_file():
        yield f"TOCSIN_PEOPLE: 没有文件 / there is no file {said['tocsin_people']}"


def _mail_faults(said: Mapping[str, str]) -> Iterator[str]:
    if "tocsin_smtp_ca" in said and not Path(said["tocsin_smtp_ca"]).is_file():
        yield f"TOCSIN_SMTP_CA: 没有文件 / there is no file {said['tocsin_smtp_ca']}"
    if "tocsin_smtp_url" not in said:
        return
    try:
        url = urlsplit(said["tocsin_smtp_url"])
        host, port = url.hostname, url.port
    except ValueError:  # the address itself may hold a password, so it is not repeated
        yield "TOCSIN_SMTP_URL: 端口或主机写错 / the port or the host is wrong: smtps://user:password@host:port"
        return
    if url.scheme not in ("smtp", "smtps") or not host or port == 0:
        yield "TOCSIN_SMTP_URL: 应为 / must be smtp://host:port or smtps://user:password@host:port"
    elif not unquote(f"{url.username}{url.password}").isascii():
        yield "TOCSIN_SMTP_URL: 用户和密码只能用 ASCII 字符 / user and password must be ASCII"
    elif url.scheme == "smtp" and url.username and host not in LOOPBACK_NAMES:
        yield "TOCSIN_SMTP_URL: 密码只能经加密连接发送，请用 smtps:// / a password leaves over TLS only: use smtps://"


def _number_faults(said: Mapping[str, str]) -> Iterator[str]:
    for name in ("tocsin_port", "tocsin_http_port"):
        value = said.get(name, "1")
        if not value.isdigit() or int(value) > 65535:  # noqa: PLR2004 -- the last port
            yield f"{name.upper()}: “{value}” 不是端口号 / is not a port number (0–65535)"


def _slack_faults(said: Mapping[str, str]) -> Iterator[str]:
    tokens = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}
    if not any(name in said for name in tokens):
        return
    for name, begins in tokens.items():
        if name not in said:
            yield f"{name.upper()}: 缺失；两个令牌要么都设，要么都不设 / is missing: set both tokens or neither"
        elif not said[name].startswith(begins):
            yield f"{name.upper()}: 应以 {begins} 开头 / must begin with {begins}"
    for name in ("tocsin_journal_key", "tocsin_smtp_url", "tocsin_public_url"):
        if name not in said:
            yield f"{name.upper()}: 接入真实 Slack 时必填 / is required with a real Slack"
    if "tocsin_clock" in said:
        yield "TOCSIN_CLOCK: 只能用于本地演示 / is for rehearsals in the local workspace only"


def environment() -> dict[str, str]:
    """The environment over `.env`: what is set for the process wins."""
    said: dict[str, str] = {}
    path = Path(".env")
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals and not name.lstrip().startswith("#"):
                said[name.strip()] = value.strip().strip("\"'")
    return {**said, **os.environ}
