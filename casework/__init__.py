"""What the work means: records, calendars, clocks, rules and edits. Pure: no I/O, no clock of its own."""
