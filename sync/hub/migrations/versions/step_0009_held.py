"""Which laptop holds a record as it stands is found beside its scope, without reading the record."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Write the index anew, with the laptop."""
    op.drop_index("record_scope", "record")
    op.create_index("record_scope", "record", ["scope", "seq", "device"])
