"""Forms as projects on disk, and whether each does what it says on a real server."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from baseline import BASELINE, ROWS
from forms import Body, Form

__all__ = ["BEFORE", "REVISION", "Subject", "check", "lay_out", "offline", "prepared"]

BEFORE = "b0"
REVISION = "f1"

ENV = """\
from alembic import context
import sqlalchemy as sa

from models import metadata

if context.is_offline_mode():
    context.configure(
        url="postgresql://", target_metadata=metadata, literal_binds=True,
        dialect_opts={"paramstyle": "named"}, transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    url = context.config.get_main_option("sqlalchemy.url")
    with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
        context.configure(
            connection=connection, target_metadata=metadata, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
"""
MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
coupons = sa.Table(
    "coupons", metadata, sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("code", sa.Text, nullable=False), sa.Column("expires", sa.Date),
)
"""
INI = """\
[alembic]
script_location = %(here)s/alembic
prepend_sys_path = %(here)s
path_separator = os
sqlalchemy.url = postgresql+psycopg://nobody@127.0.0.1:1/none
"""


@dataclass(frozen=True)
class Subject:
    """One revision as every tool gets it.

    :param name: for people.
    :param root: the project's folder; ``file`` the revision in it.
    :param sql: what ``alembic upgrade BEFORE:REVISION --sql`` writes; None where it raises.
    :param no_sql: why there is none.
    """

    name: str
    root: Path
    file: Path
    revision: str
    before: str
    sql: str | None
    no_sql: str = ""


def lay_out(folder: Path, name: str, body: Body, what: str, timeouts: bool = True) -> Subject:
    """A project of two revisions: the baseline and this one."""
    root = folder / name
    versions = root / "alembic" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (root / "alembic" / "env.py").write_text(ENV)
    (root / "alembic.ini").write_text(INI)
    (root / "models.py").write_text(MODELS)
    (root / "pyproject.toml").write_text('[tool.assay]\nconfig = "alembic.ini"\n')
    baseline = BASELINE.text(BEFORE, None, "baseline", timeouts=False)
    (versions / f"20260101_{BEFORE}_baseline.py").write_text(baseline)
    file = versions / f"20260102_{REVISION}_change.py"
    file.write_text(body.text(REVISION, BEFORE, what, timeouts))
    sql, no_sql = offline(Config(root / "alembic.ini"), BEFORE, REVISION)
    return Subject(name, root, file, REVISION, BEFORE, sql, no_sql)


def offline(config: Config, before: str, revision: str) -> tuple[str | None, str]:
    """What ``alembic upgrade BEFORE:REVISION --sql`` writes, else why it cannot."""
    config.output_buffer = out = io.StringIO()
    try:
        command.upgrade(config, f"{before}:{revision}", sql=True)
    except Exception as error:  # a revision may raise anything
        return None, f"{type(error).__name__}: {error}".splitlines()[0]
    return out.getvalue(), ""


def _engine(url: str, **options: object) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.pool.NullPool, **options)


@contextmanager
def prepared(url: str, folder: Path) -> Iterator[sa.URL]:
    """A database at the baseline, with rows, that databases are made from.

    :param url: of a PostgreSQL server on which databases may be made.
    """
    server = sa.make_url(url)
    at = server.set(database=f"peers_{uuid.uuid4().hex[:12]}")
    admin = _engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {at.database}")
    try:
        subject = lay_out(folder, "baseline", Body("pass", "pass"), "nothing", timeouts=False)
        command.upgrade(_config(subject.root, at), BEFORE)
        with _engine(at).begin() as connection:
            for statement in ROWS:
                connection.exec_driver_sql(statement)
        yield at
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {at.database} WITH (FORCE)")


def _config(root: Path, at: sa.URL) -> Config:
    config = Config(root / "alembic.ini")
    url = at.render_as_string(hide_password=False)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def check(template: sa.URL, subject: Subject, fails: str = "") -> str:
    """Apply a revision to a database that holds rows, and take it back.

    :param template: of :func:`prepared`.
    :param fails: a part of what the server must refuse it with.
    :returns: what is wrong with the form; empty if it does what it says.
    """
    at = template.set(database=f"{template.database}_c")
    admin = _engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {at.database} TEMPLATE {template.database}")
    config = _config(subject.root, at)
    try:
        try:
            command.upgrade(config, REVISION)
        except (sa.exc.SQLAlchemyError, CommandError) as error:
            return "" if fails and fails in str(error) else f"upgrade raises: {_first(error)}"
        if fails:
            return f"the upgrade was to fail ({fails}) and does not"
        try:
            command.downgrade(config, BEFORE)
        except (sa.exc.SQLAlchemyError, CommandError) as error:
            return f"downgrade raises: {_first(error)}"
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {at.database} WITH (FORCE)")
    return ""


def _first(error: Exception) -> str:
    return " ".join(str(error).splitlines()[:1])


def subjects(folder: Path, form: Form) -> tuple[Subject, Subject]:
    """The bad and the safe form of a hazard, laid out."""
    return (
        lay_out(folder, f"{form.ident}-bad", form.bad, form.what, form.timeouts),
        lay_out(folder, f"{form.ident}-safe", form.safe, f"{form.what}: safe", form.timeouts),
    )
