"""The only room that chains the stages: the eight steps, stopped and resumed."""
