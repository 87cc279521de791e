"""Tocsin: reads a team's Markdown runbooks and puts them on duty."""

__version__ = "0.1.0"
