"""Who may read and write which rows, on PostgreSQL (docs/decisions/0017-two-roles.md)."""

from __future__ import annotations

from alembic import op

from sync.hub.migrations.rows import guard, make_roles

revision = "0002"
down_revision = "0001"

_ENTITLED = "EXISTS (SELECT 1 FROM entitlement e WHERE e.scope = {table}.scope AND e.mask <> 0)"
_OWN = "current_setting('app.device', true)"
_ACTIVE = "EXISTS (SELECT 1 FROM device d WHERE d.status = 'active')"  # of which it sees its own row alone
_LAPTOP_SEES = {
    "device": f"id = {_OWN}",
    "entitlement": f"device = {_OWN} AND {_ACTIVE}",
    "meta": _ACTIVE,
    "log": _ACTIVE,
    "tie": _ENTITLED.format(table="tie"),
    "left_behind": _ENTITLED.format(table="left_behind"),
    "head": _ENTITLED.format(table="head"),
    "digest": _ENTITLED.format(table="digest"),
    "record": _ENTITLED.format(table="record")
    + " OR record.scope = '-' AND EXISTS (SELECT 1 FROM tie t WHERE t.record = record.id)",
}
_COLUMNS = {"device": "(id, status)", "log": "(seq, edit, worker, name, at, chain)"}
_TABLES = (*_LAPTOP_SEES, "quarantine", "place", "member", "natural")


def upgrade() -> None:
    """Make the roles and what each may do."""
    if op.get_bind().dialect.name != "postgresql":
        return
    make_roles()
    for table in _TABLES:
        guard(table, kept_for_good=table == "log")
    for table, rows in _LAPTOP_SEES.items():
        op.execute(f"GRANT SELECT {_COLUMNS.get(table, '')} ON {table} TO outreach_laptop")
        op.execute(f"CREATE POLICY laptop ON {table} FOR SELECT TO outreach_laptop USING ({rows})")
    op.execute("GRANT UPDATE (sent, whole) ON entitlement TO outreach_laptop")
    own = _LAPTOP_SEES["entitlement"]
    op.execute(f"CREATE POLICY laptop_has ON entitlement FOR UPDATE TO outreach_laptop USING ({own})")
