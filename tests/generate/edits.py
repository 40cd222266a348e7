"""Hypothesis strategies: random schemas, and random pairs whose second schema is the first one edited.

What no migration of rows could do (a foreign key from values to an empty table, equal values under a
new key) is left out here, by :func:`possible`, not by catching errors later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from pairs import Place, run_pair
from schemas import Check, Column, Enum, Foreign, Index, Schema, Table, Unique

__all__ = ["ENGINES", "Pair", "pairs", "possible", "problems"]

ENGINES = ("sqlite", "postgresql", "mysql")
Draw = Callable[[Any], Any]

TABLES = ("author", "book", "order", "Shelf", "loan", "stock", "odd name", "member")
COLUMNS = (
    *("name", "title", "price", "state", "note", "born", "group", "Amount", "flag", "code", "ref"),
    *("odd column", "select", "kind", "size", "place"),
)
COMMENTS = (None, "short", 'it\'s 100% of "all"', "two\nlines")
INTEGERS = ("Integer", "SmallInteger", "BigInteger")
FAMILIES: dict[str, tuple[str, ...]] = {
    "int": (*INTEGERS, "Numeric(10, 2)", "String(20)"),
    "dec": ("Numeric(10, 2)", "Numeric(12, 4)", "Double"),
    "str": ("String(30)", "String(50)", "Text", "Unicode(40)"),
    "bool": ("Boolean", "Integer"),
    "day": ("Date", "DateTime"),
    "time": ("Time",),
    "bin": ("LargeBinary",),
    "json": ("JSON",),
    "uuid": ("Uuid",),
    "enum": ("Enum",),
}
ONLY: dict[str, dict[str, tuple[str, ...]]] = {
    "postgresql": {
        "day": ("Date", "DateTime", "DateTime(timezone=True)"),
        "json": ("JSON", "postgresql.JSONB"),
        "array": ("ARRAY(Integer)", "ARRAY(BigInteger)"),
        "inet": ("postgresql.INET",),
        "span": ("Interval",),
    },
}
DISTINCT = ("int", "dec", "str", "day")
"""Families whose values differ from row to row."""
CHECKS = {
    "num": ("{0} > 0", "{0} < 1000", "{0} <> 500", "{0} IS NULL OR {0} >= 1"),
    "text": ("{0} <> 'zz'", "length({0}) < 25"),
}


def families(engine: str) -> dict[str, tuple[str, ...]]:
    """The families of types on an engine."""
    return {**FAMILIES, **ONLY.get(engine, {})}


def indexable(column: Column, engine: str) -> bool:
    """An ordinary index can be over the column."""
    if column.family in ("json", "bin", "array"):
        return False
    return not (engine == "mysql" and column.type == "Text")


def defaultable(column: Column, engine: str) -> bool:
    """The column can have a server default of its family."""
    from schemas import DEFAULTS

    return column.family in DEFAULTS and not (engine == "mysql" and column.type == "Text")


# --- what rows allow


def possible(old: Schema, new: Schema) -> bool:
    """Whether the rows of the old schema can be there in the new one, and those back in the old."""
    for table in new.tables:
        before = old.table(table.uid)
        keys = table.distinct()
        for column in table.columns:
            was = before.column(column.uid) if before else None
            if column.default is not None and (
                column.uid in keys or any(f.column == column.uid for f in table.foreigns)
            ):
                return False
            if column.uid in keys and column.family not in DISTINCT and column.computed is None:
                return False
            if before is not None and was is None and column.uid in table.key:
                return False  # a key over a column that rows do not have yet
            replaces = [c for c in before.columns if c.name == column.name] if before else []
            if was is None and column.computed is not None and replaces:
                return False  # its values are the server's from now on
        for foreign in table.foreigns:
            column = _must(table.column(foreign.column))
            target = new.table(foreign.table)
            if target is None or target.key != (0,) or column.type != _must(target.column(0)).type:
                return False
            if foreign.ondelete == "SET NULL" and not column.nullable:
                return False
            # MariaDB: no CHECK and no expression over what a foreign key may change (error 1901)
            checked = {c.column for c in table.checks}
            checked |= {c.source for c in table.columns if c.computed is not None}
            if new.engine == "mysql" and foreign.ondelete and column.uid in checked:
                return False
            is_filled = before is not None and (
                before.column(column.uid) is not None or not column.nullable
            )
            if is_filled and old.table(foreign.table) is None:
                return False
    for table in old.tables:
        after = new.table(table.uid)
        for foreign in table.foreigns:
            # down again: the table it points to comes back empty
            if after is not None and new.table(foreign.table) is None:
                column = _must(table.column(foreign.column))
                if after.column(column.uid) is not None or not column.nullable:
                    return False
        if after is not None:
            gone = [c for c in table.columns if after.column(c.uid) is None]
            if any(c.uid in table.key for c in gone):
                return False
            # one that waits under another name asks for values under that one
            kept = [c.name for c in after.columns if table.column(c.uid) is not None]
            if any(c.name in kept and not c.nullable for c in gone):
                return False
            # a dropped NOT NULL column gets values by its expression: those must be distinct too
            if any(
                c.computed is None and c.uid in table.distinct() and c.family == "day" for c in gone
            ):
                return False
    return True


def _must(found: Any) -> Any:
    assert found is not None
    return found


# --- parts


@dataclass
class _Names:
    """Names and numbers that were never used in the pair."""

    draw: Draw
    number: int = 0

    def next(self) -> int:
        self.number += 1
        return self.number

    def of_table(self, *schemas: Schema) -> str | None:
        taken = {t.name for s in schemas for t in s.tables}
        free = [n for n in TABLES if n not in taken]
        return self.draw(st.sampled_from(free)) if free else None

    def of_column(self, *tables: Table | None) -> str | None:
        taken = {c.name for t in tables if t for c in t.columns}
        free = [n for n in COLUMNS if n not in taken]
        return self.draw(st.sampled_from(free)) if free else None


class _Maker:
    """Draws parts for one engine."""

    def __init__(self, draw: Draw, engine: str) -> None:
        self.draw, self.engine, self.names = draw, engine, _Names(draw)

    def one(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    def name(self, prefix: str) -> str:
        return f"{prefix}_{self.names.next()}"

    def column(self, schema: Schema, name: str, **given: Any) -> Column:
        kinds = families(self.engine)
        family = given.pop("family", None) or self.one(
            *(k for k in kinds if k != "enum" or schema.enums)
        )
        number = self.names.next()
        made = Column(number, name, family, self.one(*kinds[family]), seed=number % 8 + 1, **given)
        if family == "enum":
            made = replace(made, enum=self.one(*schema.enums).uid)
        made = replace(made, nullable=self.maybe())
        if self.one(0, 0, 1) and defaultable(made, self.engine):
            made = replace(made, default=self.default(made))
        if self.engine != "sqlite" and self.one(0, 0, 0, 1):
            made = replace(made, comment=self.one(*COMMENTS))
        return made

    def default(self, column: Column) -> str:
        from schemas import DEFAULTS

        return str(self.one(*DEFAULTS[column.family]))

    def table(self, schema: Schema, name: str) -> Table:
        made = Table(self.names.next(), name, (Column(0, "id", "int", "Integer", False),), (0,))
        for _ in range(self.draw(st.integers(1, 4))):
            free = self.names.of_column(made)
            if free:
                made = replace(made, columns=(*made.columns, self.column(schema, free)))
        if self.one(0, 0, 0, 1):
            made = replace(made, key_name=self.name("pk"))
        if self.engine == "postgresql":
            made = replace(made, schema=self.one(None, None, None, "side"))
            if self.one(0, 0, 0, 1) and not made.key_name:
                first = replace(made.columns[0], identity=True)
                made = made.with_column(first)
        if self.engine != "sqlite":
            made = replace(made, comment=self.one(None, None, None, *COMMENTS))
        for part in self.draw(st.lists(st.sampled_from(_PARTS), min_size=1, max_size=4)):
            made = part(self, schema, made) or made
        return made

    def unique(self, _schema: Schema, table: Table) -> Table | None:
        over = self.some(
            table,
            lambda c: c.family in DISTINCT and c.default is None and indexable(c, self.engine),
        )
        if not over:
            return None
        name = self.name("uq") if self.maybe() else None
        if any(u.columns == over for u in table.uniques):
            return None
        return replace(table, uniques=(*table.uniques, Unique(self.names.next(), name, over)))

    def check(self, schema: Schema, table: Table) -> Table | None:
        fitting = [
            c
            for c in table.columns
            if (c.numeric or (c.textual and c.family == "str"))
            # MariaDB: no CHECK over what counts up (error 1901)
            and not (self.engine == "mysql" and c.uid == 0)
        ]
        if not fitting:
            return None
        column = self.one(*fitting)
        conditions = CHECKS["text" if column.textual else "num"]
        # a convention makes names from names
        name = self.name("ck") if schema.convention or self.maybe() else None
        made = Check(self.names.next(), name, column.uid, self.one(*conditions))
        return replace(table, checks=(*table.checks, made))

    def index(self, _schema: Schema, table: Table) -> Table | None:
        over = self.some(table, lambda c: indexable(c, self.engine))
        if not over:
            return None
        made = Index(self.names.next(), self.name("ix"), over)
        columns = [_must(table.column(uid)) for uid in over]
        if self.one(0, 0, 1) and all(c.family in DISTINCT and c.default is None for c in columns):
            made = replace(made, unique=True)
        if self.engine != "mysql" and self.one(0, 0, 1):
            where = self.one('{t}.c["id"] > 1', '{t}.c["id"] < 3', '{t}.c["{first}"].isnot(None)')
            made = replace(made, options={f"{self.engine}_where": where})
        elif self.engine == "postgresql" and self.one(0, 0, 1):
            option = self.one(
                ("postgresql_using", "'hash'"),
                ("postgresql_include", "['id']"),
                ("postgresql_with", "{{'fillfactor': 70}}"),
            )
            alone = len(over) == 1 and not made.unique and over != (0,)
            if alone:
                made = replace(made, options=dict([option]))
        elif self.engine != "mysql" and columns[0].textual and self.maybe():
            made = replace(made, lower=True)
        return replace(table, indexes=(*table.indexes, made))

    def foreign(self, schema: Schema, table: Table) -> Table | None:
        targets = [t for t in (*schema.tables, table) if t.key == (0,)]
        name = self.names.of_column(table)
        if not targets or name is None:
            return None
        target = self.one(*targets)
        number = self.names.next()
        kind = _must(target.column(0)).type
        column = Column(number, name, "int", kind, nullable=self.maybe())
        made = Foreign(
            self.names.next(),
            self.name("fk") if self.maybe() else None,
            number,
            target.uid,
            self.one(None, None, "CASCADE", *(["SET NULL"] if column.nullable else [])),
            self.engine == "postgresql" and self.one(False, False, True),
        )
        return replace(table, columns=(*table.columns, column), foreigns=(*table.foreigns, made))

    def computed(self, _schema: Schema, table: Table) -> Table | None:
        name = self.names.of_column(table)
        # MariaDB: no generated column over one that counts up (error 1901)
        sources = [
            c
            for c in table.columns
            if c.family == "int"
            and c.type in INTEGERS
            and c.computed is None
            and not (self.engine == "mysql" and c.uid in table.key)
        ]
        if name is None or not sources:
            return None
        made = Column(
            *(self.names.next(), name, "int", "Integer"),
            computed=self.one("{0} * 2", "{0} + 1"),
            source=self.one(*sources).uid,
        )
        return replace(table, columns=(*table.columns, made))

    def some(self, table: Table, fits: Callable[[Column], bool]) -> tuple[int, ...]:
        fitting = [c.uid for c in table.columns if fits(c) and c.computed is None]
        if not fitting:
            return ()
        return tuple(
            self.draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=2, unique=True))
        )

    def schema(self) -> Schema:
        made = Schema(self.engine, (), convention=self.one(False, False, True))
        if self.maybe():
            made = replace(made, enums=(self.enum(),))
        for _ in range(self.draw(st.integers(1, 3))):
            name = self.names.of_table(made)
            made = replace(made, tables=(*made.tables, self.table(made, _must(name))))
        if self.one(0, 0, 1) and len(made.tables) > 1:  # a cycle
            first = made.tables[0]
            tied = self.foreign(replace(made, tables=made.tables[1:]), first)
            if tied is not None:
                column = replace(tied.columns[-1], nullable=True)
                made = made.with_table(tied.with_column(column))
        return made

    def enum(self) -> Enum:
        number = self.names.next()
        return Enum(
            number, f"mood_{number}", ("calm", "it's odd", "spare", "last")[: self.one(3, 4)]
        )


_PARTS = (_Maker.unique, _Maker.check, _Maker.index, _Maker.foreign, _Maker.computed)


@dataclass(frozen=True)
class Pair:
    """Two schemas, the second one edited from the first."""

    old: Schema
    new: Schema

    def __repr__(self) -> str:
        answers = self.new.answers_from(self.old)
        return (
            f"# {self.old.engine}\nOLD = r'''\n{self.old.source}'''\n"
            f"NEW = r'''\n{self.new.source}'''\nANSWERS = {answers!r}\n"
        )


def problems(place: Place, pair: Pair) -> list[str]:
    """What is not right on the way from the old schema to the new and back."""
    old = pair.old
    answers = pair.new.answers_from(old)
    derived = [f"{t.full}.{c.name}" for t in old.tables for c in t.columns if c.computed]
    outcome = run_pair(place, old.source, pair.new.source, answers, rows=old.fill, derived=derived)
    return outcome.problems


@st.composite
def pairs(draw: Draw, engine: str) -> Pair:
    """Random pairs for an engine."""
    from editing import EDITS

    maker = _Maker(draw, engine)
    old = maker.schema()
    if not possible(old, old):  # a default on what became part of a key, and the like
        old = _calm(old)
    new, left = old, draw(st.integers(1, 6))
    for _ in range(4 * left):
        edited = draw(st.sampled_from(EDITS))(maker, old, new)
        if edited is not None and edited != new and possible(old, edited):
            new, left = edited, left - 1
        if not left:
            break
    return Pair(old, new)


def _calm(schema: Schema) -> Schema:
    """The schema without what makes its own rows impossible."""
    for table in schema.tables:
        plain = replace(table, uniques=(), foreigns=(), indexes=())
        for column in plain.columns:
            if column.uid in plain.key and column.default is not None:
                plain = plain.with_column(replace(column, default=None))
        schema = schema.with_table(plain)
    return schema
