"""Database engines, one folder each, found by name."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from assay.dialects.base import (
    CatalogState,
    Dialect,
    FileDatabases,
    Follower,
    Observer,
    ShadowServer,
)
from assay.dialects.observed import Grant, Lock, Observation, OnlineForm, RowChange
from assay.dialects.values import Address, Capabilities, ConnectArguments, Execute, LockWait, Query
from assay.dialects.written import plain_ddl, verb
from assay.errors import UsageError

__all__ = [
    "SUPPORTED",
    "Address",
    "Capabilities",
    "CatalogState",
    "ConnectArguments",
    "Dialect",
    "Execute",
    "FileDatabases",
    "Follower",
    "Grant",
    "Lock",
    "LockWait",
    "Observation",
    "Observer",
    "OnlineForm",
    "Query",
    "RowChange",
    "ShadowServer",
    "canonical",
    "load",
    "plain_ddl",
    "verb",
]

SUPPORTED = ("sqlite", "postgresql", "mysql")

_FOLDERS = {"mariadb": "mysql"}
"""SQLAlchemy's names of dialects that are found in the folder of another name."""


def canonical(name: str) -> str:
    """The name under which a dialect of that SQLAlchemy name is known here: ``mysql`` of ``mariadb``."""
    return _FOLDERS.get(name, name)


def load(name: str) -> Dialect:
    """The dialect of that SQLAlchemy name.

    :raises UsageError: no such dialect here.
    """
    name = canonical(name)
    if name not in SUPPORTED:
        raise UsageError(
            f"Assay has no dialect {name!r}.",
            next_step=f"Use one of: {', '.join(SUPPORTED)}.",
        )
    return cast(Dialect, import_module(f"assay.dialects.{name}").DIALECT)
