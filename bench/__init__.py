"""`make bench`: how fast and how big Sira is with a large register, against the budgets of the design."""
