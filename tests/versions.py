"""Which SQLAlchemy the tests run on, and since when it has what some of them need."""

from __future__ import annotations

import re

import sqlalchemy

__all__ = [
    "ASYNC_CREATOR",
    "INCLUDE_OF_KEYS",
    "NULLS_NOT_DISTINCT",
    "ON_DELETE_OF_COLUMNS",
    "SQLALCHEMY",
    "TABLE_USING",
]

SQLALCHEMY = tuple(int(n) for n in re.findall(r"\d+", sqlalchemy.__version__)[:3])

# "versionadded" of its documentation
ASYNC_CREATOR = NULLS_NOT_DISTINCT = (2, 0, 16)
TABLE_USING = (2, 0, 26)
ON_DELETE_OF_COLUMNS = (2, 0, 40)
INCLUDE_OF_KEYS = (2, 0, 41)
