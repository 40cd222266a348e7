"""There is a place for shadows of the project's engine."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check, NotLookedAt
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    failure = examined.env_failure
    if examined.shadow_failure is not None:
        found = examined.shadow_failure
        yield Finding.mistake(
            f"No shadow can be made: {found.what}", found.where, found.next_step, found.cause
        )
        return
    if failure is not None:
        raise NotLookedAt("env.py does not run, so the engine is not known")
    description = examined.shadows.server(examined.env.dialect).description
    yield Finding.note(f"Shadows are made on {description}.")


CHECK = Check("shadow", 20, "There is a place for shadows.", _look)
