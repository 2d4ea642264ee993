"""Refuses to dial addresses inside our own network: the guard against SSRF.

Why it exists: a channel names the URL that we call; it must not reach what only we can
reach. The address is judged where the socket is made, after every look-up, so neither a
DNS answer that changes, nor a literal, nor an odd spelling of one gets past. It must not
look at host names.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

_NAT64: Final = IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE: Final = IPv6Network("::/96")
_SITE_LOCAL: Final = IPv6Network("fec0::/10")

AddrInfo = tuple[int, int, int, str, tuple[Any, ...]]


class AddressNotAllowedError(OSError):
    """The address is not public."""

    def __init__(self) -> None:
        """Name no address: the message may reach a log."""
        super().__init__("address not allowed")


def is_public(address: str) -> bool:
    """Tell whether an IP address (zone identifier allowed) is one of the public Internet."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv4Address):
        return _is_public(parsed)
    inner = _embedded_v4(parsed)
    if inner is not None and not _is_public(inner):
        return False
    if parsed.ipv4_mapped is not None:
        return True
    return _is_public(parsed) and parsed not in _SITE_LOCAL


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )


def _embedded_v4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a transition mechanism would carry the bytes to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _V4_COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def public_socket(addr_info: AddrInfo) -> socket.socket:
    """Make the socket for a public address. Raises AddressNotAllowedError for any other."""
    family, kind, protocol, _, address = addr_info
    if not is_public(str(address[0])):
        raise AddressNotAllowedError
    return socket.socket(family=family, type=kind, proto=protocol)
