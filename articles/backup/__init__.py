"""Backup and restore: all rows and media of the newsroom in one file, for either database."""
