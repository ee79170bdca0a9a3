"""`python -m outreach_tui` is the same as `outreach`."""

from outreach_tui.entry import main

if __name__ == "__main__":
    main()
