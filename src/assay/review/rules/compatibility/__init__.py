"""Rules about the code that still runs while the schema is already another."""
