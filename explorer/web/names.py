"""Which Host and which Origin a request may name: loopback, and the addresses that the operator lists.

A browser tells in Origin which page opened a connection. Only the app's own pages may: a page of another site would
act for its reader here. The Host must be ours as well, or a foreign name that was made to point to this machine would
pass for our own.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from explorer.settings import SettingsError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """Where a site is: what the parts of "https://layers.example.org:8443" say.

    Attributes:
        scheme: "http" or "https"; "" for a Host, which has none.
        host: a name or an address in lower case, without brackets.
        port: the port; that of the scheme if none is written; None for a Host without one.
    """

    scheme: str
    host: str
    port: int | None


def parsed(text: str) -> Address | None:
    """The address that an Origin, or a Host, spells; None if it spells none."""
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    rest = parts.path or parts.query or parts.fragment or parts.username is not None or parts.password is not None
    if not host or rest or not text.isascii() or any(letter in text for letter in " \t,\\?#"):
        return None
    if parts.scheme not in _PORTS and parts.scheme:
        return None
    return Address(parts.scheme, host.rstrip("."), port if port is not None else _PORTS.get(parts.scheme))


def loopback(host: str) -> bool:
    """Whether a host is this machine, seen from itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Names:
    """The server's own addresses.

    Attributes:
        addresses: those that the operator lists.
    """

    addresses: frozenset[Address]

    @classmethod
    def of(cls, addresses: tuple[str, ...]) -> Names:
        """Names from the settings."""
        found = {text: parsed(text.removesuffix("/")) for text in addresses}
        for text, address in found.items():
            if address is None or not address.scheme:
                raise SettingsError(
                    f'addresses in [server]: expected addresses like "https://layers.example.org", received {text!r}.'
                )
        return cls(frozenset(address for address in found.values() if address is not None))

    def host(self, text: str) -> bool:
        """Whether a Host header is one of ours. Its port is the proxy's affair."""
        host = parsed(text)
        if host is None or host.scheme:
            return False
        return loopback(host.host) or any(address.host == host.host for address in self.addresses)

    def origin(self, text: str, host: str) -> bool:
        """Whether an Origin header is one of ours; on loopback, where other servers live too, that of the same port."""
        origin, own = parsed(text), parsed(host)
        if origin is None or own is None or not origin.scheme:
            return False
        own_port = own.port if own.port is not None else _PORTS[origin.scheme]
        same = (origin.host, origin.port) == (own.host, own_port)
        return origin in self.addresses or (same and loopback(origin.host))
