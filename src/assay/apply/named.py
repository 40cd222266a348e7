"""A database named in the settings, for looking at it: ``check --live --database NAME``."""

from __future__ import annotations

import os
import re

from assay.config import Settings
from assay.dialects import Address
from assay.errors import UsageError

__all__ = ["named_address"]


def named_address(settings: Settings, name: str) -> Address:
    """The address of ``[tool.assay.databases] NAME``; ``${VARIABLE}`` is taken from the environment.

    :raises UsageError: no such name, no such variable, or not a URL.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    text = settings.databases.get(name)
    if text is None:
        known = ", ".join(settings.databases) or "none"
        raise UsageError(
            f"There is no database named {name!r} in [tool.assay.databases].",
            where=settings.where("databases"),
            next_step=f"Known: {known}.",
        )

    def variable(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise UsageError(
                f"The environment variable {match[1]} is not set.",
                where=settings.where("databases", name),
                next_step="Set it.",
            )
        return value

    try:
        url = make_url(re.sub(r"\$\{(\w+)\}", variable, text))
    except ArgumentError as error:
        raise UsageError(
            f"[tool.assay.databases] {name} is not a database URL.",
            where=settings.where("databases", name),
            next_step="Write it as dialect://user:password@host:port/database.",
        ) from error
    host = url.host or url.query.get("host") or url.query.get("unix_socket")
    return Address(
        url.get_backend_name(),
        url.database or "",
        str(host) if host else None,
        url.port,
        url.username,
        url.password,
    )
