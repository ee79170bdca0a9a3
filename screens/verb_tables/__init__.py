"""The table of verbs, one file for each kind of work; `screens.verbs` puts them together."""
