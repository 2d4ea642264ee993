"""The simulators that old and new versions stand between."""

from tests.e2e.conftest import channel, zzy

__all__ = ["channel", "zzy"]
