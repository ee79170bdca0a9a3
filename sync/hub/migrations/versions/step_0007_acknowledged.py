"""Who looked into a laptop's lost audit, when and what it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.hub.migrations.rows import guard

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    names = ("id", "device", "found", "at", "by", "reason")
    op.create_table(
        "acknowledged",
        *(sa.Column(name, sa.Text(), nullable=False) for name in names),
        sa.PrimaryKeyConstraint("id"),
    )
    guard("acknowledged", kept_for_good=True)
