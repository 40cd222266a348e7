"""What a revision makes outside its database, on the whole server: roles and tablespaces.

A role made by a revision on one shadow would be in the way of the same revision on the next. On a
private server each database gets the roles that its own revisions made: the others are renamed
while it is worked on. On a server somebody named nothing is touched, and what appeared is only told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Cluster"]

_HIDDEN = "assay_hidden_"
_OBJECTS = (
    "SELECT 'role', oid::bigint, rolname::text FROM pg_roles"
    " WHERE rolname !~ '^(pg_|assay_hidden_)'"
    " UNION ALL SELECT 'tablespace', oid::bigint, spcname::text FROM pg_tablespace"
    " WHERE spcname !~ '^pg_'"
)


class Cluster:
    """Watches what belongs to the whole server.

    :param query: runs SQL on the server and gives the rows.
    :param execute: runs SQL that has none.
    :param own: the server is ours alone, so that roles on it may be renamed.
    """

    def __init__(
        self,
        query: Callable[[str], list[tuple[Any, ...]]],
        execute: Callable[[str], None],
        own: bool,
    ) -> None:
        self._query, self._execute, self._own = query, execute, own
        self._before = {(kind, oid) for kind, oid, _ in query(_OBJECTS)}
        self._made: dict[str, None] = {}
        self._roles: dict[str, set[int]] = {}
        self._names: dict[int, str] = {}
        self._current: str | None = None

    def created(self, database: str, source: str | None = None) -> None:
        """A database was made, empty or as a copy of ``source``, whose roles it has then."""
        self._look()
        self._roles[database] = set(self._roles.get(source or "", ()))

    def dropped(self, database: str) -> None:
        """A database is gone."""
        self._look()
        self._roles.pop(database, None)
        if self._current == database:
            self._current = None

    def enter(self, database: str) -> None:
        """Work on ``database`` begins: show the roles its revisions made, and no others.

        A database that was not announced by :meth:`created` finds what is there.
        """
        visible = self._look()
        wanted = self._roles.get(database)
        self._current = database if wanted is not None else None
        if not self._own or wanted is None:
            return
        for oid, name in visible.items():
            if oid not in wanted:
                self._rename(name, f"{_HIDDEN}{oid}_{name}"[:63])
        for oid in sorted(wanted - visible.keys()):
            row = self._query(
                f"SELECT rolname::text FROM pg_roles WHERE oid = {oid} AND rolname ~ '^{_HIDDEN}'"
            )
            if row:
                self._rename(str(row[0][0]), self._names[oid])

    def leaked(self) -> tuple[str, ...]:
        """What appeared on the server, as DROP names it: ``ROLE "reader"``."""
        self._look()
        return tuple(self._made)

    def _look(self) -> dict[int, str]:
        """The roles that were not there at the beginning; noted for the database at work."""
        visible: dict[int, str] = {}
        for kind, oid, name in self._query(_OBJECTS):
            if (kind, oid) in self._before:
                continue
            quoted = name.replace('"', '""')
            self._made.setdefault(f'{kind.upper()} "{quoted}"')
            if kind == "role":
                visible[oid] = self._names[oid] = name
        if self._current is not None and self._current in self._roles:
            self._roles[self._current] = set(visible)
        return visible

    def _rename(self, name: str, to: str) -> None:
        old, new = (text.replace('"', '""') for text in (name, to))
        self._execute(f'ALTER ROLE "{old}" RENAME TO "{new}"')
