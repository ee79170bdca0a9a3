"""The head of each laptop's audit as it was last said, and when the audit was found not to hold it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("device", sa.Column("audit_seq", sa.BigInteger(), nullable=False, server_default="0"))
    for name in ("audit_chain", "audit_lost"):
        op.add_column("device", sa.Column(name, sa.Text(), nullable=False, server_default=""))
