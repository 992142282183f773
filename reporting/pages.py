"""Registers the menu entries, home cards and case-file sections of this floor."""
