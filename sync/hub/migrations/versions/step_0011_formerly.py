"""Where steps stood in a log that was lost with what a backup did not have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.hub.migrations.rows import guard

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table, empty; whoever may read the log may read it, as far as a laptop may."""
    op.create_table(
        "formerly",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    guard("formerly", kept_for_good=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON formerly TO outreach_laptop")
        active = "EXISTS (SELECT 1 FROM device d WHERE d.status = 'active')"
        op.execute(f"CREATE POLICY laptop ON formerly FOR SELECT TO outreach_laptop USING ({active})")
