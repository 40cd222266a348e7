"""``render_as_batch`` is on where the database is SQLite."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.sources import configure_option

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    run = examined.env
    if run.dialect == "sqlite" and not run.options.get("render_as_batch", False):
        yield Finding.mistake(
            "render_as_batch is off: SQLite cannot alter most things in place, so generated "
            "revisions fail on it.",
            configure_option(examined.env_file, "render_as_batch"),
            'Say render_as_batch=connection.dialect.name == "sqlite" in context.configure().',
        )


CHECK = Check("batch", 90, "SQLite gets batch operations, or is not used.", _look)
