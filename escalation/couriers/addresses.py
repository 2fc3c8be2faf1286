"""Where a name may lead: resolved once, every address judged, and exactly the judged one is dialled."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is really reached
# What Python 3.11 calls global and is not, or what tunnels to an address that nobody judged.
NEVER: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in ("64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "192.88.99.0/24", "0.0.0.0/8", "5f00::/16")
)


class NotAllowed(Exception):
    """A name leads where nothing may be sent; the text says where."""


def system(host: str, port: int) -> Sequence[str]:
    """Every address of `host`, as the system resolves it; raises `OSError` when there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def allowed(host: str, port: int, *, resolve: Resolve, inside: Sequence[Network] = ()) -> Sequence[Address]:
    """The addresses of `host`, asked for once; refuses (`NotAllowed`) if one of them is neither global nor `inside`.

    All of them: of a name that leads to one good and one bad address nobody knows which is dialled next time.
    """
    found = [ip_address(each) for each in resolve(host, port)]
    if not found:
        raise OSError(f"no address for {host}")
    for address in found:
        if not (is_global(address) or is_inside(address, inside)):
            raise NotAllowed(f"{host} leads to {address}, which is not a public address")
    return found


def is_global(address: Address) -> bool:
    """Whether an address is a public one; what carries an IPv4 address in itself is judged by that one."""
    real = _real(address)
    if any(_within(address, network) or _within(real, network) for network in NEVER):
        return False
    special = real.is_multicast or real.is_reserved or real.is_unspecified or real.is_link_local
    return real.is_global and not special


def is_inside(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks that were named for this portal; never by way of a tunnel."""
    return any(_within(address, network) for network in networks)


def dial(addresses: Sequence[Address], port: int, timeout: float | None) -> socket.socket:
    """Connect to the first of the judged addresses that answers; nothing is resolved again."""
    fault: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout)
        except OSError as refused:
            fault = refused
    raise fault or OSError("no address")


def _real(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
