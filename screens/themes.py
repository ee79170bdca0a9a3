"""Light, dark, high-contrast and terminal-colour themes. State never rests on colour alone."""

from __future__ import annotations

from textual.theme import Theme

DEFAULT_THEME = "outreach-dark"

TONE_DEFAULTS = {
    "tone-quiet": "#8b949e",
    "tone-alert": "#ff7b72",
    "tone-warn": "#e3b341",
    "tone-good": "#56d364",
    "tone-key": "#79c0ff",
    "tone-activity": "#79c0ff",
}
"""Used under any theme that does not set them."""


def _tones(quiet: str, alert: str, warn: str, good: str, key: str) -> dict[str, str]:
    return {
        "tone-quiet": quiet,
        "tone-alert": alert,
        "tone-warn": warn,
        "tone-good": good,
        "tone-key": key,
        "tone-activity": key,
    }


DARK = Theme(
    name="outreach-dark",
    primary="#4f9da6",
    secondary="#6e7f9b",
    accent="#79c0ff",
    warning="#e3b341",
    error="#ff7b72",
    success="#56d364",
    foreground="#e6edf3",
    background="#10151b",
    surface="#171d25",
    panel="#212a35",
    dark=True,
    variables={
        **_tones("#9aa5b1", "#ff8f87", "#e3b341", "#56d364", "#79c0ff"),
        "block-cursor-background": "#2c5f6b",
        "block-cursor-foreground": "#ffffff",
    },
)

LIGHT = Theme(
    name="outreach-light",
    primary="#0b6b75",
    secondary="#4a5a75",
    accent="#0550ae",
    warning="#7a4e00",
    error="#b42318",
    success="#176f2c",
    foreground="#1c2128",
    background="#fbfbf8",
    surface="#f1f1ec",
    panel="#e2e4df",
    dark=False,
    variables={
        **_tones("#57606a", "#b42318", "#7a4e00", "#176f2c", "#0550ae"),
        "block-cursor-background": "#0b6b75",
        "block-cursor-foreground": "#ffffff",
    },
)

HIGH_CONTRAST = Theme(
    name="outreach-contrast",
    primary="#ffff00",
    secondary="#00ffff",
    accent="#00ffff",
    warning="#ffd700",
    error="#ff9d9d",
    success="#7cff7c",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    dark=True,
    text_alpha=1.0,
    variables={
        **_tones("#dddddd", "#ff9d9d", "#ffd700", "#7cff7c", "#00ffff"),
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "border": "#ffffff",
        "border-blurred": "#bbbbbb",
        "text-muted": "#ffffff",
        "text-disabled": "#cccccc",
    },
)

TERMINAL = Theme(
    name="outreach-terminal",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_blue",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        **_tones("ansi_default", "ansi_red", "ansi_yellow", "ansi_green", "ansi_cyan"),
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border-blurred": "ansi_white",
        "block-cursor-background": "ansi_blue",
        "block-cursor-foreground": "ansi_bright_white",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
    },
)

THEMES: dict[str, Theme] = {
    "dark": DARK,
    "light": LIGHT,
    "contrast": HIGH_CONTRAST,
    "terminal": TERMINAL,
}
"""The word in the settings file, and its theme."""
