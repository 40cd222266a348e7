"""What a ``CREATE`` text of SQLite's schema table declares: a pure function of the text.

SQLite keeps the text of every statement that made something, and no pragma tells constraint names,
CHECK, COLLATE, generated expressions, DEFERRABLE, ON CONFLICT or AUTOINCREMENT. The grammar is that
of SQLite's ``parse.y``: commas between table constraints may be missing, a name may stand in any of
four quotes, a constraint means the same at a column and at the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from assay.dialects.sqlite.declarations import Check, Column, ForeignKey, Index, Key, Part, Table
from assay.dialects.sqlite.token_stream import TokenStream
from assay.dialects.sqlite.tokens import (
    SqlTextError,
    Token,
    render,
    split_at_commas,
    strip_parentheses,
    tokenize,
)

__all__ = ["parse_definition", "parse_index", "parse_table"]

_CONSTRAINT = frozenset(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])
_AFTER_TYPE = _CONSTRAINT | frozenset(["NOT", "NULL", "DEFAULT", "COLLATE", "REFERENCES", "AS"])


@lru_cache(maxsize=4096)
def parse_table(sql: str) -> Table:
    """A table, plain or virtual. The value is shared: do not change it.

    :raises SqlTextError: the text is not one that SQLite stores.
    """
    stream = TokenStream(tokenize(sql))
    stream.expect("CREATE")
    if stream.accept("VIRTUAL"):
        stream.expect("TABLE")
        stream.qualified_name()
        stream.expect("USING")
        # The arguments are the module's own language: only the ends are trimmed.
        return Table(virtual=sql[stream.tokens[stream.at].start :].strip())
    stream.expect("TABLE")
    stream.qualified_name()
    table = Table()
    for item in split_at_commas(stream.group()):
        part = TokenStream(item)
        if part.peek() in _CONSTRAINT:
            _table_constraints(part, table)
        else:
            _column(part, table)
    while not stream.done:
        if stream.accept("WITHOUT", "ROWID"):
            table.without_rowid = True
        elif stream.accept("STRICT"):
            table.strict = True
        elif not stream.accept(","):
            raise SqlTextError(f"unknown table option {stream.next().value!r}")
    return table


def _column(stream: TokenStream, table: Table) -> None:
    column = Column(stream.name())
    table.columns.append(column)
    start = stream.at
    while not stream.done and stream.peek() not in _AFTER_TYPE:
        if stream.peek() == "GENERATED" and stream.peek(1) == "ALWAYS":
            break
        if stream.peek() == "(":
            stream.group()
        else:
            stream.next()
    column.type = render(stream.tokens[start : stream.at]).upper()
    name: str | None = None
    while not stream.done:
        if stream.accept("CONSTRAINT"):
            name = stream.name()
            continue
        _column_constraint(stream, table, column, name)
        name = None


def _column_constraint(stream: TokenStream, table: Table, column: Column, name: str | None) -> None:
    if stream.accept("NOT", "NULL"):
        column.not_null = True
        column.conflict = stream.on_conflict()
    elif stream.accept("NULL"):
        stream.on_conflict()
    elif stream.accept("DEFAULT"):
        column.default = _default(stream)
    elif stream.accept("COLLATE"):
        column.collation = _collation(stream.name())
    elif stream.accept("CHECK"):
        table.checks.append(Check(name, stream.expression()))
    elif stream.accept("PRIMARY", "KEY"):
        descending = stream.accept("DESC")
        stream.accept("ASC")
        key = Key(name, [Part(column.name, column.name, None, descending)])
        key.column_descending = descending
        key.conflict = stream.on_conflict()
        table.autoincrement |= stream.accept("AUTOINCREMENT")
        table.primary_key = key
    elif stream.accept("UNIQUE"):
        table.uniques.append(Key(name, [Part(column.name, column.name)], stream.on_conflict()))
    elif stream.peek() == "REFERENCES":
        foreign = ForeignKey(name, [column.name])
        _references(stream, foreign)
        table.foreign_keys.append(foreign)
    elif table.foreign_keys and _deferral(stream, table.foreign_keys[-1]):
        pass  # SQLite lets other constraints stand between REFERENCES and its DEFERRABLE
    elif stream.peek() in ("GENERATED", "AS"):
        stream.accept("GENERATED", "ALWAYS")
        stream.expect("AS")
        column.generated = stream.expression()
        column.stored = "stored" if stream.accept("STORED") else "virtual"
        stream.accept("VIRTUAL")
    else:
        raise SqlTextError(f"unknown column constraint {stream.next().value!r}")


def _default(stream: TokenStream) -> str:
    if stream.peek() == "(":
        return stream.expression()
    start = stream.at
    if stream.peek() in ("+", "-"):
        stream.next()
    stream.next()
    return render(stream.tokens[start : stream.at])


def _collation(name: str) -> str | None:
    """In upper case, as SQLite ignores the case of collations; ``None`` for the default."""
    return None if name.upper() == "BINARY" else name.upper()


def _table_constraints(stream: TokenStream, table: Table) -> None:
    name: str | None = None
    while not stream.done:
        if stream.accept("CONSTRAINT"):
            name = stream.name()
            continue
        if stream.accept("PRIMARY", "KEY"):
            inner = stream.group()
            if inner and inner[-1].keyword == "AUTOINCREMENT":
                table.autoincrement, inner = True, inner[:-1]
            table.primary_key = Key(name, _parts(inner), stream.on_conflict())
        elif stream.accept("UNIQUE"):
            table.uniques.append(Key(name, _parts(stream.group()), stream.on_conflict()))
        elif stream.accept("CHECK"):
            table.checks.append(Check(name, stream.expression()))
            stream.on_conflict()
        elif stream.accept("FOREIGN", "KEY"):
            columns = [TokenStream(part).name() for part in split_at_commas(stream.group())]
            foreign = ForeignKey(name, columns)
            _references(stream, foreign)
            table.foreign_keys.append(foreign)
        else:
            raise SqlTextError(f"unknown table constraint {stream.next().value!r}")
        name = None


def _references(stream: TokenStream, foreign: ForeignKey) -> None:
    stream.expect("REFERENCES")
    foreign.target = stream.name()
    if stream.peek() == "(":
        parts = split_at_commas(stream.group())
        foreign.target_columns = [TokenStream(part).name() for part in parts]
    while not stream.done:
        if stream.accept("ON"):
            event, action = stream.next().keyword, stream.next().keyword
            if action in ("SET", "NO"):
                action += " " + stream.next().keyword
            if event == "UPDATE":
                foreign.on_update = action
            elif event == "DELETE":
                foreign.on_delete = action
        elif stream.accept("MATCH"):
            foreign.match = stream.name().upper()
        elif not _deferral(stream, foreign):
            return


def _deferral(stream: TokenStream, foreign: ForeignKey) -> bool:
    if stream.accept("DEFERRABLE"):
        foreign.deferrable = "DEFERRABLE"
    elif stream.accept("NOT", "DEFERRABLE"):
        foreign.deferrable = "NOT DEFERRABLE"
    elif stream.accept("INITIALLY"):
        foreign.initially = stream.next().keyword
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
    stream = TokenStream(tokenize(sql))
    stream.expect("CREATE")
    unique = stream.accept("UNIQUE")
    stream.expect("INDEX")
    stream.qualified_name()
    stream.expect("ON")
    stream.name()
    parts = _parts(stream.group())
    where: str | None = None
    if stream.accept("WHERE"):
        where = render(strip_parentheses(stream.tokens[stream.at :]))
    elif not stream.done:
        raise SqlTextError(f"unknown index option {stream.next().value!r}")
    return Index(unique, parts, where)


@lru_cache(maxsize=1024)
def parse_definition(sql: str) -> str:
    """What follows the name in the text of a view or a trigger, in canonical spelling.

    :raises SqlTextError: the text is not one that SQLite stores.
    """
    stream = TokenStream(tokenize(sql))
    stream.expect("CREATE")
    stream.next()
    stream.qualified_name()
    return render(stream.tokens[stream.at :])
