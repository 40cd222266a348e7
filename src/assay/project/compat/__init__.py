"""The one place that knows private or moving names of SQLAlchemy and Alembic.

Checked against SQLAlchemy 2.0.0 to 2.1.9 and Alembic 1.18.0 to 1.20.1.
"""
