"""Refuses to dial addresses inside our own network: the guard against SSRF.

Why it exists: a channel names the URL that we call; it must not reach what only we can
reach. The address is judged where the socket is made, after every look-up, so neither a
DNS answer that changes, nor a literal, nor an odd spelling of one gets past. It must not
look at host names.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Carries the bytes to the IPv4 address in its last 32 bits."""

_REFUSED: Final = (
    IPv4Network("192.0.0.0/24"),  # for protocols; 192.0.0.192 is a cloud's metadata
    IPv4Network("168.63.129.16/32"),  # a cloud's host, from within; public by its number alone
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, of old
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of a network's own: to any IPv4 address
    IPv6Network("3fff::/20"),  # documentation
    IPv6Network("fec0::/10"),  # site local, of old
    IPv6Network("2002::/16"),  # 6to4 and Teredo carry the bytes to an IPv4 address, and
    IPv6Network("2001::/32"),  # no receiver lives there any more
)

AddrInfo = tuple[int, int, int, str, tuple[Any, ...]]


class AddressNotAllowedError(OSError):
    """The address is not public."""

    def __init__(self) -> None:
        """Name no address: the message may reach a log."""
        super().__init__("address not allowed")


def is_public(address: str) -> bool:
    """Tell whether an IP address (zone identifier allowed) is one of the public Internet."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return _is_public(parsed)
    if parsed.ipv4_mapped is not None:
        return _is_public(parsed.ipv4_mapped)
    if parsed in _NAT64:
        return _is_public(IPv4Address(int(parsed) & 0xFFFF_FFFF))
    return _is_public(parsed)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in _REFUSED):
        return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )


def public_socket(addr_info: AddrInfo) -> socket.socket:
    """Make the socket for a public address. Raises AddressNotAllowedError for any other."""
    family, kind, protocol, _, address = addr_info
    if not is_public(str(address[0])):
        raise AddressNotAllowedError
    return socket.socket(family=family, type=kind, proto=protocol)
