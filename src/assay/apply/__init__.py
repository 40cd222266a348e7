"""The only stage that reaches a real database."""
