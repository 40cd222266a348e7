"""``compare_type`` is on."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.sources import configure_option

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    # on by default since Alembic 1.12
    if not examined.env.options.get("compare_type", True):
        yield Finding.mistake(
            "compare_type is off: autogenerate does not see a changed column type.",
            configure_option(examined.env_file, "compare_type"),
            "Say compare_type=True in context.configure().",
        )


CHECK = Check("types", 60, "compare_type is on.", _look)
