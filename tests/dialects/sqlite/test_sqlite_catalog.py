"""What is read from SQLite's texts: equal spellings, every difference, the pragmas' word."""

from __future__ import annotations

import random
import sqlite3
from typing import Any

import pytest

from assay.catalog import Snapshot, compare
from assay.dialects import load
from assay.dialects.sqlite.tokens import render, strip_parentheses, tokenize

read_catalog = load("sqlite").read_catalog
VERSION = sqlite3.sqlite_version_info


def database(*statements: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    return connection


def snapshot(*statements: str) -> Snapshot:
    connection = database(*statements)
    return read_catalog(lambda sql: connection.execute(sql).fetchall()).snapshot


PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, x, y, UNIQUE (x, y))"

EQUAL = {
    "blank space, case and comments": (
        "CREATE TABLE t (a INTEGER NOT NULL, b VARCHAR(20), c NUMERIC(10,2) DEFAULT 1)",
        "create  table t(a integer\tnot /* x */ null, -- it's )\n b varchar ( 20 ),"
        " c Numeric(10, 2) default (1))",
    ),
    "four quotes": (
        "CREATE TABLE t (a INT, b INT, UNIQUE (a, b), CHECK (a > b))",
        'CREATE TABLE [t] ("a" INT, `b` INT, UNIQUE ([a], \'b\'), CHECK ("a" > [b]))',
    ),
    "quotes that are needed": (
        'CREATE TABLE t ("a b" INT, CHECK ("a b" > 0))',
        "CREATE TABLE t ([a b] INT, CHECK (`a b` > 0))",
    ),
    "at the column or at the table": (
        "CREATE TABLE t (a INT PRIMARY KEY, b INT CONSTRAINT u UNIQUE CONSTRAINT k CHECK (b > 0)"
        " REFERENCES p (id) ON DELETE CASCADE)",
        "CREATE TABLE t (a INT, b INT, FOREIGN KEY (b) REFERENCES p (id) ON DELETE CASCADE,"
        " CONSTRAINT k CHECK (b > 0), CONSTRAINT u UNIQUE (b), PRIMARY KEY (a))",
    ),
    "no commas between table constraints": (
        "CREATE TABLE t (a INT, UNIQUE (a), CHECK (a > 0))",
        "CREATE TABLE t (a INT, CHECK (a > 0) UNIQUE (a))",
    ),
    "order of columns": ("CREATE TABLE t (a INT, b INT)", "CREATE TABLE t (b INT, a INT)"),
    "defaults of clauses": (
        "CREATE TABLE t (a INT UNIQUE, b REFERENCES p)",
        "CREATE TABLE t (a INT COLLATE binary NULL UNIQUE ON CONFLICT ABORT,"
        " b REFERENCES P (ID) ON DELETE NO ACTION)",
    ),
    "deferral after another constraint": (
        "CREATE TABLE t (a REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT NULL)",
        "CREATE TABLE t (a REFERENCES p NOT NULL DEFERRABLE INITIALLY DEFERRED)",
    ),
    "autoincrement": (
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE t (a INTEGER, PRIMARY KEY (a AUTOINCREMENT))",
    ),
    "generated": (
        "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1) VIRTUAL)",
        "CREATE TABLE t (a INT, b INT AS ((a+1)))",
    ),
}


@pytest.mark.parametrize("name", EQUAL)
def test_sqlite_equal_schemas_are_equal(name: str) -> None:
    one, other = (snapshot(PARENT, sql) for sql in EQUAL[name])
    assert [d.to_json() for d in compare(one, other)] == []


FK = "a INT, b INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES p"
DIFFERENT = [
    ("a INT", "a TEXT", "column t.a", ["type"]),
    ("a INT", "a INT NOT NULL", "column t.a", ["not null"]),
    ("a NOT NULL", "a NOT NULL ON CONFLICT FAIL", "column t.a", ["not null conflict"]),
    ("a DEFAULT 1", "a DEFAULT '1'", "column t.a", ["default"]),
    ("a DEFAULT -1", "a DEFAULT +1", "column t.a", ["default"]),
    ("a DEFAULT 'a b'", "a DEFAULT 'a  b'", "column t.a", ["default"]),
    ("a DEFAULT x'00'", "a DEFAULT x'01'", "column t.a", ["default"]),
    ("a DEFAULT true", 'a DEFAULT "true"', "column t.a", ["default"]),
    ("a TEXT", "a TEXT COLLATE NOCASE", "column t.a", ["collation"]),
    ("a, b AS (a)", "a, b AS (a + 1)", "column t.b", ["generated"]),
    ("a, b AS (a)", "a, b AS (a) STORED", "column t.b", ["generated kind"]),
    ("a, b, PRIMARY KEY (a, b)", "a, b, PRIMARY KEY (b, a)", "primary key t", None),
    ("a, CONSTRAINT k PRIMARY KEY (a)", "a, CONSTRAINT k PRIMARY KEY (a DESC)", "primary key t.k",
     ["columns"]),
    ("a INTEGER CONSTRAINT k PRIMARY KEY", "a INTEGER CONSTRAINT k PRIMARY KEY DESC",
     "primary key t.k", ["columns", "rowid alias"]),
    ("a, CONSTRAINT k PRIMARY KEY (a)", "a, CONSTRAINT k PRIMARY KEY (a) ON CONFLICT IGNORE",
     "primary key t.k", ["conflict"]),
    ("a INTEGER PRIMARY KEY", "a INTEGER PRIMARY KEY AUTOINCREMENT", "table t", ["autoincrement"]),
    ("a, CONSTRAINT u UNIQUE (a)", "a, CONSTRAINT u UNIQUE (a COLLATE rtrim)", "unique t.u",
     ["columns"]),
    ("a, b, CONSTRAINT c CHECK (a > 0)", "a, b, CONSTRAINT c CHECK (a > b)", "check t.c",
     ["check"]),
    ("a, b, CONSTRAINT c CHECK (a - -b)", "a, b, CONSTRAINT c CHECK (a - b)", "check t.c",
     ["check"]),
    ("a, CONSTRAINT c CHECK (a IN (1, 2))", "a, CONSTRAINT c CHECK (a IN (12))", "check t.c",
     ["check"]),
    (FK, FK + " ON DELETE CASCADE", "foreign key t.f", ["on delete"]),
    (FK, FK + " ON UPDATE SET NULL", "foreign key t.f", ["on update"]),
    (FK, FK + " MATCH FULL", "foreign key t.f", ["match"]),
    (FK, FK + " DEFERRABLE", "foreign key t.f", ["deferrable"]),
    (FK + " DEFERRABLE", FK + " DEFERRABLE INITIALLY DEFERRED", "foreign key t.f", ["initially"]),
    (FK, FK + " (x)", "foreign key t.f", ["target columns"]),
    (FK, FK.replace("(a)", "(b)"), "foreign key t.f", ["columns"]),
    (FK, FK.replace(" p", " t"), "foreign key t.f", ["target", "target columns"]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "label", "attributes"), DIFFERENT)
def test_sqlite_every_difference_is_seen(
    one: str, other: str, label: str, attributes: list[str] | None
) -> None:
    found = compare(
        snapshot(PARENT, f"CREATE TABLE t ({one})"), snapshot(PARENT, f"CREATE TABLE t ({other})")
    )
    assert found
    if attributes is None:  # unnamed: its content is its name
        assert {d.object.label.split(":")[0].removesuffix(".unnamed") for d in found} == {label}
    else:
        assert [(d.object.label, [a for a, _, _ in d.altered]) for d in found] == [
            (label, attributes)
        ]


INDEX = [
    ("CREATE INDEX i ON t (a)", "CREATE UNIQUE INDEX i ON t (a)", ["unique"]),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a DESC)", ["columns"]),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a COLLATE NOCASE)", ["columns"]),
    ("CREATE INDEX i ON t (a, b)", "CREATE INDEX i ON t (b, a)", ["columns"]),
    ("CREATE INDEX i ON t (a + 1)", "CREATE INDEX i ON t (a + 2)", ["columns"]),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a) WHERE a > 0", ["where"]),
    ("CREATE INDEX i ON t (a) WHERE a > 0", "CREATE INDEX i ON t (a) WHERE a > 1", ["where"]),
    ("CREATE INDEX IF NOT EXISTS main.i ON t (a ASC, (b))", "create index i on t(A, \"b\")", []),
    ("CREATE INDEX i ON t (c COLLATE NOCASE)", "CREATE INDEX i ON t (c)", []),
    ("CREATE INDEX i ON t (c COLLATE binary)", "CREATE INDEX i ON t (c)", ["columns"]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "attributes"), INDEX)
def test_sqlite_indexes(one: str, other: str, attributes: list[str]) -> None:
    table = "CREATE TABLE t (a, b, c COLLATE nocase)"
    found = compare(snapshot(table, one), snapshot(table, other))
    assert [a for d in found for a, _, _ in d.altered] == attributes
    assert {d.object.label for d in found} <= {"index t.i"}


@pytest.mark.skipif(VERSION < (3, 37), reason="STRICT since 3.37")
def test_sqlite_table_options() -> None:
    plain = "CREATE TABLE t (a INT NOT NULL PRIMARY KEY)"
    strict, both = snapshot(plain + " STRICT"), snapshot(plain + " strict, Without RowId")
    [first] = compare(snapshot(plain), strict)
    assert first.altered == (("strict", None, "yes"),)
    [second] = compare(strict, both)
    assert second.altered == (("without rowid", None, "yes"),)


def test_sqlite_views_triggers_and_virtual_tables() -> None:
    table = "CREATE TABLE t (a, b)"
    view = "CREATE VIEW v (x) AS SELECT a FROM t WHERE b = 'A  b'"
    same = "create view [v] (x) as\n  select a from \"t\" where b = 'A  b' -- all"
    assert compare(snapshot(table, view), snapshot(table, same)) == ()
    [changed] = compare(snapshot(table, view), snapshot(table, view.replace("A  b", "A b")))
    assert (changed.object.label, changed.altered[0][0]) == ("view v", "definition")
    trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = 1; END"
    [changed] = compare(snapshot(table, trigger), snapshot(table, trigger.replace("1", "2")))
    assert (changed.object.label, changed.object.key) == ("trigger t.g", ("t", "g"))
    virtual = snapshot("CREATE VIRTUAL TABLE f USING rtree(id, 'a  b', c)").get("table", "f")
    assert virtual is not None
    assert virtual.get("virtual") == "rtree(id, 'a  b', c)"


def test_sqlite_what_is_not_in_it() -> None:
    found = snapshot(
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)",
        "CREATE TEMP TABLE x (a)",
        "CREATE INDEX i ON t (b)",
        "INSERT INTO t (b) VALUES (1)",
        "ANALYZE",
        "ATTACH ':memory:' AS other",
        "CREATE TABLE other.y (a)",
    )
    assert {o.label for o in found.objects} == {
        "table t", "column t.a", "column t.b", "primary key t.unnamed: a", "unique t.unnamed: b",
        "index t.i",
    }  # fmt: skip
    assert found.server_version == sqlite3.sqlite_version


def test_sqlite_constraints_that_are_alike_are_counted() -> None:
    def read(*rest: str) -> Snapshot:
        return snapshot(f"CREATE TABLE t ({', '.join(['a', 'b', *rest])})")

    twice = read("UNIQUE (a)", "CHECK (a > 0)", "CHECK (a>0)", "CONSTRAINT c CHECK (b)",
                 "CONSTRAINT c CHECK (a)")  # fmt: skip
    assert [o.key[1] for o in twice.of_kind("check")] == [
        "c", "c (2)", "unnamed: a > 0", "unnamed: a > 0 (2)",
    ]  # fmt: skip
    turned = read("CONSTRAINT c CHECK (a)", "CHECK (a>0)", "CONSTRAINT c CHECK (b)",
                  "CHECK (a > 0)", "UNIQUE (a)")  # fmt: skip
    assert compare(twice, turned) == ()
    [once] = compare(twice, read("UNIQUE (a)", "CHECK (a > 0)", "CONSTRAINT c CHECK (b)",
                                 "CONSTRAINT c CHECK (a)"))  # fmt: skip
    assert (once.change.value, once.object.label) == ("removed", "check t.unnamed: a > 0 (2)")


def test_sqlite_text_that_is_not_understood_is_compared_as_a_whole() -> None:
    def read(text: str) -> Snapshot:
        connection = database("CREATE TABLE t (a)", "CREATE INDEX i ON t (a)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table'", (text,))
        return read_catalog(lambda sql: connection.execute(sql).fetchall()).snapshot

    odd = read("CREATE TABLE t (a FUTURE CLAUSE, UNIQUE WITHIN (a))")
    assert odd.get("index", "t", "i") is not None
    assert compare(odd, read("create table t (a FUTURE CLAUSE, unique WITHIN (a))")) == ()
    assert len(compare(odd, read("CREATE TABLE t (a FUTURE CLAUSE, UNIQUE WITHIN (b))"))) == 1


# --- agreement with the pragmas -----------------------------------------------------------------


def folded(text: str | None) -> str | None:
    return None if text is None else render(strip_parentheses(tokenize(text)))


def assert_agrees(connection: sqlite3.Connection) -> None:
    """Everything that a pragma tells is what was read from the texts."""
    found = read_catalog(lambda sql: connection.execute(sql).fetchall()).snapshot
    tables = [o for o in found.of_kind("table") if o.get("virtual") is None]
    for table in tables:
        name = table.key[0]
        columns = {}
        keyed = {}
        for _, column, type_, not_null, default, key, hidden in connection.execute(
            "SELECT * FROM pragma_table_xinfo(?)", (name,)
        ):
            columns[column] = (
                "".join(type_.upper().split()),
                "true" if not_null else "false",
                folded(default),
                {0: None, 2: "virtual", 3: "stored"}[hidden],
            )
            if key:
                keyed[key] = column
        read = {
            o.key[1]: (
                "".join((o.get("type") or "").split()),
                o.get("not null"),
                o.get("default"),
                o.get("generated kind"),
            )
            for o in found.of_kind("column")
            if o.key[0] == name
        }
        assert read == columns, name
        assert_keys_agree(connection, found, name, [keyed[k] for k in sorted(keyed)])
        assert_foreign_keys_agree(connection, found, name)
        if VERSION >= (3, 37):
            rows = connection.execute("PRAGMA main.table_list").fetchall()
            [(without_rowid, strict)] = [r[4:6] for r in rows if r[1] == name]
            assert bool(table.get("without rowid")) == bool(without_rowid)
            assert bool(table.get("strict")) == bool(strict)


def assert_keys_agree(
    connection: sqlite3.Connection, found: Snapshot, table: str, keyed: list[str]
) -> None:
    collations = {
        o.key[1].lower(): o.get("collation") or "BINARY"
        for o in found.of_kind("column")
        if o.key[0] == table
    }
    declared = {k: [o for o in found.of_kind(k) if o.key[0] == table] for k in ("index", "unique")}
    told: dict[str, list[Any]] = {"index": [], "unique": [], "primary key": []}
    for _, index, unique, origin, partial in connection.execute(
        "SELECT * FROM pragma_index_list(?)", (table,)
    ):
        parts = [
            (None if cid < 0 else column, bool(desc), collation.upper())
            for _, cid, column, desc, collation, is_key in connection.execute(
                "SELECT * FROM pragma_index_xinfo(?)", (index,)
            )
            if is_key
        ]
        kind = {"c": "index", "u": "unique", "pk": "primary key"}[origin]
        told[kind].append((index if origin == "c" else "", bool(unique), bool(partial), parts))

    def parts_of(text: str) -> list[tuple[str | None, bool, str]]:
        out: list[tuple[str | None, bool, str]] = []
        for part in text.split(", "):  # the corpus has no comma within a part
            desc, part = part.endswith(" DESC"), part.removesuffix(" DESC")
            name, _, collation = part.partition(" COLLATE ")
            column = name.strip('"').lower()
            known = column in collations
            out.append(
                (
                    column if known else None,
                    desc,
                    collation or (collations[column] if known else "BINARY"),
                )
            )
        return out

    def lower(parts: list[tuple[str | None, bool, str]]) -> list[tuple[str | None, bool, str]]:
        return [(p[0] and p[0].lower(), p[1], p[2]) for p in parts]

    indexes = [
        (
            o.key[1],
            o.get("unique") == "true",
            o.get("where") is not None,
            parts_of(o.get("columns") or ""),
        )
        for o in declared["index"]
    ]
    assert sorted(indexes, key=str) == sorted(
        [(n, u, p, lower(x)) for n, u, p, x in told["index"]], key=str
    )
    # SQLite makes one index for constraints of one content: compared as sets.
    uniques = [parts_of(o.get("columns") or "") for o in declared["unique"]]
    automatic = [lower(x) for *_, x in told["unique"] + told["primary key"]]
    for unique in uniques:
        if not (len(unique) == 1 and is_rowid(found, table, unique[0][0])):
            assert [p[0] for p in unique] in [[p[0] for p in a] for a in automatic]
    keys = [o for o in found.of_kind("primary key") if o.key[0] == table]
    assert len(keys) <= 1
    own = [p[0] for o in keys for p in parts_of(o.get("columns") or "")]
    assert own == [k.lower() for k in keyed]
    for *_, parts in told["primary key"]:
        if own not in [[p[0] for p in unique] for unique in uniques]:
            assert lower(parts) == parts_of(keys[0].get("columns") or "")
    if keys and found.get("table", table).get("without rowid") is None:  # type: ignore[union-attr]
        alias = keys[0].get("rowid alias") == "yes"
        if alias:
            assert not told["primary key"]
        else:
            assert told["primary key"] or told["unique"]


def is_rowid(found: Snapshot, table: str, column: str | None) -> bool:
    return any(
        o.key[0] == table and o.get("rowid alias") and (o.get("columns") or "").lower() == column
        for o in found.of_kind("primary key")
    )


def assert_foreign_keys_agree(connection: sqlite3.Connection, found: Snapshot, table: str) -> None:
    told: dict[int, list[Any]] = {}
    for number, _, target, own, other, update, delete, _match in connection.execute(
        "SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq", (table,)
    ):
        key = told.setdefault(number, [target, [], [], update, delete])
        key[1].append(own)
        key[2].append(other)
    expected = sorted(
        (
            t.lower(),
            ", ".join(c).lower(),
            None if None in o else ", ".join(o).lower(),
            u,
            d,
        )
        for t, c, o, u, d in told.values()
    )
    read = [
        tuple((o.get(a) or "") for a in
              ("target", "columns", "target columns", "on update", "on delete"))
        for o in found.of_kind("foreign key")
        if o.key[0] == table
    ]  # fmt: skip
    plain = sorted(
        (t.strip('"').lower(), c.replace('"', "").lower(), o.replace('"', "").lower(), u, d)
        for t, c, o, u, d in read
    )
    assert len(plain) == len(expected)
    for mine, theirs in zip(plain, expected, strict=True):
        # The pragma says nothing of the columns where the text says nothing.
        assert mine == (theirs if theirs[2] is not None else (*theirs[:2], mine[2], *theirs[3:]))


NAMES = ["a", "B", '"c d"', "[key]", "`order`", "'quoted'", "é", "e$1"]
TYPES = [
    "", "INT", "integer", "VARCHAR( 20 )", "numeric(10 ,2)", "DOUBLE  PRECISION", "TEXT", "BLOB",
    "unsigned big int",
]  # fmt: skip
DEFAULTS = [
    "", "DEFAULT 1", "DEFAULT -1.5e3", "DEFAULT 'it''s'", "DEFAULT NULL",
    "DEFAULT current_timestamp", "DEFAULT (1 + - 2)", "DEFAULT (lower( 'A  b' ))",
    "DEFAULT x'AB'", "DEFAULT abc", "DEFAULT true",
    "default ((3))", 'DEFAULT "x y"', "DEFAULT + 1", "DEFAULT 0x1F",
]  # fmt: skip


def random_table(rng: random.Random, name: str, others: list[str]) -> str:
    """The text of a table that SQLite takes, in some spelling."""
    columns = rng.sample(NAMES, rng.randint(2, len(NAMES)))
    items = []
    keyed = rng.choice(["column", "table", "none"])
    strict = VERSION >= (3, 37) and rng.random() < 0.2
    for number, column in enumerate(columns):
        clauses = [
            rng.choice(["INT", "integer", "TEXT", "BLOB", "ANY"] if strict else TYPES),
            rng.choice(["", "", "NOT NULL", "CONSTRAINT nn NOT  NULL ON CONFLICT IGNORE", "NULL"]),
            "" if strict else rng.choice(DEFAULTS),
            rng.choice(["", "", "COLLATE nocase", 'COLLATE "RTRIM"']),
            rng.choice(["", "", f"CHECK ({column} IS NOT 'a,)' /* ) */)"]),
            rng.choice(["", "", "", "UNIQUE", "constraint u_1 unique ON CONFLICT replace"]),
        ]
        if rng.random() < 0.2:
            clauses.append(
                f"REFERENCES {rng.choice([*others, name])}{rng.choice(['', '(x)'])}"
                + rng.choice(["", " ON DELETE SET NULL", " ON UPDATE NO ACTION NOT DEFERRABLE"])
            )
        if keyed == "column" and number == 0:
            clauses.append("CONSTRAINT pk PRIMARY  KEY" + rng.choice(["", " DESC", " ASC"]))
        elif number > 1 and rng.random() < 0.15:
            clauses[2] = f"AS ({columns[0]} || ',') {rng.choice(['', 'STORED', 'virtual'])}"
            clauses[5] = ""
            del clauses[6:]
        items.append(column + " " + rng.choice([" ", "\n -- it's (\n "]).join(clauses))
    two = ", ".join(rng.sample(columns[:2], 2))
    order = rng.choice(["", " DESC", " COLLATE binary ASC"])
    if keyed == "table":
        items.append(f"PRIMARY KEY ({two}{order})")
    without = keyed != "none" and rng.random() < 0.3
    if rng.random() < 0.4:
        items.append(f"CONSTRAINT [u 2] UNIQUE ({two}{order})")
    if rng.random() < 0.4:
        items.append(f"FOREIGN KEY ({two}) REFERENCES {rng.choice(others or [name])} (x, y)")
    options = ", ".join(["STRICT"] * strict + ["WITHOUT rowid"] * without)
    return f"CREATE TABLE {name} ({', '.join(items)}) {options}"


@pytest.mark.parametrize("seed", range(60))
def test_sqlite_texts_and_pragmas_agree(seed: int) -> None:
    rng = random.Random(seed)
    connection = database("CREATE TABLE other (x, y, PRIMARY KEY (x, y))")
    others = ["other"]
    for number in range(4):
        name = rng.choice([f"t{number}", f'"T {number}"', f"[table {number}]"])
        text = random_table(rng, name, others)
        connection.execute(text)
        others.append(name)
        first = text.partition("(")[2].split()[0]
        if '"' not in first and "'" not in text.partition("(")[2][:10] and " d" not in text[:40]:
            connection.execute(
                f"CREATE {rng.choice(['', 'UNIQUE'])} INDEX i{number} ON {name} ({first}"
                f"{rng.choice(['', ' desc', ' collate Nocase desc'])}, lower({first} + 1) DESC)"
                f"{rng.choice(['', ' WHERE ' + first + ' > 0'])}"
            )
    assert_agrees(connection)
