"""Dates as the newsroom writes them, language by language."""
