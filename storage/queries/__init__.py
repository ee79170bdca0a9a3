"""Reading the caseload: one file per question that a screen or a command asks."""
