"""The front door: the app, the command line, the demo, settings and keys."""

__version__ = "0.1.0"
