"""Declares the jobs of this floor (imported at start)."""
