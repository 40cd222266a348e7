"""The real database can be reached and is stamped with a revision of the chain. Only reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.dialects import load
from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.errors import AssayError
from assay.shadow.reading import read_database

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    run, history = examined.env, examined.history
    file = _missing_file(examined)
    if file is not None:
        yield Finding.note("The database is not there yet; `assay apply` makes it.", file)
        return
    try:
        heads = read_database(examined.project, None).heads
    except AssayError as error:
        yield Finding.note(
            f"The database cannot be read: {error.what}",
            run.url,
            "Start it, or correct its URL; proofs do not need it, `assay apply` does.",
        )
        return
    unknown = [head for head in heads if not history.has(head)]
    if unknown:
        yield Finding.mistake(
            f"The database is stamped with {', '.join(unknown)}, which the chain does not have.",
            run.url,
            "Get the missing revision file (another branch?), or correct the stamp with "
            "`alembic stamp`.",
        )
        return
    yield Finding.note(f"The database is at {', '.join(heads) or 'base'}.", run.url)


def _missing_file(examined: Examined) -> str | None:
    """The path of a file database that is not there: reading it would make it."""
    run = examined.env
    if load(run.dialect).files is None or run.engine_url is None:
        return None
    name = run.engine_url.database
    if not name or name.startswith(("file:", ":memory:")):
        return None
    return None if (examined.settings.root / Path(name)).exists() else name


CHECK = Check("live", 140, "The database is where its revision says.", _look)
