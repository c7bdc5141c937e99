"""Answers → items → indicators → domains → service. Pure functions, no input or output."""
