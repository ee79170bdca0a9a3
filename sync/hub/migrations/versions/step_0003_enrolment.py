"""Codes with which laptops enrol, who tried wrong ones, and the requests that were taken lately."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.hub.migrations.rows import guard

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "attempt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attempt_address", "attempt", ["address", "at"], unique=False)
    op.create_table(
        "code",
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("expires", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("selector"),
    )
    op.create_table(
        "nonce",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device", "nonce"),
    )
    op.create_index("nonce_at", "nonce", ["at"], unique=False)
    for table in ("attempt", "code", "nonce"):
        guard(table)
