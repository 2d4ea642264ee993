"""The orders of Celery and FastStream: one row each, with SQLAlchemy's ORM."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class State(StrEnum):
    """How far an order is; each step is committed before the next call."""

    CREATING = "creating"
    PAYING = "paying"
    PAID = "paid"
    ISSUED = "issued"
    DELIVERED = "delivered"


class Base(DeclarativeBase):
    """All tables."""


class Order(Base):
    """An order by the channel's number."""

    __tablename__ = "orders"

    number: Mapped[str] = mapped_column(primary_key=True)
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str]
    zzy_order: Mapped[int | None] = mapped_column(BigInteger)
    voucher: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
