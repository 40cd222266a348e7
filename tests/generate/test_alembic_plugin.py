"""The plugin under plain ``alembic``: nothing changes where it is not named, all is seen where it is."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpers import clean_environment
from small_project import lay_out, sync_env

OLD = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table(
    "items", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("price", sa.Integer, nullable=False),
    sa.Column("name", sa.String(40), nullable=False),
    sa.CheckConstraint("price > 0", name="ck_price"),
    sa.Index("ix_name", "name"),
)
"""
NEW = OLD.replace("price > 0", "price > 10")
"""Alembic does not see it: another expression of a named CHECK constraint."""
RENAMED = OLD.replace('"name"),\n)', '"name"),\n    info={"renamed_from": "FROM"},\n)')
ENGINES = ("sqlite", "postgresql", "mysql")
ALONE = '["assay"]'
HIDDEN = """
import sys
from importlib import metadata
real = metadata.entry_points
metadata.entry_points = lambda **given: () if given.get("group") == "alembic.plugins" else real(**given)
"""
RUN = "import sys; from alembic.config import main; main(prog='alembic', argv=sys.argv[1:])"


@dataclass
class Ran:
    """One run of ``alembic``."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def python(code: str, *arguments: str, folder: Path, env: dict[str, str] | None = None) -> Ran:
    """A program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=clean_environment(PYTHONHASHSEED="0", **(env or {})),
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@dataclass
class Place:
    """A project and its database."""

    root: Path
    url: str
    env: dict[str, str]

    def alembic(self, *arguments: str, before: str = "") -> Ran:
        return python(before + RUN, *arguments, folder=self.root, env=self.env)

    def models(self, source: str, plugins: str | None = ALONE, options: str = "") -> None:
        """Write ``env.py`` with these models."""
        named = f"autogenerate_plugins={plugins}, " if plugins else ""
        engine = "sa.create_engine(context.config.get_main_option('sqlalchemy.url'))"
        batch = "render_as_batch=True, " if self.url.startswith("sqlite") else ""
        text = sync_env(engine, models=source, options=named + batch + options)
        (self.root / "migrations" / "env.py").write_text(text)

    def make(self, source: str) -> None:
        """``create_all`` in the database."""
        space: dict[str, object] = {}
        exec(source, space)
        metadata = space["metadata"]
        assert isinstance(metadata, sa.MetaData)
        engine = sa.create_engine(self.url)
        metadata.create_all(engine)
        engine.dispose()

    def sql(self, statement: str) -> None:
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    @property
    def written(self) -> list[Path]:
        return sorted((self.root / "migrations" / "versions").glob("*.py"))

    def generated(self, rev_id: str = "b2") -> str:
        """The text of the revision that ``alembic revision --autogenerate`` writes."""
        ran = self.alembic("revision", "--autogenerate", "-m", "change", "--rev-id", rev_id)
        assert ran.code == 0, ran.all
        found = (self.root / "migrations" / "versions" / f"{rev_id}_change.py").read_text()
        # the date is the only thing that may differ
        return "\n".join(line for line in found.splitlines() if "Create Date" not in line)


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A project without revisions, on each engine."""
    yield from _place(request, tmp_path, request.param)


@pytest.fixture
def postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """The same on PostgreSQL."""
    yield from _place(request, tmp_path, "postgresql")


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """The same on SQLite."""
    yield from _place(request, tmp_path, "sqlite")


def _place(request: pytest.FixtureRequest, folder: Path, engine: str) -> Iterator[Place]:
    root = folder / "project"
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'dev.db'}"
        yield Place(lay_out(root, url=url, revisions={}), url, {})
        return
    fixture = "postgresql_server" if engine == "postgresql" else "mariadb_server"
    server = sa.make_url(request.getfixturevalue(fixture))
    name = f"assay_plugin_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = server.set(database=name).render_as_string(hide_password=False)
    shadow = server.render_as_string(hide_password=False)
    env = {f"ASSAY_SHADOW_{engine.upper()}": shadow}
    try:
        yield Place(lay_out(root, url=url, revisions={}), url, env)
    finally:
        force = " WITH (FORCE)" if engine == "postgresql" else ""
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")


def test_importing_alembic_loads_one_module_of_ours(tmp_path: Path) -> None:
    loaded = "import sys, alembic; print([m for m in sys.modules if m.startswith('assay')])"
    ran = python("import warnings; warnings.simplefilter('error')\n" + loaded, folder=tmp_path)
    assert ran.out.strip() == "['assay', 'assay.alembic_plugin']", ran.err


def test_a_broken_assay_does_not_break_alembic(sqlite: Place) -> None:
    sqlite.models(OLD, plugins=None)
    broken = "import sys\nsys.modules['assay.generate'] = sys.modules['typer'] = None\n"
    ran = sqlite.alembic("revision", "--autogenerate", "-m", "change", before=broken)
    assert ran.code == 0, ran.all
    assert "create_table" in sqlite.written[0].read_text()


def test_not_named_is_not_there(place: Place) -> None:
    place.make(OLD)
    place.models(NEW.replace('"name", sa.String(40)', '"name", sa.String(50)'), plugins=None)
    with_it = place.alembic("check")
    without = place.alembic("check", before=HIDDEN)
    assert with_it == without
    assert with_it.code != 0
    arguments = ("revision", "--autogenerate", "-m", "change", "--rev-id", "b2")
    first = place.alembic(*arguments)
    assert first.code == 0, first.all
    texts = [place.written[0].read_text()]
    place.written[0].unlink()
    assert place.alembic(*arguments, before=HIDDEN) == first
    texts.append(place.written[0].read_text())
    stamped, hidden = ([t for t in x.splitlines() if "Create Date" not in t] for x in texts)
    assert stamped == hidden


def test_named_it_sees_what_alembic_does_not(place: Place) -> None:
    place.make(OLD)
    place.models(NEW, plugins=None)
    assert "No new upgrade operations" in place.alembic("check").all
    place.models(NEW)
    seen = place.alembic("check")
    assert seen.code != 0
    assert "New upgrade operations detected" in seen.all
    place.generated()
    assert place.alembic("upgrade", "head").code == 0
    clean = place.alembic("check")
    assert clean.code == 0, clean.all
    assert "No new upgrade operations" in clean.all
    assert place.alembic("downgrade", "base").code == 0
    place.models(OLD)
    place.written[0].unlink()
    clean = place.alembic("check")
    assert clean.code == 0, clean.all


def test_each_way_of_naming_it_is_the_same(sqlite: Place) -> None:
    sqlite.make(OLD)
    texts = set()
    for plugins in (ALONE, '["assay.*"]', '["*"]', '["alembic.autogenerate.*", "assay"]'):
        sqlite.models(NEW, plugins=plugins)
        texts.add(sqlite.generated())
        sqlite.written[0].unlink()
    assert len(texts) == 1
    assert "price > 10" in texts.pop()


def test_the_connected_database_is_only_read(place: Place) -> None:
    place.models(OLD)
    place.generated()
    engine = sa.create_engine(place.url)
    assert sa.inspect(engine).get_table_names() in ([], ["alembic_version"])
    engine.dispose()


def test_a_pending_rename_is_refused(place: Place) -> None:
    place.make(OLD)
    renamed = RENAMED.replace('"items", metadata,', '"goods", metadata,').replace("FROM", "items")
    place.models(renamed)
    ran = place.alembic("revision", "--autogenerate", "-m", "change")
    assert ran.code != 0
    assert "table items to goods" in ran.all
    assert "assay generate" in ran.all
    assert "Traceback" not in ran.all
    assert not place.written
    column = OLD.replace('"name", sa.String(40)', '"title", sa.String(40)').replace(
        "nullable=False),\n    sa.CheckC",
        'nullable=False, info={"renamed_from": "name"}),\n    sa.CheckC',
    )
    place.models(column.replace('"ix_name", "name"', '"ix_name", "title"'))
    ran = place.alembic("check")
    assert ran.code != 0
    assert "column items.name to title" in ran.all


def test_a_rename_that_was_made_is_no_matter(sqlite: Place) -> None:
    models = RENAMED.replace("FROM", "goods")
    sqlite.make(models)
    sqlite.models(models)
    ran = sqlite.alembic("check")
    assert ran.code == 0, ran.all


def test_filters_of_the_project_hold(place: Place) -> None:
    place.make(OLD)
    place.sql("CREATE TABLE foreign_one (id INTEGER PRIMARY KEY)")
    place.sql("CREATE INDEX ix_by_hand ON items (price)")
    place.models(OLD)
    seen = place.alembic("check")
    assert "foreign_one" in seen.all
    assert "ix_by_hand" in seen.all
    keep = "lambda o, name, type_, reflected, compare_to: not (reflected and compare_to is None)"
    place.models(OLD, options=f"include_object={keep},")
    ran = place.alembic("check")
    assert ran.code == 0, ran.all
    names = "lambda name, type_, parents: name not in ('foreign_one', 'ix_by_hand')"
    place.models(OLD, options=f"include_name={names},")
    ran = place.alembic("check")
    assert ran.code == 0, ran.all
    place.models(NEW, options=f"include_object={keep},")
    assert place.alembic("check").code != 0


def test_other_schemas_are_not_looked_at_unasked(postgresql: Place) -> None:
    postgresql.make(OLD)
    postgresql.sql("CREATE SCHEMA other")
    postgresql.sql("CREATE TABLE other.theirs (id INTEGER PRIMARY KEY)")
    postgresql.models(OLD)
    ran = postgresql.alembic("check")
    assert ran.code == 0, ran.all
    postgresql.models(OLD, options="include_schemas=True")
    assert "theirs" in postgresql.alembic("check").all
    only = "include_name=lambda name, type_, _: type_ != 'schema' or name in (None, 'public')"
    postgresql.models(OLD, options=f"include_schemas=True, {only}")
    ran = postgresql.alembic("check")
    assert ran.code == 0, ran.all


def test_another_default_schema(postgresql: Place) -> None:
    name = sa.make_url(postgresql.url).database
    postgresql.sql("CREATE SCHEMA app")
    postgresql.sql(f"ALTER DATABASE {name} SET search_path TO app")
    postgresql.make(OLD)
    postgresql.models(OLD)
    ran = postgresql.alembic("check")
    assert ran.code == 0, ran.all
    postgresql.models(NEW)
    text = postgresql.generated()
    assert "price > 10" in text
    assert "schema=" not in text
    assert postgresql.alembic("upgrade", "head").code == 0
    ran = postgresql.alembic("check")
    assert ran.code == 0, ran.all


def test_without_settings_of_ours(place: Place) -> None:
    (place.root / "pyproject.toml").unlink()
    place.make(OLD)
    place.models(NEW)
    assert place.alembic("check").code != 0
    place.models(OLD)
    assert place.alembic("check").code == 0


def test_configured_by_a_program_alone(sqlite: Place, tmp_path: Path) -> None:
    sqlite.make(OLD)
    sqlite.models(NEW)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = f"""
from alembic.config import Config
from alembic import command, util
config = Config()
config.set_main_option("script_location", {str(sqlite.root / "migrations")!r})
config.set_main_option("sqlalchemy.url", {sqlite.url!r})
try:
    command.check(config)
except util.AutogenerateDiffsDetected as error:
    print("found", error)
"""
    ran = python(program, folder=elsewhere)
    assert "found" in ran.out, ran.all


def test_ours_beside_another_plugin(sqlite: Place) -> None:
    sqlite.make(OLD)
    other = """
from alembic.operations import ops
from alembic.autogenerate import comparators, renderers
from alembic.util import PriorityDispatchResult

class MakeFunction(ops.MigrateOperation):
    def reverse(self):
        return self
    def to_diff_tuple(self):
        return ("make_function",)

@renderers.dispatch_for(MakeFunction)
def render(context, op):
    return "op.execute('a function')"

@comparators.dispatch_for("schema")
def look(context, upgrade_ops, schemas):
    upgrade_ops.ops.append(MakeFunction())
    return PriorityDispatchResult.CONTINUE
"""
    sqlite.models(NEW + other, plugins='["alembic.autogenerate.*", "assay"]')
    text = sqlite.generated()
    up = text[text.index("def upgrade") : text.index("def downgrade")]
    assert up.index("price > 10") < up.index("a function")
    assert up.count("a function") == 1


def test_models_that_cannot_be_made(postgresql: Place) -> None:
    postgresql.models(OLD.replace("price > 0", "no_such > 0"))
    ran = postgresql.alembic("check")
    assert ran.code != 0
    assert "create_all of the models fails" in ran.all
    assert "no_such" in ran.all
    assert "Traceback" not in ran.all


def test_empty_metadata_drops_nothing(sqlite: Place) -> None:
    sqlite.make(OLD)
    sqlite.models("import sqlalchemy as sa\nmetadata = sa.MetaData()\n")
    ran = sqlite.alembic("revision", "--autogenerate", "-m", "change")
    assert ran.code != 0
    assert "models are not imported" in ran.all
    assert not sqlite.written
