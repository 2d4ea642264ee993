"""${message}.

Workers of the last version run on while this runs, and after it. So it only adds: a table,
a column that may be NULL or has a constant default, an index. It renames, drops, narrows
and rewrites nothing; what old rows lack is filled in by the program, in small portions. An
index on a table that exists stands in BESIDE_WRITES, in a revision of its own, with
``online.create`` and ``online.drop``. A test holds every revision to this.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
