"""When the people of an order were forgotten (个人信息删除)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.add_column("orders", sa.Column("erased_at", MOMENT))


def downgrade() -> None:
    op.drop_column("orders", "erased_at")
