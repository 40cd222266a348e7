"""``autogenerate_plugins`` has the core in it.

The option replaces Alembic's default ``["alembic.autogenerate.*"]``: naming only plugins of one's
own turns the core off, and autogenerate sees nothing. Assay's own plugin stands in for the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.sources import configure_option

__all__ = ["CHECK"]

CORE = ("schemas", "tables", "types", "constraints", "defaults", "comments")
"""Alembic 1.18–1.20, ``alembic.autogenerate.`` before each."""
_OURS = "assay"
"""The plugin that compares catalogs in place of the core."""


class _Recorder:
    """Takes the place of the dispatcher that plugins are put into."""

    def __init__(self) -> None:
        self.taken: set[int] = set()

    def populate_with(self, other: object) -> None:
        self.taken.add(id(other))


def _taken(plugins: Sequence[str]) -> set[int]:
    from alembic.runtime.plugins import Plugin

    recorder = _Recorder()
    Plugin.populate_autogenerate_priority_dispatch(cast(Any, recorder), list(plugins))
    return recorder.taken


def _look(examined: Examined) -> Iterator[Finding]:
    import alembic.autogenerate  # noqa: F401 - registers the core
    from alembic.util import CommandError

    plugins = examined.env.options.get("autogenerate_plugins")
    if plugins is None:
        return
    where = configure_option(examined.env_file, "autogenerate_plugins")
    try:
        taken = _taken(plugins)
    except CommandError as error:
        yield Finding.mistake(
            f"autogenerate_plugins names a plugin that is not there: {error}.",
            where,
            "Correct the name, or install the package that brings it.",
        )
        return
    if any(name == _OURS or name.startswith(f"{_OURS}.") for name in plugins):
        return
    missing = []
    for name in CORE:
        try:
            if not _taken([f"alembic.autogenerate.{name}"]) <= taken:
                missing.append(f"alembic.autogenerate.{name}")
        except CommandError:
            continue
    excluded = [name for name in missing if f"~{name}" in plugins]
    missing = [name for name in missing if name not in excluded]
    if missing:
        yield Finding.mistake(
            f"autogenerate_plugins leaves out the core ({', '.join(missing)}): autogenerate does "
            "not see those changes.",
            where,
            'Put "alembic.autogenerate.*" into the list.',
        )
    if excluded:
        yield Finding.note(
            f"autogenerate_plugins excludes {', '.join(excluded)}: autogenerate does not see those "
            "changes.",
            where,
        )


CHECK = Check("plugins", 80, "Autogenerate runs with all of its core.", _look)
