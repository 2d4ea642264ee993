"""Who is logged in to the console, and samples of how the work went."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "console_sessions",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("digest", "username", "stamp")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_console_sessions"),
    )
    op.create_table(
        "samples",
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("at", "seconds", name="pk_samples"),
    )


def downgrade() -> None:
    op.drop_table("samples")
    op.drop_table("console_sessions")
