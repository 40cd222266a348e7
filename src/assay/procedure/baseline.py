"""``assay baseline``: a schema-only dump of a database as the beginning of the chain."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.apply.named import named_address
from assay.catalog import Difference, Snapshot
from assay.dialects import Address, canonical, load
from assay.errors import ExitCode, ProcedureStop, UsageError
from assay.procedure.session import Session
from assay.project.compat.alembic import version_table
from assay.project.failures import describe, short
from assay.project.project import query_on
from assay.prove.parity import same_catalog
from assay.report import Line, Report, Status, Step
from assay.report.differences import difference_lines
from assay.shadow.baseline import lay_dump
from assay.shadow.dump import Dumper, dumper, script, statements
from assay.shadow.reading import connection_of, read_here

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["write_baseline"]


@dataclass(frozen=True)
class _Source:
    """The database that is dumped.

    :param to: where ``env.py`` is led; None for its own database.
    :param url: with its password; empty for ``env.py``'s own.
    """

    to: Address | None
    url: str
    shown: str


@dataclass(frozen=True)
class _Dumped:
    heads: tuple[str, ...]
    snapshot: Snapshot
    text: str


def write_baseline(
    session: Session, revision: str, source: str | None, output: Path, force: bool = False
) -> Report:
    """Write the dump of a database that stands at ``revision``; the database is only read.

    :param revision: ``base``, or a revision of the chain.
    :param source: a URL, a name of ``[tool.assay.databases]``, or None for the project's database.
    :param output: the file, relative to the project's folder.
    :param force: overwrite a file that says something else.
    :returns: exit code 1 when the dump does not make what the database holds.
    :raises ProcedureStop: the database is stamped with another revision.
    :raises UsageError: the database cannot be read or dumped, or the file is there already.
    """
    at = revision if revision == "base" else session.project.history.get(revision).revision
    dialect = session.probe.dialect
    engine = dumper(dialect)
    if engine is None:
        raise UsageError(
            f"Assay cannot write a dump of {dialect} yet.",
            next_step="Write a schema-only dump with the database's own program and name it as "
            "sql in [tool.assay.baseline], or use create_all there.",
        )
    found = _source(session, source)
    session.listener.doing(f"reading {found.shown}")
    dumped = _dump(session, engine, found)
    _refuse_other_stamp(dumped, at, found)
    found_all = statements(dumped.text, engine)
    kept = [one for _, text in found_all if (one := engine.kept(text)) is not None]
    if not any(one.upper().startswith("CREATE") for one in kept):
        raise ProcedureStop(
            f"{found.shown} is empty: there is nothing to begin the chain with.",
            next_step="Name the database that the application made, with --from.",
        )
    path = session.settings.root / output
    written = _write(path, script(kept), force)
    session.listener.doing("laying the dump on a shadow")
    differences = _lay(session, path, dumped.snapshot)
    return _report(session, at, path, found, dumped, written, differences)


def _source(session: Session, source: str | None) -> _Source:
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if source is None:
        own = session.probe.engine_url
        _refuse_missing_file(session, own.database if own is not None else None)
        return _Source(None, "", session.probe.url)
    if "://" not in source:
        to = named_address(session.settings, source)
        url = URL.create(
            to.dialect, to.user, to.password, to.host, to.port, to.database
        ).render_as_string(hide_password=False)
        _refuse_missing_file(session, to.database)
        return _Source(to, url, source)
    try:
        parsed = make_url(source)
    except (ArgumentError, ValueError):
        raise UsageError(
            "--from is not a database URL.",
            next_step="Write it as dialect://user:password@host:port/database, or give a name of "
            "[tool.assay.databases].",
        ) from None
    host = parsed.host or parsed.query.get("host") or parsed.query.get("unix_socket")
    to = Address(
        parsed.get_backend_name(),
        parsed.database or "",
        str(host) if host else None,
        parsed.port,
        parsed.username,
        str(parsed.password) if parsed.password is not None else None,
    )
    if canonical(to.dialect) != canonical(session.probe.dialect):
        raise UsageError(
            f"--from names a {to.dialect} database, and the project runs on "
            f"{session.probe.dialect}.",
            next_step="Name a database of the project's engine.",
        )
    _refuse_missing_file(session, to.database)
    return _Source(to, source, parsed.render_as_string(hide_password=True))


def _refuse_missing_file(session: Session, database: str | None) -> None:
    """Connecting would make the file."""
    if load(session.probe.dialect).files is None or not database:
        return
    if database.startswith(("file:", ":memory:")) or Path(database).is_file():
        return
    raise UsageError(
        "There is no such database file.",
        where=database,
        next_step="Name the database that the application made, with --from.",
    )


def _dump(session: Session, engine: Dumper, source: _Source) -> _Dumped:
    found: list[_Dumped] = []

    def look(context: MigrationContext) -> None:
        connection = connection_of(context)
        url = source.url or connection.engine.url.render_as_string(hide_password=False)
        snapshot = read_here(context)
        text = engine.dump_schema(query_on(connection), url, version_table(context))
        found.append(_Dumped(tuple(context.get_current_heads()), snapshot, text))

    session.project.visit(look, to=source.to)
    return found[0]


def _refuse_other_stamp(dumped: _Dumped, at: str, source: _Source) -> None:
    """A database that is stamped must be at the revision that was said."""
    expected = () if at == "base" else (at,)
    # not stamped at all: the application made it, and a person says where it stands
    if dumped.heads and dumped.heads != expected:
        stamped = ", ".join(dumped.heads)
        raise ProcedureStop(
            f"{source.shown} is stamped with {stamped}, and the baseline was asked for at {at}.",
            next_step=f"Say `assay baseline {dumped.heads[0]}`, or name a database that stands at "
            f"{at}.",
        )


def _write(path: Path, text: str, force: bool) -> bool:
    """Write the file whole or not at all; False where it says that already."""
    if path.exists():
        if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
            return False
        if not force or not path.is_file():
            raise UsageError(
                "The file is there already and says something else.",
                where=short(str(path)),
                next_step="Name another file with --output, or overwrite it with --force.",
            )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(
            f"The dump cannot be written: {error.strerror}.",
            where=short(str(path)),
            next_step="Name another file with --output.",
        ) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return True


def _lay(session: Session, path: Path, wanted: Snapshot) -> tuple[Difference, ...]:
    """Lay the dump on an empty shadow and compare: what the dump lacks is *added*."""
    at = session.fresh()
    found: list[Snapshot] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[object]:
        lay_dump(context, path)
        found.append(read_here(context))
        return []

    try:
        session.project.run(work, to=at, dont_mutate=True)
    except UsageError as error:
        raise ProcedureStop(
            f"The dump was written and does not run on an empty database: {describe(error)}",
            where=error.where,
            next_step="Correct the file by hand.",
        ) from error
    finally:
        session.shadows.drop(at)
    return same_catalog(found[0], wanted, lambda _object: False)


def _report(
    session: Session,
    at: str,
    path: Path,
    source: _Source,
    dumped: _Dumped,
    written: bool,
    differences: tuple[Difference, ...],
) -> Report:
    root = session.settings.root
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    count = sum(1 for one in dumped.snapshot.objects if one.kind == "table")
    tables = f"{count} table{'' if count == 1 else 's'}"
    stamped = ", ".join(dumped.heads)
    lines = (
        Line(
            f"{source.shown} is stamped with {stamped}"
            if stamped
            else f"{source.shown} is not stamped; it is taken to stand at {at}"
        ),
    )
    steps = [
        Step(
            "dump",
            Status.PASSED,
            f"{name}: {tables} of {source.shown}." if written else f"{name} says that already.",
            lines=lines,
            data={"file": name, "database": source.shown, "heads": list(dumped.heads)},
        ),
        Step(
            "shadow",
            Status.STOPPED if differences else Status.PASSED,
            f"The dump does not make {len(differences)} objects as they are in the database."
            if differences
            else "The dump makes what the database holds, object by object.",
            lines=difference_lines(differences),
            data={"differences": [one.to_json() for one in differences]},
        ),
    ]
    baseline = session.settings.baseline
    declared = baseline is not None and baseline.revision == at and baseline.sql == name
    if not declared:
        table = (
            "[tool.assay.baseline]",
            f"revision = {json.dumps(at)}",
            f"sql = {json.dumps(name)}",
        )
        steps.append(
            Step(
                "declare",
                Status.NOTE,
                "Put this into pyproject.toml:",
                lines=tuple(Line(text) for text in table),
            )
        )
    for step in steps:
        session.listener.done(step)
    return Report(
        "baseline",
        ExitCode.NO if differences else ExitCode.GOOD,
        f"{name} differs from {source.shown}." if differences else f"The chain begins at {at}.",
        tuple(steps),
        "Correct the file by hand where the database and the dump differ."
        if differences
        else "`assay check`"
        if declared
        else "Put the table above into pyproject.toml, then `assay check`.",
        {"file": name, "baseline": {"revision": at, "sql": name}, "written": written},
    )
