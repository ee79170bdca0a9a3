"""The encrypted caseload: vault, journal, queries, search, intake and backup."""
