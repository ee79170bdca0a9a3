"""What ties an adult or a home to a child on this laptop: through that child they may be held."""

from __future__ import annotations

TIES = {
    "person": "SELECT DISTINCT child FROM relationship WHERE person = ? AND void = 0",
    "household": "SELECT id FROM child WHERE household = ? AND void = 0",
}
"""The children to whom something ties a record."""
TIED_TO = {
    "person": "SELECT 1 FROM relationship r WHERE r.person = person.id AND r.void = 0",
    "household": "SELECT 1 FROM child c WHERE c.household = household.id AND c.void = 0",
}
"""Whether something ties a record of the table."""
LEFT_BY = {
    "person": "SELECT DISTINCT m.child FROM person t JOIN relationship m ON m.person = t.id"
    " WHERE t.id = ?1 AND t.void = 1"
    " AND NOT EXISTS (SELECT 1 FROM relationship WHERE person = t.id AND void = 0)",
    "household": "SELECT m.id FROM household t JOIN child m ON m.household = t.id OR m.id IN"
    " (SELECT u.record FROM change v JOIN change u ON u.edit = v.edit WHERE v.record = t.id"
    " AND v.field = 'void' AND u.type = 'child' AND u.field = 'household')"
    " WHERE t.id = ?1 AND t.void = 1"
    " AND NOT EXISTS (SELECT 1 FROM child WHERE household = t.id AND void = 0)",
}
"""The children whom something ties that was taken back itself, or who moved out with the step that took back
the home.
"""
TIED_WITH = {
    "relationship": "SELECT 'person', id FROM person"
    " WHERE id = (SELECT person FROM relationship WHERE id = ?1)",
    "child": "SELECT 'household', household FROM child WHERE id = ?1 AND household IS NOT NULL"
    " UNION SELECT v.type, v.record FROM change u JOIN change v ON v.edit = u.edit WHERE u.record = ?1"
    " AND u.type = 'child' AND u.field = 'household' AND v.type = 'household' AND v.field = 'void'",
}
"""The adult or the homes (type, id) that a record ties, or of whom it is what `LEFT_BY` finds."""
