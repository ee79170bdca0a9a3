"""What an adult is to a child, in words: registers send codes, people type words."""

from __future__ import annotations

RELATIONSHIPS: dict[str, str] = {
    "MOT": "mother",
    "FAT": "father",
    "STM": "stepmother",
    "STF": "stepfather",
    "FOM": "foster mother",
    "FOF": "foster father",
    "GPR": "grandparent",
    "CAR": "carer",
    "FAM": "other family member",
    "REL": "other relative",
    "CHM": "childminder",
    "DOC": "doctor",
    "SWR": "social worker",
    "OTH": "other contact",
}
"""Relationship codes of the Common Basic Data Set (DfE) in words; others are kept as they stand."""


def say_relationship(kind: str) -> str:
    """A relationship as a person says it; a word that is no known code stays as it is."""
    return RELATIONSHIPS.get(kind.strip().upper(), kind)
