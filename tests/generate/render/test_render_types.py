"""Every type: rendered, evaluated, its DDL is that of the original."""

from __future__ import annotations

import enum
import sys
import types as python_types

import pytest
import sqlalchemy as sa
from rendered import ENGINES, context_for, evaluated
from sqlalchemy.dialects import mysql, postgresql

from assay.generate.render import render_type
from assay.generate.render.ddl import type_ddl
from assay.operations import Verbatim

CITEXT = getattr(postgresql, "CITEXT", postgresql.TEXT)  # SQLAlchemy 2.0.7


class Mood(enum.Enum):
    happy = "H"
    sad = "S"


class Money(sa.types.TypeDecorator):
    impl = sa.Numeric
    cache_ok = True

    def __init__(self):
        super().__init__(12, 4)


class Guid(sa.types.TypeDecorator):
    """Another type on each engine."""

    impl = sa.CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID())
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.BINARY(16))
        return dialect.type_descriptor(sa.CHAR(32))


class Twice(sa.types.TypeDecorator):
    """A decorator of a decorator."""

    impl = Money
    cache_ok = True


class Labelled(sa.types.TypeDecorator):
    impl = sa.Enum
    cache_ok = True

    def __init__(self):
        super().__init__("a", "b", name="labelled", native_enum=False, create_constraint=True)


class Point(sa.types.UserDefinedType):
    """An argument that ``repr()`` cannot know."""

    def __init__(self, srid):
        self._srid = srid

    def get_col_spec(self, **_):
        return f"POINT({self._srid})"


class Code(sa.String):
    """A subclass."""


class Outer:
    class Inner(sa.types.TypeDecorator):
        impl = sa.String(7)
        cache_ok = True


def local_type():
    class Local(sa.types.TypeDecorator):
        impl = sa.Unicode(9)
        cache_ok = True

    return Local()


TYPES = [
    sa.Integer(),
    sa.SmallInteger(),
    sa.BigInteger(),
    sa.String(50),
    sa.Text(),
    sa.String(50, collation="C"),
    sa.String(50, collation="Weird-Name"),
    sa.Unicode(3),
    sa.Numeric(10, 2),
    sa.Numeric(),
    sa.Numeric(10, 2, asdecimal=False),
    sa.Float(53),
    sa.Double(),
    sa.DateTime(timezone=True),
    sa.Time(timezone=True),
    sa.Date(),
    sa.Boolean(),
    sa.Boolean(create_constraint=True, name="ck_bool"),
    sa.LargeBinary(20),
    sa.JSON(none_as_null=True),
    sa.Uuid(),
    sa.Uuid(native_uuid=False),
    sa.UUID(as_uuid=False),
    sa.PickleType(),
    sa.PickleType(protocol=2, impl=sa.LargeBinary(9)),
    sa.Interval(),
    sa.Interval(second_precision=3),
    sa.types.MatchType(),
    sa.Enum("a", "it's", "50%", "x:y", "back\\slash", name="quotes"),
    sa.Enum("a", "b"),
    sa.Enum(Mood),
    sa.Enum(Mood, values_callable=lambda c: [m.value for m in c]),
    sa.Enum(Mood, schema="s"),
    sa.Enum(Mood, metadata=sa.MetaData()),
    sa.Enum(Mood, metadata=sa.MetaData(schema="s2")),
    sa.Enum("a", "b", name="n", native_enum=False),
    sa.Enum("a", "b", name="n", native_enum=False, length=20),
    sa.Enum("a", "b", name="n", native_enum=False, create_constraint=True, validate_strings=True),
    sa.Enum("a", "b", name="Quoted", quote=True),
    sa.ARRAY(sa.Integer()),
    sa.ARRAY(sa.Enum("a(", "b*", name="e")),
    postgresql.ARRAY(sa.String(3), dimensions=2),
    postgresql.ARRAY(postgresql.ENUM("a", name="e", create_type=False)),
    postgresql.ARRAY(Money()),
    postgresql.ENUM("a", "b", name="e"),
    postgresql.ENUM("a", "b", name="e", create_type=False),
    postgresql.ENUM(Mood, name="e", schema="s"),
    postgresql.DOMAIN("posint", sa.Integer, check="VALUE > 0 AND 'a%' <> 'b\\:c'"),
    postgresql.DOMAIN("email", CITEXT, collation="C", not_null=True, default="x"),
    postgresql.DOMAIN("d", sa.Numeric(9, 2), default=sa.text("1 + 1"), constraint_name="ck_d"),
    postgresql.DOMAIN("d", sa.Integer, create_type=False, schema="s"),
    postgresql.INTERVAL(fields="DAY TO SECOND", precision=3),
    postgresql.INTERVAL(fields="YEAR"),
    postgresql.BIT(8, varying=True),
    postgresql.BIT(3),
    postgresql.TIMESTAMP(True, 3),
    postgresql.TIME(True, 3),
    postgresql.JSONB(),
    postgresql.JSON(astext_type=sa.Unicode(3)),
    postgresql.HSTORE(),
    postgresql.TSTZRANGE(),
    postgresql.INT4MULTIRANGE(),
    postgresql.TSVECTOR(),
    postgresql.INET(),
    postgresql.MONEY(),
    postgresql.OID(),
    postgresql.REGCLASS(),
    postgresql.DOUBLE_PRECISION(),
    mysql.ENUM("a", "it's", charset="utf8mb4", collation="utf8mb4_bin"),
    mysql.SET("a", "b", charset="utf8mb4"),
    mysql.INTEGER(unsigned=True, zerofill=True, display_width=5),
    mysql.DECIMAL(10, 2, unsigned=True),
    mysql.DOUBLE(asdecimal=True),
    mysql.VARCHAR(20, charset="latin1", collation="latin1_bin"),
    mysql.VARCHAR(20, binary=True),
    mysql.NVARCHAR(20),
    mysql.TEXT(70000),
    mysql.LONGTEXT(collation="utf8mb4_bin"),
    mysql.MEDIUMBLOB(),
    mysql.DATETIME(fsp=6),
    mysql.TIMESTAMP(fsp=3),
    mysql.TIME(fsp=3),
    mysql.YEAR(4),
    mysql.BIT(4),
    mysql.TINYINT(1),
    sa.String(9)
    .with_variant(mysql.VARCHAR(100, charset="utf8mb4"), "mysql")
    .with_variant(CITEXT(), "postgresql"),
    sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
    sa.Enum("a", name="v").with_variant(postgresql.ENUM("a", name="w"), "postgresql"),
    sa.String(5).with_variant(Money(), "sqlite"),
    Code(3).with_variant(sa.Text(), "mysql"),
    Money(),
    Guid(),
    Twice(),
    Labelled(),
    Point(4326),
    Code(7, collation="C"),
    Outer.Inner(),
    local_type(),
    Verbatim("vector(3)"),
    Verbatim("ENUM('5%')"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("type_", TYPES, ids=lambda t: str(id(t)) if "0x" in repr(t) else repr(t))
def test_the_same_ddl(type_, engine):
    context = context_for(engine)
    text = render_type(context, type_)
    wanted = type_ddl(type_, context.dialect)
    if wanted is None:  # not a type of this engine
        return
    assert type_ddl(evaluated(text, context), context.dialect) == wanted
    assert "MetaData" not in text


@pytest.mark.parametrize("type_", [t for t in TYPES if not isinstance(t, Point)], ids=repr)
def test_the_other_engines_get_theirs_too(type_):
    """A revision written on PostgreSQL makes the same elsewhere."""
    context = context_for("postgresql")
    made = evaluated(render_type(context, type_), context)
    for engine in ("sqlite", "mysql"):
        dialect = context_for(engine).dialect
        wanted = type_ddl(type_, dialect)
        assert wanted is None or type_ddl(made, dialect) == wanted


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (sa.String(50), "sa.String(length=50)"),
        (sa.Enum(Mood), "sa.Enum('happy', 'sad', name='mood')"),
        (
            postgresql.ENUM("a", name="e", create_type=False),
            "postgresql.ENUM('a', name='e', create_type=False)",
        ),
        (postgresql.JSONB(), "postgresql.JSONB(astext_type=sa.Text())"),
        (Money(), "sa.Numeric(precision=12, scale=4)"),
        (Point(1), "assay.operations.Verbatim('POINT(1)')"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_how_they_read(type_, text):
    assert render_type(context_for("postgresql"), type_) == text


def test_a_decorator_with_a_type_for_each_engine_becomes_variants():
    text = render_type(context_for("postgresql"), Guid())
    assert text.startswith("sa.CHAR()")
    assert ".with_variant(sa.UUID(), 'postgresql')" in text
    assert ".with_variant(sa.BINARY(length=16), 'mysql', 'mariadb')" in text


def test_the_models_types_are_left_as_they_were():
    """Looking at a type must not tell it of a table, nor the metadata of a type."""
    metadata = sa.MetaData()
    type_ = sa.Enum("a", name="e", metadata=metadata)
    array = sa.ARRAY(sa.Enum("a", name="e2"))
    for each in (type_, array):
        render_type(context_for("postgresql"), each)
    assert type_.metadata is metadata
    assert array.item_type.metadata is None
    assert not metadata.dispatch.before_create or len(list(metadata.dispatch.before_create)) == 1


@pytest.fixture
def module(monkeypatch):
    """The module ``app_types`` of a project."""
    made = python_types.ModuleType("app_types")
    monkeypatch.setitem(sys.modules, "app_types", made)
    for cls in (Money, Point):
        monkeypatch.setattr(cls, "__module__", "app_types")
        setattr(made, cls.__name__, cls)
    return made


def template(tmp_path, *imports):
    """An environment whose ``script.py.mako`` imports these."""
    (tmp_path / "script.py.mako").write_text('"""${message}"""\n' + "\n".join(imports) + "\n")
    script = python_types.SimpleNamespace(dir=str(tmp_path))
    return python_types.SimpleNamespace(script=script)


def test_the_prefix_of_the_project_where_its_template_imports_it(module, tmp_path):
    context = context_for("postgresql", user_module_prefix="types.")
    context.migration_context.environment_context = template(tmp_path, "import app_types as types")
    assert render_type(context, Money()) == "types.Money()"
    made = evaluated(render_type(context, Money()), context, types=module)
    assert isinstance(made, Money)


def test_no_prefix_that_the_revision_cannot_resolve(module):
    context = context_for("postgresql", user_module_prefix="types.")
    assert render_type(context, Money()) == "sa.Numeric(precision=12, scale=4)"


def test_no_class_that_its_arguments_do_not_make_again(module, tmp_path):
    context = context_for("postgresql", user_module_prefix="types.")
    context.migration_context.environment_context = template(tmp_path, "import app_types as types")
    assert render_type(context, Point(3)) == "assay.operations.Verbatim('POINT(3)')"


def test_alembics_own_text_where_the_template_imports_the_module(module, tmp_path):
    context = context_for("postgresql")
    context.migration_context.environment_context = template(
        tmp_path, "from alembic import op", "import sqlalchemy as sa", "import app_types"
    )
    assert render_type(context, Money()) == "app_types.Money()"


def test_the_projects_own_render_item_wins():
    def own(kind, found, _context):
        return "custom.Money()" if kind == "type" and isinstance(found, Money) else False

    context = context_for("postgresql", render_item=own)
    assert render_type(context, Money()) == "custom.Money()"
    assert render_type(context, postgresql.ARRAY(Money())) == "postgresql.ARRAY(custom.Money())"
    assert render_type(context, sa.Integer()) == "sa.Integer()"
