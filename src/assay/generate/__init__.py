"""Autogenerate one revision against a shadow at head, with marked slots where rows need a value."""
