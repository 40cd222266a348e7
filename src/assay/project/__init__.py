"""The user's project: its Alembic configuration, ``env.py`` under redirection, revisions, files."""
