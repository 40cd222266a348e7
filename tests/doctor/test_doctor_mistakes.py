"""Each known mistake, planted in a project as it is laid out, is named by ``assay doctor``."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

import forks
from assay.layout import lay_out

ENV = "alembic/env.py"
TABLES = "src/adapters/persistence/orm/tables.py"
CONNECT = "    with engine.connect() as connection:\n"
REVISION = """
revision = "{revision}"
down_revision = {down}


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A new project on SQLite."""
    root = tmp_path / "shop"
    lay_out(root)
    return root


@pytest.fixture
def database(postgresql_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database."""
    name = f"assay_test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def edit(root: Path, name: str, old: str, new: str) -> None:
    """Change a file of the project; what is to be changed must be there."""
    path = root / name
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")


def revision(root: Path, name: str, down: str | None = None) -> None:
    """Write an empty revision."""
    path = root / "alembic" / "versions" / f"{name}.py"
    path.write_text(REVISION.format(revision=name, down=repr(down)), encoding="utf-8")


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the project."""
    return forks.run("assay", ["doctor", *arguments], root, os.environ)


def doctor(root: Path) -> dict[str, Any]:
    """The command's JSON document."""
    ran = run(root, "--json")
    document: dict[str, Any] = json.loads(ran.stdout)
    assert document["exit_code"] == ran.returncode
    return document


def mistakes(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The mistakes by check; a check with several has its last."""
    return {f["check"]: f for f in document["findings"] if f["severity"] == "mistake"}


def only_mistake(root: Path, check: str) -> dict[str, Any]:
    """The one mistake of the project, which that check must have found."""
    document = doctor(root)
    found = mistakes(document)
    assert list(found) == [check]
    assert document["exit_code"] == 1
    assert not document["not_looked_at"]
    assert found[check]["next_step"]
    return found[check]


def line_of(root: Path, name: str, wanted: str) -> str:
    """``file:line`` of the first line that holds ``wanted``."""
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    return f"{name}:{next(i for i, line in enumerate(lines, 1) if wanted in line)}"


def test_a_new_project_has_no_mistake(project: Path) -> None:
    document = doctor(project)
    assert document["exit_code"] == 0
    assert mistakes(document) == {}
    assert document["not_looked_at"] == {}
    assert not (project / "dev.db").exists()


def test_a_new_project_on_postgresql_has_no_mistake(tmp_path: Path, database: str) -> None:
    lay_out(tmp_path / "shop", url=database)
    document = doctor(tmp_path / "shop")
    assert mistakes(document) == {}
    assert document["exit_code"] == 0
    engine = create_engine(database)
    with engine.connect() as connection:
        made = connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname='public'"))
        assert made.scalar_one() == 0
    engine.dispose()


def test_compare_type_off(project: Path) -> None:
    edit(project, ENV, "compare_type=True", "compare_type=False")
    found = only_mistake(project, "types")
    assert found["where"] == line_of(project, ENV, "compare_type=False")


def test_compare_server_default_off(project: Path) -> None:
    edit(project, ENV, "        compare_server_default=True,\n", "")
    found = only_mistake(project, "defaults")
    assert found["where"] == line_of(project, ENV, "    context.configure(")


def test_batch_mode_off(project: Path) -> None:
    edit(project, ENV, 'render_as_batch=dialect_name == "sqlite"', "render_as_batch=False")
    assert only_mistake(project, "batch")["where"] == line_of(project, ENV, "render_as_batch=")


def test_batch_mode_is_not_missed_on_postgresql(tmp_path: Path, database: str) -> None:
    lay_out(tmp_path / "shop", url=database)
    edit(
        tmp_path / "shop", ENV, 'render_as_batch=dialect_name == "sqlite"', "render_as_batch=False"
    )
    assert mistakes(doctor(tmp_path / "shop")) == {}


def test_plugins_without_the_core(project: Path) -> None:
    edit(
        project,
        ENV,
        "compare_type=True,",
        'compare_type=True,\n        autogenerate_plugins=["alembic.autogenerate.tables"],',
    )
    # the core being gone, no revision can be looked at for names: that is not a second mistake
    document = doctor(project)
    found = mistakes(document)
    assert "plugins" in found
    assert "alembic.autogenerate.constraints" in found["plugins"]["what"]
    assert "alembic.autogenerate.tables," not in found["plugins"]["what"]
    assert found["plugins"]["where"] == line_of(project, ENV, "autogenerate_plugins=")


@pytest.mark.parametrize("named", ["assay", "assay.*"])
def test_our_plugin_stands_in_for_the_core(project: Path, named: str) -> None:
    edit(
        project,
        ENV,
        "compare_type=True,",
        f'compare_type=True,\n        autogenerate_plugins=["{named}"],',
    )
    assert mistakes(doctor(project)) == {}


def test_plugins_with_the_core(project: Path) -> None:
    edit(
        project,
        ENV,
        "compare_type=True,",
        'compare_type=True,\n        autogenerate_plugins=["alembic.autogenerate.*"],',
    )
    assert mistakes(doctor(project)) == {}


def test_no_target_metadata(project: Path) -> None:
    edit(project, ENV, "target_metadata=target_metadata", "target_metadata=None")
    document = doctor(project)
    assert list(mistakes(document)) == ["models"]
    assert mistakes(document)["models"]["where"] == line_of(project, ENV, "target_metadata=None")
    assert list(document["not_looked_at"]) == ["imports"]


def test_empty_metadata(project: Path) -> None:
    (project / "src" / "base.py").write_text(
        "from sqlalchemy import MetaData\n\nmetadata = MetaData()\n", encoding="utf-8"
    )
    edit(project, TABLES, "metadata = MetaData(\n", "from src.base import metadata\n_ = dict(\n")
    edit(project, TABLES, "MetaData, ", "")
    edit(project, ENV, "from src.adapters.persistence.orm import tables", "from src import base")
    edit(project, ENV, "tables.metadata", "base.metadata")
    document = doctor(project)
    found = mistakes(document)["models"]
    assert "empty" in found["what"]
    assert "src.adapters.persistence.orm.tables" in found["next_step"]


def test_partial_metadata_of_tables(project: Path) -> None:
    (project / "src" / "orders.py").write_text(
        "from sqlalchemy import Column, Integer, Table\n"
        "from src.adapters.persistence.orm.tables import metadata\n\n"
        'orders = Table("orders", metadata, Column("id", Integer, primary_key=True))\n',
        encoding="utf-8",
    )
    found = only_mistake(project, "models")
    assert "orders" in found["what"]
    assert found["where"] == "src/orders.py:4"
    assert "src.orders" in found["next_step"]


def test_partial_metadata_of_mapped_classes(project: Path) -> None:
    folder = project / "src" / "orm"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "base.py").write_text(
        "from sqlalchemy.orm import DeclarativeBase\n"
        "from src.adapters.persistence.orm.tables import metadata as shared\n\n\n"
        "class Base(DeclarativeBase):\n    metadata = shared\n",
        encoding="utf-8",
    )
    (folder / "invoices.py").write_text(
        "from sqlalchemy.orm import Mapped, mapped_column\n"
        "from .base import Base\n\n\n"
        "class Mixin:\n    pass\n\n\n"
        "class Invoice(Mixin, Base):\n"
        '    __tablename__ = "invoices"\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n",
        encoding="utf-8",
    )
    edit(
        project,
        ENV,
        "from src.adapters.persistence.orm import tables",
        "import src.orm.base\nfrom src.adapters.persistence.orm import tables",
    )
    found = only_mistake(project, "models")
    assert "invoices" in found["what"]
    assert found["where"] == "src/orm/invoices.py:9"


def test_tables_of_others_are_not_missed(project: Path) -> None:
    other = (
        "from sqlalchemy import Column, Integer, MetaData, Table\n\n"
        "metadata = MetaData()\n"
        'things = Table("things", metadata, Column("id", Integer))\n'
    )
    (project / "src" / "other_database.py").write_text(other, encoding="utf-8")
    (project / "tests" / "helpers.py").write_text(
        other.replace("= MetaData()", "= __import__('x')"), encoding="utf-8"
    )
    (project / ".venv").mkdir()
    (project / ".venv" / "lib.py").write_text(other, encoding="utf-8")
    assert mistakes(doctor(project)) == {}


@pytest.mark.parametrize("statement", ["SELECT 1", "CREATE TABLE IF NOT EXISTS x (id INTEGER)"])
def test_sql_before_configure(project: Path, statement: str) -> None:
    edit(
        project,
        ENV,
        CONNECT,
        f'{CONNECT}        connection.exec_driver_sql("{statement}")\n',
    )
    found = only_mistake(project, "commits")
    assert "before context.configure()" in found["what"]
    assert found["where"] == line_of(project, ENV, "exec_driver_sql")


def test_sql_before_configure_on_postgresql(tmp_path: Path, database: str) -> None:
    lay_out(tmp_path / "shop", url=database)
    edit(
        tmp_path / "shop",
        ENV,
        CONNECT,
        f"{CONNECT}        connection.exec_driver_sql(\"SET lock_timeout = '5s'\")\n",
    )
    found = only_mistake(tmp_path / "shop", "commits")
    assert found["where"] == line_of(tmp_path / "shop", ENV, "exec_driver_sql")


ASYNC = """
def do_run(connection):
    configure(connection.dialect.name, connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def run_async():
    engine = create_async_engine("sqlite+aiosqlite:///dev.db", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SELECT 1")
        await connection.run_sync(do_run)
    await engine.dispose()


asyncio.run(run_async())
"""


def test_sql_before_configure_through_an_async_engine(project: Path) -> None:
    path = project / ENV
    head = path.read_text(encoding="utf-8").partition("def run_migrations_online")[0]
    imports = "import asyncio\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
    path.write_text(imports + head + ASYNC, encoding="utf-8")
    found = only_mistake(project, "commits")
    assert found["where"] == line_of(project, ENV, "exec_driver_sql")


def test_sql_before_configure_that_somebody_commits_is_fine(project: Path) -> None:
    edit(
        project,
        ENV,
        CONNECT,
        '    with engine.begin() as connection:\n        connection.exec_driver_sql("SELECT 1")\n',
    )
    assert mistakes(doctor(project)) == {}


def test_sql_that_is_committed_before_configure_is_fine(project: Path) -> None:
    edit(
        project,
        ENV,
        CONNECT,
        f'{CONNECT}        connection.exec_driver_sql("SELECT 1")\n        connection.commit()\n',
    )
    assert mistakes(doctor(project)) == {}


def test_everything_rolled_back(tmp_path: Path, database: str) -> None:
    # on PostgreSQL: on SQLite Alembic commits after each migration by itself
    lay_out(tmp_path / "shop", url=database)
    edit(
        tmp_path / "shop",
        ENV,
        "        with context.begin_transaction():\n            context.run_migrations()\n\n\nif",
        "        with connection.begin() as transaction:\n"
        "            context.run_migrations()\n            transaction.rollback()\n\n\nif",
    )
    found = only_mistake(tmp_path / "shop", "commits")
    assert "before context.configure()" not in found["what"]


def test_custom_type_without_its_import(project: Path) -> None:
    edit(
        project,
        "alembic/script.py.mako",
        "from src.adapters.persistence.orm import types  # noqa: F401\n",
        "",
    )
    found = only_mistake(project, "imports")
    assert "users.created_at is written as `types.UTCDateTime()`" in found["what"]
    assert found["where"] == "alembic/script.py.mako"
    assert "`types`" in found["next_step"]


def test_custom_type_with_another_module_of_that_name(project: Path) -> None:
    edit(
        project,
        "alembic/script.py.mako",
        "from src.adapters.persistence.orm import types  # noqa: F401\n",
        "import types\n",
    )
    assert "has no `UTCDateTime`" in only_mistake(project, "imports")["what"]


def test_custom_type_without_prefix(project: Path) -> None:
    edit(project, ENV, 'user_module_prefix="types.",', "")
    assert "`src`" in only_mistake(project, "imports")["what"]


def test_custom_type_with_a_bad_repr(project: Path) -> None:
    path = project / "src" / "adapters" / "persistence" / "orm" / "types.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(
        before.replace('return f"{type(self).__name__}()"', 'return "<a moment>"'), encoding="utf-8"
    )
    assert "not Python" in only_mistake(project, "imports")["what"]


def test_no_naming_convention(project: Path) -> None:
    edit(project, TABLES, "metadata = MetaData(\n", "metadata = MetaData()\n_ = dict(\n")
    found = only_mistake(project, "naming")
    assert found["where"] == line_of(project, TABLES, "metadata = MetaData()")


def test_no_parity_test(project: Path) -> None:
    (project / "tests" / "integration" / "test_schema_parity.py").unlink()
    only_mistake(project, "parity")


def test_parity_by_the_plugin(project: Path) -> None:
    (project / "tests" / "integration" / "test_schema_parity.py").unlink()
    (project / "pytest.ini").write_text("[pytest]\naddopts = --assay\n", encoding="utf-8")
    assert mistakes(doctor(project)) == {}


def test_several_heads(project: Path) -> None:
    revision(project, "aaaa1111")
    revision(project, "bbbb2222", "aaaa1111")
    revision(project, "cccc3333", "aaaa1111")
    found = only_mistake(project, "chain")
    assert "bbbb2222" in found["what"]
    assert "cccc3333" in found["what"]


def test_unknown_stamp(project: Path) -> None:
    revision(project, "aaaa1111")
    database = sqlite3.connect(project / "dev.db")
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    database.execute("INSERT INTO alembic_version VALUES ('feedbeef')")
    database.commit()
    database.close()
    before = (project / "dev.db").read_bytes()
    assert "feedbeef" in only_mistake(project, "live")["what"]
    assert (project / "dev.db").read_bytes() == before


def test_unreachable_database_is_a_note(tmp_path: Path) -> None:
    url = "postgresql+psycopg://somebody:top-secret@127.0.0.1:1/nowhere"
    lay_out(tmp_path / "shop", url=url)
    ran = run(tmp_path / "shop")
    assert ran.returncode == 0, ran.stdout
    assert "live: note" in ran.stdout
    assert "top-secret" not in ran.stdout + ran.stderr


def test_env_that_raises_hides_nothing_else(project: Path) -> None:
    edit(project, ENV, CONNECT, '    raise RuntimeError("no settings")\n' + CONNECT)
    (project / "tests" / "integration" / "test_schema_parity.py").unlink()
    document = doctor(project)
    found = mistakes(document)
    assert set(found) == {"env.py", "parity"}
    assert found["env.py"]["where"] == line_of(project, ENV, "no settings")
    assert "RuntimeError: no settings" in found["env.py"]["cause"]
    assert {"commits", "models", "types", "live"} <= set(document["not_looked_at"])
    assert "Traceback" in run(project).stdout


def test_revision_with_a_syntax_error_hides_nothing_else(project: Path) -> None:
    (project / "alembic" / "versions" / "aaaa.py").write_text("def (:\n", encoding="utf-8")
    edit(project, ENV, "compare_type=True", "compare_type=False")
    document = doctor(project)
    assert set(mistakes(document)) == {"chain", "types"}
    assert mistakes(document)["chain"]["where"] == "alembic/versions/aaaa.py:1"


def test_no_server_for_shadows(tmp_path: Path) -> None:
    lay_out(tmp_path / "shop", url="postgresql+psycopg://postgres@127.0.0.1:1/nowhere")
    with (tmp_path / "shop" / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[tool.assay.shadow]\npostgresql = "postgresql://postgres:hidden@127.0.0.1:1/x"\n'
        )
    document = doctor(tmp_path / "shop")
    assert list(mistakes(document)) == ["shadow"]
    assert "hidden" not in json.dumps(document)


def test_project_that_cannot_be_opened(project: Path) -> None:
    edit(project, "alembic.ini", "script_location = ", "script_location = %(here)s/nowhere/")
    ran = run(project)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_a_check_that_breaks_hides_nothing_else(project: Path) -> None:
    from assay.config import load_settings
    from assay.doctor import Check, Examined, Finding, examine
    from assay.project.project import open_project
    from assay.shadow import Shadows

    def broken(_examined: Examined) -> Iterator[Finding]:
        yield Finding.mistake("seen before it broke")
        raise ZeroDivisionError("a fault of the check")

    settings = load_settings(project)
    checks = (Check("broken", 1, "", broken), Check("sound", 2, "", lambda _: ()))
    with open_project(settings) as opened, Shadows(settings) as shadows:
        first, second = examine(Examined(opened, shadows), checks)
    assert first.mistakes[0].what == "seen before it broke"
    assert "ZeroDivisionError" in str(first.not_looked_at)
    assert second.not_looked_at is None
