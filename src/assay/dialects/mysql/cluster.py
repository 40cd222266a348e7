"""What a revision makes outside its database, on the whole server: users, roles, other databases.

A user made by a revision on one shadow would be in the way of the same revision on the next. On a
private server each database gets the users that its own revisions made: the others are dropped
while it is worked on, and made again afterwards. What else appeared is only told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from assay.dialects.mysql.texts import literal, quoted

__all__ = ["Cluster"]

Account = tuple[str, str]
"""``USER`` or ``ROLE``, and the name as DROP takes it."""

_SCHEMATA = (
    "SELECT CAST(SCHEMA_NAME AS CHAR) FROM information_schema.SCHEMATA"
    " WHERE LEFT(SCHEMA_NAME, 6) <> 'assay_'"
)


class Cluster:
    """Watches what belongs to the whole server.

    :param query: runs SQL on the server and gives the rows.
    :param execute: runs SQL that has none.
    :param own: the server is ours alone, so that users on it may be dropped.
    """

    def __init__(
        self,
        query: Callable[[str], list[tuple[Any, ...]]],
        execute: Callable[[str], None],
        own: bool,
        mariadb: bool,
    ) -> None:
        self._query, self._execute, self._own, self._mariadb = query, execute, own, mariadb
        self._before = set(self._accounts())
        self._schemata = set(self._databases())
        self._made: dict[str, None] = {}
        self._kept: dict[str, dict[Account, tuple[str, ...]]] = {}
        self._current: str | None = None

    def created(self, database: str, source: str | None = None) -> None:
        """A database was made, empty or as a copy of ``source``, whose users it has then."""
        self._look()
        kept = self._kept.get(source or "", {})
        self._kept[database] = {
            account: tuple(one.replace(quoted(source or ""), quoted(database)) for one in made)
            for account, made in kept.items()
        }

    def dropped(self, database: str) -> None:
        """A database is gone."""
        self._look()
        self._kept.pop(database, None)
        if self._current == database:
            self._current = None

    def enter(self, database: str) -> None:
        """Work on ``database`` begins: there are the users its revisions made, and no others."""
        there = self._look()
        wanted = self._kept.get(database)
        if self._current == database:
            return
        self._current = database if wanted is not None else None
        if not self._own or wanted is None:
            return
        for what, name in there:
            self._execute(f"DROP {what} {name}")
        for statements in wanted.values():
            for statement in statements:
                # a grant on what is not there is one that nothing needs
                with contextlib.suppress(Exception):
                    self._execute(statement)

    def leaked(self) -> tuple[str, ...]:
        """What appeared on the server, as DROP names it: ``USER 'reader'@'%'``."""
        self._look()
        return tuple(self._made)

    def _look(self) -> list[Account]:
        """The users that were not there at the beginning; kept for the database at work."""
        there = [one for one in self._accounts() if one not in self._before]
        for what, name in there:
            self._made.setdefault(f"{what} {name}")
        for schema in self._databases():
            if schema not in self._schemata:
                self._made.setdefault(f"DATABASE {quoted(schema)}")
        if self._own and self._current is not None and self._current in self._kept:
            self._kept[self._current] = {one: self._making(*one) for one in there}
        return there

    def _making(self, what: str, name: str) -> tuple[str, ...]:
        """The statements that make a user or role with its privileges again."""
        if what == "ROLE":
            first = f"CREATE ROLE {name}"
        else:
            first = str(self._query(f"SHOW CREATE USER {name}")[0][0])
        return (first, *(str(row[0]) for row in self._query(f"SHOW GRANTS FOR {name}")))

    def _accounts(self) -> list[Account]:
        """Users and roles; none where the user may not see them."""
        role = "CAST(is_role AS CHAR)" if self._mariadb else "'N'"
        try:
            rows = self._query(
                f"SELECT CAST(User AS CHAR), CAST(Host AS CHAR), {role} FROM mysql.user"
                " WHERE LEFT(User, 6) <> 'assay_' ORDER BY 1, 2"
            )
        except Exception:
            return []
        return [
            ("ROLE", quoted(str(user)))
            if is_role == "Y"
            else ("USER", f"{literal(str(user))}@{literal(str(host))}")
            for user, host, is_role in rows
        ]

    def _databases(self) -> list[str]:
        return [str(row[0]) for row in self._query(_SCHEMATA)]
