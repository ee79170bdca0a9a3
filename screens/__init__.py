"""What a worker sees: Textual screens, dialogs and widgets."""
