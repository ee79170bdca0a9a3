"""The verbs of agreement: what the family agreed to, and sharing without it."""

from __future__ import annotations

from screens.verb_tables.verb import ROUND, Verb

VERBS: tuple[Verb, ...] = (
    Verb(
        "consent",
        "C",
        "Consent",
        "What the family agreed to; what may be shared.",
        "Agreement",
        (*ROUND, "plan", "notifications", "notification"),
    ),
    Verb(
        "consent-ask",
        "Q",
        "Ask",
        "May this agency see it? Yes, no or ask, with the reason.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "consent-record",
        "R",
        "Record",
        "Record an agreement or a refusal.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "consent-withdraw",
        "W",
        "Withdraw",
        "The family takes an agreement back: says what disappears, and is final.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "consent-settle",
        "L",
        "Limits",
        "Settle what the family's own words rule out.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "disclose",
        "D",
        "Without",
        "Share without agreement, or decide not to: with the reason.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "preview",
        "V",
        "Preview",
        "The child's page as another agency or worker may see it.",
        "Agreement",
        ("consent", "child"),
        ("consent",),
    ),
)
