"""The central record: one service for a site or a county, on SQLite or PostgreSQL."""
