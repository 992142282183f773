"""Views of questionnaires; they hold no rules."""
