"""Column types of this project.

A revision names them as ``types.X``: keep a type, and the arguments it takes, for as long as a
revision uses it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import DateTime, String
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in time: aware in, aware UTC out. A naive value is refused.

    PostgreSQL stores ``TIMESTAMP WITH TIME ZONE``. SQLite and MySQL have no such type: there the UTC
    time is stored without a zone, on MySQL with microseconds.
    """

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def __repr__(self) -> str:
        # What autogenerate writes into a revision, after "types.".
        return f"{type(self).__name__}()"

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone; use datetime.now(timezone.utc)")
        moment = value.astimezone(timezone.utc)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc)


class Isbn(TypeDecorator[str]):
    """An ISBN-13, stored as its thirteen digits. Hyphens and spaces are taken out."""

    impl = String
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(13)

    def __repr__(self) -> str:
        # What autogenerate writes into a revision, after "types.".
        return f"{type(self).__name__}()"

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        digits = value.replace("-", "").replace(" ", "")
        if len(digits) != 13 or not digits.isdigit():
            raise ValueError(f"{value!r} is not an ISBN-13")
        return digits
