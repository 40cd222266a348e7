"""Following a connection to MariaDB or MySQL: the server counts the commands that it ran, by kind.

The session's ``Com_…`` counters tell of every command, those inside of procedures and prepared
statements too, the failed ones included (MariaDB 10.11, measured). So they say whether a statement can
have changed anything, and whether what was sent is all that ran: then it touched what its text names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import lru_cache

from assay.dialects.base import CatalogState
from assay.dialects.following import RefreshingFollower
from assay.dialects.mysql.catalog import MySQLState
from assay.dialects.mysql.observing import MySQLObserver
from assay.dialects.mysql.reading import read_again, text
from assay.dialects.values import Query

__all__ = ["MySQLFollower"]

_HARMLESS = frozenset(
    """
    select insert insert_select update update_multi delete delete_multi replace replace_select
    load do begin commit rollback savepoint release_savepoint rollback_to_savepoint
    call_procedure prepare_sql execute_sql execute_immediate dealloc_sql compound_sql
    signal resignal get_diagnostics stmt_prepare stmt_execute stmt_close stmt_fetch stmt_reset
    stmt_reprepare stmt_send_long_data lock_tables unlock_tables truncate analyze checksum
    empty_query ha_open ha_close ha_read help kill show_create_db show_create_event
    show_create_func show_create_proc show_create_table show_create_trigger show_create_user
    show_databases show_engine_status show_errors show_events show_fields show_function_status
    show_generic show_grants show_keys show_open_tables show_plugins show_privileges
    show_procedure_status show_processlist show_status show_storage_engines show_tables
    show_table_status show_triggers show_variables show_warnings show_charsets show_collations
    xa_start xa_end xa_prepare xa_commit xa_rollback xa_recover admin_commands
    """.split()  # noqa: SIM905
)
"""Commands that leave every catalog as it is. What is not known here counts as one that does not."""

_ALTERING = ("alter_table", "create_index", "drop_index")
_TABLES = (
    *_ALTERING,
    *("create_table", "drop_table", "rename_table"),
    *("create_sequence", "alter_sequence", "drop_sequence"),
)
_OTHERS = {
    **dict.fromkeys(("create_view", "drop_view"), "views"),
    **dict.fromkeys(("create_trigger", "drop_trigger"), "triggers"),
    **dict.fromkeys(("create_event", "alter_event", "drop_event"), "events"),
    **{
        f"{verb}_{kind}": "routines"
        for verb in ("create", "alter", "drop")
        for kind in ("procedure", "function", "package", "package_body")
    },
}
_TEMPORARY = ("create_temporary_table", "drop_temporary_table")
_SETTINGS = ("set_option", "change_db")

_COUNTERS = "SHOW {} STATUS WHERE Value <> '0' AND LEFT(Variable_name, 4) = 'Com_'"
_SESSION, _GLOBAL = _COUNTERS.format("SESSION"), _COUNTERS.format("GLOBAL")
_SET = "SELECT CAST(DATABASE() AS CHAR), @@sql_mode, @@sql_quote_show_create"
_NAMES = (
    "SELECT CAST(TABLE_NAME AS CHAR) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
)
_MOVES = re.compile(r"(?i)RENAME|CONVERT")
"""In an ALTER TABLE that makes a table or ends one: RENAME TO, CONVERT PARTITION … TO TABLE."""
_RENAMES = re.compile(r"(?i)RENAME|CHANGE")
"""In an ALTER TABLE that gives a table or a column another name."""
_MOST = 12
"""Tables read one by one; of more, all are."""

Counters = Mapping[str, int]


class MySQLFollower(RefreshingFollower):
    """Follows the connection of an observer, which tells what it sent.

    :param query: on that connection.
    """

    def __init__(self, query: Query, state: MySQLState, observer: MySQLObserver) -> None:
        super().__init__(query, state)
        self._observer = observer
        self._observer.sent()
        self._observer.told_by(self._tables)
        self._counters = self._asked(_SESSION)
        self._settings = query(_SET)
        self._global = self._asked(_GLOBAL)
        self._began = self._counters

    def settle(self, *, trusting: bool = False) -> CatalogState:
        """The catalog now; where that is trusted, as it was seen if nobody else ran anything."""
        self.look(autocommit=False)
        if not (trusting and self._alone()):
            self._global, self._began = self._asked(_GLOBAL), self._counters
            self._state = self._state.refresh(self._query)
        return self._state

    def _tables(self) -> list[str]:
        """The tables there are, as :class:`MySQLObserver` means it."""
        assert isinstance(self._state, MySQLState)
        tables = self._state.rows.tables
        return [name for name, found in tables.items() if found.table[1] == "BASE TABLE"]

    def _looked(self) -> MySQLState:
        then, self._counters = self._counters, self._asked(_SESSION)
        sent, state = self._observer.sent(), self._state
        assert isinstance(state, MySQLState)
        moved = _since(then, self._counters)
        if moved is None:  # somebody has set them back
            return state.refresh(self._query)
        if sum(moved.pop(kind, 0) for kind in _SETTINGS):
            settings, self._settings = self._settings, self._query(_SET)
            if settings != self._settings:
                return state.refresh(self._query)
        if not moved:
            return state
        known = {*_TABLES, *_OTHERS, *_TEMPORARY}
        if sum(moved.values()) != len(sent) or not moved.keys() <= known:
            return state.refresh(self._query)
        return self._read(state, set(moved), sent)

    def _read(self, state: MySQLState, kinds: Set[str], sent: list[str]) -> MySQLState:
        """What commands touched that were sent as they are."""
        others = {_OTHERS[kind] for kind in kinds if kind in _OTHERS}
        touched: set[str] = set()
        rows = state.rows
        if kinds.isdisjoint(_TABLES):
            return state.with_rows(
                read_again(self._query, state.server, rows, others=sorted(others))
            )
        if rows.views:
            others.add("views")  # one whose table is gone may read as another
        if not kinds <= set(_ALTERING) or any(map(_MOVES.search, sent)):
            there = {text(row[0]) for row in self._query(_NAMES)}
            others.add("triggers")  # they are renamed, and end, with their tables
            touched |= there ^ (rows.tables.keys() | {view[0][0] for view in rows.views})
        said = _bare("\n".join(sent))
        targets = {key[5] for found in rows.tables.values() for key in found.key_columns}
        touched |= {name for name in rows.tables.keys() | targets if _bare_name(name) in said}
        referring: set[str] = set()
        if not kinds <= set(_ALTERING) or any(map(_RENAMES.search, sent)):
            folded = {name.casefold() for name in touched}
            referring = {
                name
                for name, found in rows.tables.items()
                if any(key[5].casefold() in folded for key in found.key_columns)
            } - touched
        if len(touched) + len(referring) > _MOST or "%" in "".join(touched | referring):
            return state.refresh(self._query)
        return state.with_rows(
            read_again(
                self._query,
                state.server,
                rows,
                tables=sorted(touched),
                referring=sorted(referring),
                others=sorted(others),
            )
        )

    def _alone(self) -> bool:
        """Whether all that ran on the server, of what may change a catalog, ran here."""
        here = _since(self._began, self._counters)
        everywhere = _since(self._global, self._asked(_GLOBAL))
        if here is None or everywhere is None:
            return False
        settings = dict.fromkeys(_SETTINGS, 0)
        return here | settings == everywhere | settings

    def _asked(self, sql: str) -> dict[str, int]:
        counted = ((text(name).lower()[4:], int(value)) for name, value in self._query(sql))
        return {name: count for name, count in counted if name not in _HARMLESS}


def _since(before: Counters, now: Counters) -> dict[str, int] | None:
    """What was counted since; None where a counter was set back."""
    moved = {name: now.get(name, 0) - before.get(name, 0) for name in before.keys() | now.keys()}
    if min(moved.values(), default=0) < 0:
        return None
    return {name: count for name, count in moved.items() if count}


@lru_cache(maxsize=8192)
def _bare_name(name: str) -> str:
    return _bare(name)


def _bare(said: str) -> str:
    """Without what may be doubled within a name, and in one case."""
    return said.translate(_DOUBLED).casefold()


_DOUBLED = str.maketrans("", "", '`"%')
