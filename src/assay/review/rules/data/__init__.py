"""Rules about rows: loss, and values that are not there."""
