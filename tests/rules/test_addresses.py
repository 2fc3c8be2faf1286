"""Which addresses a notice may be posted to, and what the portals' setting may say."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network

import pytest

from escalation.couriers import keys
from escalation.couriers.addresses import LOOPBACK, NotAllowed, allowed, is_global

OURS = [  # none of them is bound to
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.254",
    str(ip_address(0)), "0.1.2.3",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
    "192.88.99.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::127.0.0.1", "64:ff9b:1::1", "2002:0a00:0001::1", "2002:808:808::1", "2001::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8",
           "64:ff9b::8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_an_inside_address_is_no_public_one(address: str) -> None:
    """Our own machine, our networks, a cloud's metadata, and whatever hides one of them in an IPv6 address."""
    assert not is_global(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_one(address: str) -> None:
    """The neighbours of the private ranges, and IPv6 that carries a public IPv4 address, are outside."""
    assert is_global(ip_address(address))


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    """Of a name that leads to both nobody knows which is dialled."""
    with pytest.raises(NotAllowed, match=r"10\.0\.0\.9"):
        allowed("portal.example", 443, resolve=lambda *_: ["8.8.8.8", "10.0.0.9"])
    found = allowed("portal.example", 443, resolve=lambda *_: ["8.8.8.8", "2606:4700::1111"])
    assert [str(each) for each in found] == ["8.8.8.8", "2606:4700::1111"]


def test_a_named_network_is_allowed_and_nothing_beside_it() -> None:
    """A leased line to the authority: just its network; an IPv4 address wrapped in IPv6 is not let in by it."""
    inside = (ip_network("10.8.3.0/24"),)
    assert allowed("p", 443, resolve=lambda *_: ["10.8.3.7"], inside=inside)
    for other in ("10.8.4.7", "::ffff:10.8.3.7", "127.0.0.1"):
        with pytest.raises(NotAllowed):
            allowed("p", 443, resolve=lambda *_, other=other: [other], inside=inside)
    assert allowed("desk", 80, resolve=lambda *_: ["127.0.0.1"], inside=LOOPBACK)


def test_a_portals_setting_reads() -> None:
    """A bare token as ever, or everything: two keys, a network, a root, and a portal that cannot say a digest."""
    whole = {"token": "t", "keys": {"2027a": "k" * 16, "2026b": "l" * 16}, "inside": ["10.8.3.0/24"],
             "says_digest": False}  # fmt: skip
    found, faults = keys.read(json.dumps({"miit": "tok", "ca.henan": whole}))
    assert faults == ()
    assert found["miit"] == keys.Opening(token="tok")
    henan = found["ca.henan"]
    assert (henan.token, list(henan.keys), henan.says_digest) == ("t", ["2027a", "2026b"], False)
    assert henan.inside == (ip_network("10.8.3.0/24"),)
    assert "k" * 16 not in repr(henan)


@pytest.mark.parametrize(
    "said",
    [
        7, {"tokn": "t"}, {"token": 7}, {"keys": {"a": "short"}}, {"keys": ["k"]}, {"ca": "/no/such/file"},
        {"keys": dict.fromkeys("abc", "k" * 16)}, {"keys": {"a b": "k" * 16}}, {"inside": "10.0.0.0/8"},
        {"inside": ["10.0.0.0/33"]}, {"inside": ["127.0.0.0/8"]}, {"inside": ["0.0.0.0/0"]},
        {"inside": ["169.254.169.254/32"]}, {"inside": ["::/0"]}, {"says_digest": "no"},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_office(said: object) -> None:
    """Found at `check`, before the night it is needed; a secret is never repeated."""
    found, (fault, *_) = keys.read(json.dumps({"miit": said}))
    assert not found
    assert fault.startswith("miit: ")
    assert "short" not in fault


def test_a_table_that_is_none() -> None:
    """No JSON, or JSON of another shape."""
    for text in ("{", "[]", "7", '"t"'):
        assert keys.read(text)[1]
