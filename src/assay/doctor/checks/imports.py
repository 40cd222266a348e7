"""A generated revision runs: every name in it is imported, custom types above all.

Decided by effect: Alembic writes a revision for all models on an empty shadow, with the project's
own options and ``script.py.mako``, and the names in it are looked up.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.names import unknown_names
from assay.doctor.rendering import render_all_models
from assay.project.failures import short

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    template = examined.env_file.with_name("script.py.mako")
    for unknown in unknown_names(render_all_models(examined)):
        used = unknown.used[0]
        more = f" (and {len(unknown.used) - 1} more)" if len(unknown.used) > 1 else ""
        yield Finding.mistake(
            f"A generated revision does not run: {used}{more}, and {unknown.why}.",
            short(str(template)),
            unknown.next_step,
        )


CHECK = Check("imports", 100, "Everything that a generated revision names is imported.", _look)
