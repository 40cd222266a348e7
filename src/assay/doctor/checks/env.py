"""``env.py`` runs."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check, NotLookedAt
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.project.failures import short

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    failure = examined.env_failure
    if examined.shadow_failure is not None:
        raise NotLookedAt("no shadow can be made")
    if failure is not None:
        yield Finding.mistake(
            failure.what,
            failure.where or short(str(examined.env_file)),
            failure.next_step,
            failure.cause,
        )


CHECK = Check("env.py", 30, "It runs, and every connection reaches the shadow.", _look)
