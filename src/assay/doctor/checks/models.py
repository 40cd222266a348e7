"""Every model of the project is in the metadata that ``env.py`` gives to Alembic."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.modules import DefinedTable, defined_tables
from assay.doctor.sources import configure_option

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    where = configure_option(examined.env_file, "target_metadata")
    metadatas = examined.metadatas
    if not metadatas:
        yield Finding.mistake(
            "env.py gives no target_metadata to context.configure(): autogenerate sees no models.",
            where,
            "Import the module of your tables in env.py and pass its metadata.",
        )
        return
    missing = list(defined_tables(examined))
    if not examined.table_names:
        yield Finding.mistake(
            "The metadata that env.py gives to Alembic is empty: the models are not imported, and "
            "autogenerate would propose to drop every table.",
            where,
            "Import the modules that define the tables in env.py"
            + (": " + ", ".join(sorted({one.module for one in missing})) if missing else "")
            + ".",
        )
        return
    for belongs, make in ((True, _not_imported), (None, _unclear)):
        files = {one.file for one in missing if one.belongs is belongs}
        for file in sorted(files):
            tables = [one for one in missing if one.file == file and one.belongs is belongs]
            yield make(tables)


def _not_imported(tables: list[DefinedTable]) -> Finding:
    first = tables[0]
    return Finding.mistake(
        f"{_named(tables)} in {first.module}, which env.py does not import: autogenerate does not "
        "see it, and drops what is in the database.",
        first.where,
        f"Import {first.module} in env.py, or where the other models are imported.",
    )


def _unclear(tables: list[DefinedTable]) -> Finding:
    first = tables[0]
    return Finding.note(
        f"{_named(tables)} in {first.module}, but not in the metadata of env.py; whether it "
        "belongs there cannot be told.",
        first.where,
        f"If it does, import {first.module} in env.py.",
    )


def _named(tables: list[DefinedTable]) -> str:
    names = ", ".join(one.name for one in tables)
    return f"Table {names} is defined" if len(tables) == 1 else f"Tables {names} are defined"


CHECK = Check("models", 50, "Every table that the project defines is in the metadata.", _look)
