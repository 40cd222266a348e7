"""What a ``CREATE`` text of SQLite's schema table declares: a pure function of the text.

SQLite keeps the text of every statement that made something, and no pragma tells constraint names,
CHECK, COLLATE, generated expressions, DEFERRABLE, ON CONFLICT or AUTOINCREMENT. The grammar is that
of SQLite's ``parse.y``: commas between table constraints may be missing, a name may stand in any of
four quotes, a constraint means the same at a column and at the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from assay.dialects.sqlite.tokens import (
    SqlTextError,
    Token,
    is_group,
    render,
    split_at_commas,
    strip_parentheses,
    tokenize,
)

__all__ = [
    "Check",
    "Column",
    "ForeignKey",
    "Index",
    "Key",
    "Part",
    "Table",
    "parse_definition",
    "parse_index",
    "parse_table",
]


@dataclass
class Column:
    """A column as declared; texts are in canonical spelling."""

    name: str
    type: str = ""
    not_null: bool = False
    conflict: str | None = None
    default: str | None = None
    generated: str | None = None
    stored: str | None = None
    collation: str | None = None


@dataclass
class Part:
    """One part of a key or an index: a column's ``name``, or an expression's ``text``."""

    name: str | None
    text: str
    collation: str | None = None
    descending: bool = False


@dataclass
class Key:
    """PRIMARY KEY or UNIQUE."""

    name: str | None
    parts: list[Part]
    conflict: str | None = None
    column_descending: bool = False
    """``PRIMARY KEY DESC`` at the column: such an INTEGER is no alias of the rowid."""


@dataclass
class Check:
    """A CHECK constraint."""

    name: str | None
    text: str


@dataclass
class ForeignKey:
    """A FOREIGN KEY; no target columns means the primary key of the target."""

    name: str | None
    columns: list[str]
    target: str = ""
    target_columns: list[str] = field(default_factory=list)
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    match: str | None = None
    deferrable: str | None = None
    initially: str | None = None


@dataclass
class Table:
    """All that the text of one table declares."""

    columns: list[Column] = field(default_factory=list)
    primary_key: Key | None = None
    uniques: list[Key] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    strict: bool = False
    without_rowid: bool = False
    autoincrement: bool = False
    virtual: str | None = None
    """The module and its arguments, in their own spelling."""

    def column(self, name: str) -> Column | None:
        """The column of that name, in any case."""
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclass
class Index:
    """What the text of an index declares."""

    unique: bool
    parts: list[Part]
    where: str | None


_CONSTRAINT = frozenset(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])
_AFTER_TYPE = _CONSTRAINT | frozenset(["NOT", "NULL", "DEFAULT", "COLLATE", "REFERENCES", "AS"])


class _Cursor:
    """Tokens read from front to end."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The keyword there, or the operator, or an empty string."""
        position = self.at + ahead
        if position >= len(self.tokens):
            return ""
        token = self.tokens[position]
        return token.value if token.kind == "operator" else token.keyword

    def next(self) -> Token:
        if self.done:
            raise SqlTextError("the text ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *keywords: str) -> bool:
        """Step over these keywords if they come next."""
        if any(self.peek(n) != keyword for n, keyword in enumerate(keywords)):
            return False
        self.at += len(keywords)
        return True

    def expect(self, *keywords: str) -> None:
        if not self.accept(*keywords):
            raise SqlTextError(f"expected {' '.join(keywords)}, found {self.peek()!r}")

    def name(self) -> str:
        token = self.next()
        if not token.is_name:
            raise SqlTextError(f"expected a name, found {token.value!r}")
        return token.value

    def group(self) -> Sequence[Token]:
        """What is in the parentheses that begin here."""
        end = is_group(self.tokens[self.at :])
        if end is None:
            raise SqlTextError(f"expected (, found {self.peek()!r}")
        start = self.at + 1
        self.at += end + 1
        return self.tokens[start : self.at - 1]

    def expression(self) -> str:
        return render(strip_parentheses(self.group()))

    def qualified_name(self) -> str:
        self.accept("IF", "NOT", "EXISTS")
        name = self.name()
        return self.name() if self.accept(".") else name

    def on_conflict(self) -> str | None:
        """The resolution, ``None`` for the default."""
        if not self.accept("ON", "CONFLICT"):
            return None
        resolution = self.next().keyword
        return None if resolution == "ABORT" else resolution


@lru_cache(maxsize=4096)
def parse_table(sql: str) -> Table:
    """A table, plain or virtual. The value is shared: do not change it.

    :raises SqlTextError: the text is not one that SQLite stores.
    """
    cursor = _Cursor(tokenize(sql))
    cursor.expect("CREATE")
    if cursor.accept("VIRTUAL"):
        cursor.expect("TABLE")
        cursor.qualified_name()
        cursor.expect("USING")
        # The arguments are the module's own language: only the ends are trimmed.
        return Table(virtual=sql[cursor.tokens[cursor.at].start :].strip())
    cursor.expect("TABLE")
    cursor.qualified_name()
    table = Table()
    for item in split_at_commas(cursor.group()):
        part = _Cursor(item)
        if part.peek() in _CONSTRAINT:
            _table_constraints(part, table)
        else:
            _column(part, table)
    while not cursor.done:
        if cursor.accept("WITHOUT", "ROWID"):
            table.without_rowid = True
        elif cursor.accept("STRICT"):
            table.strict = True
        elif not cursor.accept(","):
            raise SqlTextError(f"unknown table option {cursor.next().value!r}")
    return table


def _column(cursor: _Cursor, table: Table) -> None:
    column = Column(cursor.name())
    table.columns.append(column)
    start = cursor.at
    while not cursor.done and cursor.peek() not in _AFTER_TYPE:
        if cursor.peek() == "GENERATED" and cursor.peek(1) == "ALWAYS":
            break
        if cursor.peek() == "(":
            cursor.group()
        else:
            cursor.next()
    column.type = render(cursor.tokens[start : cursor.at]).upper()
    name: str | None = None
    while not cursor.done:
        if cursor.accept("CONSTRAINT"):
            name = cursor.name()
            continue
        _column_constraint(cursor, table, column, name)
        name = None


def _column_constraint(cursor: _Cursor, table: Table, column: Column, name: str | None) -> None:
    if cursor.accept("NOT", "NULL"):
        column.not_null = True
        column.conflict = cursor.on_conflict()
    elif cursor.accept("NULL"):
        cursor.on_conflict()
    elif cursor.accept("DEFAULT"):
        column.default = _default(cursor)
    elif cursor.accept("COLLATE"):
        column.collation = _collation(cursor.name())
    elif cursor.accept("CHECK"):
        table.checks.append(Check(name, cursor.expression()))
    elif cursor.accept("PRIMARY", "KEY"):
        descending = cursor.accept("DESC")
        cursor.accept("ASC")
        key = Key(name, [Part(column.name, column.name, None, descending)])
        key.column_descending = descending
        key.conflict = cursor.on_conflict()
        table.autoincrement |= cursor.accept("AUTOINCREMENT")
        table.primary_key = key
    elif cursor.accept("UNIQUE"):
        table.uniques.append(Key(name, [Part(column.name, column.name)], cursor.on_conflict()))
    elif cursor.peek() == "REFERENCES":
        foreign = ForeignKey(name, [column.name])
        _references(cursor, foreign)
        table.foreign_keys.append(foreign)
    elif table.foreign_keys and _deferral(cursor, table.foreign_keys[-1]):
        pass  # SQLite lets other constraints stand between REFERENCES and its DEFERRABLE
    elif cursor.peek() in ("GENERATED", "AS"):
        cursor.accept("GENERATED", "ALWAYS")
        cursor.expect("AS")
        column.generated = cursor.expression()
        column.stored = "stored" if cursor.accept("STORED") else "virtual"
        cursor.accept("VIRTUAL")
    else:
        raise SqlTextError(f"unknown column constraint {cursor.next().value!r}")


def _default(cursor: _Cursor) -> str:
    if cursor.peek() == "(":
        return cursor.expression()
    start = cursor.at
    if cursor.peek() in ("+", "-"):
        cursor.next()
    cursor.next()
    return render(cursor.tokens[start : cursor.at])


def _collation(name: str) -> str | None:
    """In upper case, as SQLite ignores the case of collations; ``None`` for the default."""
    return None if name.upper() == "BINARY" else name.upper()


def _table_constraints(cursor: _Cursor, table: Table) -> None:
    name: str | None = None
    while not cursor.done:
        if cursor.accept("CONSTRAINT"):
            name = cursor.name()
            continue
        if cursor.accept("PRIMARY", "KEY"):
            inner = cursor.group()
            if inner and inner[-1].keyword == "AUTOINCREMENT":
                table.autoincrement, inner = True, inner[:-1]
            table.primary_key = Key(name, _parts(inner), cursor.on_conflict())
        elif cursor.accept("UNIQUE"):
            table.uniques.append(Key(name, _parts(cursor.group()), cursor.on_conflict()))
        elif cursor.accept("CHECK"):
            table.checks.append(Check(name, cursor.expression()))
            cursor.on_conflict()
        elif cursor.accept("FOREIGN", "KEY"):
            columns = [_Cursor(part).name() for part in split_at_commas(cursor.group())]
            foreign = ForeignKey(name, columns)
            _references(cursor, foreign)
            table.foreign_keys.append(foreign)
        else:
            raise SqlTextError(f"unknown table constraint {cursor.next().value!r}")
        name = None


def _references(cursor: _Cursor, foreign: ForeignKey) -> None:
    cursor.expect("REFERENCES")
    foreign.target = cursor.name()
    if cursor.peek() == "(":
        parts = split_at_commas(cursor.group())
        foreign.target_columns = [_Cursor(part).name() for part in parts]
    while not cursor.done:
        if cursor.accept("ON"):
            event, action = cursor.next().keyword, cursor.next().keyword
            if action in ("SET", "NO"):
                action += " " + cursor.next().keyword
            if event == "UPDATE":
                foreign.on_update = action
            elif event == "DELETE":
                foreign.on_delete = action
        elif cursor.accept("MATCH"):
            foreign.match = cursor.name().upper()
        elif not _deferral(cursor, foreign):
            return


def _deferral(cursor: _Cursor, foreign: ForeignKey) -> bool:
    if cursor.accept("DEFERRABLE"):
        foreign.deferrable = "DEFERRABLE"
    elif cursor.accept("NOT", "DEFERRABLE"):
        foreign.deferrable = "NOT DEFERRABLE"
    elif cursor.accept("INITIALLY"):
        foreign.initially = cursor.next().keyword
    else:
        return False
    return True


def _parts(tokens: Sequence[Token]) -> list[Part]:
    return [_part(part) for part in split_at_commas(tokens)]


def _part(tokens: Sequence[Token]) -> Part:
    descending = False
    collation: str | None = None
    if tokens and tokens[-1].keyword in ("ASC", "DESC"):
        descending, tokens = tokens[-1].keyword == "DESC", tokens[:-1]
    tokens = strip_parentheses(tokens)
    if len(tokens) > 2 and tokens[-2].keyword == "COLLATE" and tokens[-1].is_name:
        collation, tokens = tokens[-1].value.upper(), strip_parentheses(tokens[:-2])
    if len(tokens) == 1 and tokens[0].is_name:
        return Part(tokens[0].value, render(tokens), collation, descending)
    return Part(None, render(tokens), collation, descending)


@lru_cache(maxsize=4096)
def parse_index(sql: str) -> Index:
    """An index made by ``CREATE INDEX``. The value is shared: do not change it.

    :raises SqlTextError: the text is not one that SQLite stores.
    """
    cursor = _Cursor(tokenize(sql))
    cursor.expect("CREATE")
    unique = cursor.accept("UNIQUE")
    cursor.expect("INDEX")
    cursor.qualified_name()
    cursor.expect("ON")
    cursor.name()
    parts = _parts(cursor.group())
    where: str | None = None
    if cursor.accept("WHERE"):
        where = render(strip_parentheses(cursor.tokens[cursor.at :]))
    elif not cursor.done:
        raise SqlTextError(f"unknown index option {cursor.next().value!r}")
    return Index(unique, parts, where)


@lru_cache(maxsize=1024)
def parse_definition(sql: str) -> str:
    """What follows the name in the text of a view or a trigger, in canonical spelling.

    :raises SqlTextError: the text is not one that SQLite stores.
    """
    cursor = _Cursor(tokenize(sql))
    cursor.expect("CREATE")
    cursor.next()
    cursor.qualified_name()
    return render(cursor.tokens[cursor.at :])
