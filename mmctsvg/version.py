"""The version of mmctsvg; setup.py reads it without importing anything."""

__version__ = "0.1.0"
