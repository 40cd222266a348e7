"""Alembic's ``Config`` as the project means it, wherever it is written."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from assay.errors import UsageError

if TYPE_CHECKING:
    from alembic.config import Config

    from assay.config import Settings

__all__ = ["make_config"]


def make_config(settings: Settings) -> Config:
    """The ``Config`` that ``alembic`` itself would use in the project's folder.

    :raises UsageError: the ini file cannot be read.
    """
    from alembic.config import Config

    pyproject = settings.root / "pyproject.toml"
    arguments: dict[str, Any] = {"ini_section": settings.section}
    if pyproject.is_file():
        arguments["toml_file"] = str(pyproject)
    # what env.py may look at: the namespace of alembic's own command line
    arguments["cmd_opts"] = argparse.Namespace(
        x=list(settings.x) or None, name=settings.section, quiet=True
    )
    config = Config(str(settings.config) if settings.config else None, **arguments)
    if settings.script_location is not None:
        config.set_main_option("script_location", settings.script_location)
    try:
        _ = config.file_config.sections()
    except Exception as error:
        raise UsageError(
            f"alembic.ini cannot be read: {error}",
            where=str(settings.config),
            next_step="Correct the file.",
        ) from error
    return config
