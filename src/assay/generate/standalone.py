"""What a run of plain Alembic asks: the connected database against ``create_all`` on a shadow.

``alembic revision --autogenerate`` and ``alembic check`` connect to the database that env.py says, so
that is the old catalog here, not a shadow at head. It is only read. The models' catalog comes from a
shadow of the same engine, made the way ``assay`` itself makes one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.catalog import CatalogObject, Snapshot
from assay.config import Settings, load_settings
from assay.dialects import Address, canonical, load
from assay.errors import AssayError, UsageError
from assay.generate.answers import Answers
from assay.generate.plan.comparison import Request
from assay.generate.renames import resolve
from assay.project.failures import describe
from assay.project.project import query_on
from assay.project.redirect import redirected
from assay.shadow.building import make_models
from assay.shadow.ignoring import ignored_by
from assay.shadow.reading import connection_of, read_here
from assay.shadow.shadows import Shadows

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection, MetaData

__all__ = ["request_of"]


def request_of(context: AutogenContext) -> Request:
    """The request of a run that Assay did not start.

    :raises alembic.util.CommandError: it cannot be made: no shadow server, ``create_all`` fails, the
        models declare a rename that has yet to be made.
    """
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return _request(context)
    except AssayError as error:
        raise CommandError(_said(error)) from error
    except SQLAlchemyError as error:
        raise CommandError(f"Assay's shadow of the models fails: {describe(error)}") from error


def _request(context: AutogenContext) -> Request:
    migration = context.migration_context
    connection: Connection = connection_of(migration)
    metadatas = _metadatas(context.metadata)
    old = read_here(migration)
    if not any(m.tables for m in metadatas) and any(old.of_kind("table")):
        raise UsageError(
            "The metadata that env.py gives to Alembic is empty: the models are not imported.",
            next_step="Import the module that defines the tables in env.py.",
        )
    settings = _settings(migration)
    new = _catalog_of(settings, connection, metadatas, old)
    _refuse_renames(connection, metadatas, old, new)
    default = connection.dialect.default_schema_name or "public"
    named = ignored_by(settings.ignore, migration.opts, default)
    outside = _outside(connection, migration.opts, metadatas)
    return Request(old, new, ignore=lambda found: outside(found) or named(found))


def _said(error: AssayError) -> str:
    """An error of ours in the one line that Alembic prints."""
    where = f" ({error.where})" if error.where else ""
    return f"{error.what}{where}" + (f" {error.next_step}" if error.next_step else "")


def _metadatas(given: Any) -> tuple[MetaData, ...]:
    if given is None:
        raise UsageError(
            "env.py gives no target_metadata to context.configure().",
            next_step="Import the module of your tables there and pass its metadata.",
        )
    return tuple(given) if isinstance(given, (list, tuple)) else (given,)


def _settings(migration: MigrationContext) -> Settings:
    """``[tool.assay]`` of the project that Alembic's configuration belongs to, or what holds without."""
    config = migration.config
    ini = getattr(config, "config_file_name", None)
    if ini and Path(ini).is_file():
        return load_settings(config=Path(ini))
    toml = getattr(config, "toml_file_name", None)
    here = Path(toml).resolve().parent if toml and Path(toml).is_file() else Path.cwd()
    if (here / "pyproject.toml").is_file() or (here / "alembic.ini").is_file():
        return load_settings(here)
    # Alembic was configured by a program alone
    named = {n: os.environ.get(f"ASSAY_SHADOW_{n.upper()}") for n in ("postgresql", "mysql")}
    return Settings(root=here, shadow={n: url for n, url in named.items() if url})


def _catalog_of(
    settings: Settings, connection: Connection, metadatas: tuple[MetaData, ...], old: Snapshot
) -> Snapshot:
    """The catalog that ``create_all`` makes on a shadow of the connection's dialect and driver."""
    from sqlalchemy import NullPool, create_engine

    dialect = connection.dialect
    with Shadows(settings) as shadows:
        url = connection.engine.url.render_as_string(hide_password=False)
        shadows.server(dialect.name).like(load(dialect.name).defaults_of(url))
        at = shadows.create(dialect.name)
        shadows.enter(at)
        engine = create_engine(_url(connection, at), poolclass=NullPool)
        try:
            with redirected(at), engine.connect() as shadow:
                _same_default_schema(shadow, dialect.default_schema_name)
                make_models(shadow, metadatas, old)
                shadow.commit()
                return load(dialect.name).read_catalog(query_on(shadow)).snapshot
        finally:
            engine.dispose()


def _url(connection: Connection, at: Address) -> Any:
    """A URL for :func:`redirected` to lead to the shadow; a file's is the shadow's own already.

    A URL of a database in memory is not led anywhere, and may be one that others share.
    """
    from sqlalchemy import URL

    given = connection.engine.url
    if load(at.dialect).files is None:
        return given
    return URL.create(given.drivername, database=at.database)


def _same_default_schema(shadow: Connection, wanted: str | None) -> None:
    """Let models without a schema be made where the connected database makes them."""
    from sqlalchemy import text
    from sqlalchemy.schema import CreateSchema

    if not _has_schemas(shadow) or not wanted:
        return
    if shadow.dialect.default_schema_name != wanted:
        shadow.execute(CreateSchema(wanted, if_not_exists=True))
        quoted = shadow.dialect.identifier_preparer.quote(wanted)
        shadow.execute(text(f"SET search_path TO {quoted}"))


def _outside(
    connection: Connection, options: dict[str, Any], metadatas: tuple[MetaData, ...]
) -> Callable[[CatalogObject], bool]:
    """Whether an object is in a schema that Alembic was not told to look at."""
    if not _has_schemas(connection):
        return lambda _found: False
    mine = {t.schema for m in metadatas for t in m.tables.values() if t.schema}
    mine.add(connection.dialect.default_schema_name or "public")
    include_name = options.get("include_name")

    def outside(found: CatalogObject) -> bool:
        schema = found.key[0]
        if schema in mine:
            return False
        if not options.get("include_schemas"):
            return True
        return include_name is not None and not include_name(schema, "schema", {})

    return outside


def _refuse_renames(
    connection: Connection, metadatas: tuple[MetaData, ...], old: Snapshot, new: Snapshot
) -> None:
    """A declared rename is run on a copy of the database first; plain Alembic has none to run it on.

    :raises UsageError: one is pending.
    """
    said = Answers(decided=True)
    default = connection.dialect.default_schema_name if _has_schemas(connection) else None
    found = resolve(old, new, metadatas, said, default_schema=default).answers
    pending = [f"table {before} to {after}" for before, after in found.tables.items()]
    pending += [f"column {before} to {after}" for before, after in found.columns.items()]
    if pending:
        raise UsageError(
            f"The models declare renames: {', '.join(pending)}. Plain Alembic would drop the old "
            "and add the new.",
            next_step="Generate this revision with `assay generate`.",
        )


def _has_schemas(connection: Connection) -> bool:
    return canonical(connection.dialect.name) == "postgresql"
