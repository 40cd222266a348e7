"""From two catalogs to ordered Alembic operations, each with its undo."""
