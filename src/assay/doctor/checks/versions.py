"""Alembic and SQLAlchemy are new enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding

__all__ = ["CHECK", "LEAST", "too_old"]

LEAST = {"alembic": (1, 18), "SQLAlchemy": (2, 0)}
"""The oldest supported versions."""


def too_old(installed: str, least: tuple[int, ...]) -> bool:
    """Whether ``installed`` (as the package says it) is below ``least``."""
    return tuple(int(n) for n in re.findall(r"\d+", installed)[: len(least)]) < least


def _look(_examined: Examined) -> Iterator[Finding]:
    for name, least in LEAST.items():
        installed = version(name)
        if too_old(installed, least):
            wanted = ".".join(map(str, least))
            yield Finding.mistake(
                f"{name} {installed} is installed; {wanted} is the oldest that is supported.",
                next_step=f'Install a newer one: pip install "{name}>={wanted}".',
            )


CHECK = Check("versions", 10, "Alembic and SQLAlchemy are new enough.", _look)
