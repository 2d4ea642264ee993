"""Every app_key has a relay queue whose name the broker takes."""

import pytest

from contracts.queues import relay_queue


@pytest.mark.parametrize("key", ["k", "A-1_b.c", "e346aca67b1b11eab1d45404a6b35c1e", "a/b@c,#+"])
def test_an_ordinary_app_key_stands_in_the_name(key: str) -> None:
    assert relay_queue(key) == f"ticketbridge.relay.{key}"


def test_any_other_app_key_has_a_name_of_its_own() -> None:
    keys = ["慢", "a b", "100%", "a:b", "x" * 201, "{}", "", "k\n"]
    names = [relay_queue(key) for key in keys]
    assert len(set(names)) == len(keys)
    assert all(name.isascii() and len(name) < 128 for name in names)
    assert not {relay_queue(name.removeprefix("ticketbridge.relay.")) for name in names} & set(
        names
    )
