"""What each step that is kept aside waits for, and the order in which they came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns and the index by which those are found that something has come for."""
    op.add_column("quarantine", sa.Column("awaits", sa.Text(), nullable=False, server_default=""))
    op.add_column("quarantine", sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("quarantine_awaits", "quarantine", ["awaits", "edit"])
