"""``compare_server_default`` is on."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.sources import configure_option

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    # off by default, up to Alembic 1.20
    if not examined.env.options.get("compare_server_default", False):
        yield Finding.mistake(
            "compare_server_default is off: autogenerate does not see a changed server default.",
            configure_option(examined.env_file, "compare_server_default"),
            "Say compare_server_default=True in context.configure().",
        )


CHECK = Check("defaults", 70, "compare_server_default is on.", _look)
