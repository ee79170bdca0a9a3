"""What each laptop says that it gave up, and when it first said so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns."""
    for name in ("given_up", "given_up_at"):
        op.add_column("device", sa.Column(name, sa.Text(), nullable=False, server_default=""))
