"""What is sealed opens under its keys, in its place, unchanged; nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from worker.errors import SealedError, StoreUnavailableError
from worker.sealing import MARK, Sealer, key_id, sealed_under

NEW, OLD, LOST = (bytes([fill]) * 31 + b"\0" for fill in (1, 2, 3))
PLACE, ROW = "orders.state", "a72cfc"
BODY = b'{"take_phone":"13800138000"}'

bodies = st.one_of(st.binary(max_size=200), st.binary(max_size=50).map(MARK.__add__))
rows = st.text(max_size=40)


@given(bodies, rows)
def test_a_body_comes_back_and_cannot_be_read_meanwhile(body: bytes, row: str) -> None:
    sealer = Sealer([NEW])
    kept = sealer.seal(body, PLACE, row)
    assert sealer.open(kept, PLACE, row) == body
    assert len(body) < 8 or body not in kept
    assert sealed_under(kept) == key_id(NEW).hex() == sealer.current


@given(bodies, rows)
def test_without_keys_a_body_is_kept_as_it_is_and_none_passes_for_sealed(
    body: bytes, row: str
) -> None:
    kept = Sealer().seal(body, PLACE, row)
    assert kept == body or body.startswith(MARK)
    assert sealed_under(kept) == "" == Sealer().current
    assert Sealer().open(kept, PLACE, row) == Sealer([NEW]).open(kept, PLACE, row) == body


@given(st.binary(max_size=60), st.data())
def test_one_changed_byte_is_noticed(body: bytes, data: st.DataObject) -> None:
    sealer = Sealer([NEW, OLD])
    kept = bytearray(sealer.seal(body, PLACE, ROW))
    at = data.draw(st.integers(len(MARK), len(kept) - 1))
    kept[at] ^= data.draw(st.integers(2, 255))  # 1 would make it an escaped plain body
    with pytest.raises(SealedError):
        sealer.open(bytes(kept), PLACE, ROW)


@pytest.mark.parametrize(("place", "row"), [(PLACE, "b83dfd"), ("outbox.body", ROW)])
def test_it_opens_only_where_it_was_sealed(place: str, row: str) -> None:
    sealer = Sealer([NEW])
    kept = sealer.seal(BODY, PLACE, ROW)
    with capture_logs() as logs, pytest.raises(SealedError, match="taken from another row"):
        sealer.open(kept, place, row)
    assert [line["kind"] for line in logs] == ["sealed_data_damaged"]


def test_a_shortened_one_is_noticed() -> None:
    sealer = Sealer([NEW])
    kept = sealer.seal(BODY, PLACE, ROW)
    for length in range(len(MARK) + 1, len(kept)):
        with pytest.raises(SealedError):
            sealer.open(kept[:length], PLACE, ROW)


def test_the_newest_key_seals_and_all_of_them_open() -> None:
    before = Sealer([OLD]).seal(BODY, PLACE, ROW)
    rotated = Sealer([NEW, OLD])
    assert rotated.open(before, PLACE, ROW) == BODY
    after = rotated.seal(BODY, PLACE, ROW)
    assert sealed_under(before) != sealed_under(after)
    assert Sealer([NEW]).open(after, PLACE, ROW) == BODY


def test_a_lost_key_is_named_once_to_a_person_and_each_time_to_the_caller() -> None:
    kept = Sealer([LOST]).seal(BODY, PLACE, ROW)
    sealer = Sealer([NEW])
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(StoreUnavailableError, match=key_id(LOST).hex()) as caught:
                sealer.open(kept, PLACE, ROW)
            assert "privacy.encryption_keys" in str(caught.value)
            assert LOST.hex() not in str(caught.value)
    assert [line["kind"] for line in logs] == ["encryption_key_missing"]
    with pytest.raises(SealedError):
        Sealer().open(kept, PLACE, ROW)


def test_no_two_bodies_are_sealed_alike() -> None:
    sealer = Sealer([NEW])
    assert len({sealer.seal(BODY, PLACE, ROW) for _ in range(1_000)}) == 1_000
