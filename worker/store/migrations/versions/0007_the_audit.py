"""The audit: who did what, to what, when, why, and with what result."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
ONLY_ADDED = "the audit is only added to"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("actor", "action", "subject", "reason", "result")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at", "id"])
    op.create_index("ix_audit_subject", "audit", ["subject", "at", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_only_added() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{ONLY_ADDED}' USING ERRCODE = '23514'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_only_added BEFORE UPDATE OR DELETE ON audit"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_only_added()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit"
            f" BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END"
        )


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_only_added()")
