"""Whose request it is: the network address that limits are counted by."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import Scope

from explorer.settings import SettingsError
from explorer.web.names import loopback

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IP = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Networks:
    """Some networks and single addresses.

    Attributes:
        members: the networks; a single address is a network of one.
    """

    members: tuple[Network, ...]

    @classmethod
    def of(cls, key: str, texts: Sequence[str]) -> Networks:
        """Networks from the settings; `key` is their name there."""
        try:
            return cls(tuple(ipaddress.ip_network(text) for text in texts))
        except ValueError as error:
            raise SettingsError(
                f'{key} in [server]: expected addresses or networks like "10.0.0.0/8", received: {error}.'
            ) from error

    def __contains__(self, address: IP | None) -> bool:
        return address is not None and any(address in network for network in self.members)


def visitor(scope: Scope, proxies: Networks) -> IP | None:
    """The visitor's address; None if it cannot be told.

    What a request says of itself in X-Forwarded-For is believed from a trusted proxy only, which adds the address
    that it saw at the end: the list is read from there, up to the first address that is no trusted proxy.
    """
    address = _peer(scope)
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    named = forwarded.decode("latin-1").split(",") if forwarded else []
    while named and address in proxies:
        before = _ip(named.pop().strip())
        if before is None:
            break
        address = before
    return address


def counted(address: IP | None) -> str:
    """The name that an address is counted under. One visitor has a whole /64 network of IPv6 addresses."""
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _peer(scope: Scope) -> IP | None:
    """Who connected. uvicorn believes X-Forwarded-For on loopback and replaces the client by it, whoever wrote it; but
    where the server's own end of the connection is loopback, the other end is too.
    """
    own = str((scope.get("server") or ("",))[0])
    return _ip(own) if loopback(own) else _ip(str((scope.get("client") or ("",))[0]))


def _ip(text: str) -> IP | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
