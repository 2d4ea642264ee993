"""Every error that crosses a module border, as one tree.

::

    TicketbridgeError
    ├── SettingsError              the configuration cannot be used; says which key
    ├── BrokerUnavailableError     surely not sent: never published, refused, returned
    │   └── UndeliverableError     no queue takes it, or it cannot be written: the same again later
    ├── PublishUnknownError        sent, not confirmed in time: the outcome is unknown
    ├── StoreUnavailableError      the database does not answer or refuses
    │   ├── StoreUnknownError      the change may have been made all the same
    │   ├── StoreRefusedError      it cannot take these values; asking again does not help
    │   └── SealedError            what it keeps cannot be opened: no key, or it was changed
    └── CatalogueUnknownError      ZZY tells nothing of its products, which proves nothing

A class's docstring is its default message. Why it exists: callers decide by class, people
read the message. It must not import anything of ours, and no message may hold a secret
or personal data.
"""


class TicketbridgeError(Exception):
    """Something in ticketbridge went wrong."""

    def __init__(self, message: str = "") -> None:
        """Take ``message``, or the class's own docstring."""
        super().__init__(message or (type(self).__doc__ or "").strip())


class SettingsError(TicketbridgeError):
    """The configuration cannot be used."""


class BrokerUnavailableError(TicketbridgeError):
    """The message was surely not sent."""


class UndeliverableError(BrokerUnavailableError):
    """No queue takes the message, or it cannot be written."""


class PublishUnknownError(TicketbridgeError):
    """The message was sent and not confirmed in time."""


class StoreUnavailableError(TicketbridgeError):
    """The database does not answer."""


class StoreUnknownError(StoreUnavailableError):
    """The database did not say whether the change was made."""


class StoreRefusedError(StoreUnavailableError):
    """The database cannot take these values."""


class SealedError(StoreUnavailableError):
    """What is kept sealed cannot be opened."""


class CatalogueUnknownError(TicketbridgeError):
    """ZZY's products or prices could not be fetched."""
