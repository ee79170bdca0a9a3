"""The tables of the central record, the same on SQLite and PostgreSQL.

A record is one row with its fields as JSON text: the records' own tables live on the laptops. Times are ISO
text in UTC. A scope is what a record belongs to: a child's id, `worker:ID`, or "" for what belongs to all
teams (schools, calendars, workers).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()

GROUND = ("child", "agreement", "disclosure", "episode", "notification")
"""The types of record on which it stands who may hold what."""
RULING = "type IN ('" + "', '".join((*GROUND, "conflict")) + "')"
"""Of a child's records those few that are looked for by type, as both databases have to be told it: word for
word as it stands with the index. Another type here takes another step of the database.

PostgreSQL is told it by that step alone: named beside the index it would load PostgreSQL's part of SQLAlchemy
into every process, 2.5 MB.
"""

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""hub id, epoch (random, drawn anew when a backup is restored), head (the newest sequence number), chain; and
what sync.hub.counting names.
"""

device = Table(
    "device",
    metadata,
    Column("id", Text, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("incarnation", Text, nullable=False, default=""),
    Column("enrolled", Text, nullable=False),
    Column("last_seen", Text, nullable=False, default=""),
    Column("entitled_on", Text, nullable=False, default=""),
    Column("given_up", Text, nullable=False, default="", server_default=""),
    Column("given_up_at", Text, nullable=False, default="", server_default=""),
    Column("audit_seq", BigInteger, nullable=False, default=0, server_default="0"),
    Column("audit_chain", Text, nullable=False, default="", server_default=""),
    Column("audit_lost", Text, nullable=False, default="", server_default=""),
)
"""An enrolled laptop; `incarnation` are the words of its last sessions, the newest first, with blanks between
them; `entitled_on` is the day for which its entitlement was worked out. `given_up` is its statement of what
it gave up since it enrolled, as count and sum, and `given_up_at` when that last grew. `audit_seq` and
`audit_chain` are the head of its audit that is kept (sync.hub.anchoring), `audit_lost` says when the audit
was last found not to hold it.
"""

record = Table(
    "record",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("scope", Text, nullable=False, default=""),
    Column("seq", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Column("versions", Text, nullable=False, default="{}"),
    Column("device", Text, nullable=False, default=""),
    Index("record_scope", "scope", "seq", "device"),
    Index("record_ruling", "scope", "type", sqlite_where=text(RULING)),
)
"""A record as it stands. `seq` is that of the last edit that touched it, `versions` that of each field that
was changed since it was made, under "" that of its making, and under "+" or "-" and a worker's id those of
edits by which they wrote it down, too, or took that back (sync.hub.makers). `device` holds it as it stands
here already, because it made the last edit and knew the one before. The scope of an adult or a home is "-":
their ties say whose they are.
"""

tie = Table(
    "tie",
    metadata,
    Column("via", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Index("tie_record", "record", "scope"),
    Index("tie_scope", "scope", "record"),
)
"""Adults and homes belong to every child whom they are tied to, via a relationship or by living there."""

left = Table(
    "left_behind",
    metadata,
    Column("seq", BigInteger, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("facet", Text, nullable=False),
    Index("left_behind_scope", "scope", "seq"),
)
"""A record that is of a scope no more, or not under that leading facet: who held it so drops it."""

head = Table(
    "head",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""The newest sequence number that touched a child."""

digest = Table(
    "digest",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("lead", Text, primary_key=True),
    Column("facet", Text, primary_key=True),
    Column("facets", Integer, nullable=False),
    Column("total", LargeBinary, nullable=False),
)

log = Table(
    "log",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("edit", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("device", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("subject", Text),
    Column("reason", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("taken", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("chain", LargeBinary, nullable=False),
)
"""Every edit that was taken: who sent what was taken already, and the trail that says who did what."""

formerly = Table(
    "formerly",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
)
"""Of edits that were offered again after a backup was put back: `number` is where each stood in the log of
the `epoch` that is lost; of one that brought values back, how far its laptop had read there.
"""

quarantine = Table(
    "quarantine",
    metadata,
    Column("edit", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("device", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("taken", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("edit_text", Text, nullable=False),
    Column("awaits", Text, nullable=False, default="", server_default=""),
    Column("number", BigInteger, nullable=False, default=0, server_default="0"),
    Index("quarantine_awaits", "awaits", "edit"),
)
"""Edits that were kept aside, with the reason: nothing that a worker did is thrown away. `awaits` are ids,
with blanks between them, of records that were not there and of children whom the laptop may not hold;
`number` is the order in which they came.
"""

entitlement = Table(
    "entitlement",
    metadata,
    Column("device", Text, ForeignKey("device.id"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("mask", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False, default=0),
    Column("lost", BigInteger, nullable=False, default=0),
    Column("whole", BigInteger, nullable=False, server_default="0"),
    Index("entitlement_scope", "scope"),
)
"""What each laptop may hold of each scope, one bit a facet (casework.facets.FACETS), and what it was sent; -1
is sent anew, `whole` says up to which number it was sent whole. `lost` is the sequence number at which it
lost a facet: what was written before is still taken.
"""

place = Table(
    "place",
    metadata,
    Column("child", Text, primary_key=True),
    Column("school", Text, nullable=False, default=""),
    Column("team", Text, nullable=False, default=""),
    Column("lead", Text, nullable=False, default=""),
    Index("place_school", "school"),
    Index("place_team", "team"),
    Index("place_lead", "lead"),
)

member = Table(
    "member",
    metadata,
    Column("child", Text, primary_key=True),
    Column("worker", Text, primary_key=True),
    Index("member_worker", "worker"),
)
"""Who works a child's case, but for the lead worker."""

natural = Table(
    "natural",
    metadata,
    Column("key", Text, primary_key=True),
    Column("record", Text, nullable=False),
)
"""What says that two records made apart are the same one: a school's URN, a week of a child at a school; or
the id that a laptop gave its own, where that was kept aside first.
"""

code = Table(
    "code",
    metadata,
    Column("selector", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("worker", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("device", Text, nullable=False, default=""),
    Column("public_key", LargeBinary, nullable=False, default=b""),
)
"""One-time codes for enrolment: the first characters to find one by, the rest hashed. `device` is the laptop
that used it, `public_key` the key it brought: it may ask once more with the same key, if the answer was lost.
"""

attempt = Table(
    "attempt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("attempt_address", "address", "at"),
)
"""Wrong codes, by the network address that tried them."""

nonce = Table(
    "nonce",
    metadata,
    Column("device", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Index("nonce_at", "at"),
)
"""Requests that were taken lately: the same one is not taken twice."""


bundle = Table(
    "bundle",
    metadata,
    Column("device", Text, primary_key=True),
    Column("counter", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("waits", Integer, nullable=False),
    Column("answer", BigInteger, nullable=False),
    Column("answer_name", Text, nullable=False),
)
"""The last bundle that was taken of each laptop, what is to be answered (`reply`), whether that was not done
yet (`waits`), the key to which it is sealed, and the counter and name of the last answer.
"""

bundle_log = Table(
    "bundle_log",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index("bundle_log_at", "at"),
)
"""Every bundle that came or left: of which laptop it said that it was, how it ended, and how large it was."""

acknowledged = Table(
    "acknowledged",
    metadata,
    Column("id", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""That somebody looked into a laptop's lost audit: `found` is the `audit_lost` that it was. Kept for good."""
