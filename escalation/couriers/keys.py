"""What opens each portal, as the environment says it (`TOCSIN_PORTALS`): tokens, signing keys, networks, a root."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from escalation.couriers.addresses import LOOPBACK, Network

KEYS_MOST = 2  # the one in use and the one before it: a third would be a key that nobody retired
SHORTEST = 16  # characters of a signing key
NAMES = ("token", "keys", "inside", "ca", "says_digest")
TOO_NEAR = (*LOOPBACK, ip_network("169.254.0.0/16"), ip_network("fe80::/10"))  # ourselves, and a cloud's metadata


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What opens one portal; the fields are `PortalAddress`'s."""

    token: str = field(default="", repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    inside: tuple[Network, ...] = ()
    ca: str | None = None
    says_digest: bool = True


def read(text: str) -> tuple[Mapping[str, Opening], tuple[str, ...]]:
    """Every portal's opening by the authority's id, and every fault in one sentence each; never a secret in one."""
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return {}, ('应为 JSON / must be JSON: {"authority id": "token", …}',)
    faults = tuple(f"{office}: {fault}" for office, each in said.items() for fault in _faults(each))
    return ({} if faults else {office: _opening(each) for office, each in said.items()}), faults


def _opening(said: str | Mapping[str, Any]) -> Opening:
    if isinstance(said, str):
        return Opening(token=said)
    inside = tuple(ip_network(each) for each in said.get("inside", ()))
    rest = {name: said[name] for name in NAMES if name in said and name != "inside"}
    return Opening(inside=inside, **rest)


def _faults(said: object) -> Iterator[str]:
    if isinstance(said, str):
        return
    if not isinstance(said, dict):
        yield "应为令牌，或带 token 的对象 / must be a token, or an object with a token"
        return
    for name in said.keys() - set(NAMES):
        yield f"不认识“{name}” / “{name}” is not known; known: {', '.join(NAMES)}"
    if not isinstance(said.get("token", ""), str):
        yield "token 应为文字 / token must be text"
    if not isinstance(said.get("says_digest", True), bool):
        yield "says_digest 应为 true 或 false / must be true or false"
    yield from _key_faults(said.get("keys", {}))
    yield from _network_faults(said.get("inside", []))
    root = said.get("ca")
    if root is not None and not (isinstance(root, str) and Path(root).is_file()):
        yield f"ca: 没有文件 / there is no file {root}"


def _key_faults(keys: object) -> Iterator[str]:
    if not isinstance(keys, dict) or not all(isinstance(each, str) and len(each) >= SHORTEST for each in keys.values()):
        yield f'keys 应为 / must be {{"key id": "secret of at least {SHORTEST} characters"}}'
    elif len(keys) > KEYS_MOST or not all(name.isascii() and name.replace("-", "").isalnum() for name in keys):
        yield f"keys: 至多 {KEYS_MOST} 把，编号用字母数字 / at most {KEYS_MOST}, ids of letters, digits and dashes"


def _network_faults(networks: object) -> Iterator[str]:
    if not isinstance(networks, list):
        yield 'inside 应为 / must be ["10.8.3.0/24", …]'
        return
    for each in networks:
        try:
            network = ip_network(each)
        except ValueError:
            yield f"inside: “{each}” 不是网段 / is not a network"
            continue
        if any(network.version == near.version and network.overlaps(near) for near in TOO_NEAR):
            yield f"inside: {each} 含本机或链路本地地址 / holds this machine's own or link-local addresses"
