"""The configuration: one file that every role reads, checked before anything starts.

Why it exists: a mistyped key must stop the start, with the nearest known name, and not
silently leave a default. Only cli and app read settings; adapters get arguments. It must
not print the value of a secret.
"""

from worker.settings.accounts import SettlementPrice
from worker.settings.console import Console, ConsoleUser
from worker.settings.load import load_settings
from worker.settings.models import (
    Health,
    Ingress,
    Limits,
    Log,
    Relay,
    Saga,
    Settings,
    Zzy,
)
from worker.settings.parties import Channel, NotifyUrls, Product
from worker.settings.privacy import Privacy
from worker.settings.publishing import Events, Upstream
from worker.settings.sms import Sms
from worker.settings.weaknesses import weaknesses

__all__ = [
    "Channel",
    "Console",
    "ConsoleUser",
    "Events",
    "Health",
    "Ingress",
    "Limits",
    "Log",
    "NotifyUrls",
    "Privacy",
    "Product",
    "Relay",
    "Saga",
    "Settings",
    "SettlementPrice",
    "Sms",
    "Upstream",
    "Zzy",
    "load_settings",
    "weaknesses",
]
