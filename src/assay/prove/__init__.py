"""Proving a revision on a shadow: parity, reversal, rows that make a loss visible."""
