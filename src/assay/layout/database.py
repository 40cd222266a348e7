"""Which engine and which URL a new project gets."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from assay.errors import UsageError

__all__ = ["DIALECTS", "Database", "choose_database", "dialect_of"]

DIALECTS = ("sqlite", "postgresql", "mysql")
ASYNC_DRIVERS = ("aiosqlite", "aiomysql", "asyncmy", "asyncpg", "psycopg_async")
DISTRIBUTIONS = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pymysql": "PyMySQL",
    "mysqldb": "mysqlclient",
    "mysqlconnector": "mysql-connector-python",
}
"""Distributions whose name is not the driver's."""


@dataclass(frozen=True)
class Database:
    """A new project's database.

    :param url: SQLAlchemy URL, password and all: for ``alembic.ini`` only, never for a message.
    :param given: the URL came from a person.
    """

    dialect: str
    url: str
    given: bool
    has_password: bool

    def __repr__(self) -> str:
        return f"Database({self.dialect})"

    @property
    def distribution(self) -> str | None:
        """What to install for the driver; None where Python brings it or the URL names none."""
        found = re.match(r"\w+\+(\w+):", self.url)
        if found is None or found[1] == "pysqlite":
            return None
        return DISTRIBUTIONS.get(found[1], found[1])


def choose_database(folder: Path, dialect: str | None, url: str | None) -> Database:
    """The database that was asked for; SQLite ``dev.db`` when nothing was.

    :raises UsageError: unknown dialect, not a URL, or the two contradict each other.
    """
    if dialect is not None and dialect not in DIALECTS:
        near = difflib.get_close_matches(dialect.lower(), (*DIALECTS, "mariadb"), n=1, cutoff=0.4)
        hint = f"Did you mean {_family(near[0])!r}? " if near else ""
        raise UsageError(
            f"There is no dialect {dialect!r}.",
            where="--dialect",
            next_step=f"{hint}Use one of: {', '.join(DIALECTS)}.",
        )
    if url is None:
        dialect = dialect or "sqlite"
        return Database(dialect, _default_url(dialect, folder), given=False, has_password=False)
    of_url = dialect_of(url)
    if of_url not in DIALECTS:
        raise UsageError(
            f"The URL is for {of_url!r}, which `assay init` does not know."
            if of_url
            else "That is not a database URL.",
            where="--url",
            next_step="Write it as SQLAlchemy does: sqlite:///dev.db, "
            "postgresql+psycopg://user@host:5432/name or mysql+pymysql://user@host:3306/name.",
        )
    driver = re.match(r"\w+\+(\w+):", url)
    if driver is not None and driver[1] in ASYNC_DRIVERS:
        raise UsageError(
            f"{driver[1]} is an asynchronous driver; the env.py laid out here is synchronous.",
            where="--url",
            next_step="Name a synchronous driver for migrations, such as postgresql+psycopg or "
            "mysql+pymysql; the application may use another.",
        )
    if dialect is not None and dialect != of_url:
        raise UsageError(
            f"--dialect says {dialect}, the URL is for {of_url}.",
            where="--url",
            next_step=f"Leave out --dialect, or say --dialect {of_url}.",
        )
    return Database(of_url, url, given=True, has_password=_has_password(url))


def dialect_of(url: str) -> str | None:
    """The dialect that a SQLAlchemy URL names, MariaDB as ``mysql``; None when it is not a URL.

    ``postgres://`` gives ``postgres``: SQLAlchemy has not taken it since 1.4.
    """
    found = re.match(r"([A-Za-z][\w.]*)(\+[\w.]+)?://\S*$", url)
    if found is None or not url.isprintable():
        return None
    return _family(found[1].lower())


def _family(name: str) -> str:
    return "mysql" if name == "mariadb" else name


def _has_password(url: str) -> bool:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The error's own text may hold the password.
        raise UsageError(
            "That is not a database URL.",
            where="--url",
            next_step="Check the port, and write special characters of a password percent-encoded.",
        ) from None
    return parsed.password is not None or any("pass" in key.lower() for key in parsed.query)


def _default_url(dialect: str, folder: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", folder.name.lower()).strip("_") or "app"
    if dialect == "sqlite":
        return "sqlite:///dev.db"
    if dialect == "postgresql":
        return f"postgresql+psycopg://postgres@127.0.0.1:5432/{name}"
    return f"mysql+pymysql://root@127.0.0.1:3306/{name}"
