"""What every step that makes a table on PostgreSQL says about who may use it.

Two roles that own nothing and cannot log in: the process that serves takes one of them for each transaction.
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic import op

ROLES = ("outreach_hub", "outreach_laptop")


def role_statements() -> Iterator[str]:
    """Make the two roles where the server has not got them, and let the one that is logged in take them."""
    for role in ROLES:
        yield f"""DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database's upgrade did
            END $$"""
        yield f"""DO $$ BEGIN
                IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                    GRANT {role} TO CURRENT_USER;
                END IF;
            EXCEPTION WHEN unique_violation OR insufficient_privilege THEN NULL;  -- it was granted before
            END $$"""


def make_roles() -> None:
    """Make the two roles of the server."""
    for statement in role_statements():
        op.execute(statement)


def guard(table: str, *, kept_for_good: bool = False) -> None:
    """Close a table to everybody but `outreach_hub`; of one kept for good nothing is changed or removed."""
    if op.get_bind().dialect.name != "postgresql":
        return
    table = op.get_bind().dialect.identifier_preparer.quote(table)
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    rights = "SELECT, INSERT" if kept_for_good else "SELECT, INSERT, UPDATE, DELETE"
    op.execute(f"GRANT {rights} ON {table} TO outreach_hub")
    op.execute(f"CREATE POLICY hub ON {table} TO outreach_hub USING (true) WITH CHECK (true)")
