"""A migration for the tests: a column on the table that is written most."""

import sqlalchemy as sa
from alembic import op

from worker.store.tables import HEAD

revision = "9001"
down_revision = HEAD
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("planted", sa.Text))


def downgrade() -> None:
    op.drop_column("orders", "planted")
