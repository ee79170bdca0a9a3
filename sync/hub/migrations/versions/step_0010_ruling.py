"""An index of those of a child's records that say who may hold what, and of its conflicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_WHICH = sa.text("type IN ('child', 'agreement', 'disclosure', 'episode', 'notification', 'conflict')")


def upgrade() -> None:
    """Make the index: they were looked for among all records of the child."""
    op.create_index(
        "record_ruling", "record", ["scope", "type"], sqlite_where=_WHICH, postgresql_where=_WHICH
    )
