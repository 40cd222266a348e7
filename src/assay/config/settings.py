"""What a project says about itself in ``[tool.assay]`` of its ``pyproject.toml``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.config.places import place_of
from assay.config.reading import Table, read_toml
from assay.errors import UsageError

__all__ = ["Baseline", "Settings", "load_settings"]

STATE_FOLDER = ".assay"


@dataclass(frozen=True)
class Baseline:
    """Where a chain begins that does not start from an empty database.

    :param revision: the revision the database is at after the baseline, ``base`` for before the first.
    :param sql: a schema-only dump, relative to the project's folder.
    :param create_all: ``True`` for the models ``env.py`` gives to Alembic, or
        ``"package.module:attribute"`` of a ``MetaData`` (or of something with ``.metadata``).
    """

    revision: str
    sql: str | None = None
    create_all: bool | str = False


@dataclass(frozen=True)
class Settings:
    """Everything configurable. ``origins`` tells for each key where its value came from."""

    root: Path
    """The project's folder: commands run as if started here."""
    config: Path | None = None
    """``alembic.ini``, or None when Alembic is configured in ``pyproject.toml`` or by ``setup``."""
    section: str = "alembic"
    """Section of the ini file, as ``alembic -n``."""
    script_location: str | None = None
    """Alembic's script location where no ini file says it."""
    target: str | None = None
    """The branch that counts where a chain has several (``main@head``); None for all of it."""
    x: tuple[str, ...] = ()
    """``-x`` arguments for ``env.py``."""
    setup: str | None = None
    """``package.module:function`` that prepares what ``env.py`` needs around it."""
    test: str = "pytest -x -q"
    """The command of step 8."""
    ignore: tuple[str, ...] = ()
    """Catalog objects that parity leaves out: ``kind:name`` patterns, ``*`` allowed."""
    copy_limit_mb: int = 512
    """A dev database larger than this (MiB) is not copied for step 7."""
    lock_timeout: int | None = None
    """Seconds that step 6 waits for a lock of the real database; 0 leaves its session as it is; None is
    5 where the session itself has no limit."""
    trace_limit: int = 300
    """Seconds that one function of a revision may run on a shadow; 0 for no limit."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables for ``env.py``."""
    shadow: Mapping[str, str] = field(default_factory=dict)
    """Servers to make shadows on, by dialect."""
    databases: Mapping[str, str] = field(default_factory=dict)
    """Named databases for ``check --live --database NAME``."""
    review: Mapping[str, str] = field(default_factory=dict)
    """Rules of the review, or patterns of them, to ``stop``, ``note`` or ``ignore``."""
    online: int | None = None
    """Tables with more rows than this are changed by safe forms; 0 for every table, None for none."""
    locks: Mapping[str, str] = field(default_factory=dict)
    """The strongest lock that a revision may take, by table or pattern of tables."""
    baseline: Baseline | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def state_folder(self) -> Path:
        """``.assay/``: the state of a stopped change, receipts, backups."""
        return self.root / STATE_FOLDER

    def where(self, table: str, key: str | None = None) -> str:
        """``file:line`` of a key of ``[tool.assay.TABLE]``, for errors."""
        return place_of(self.root / "pyproject.toml", f"tool.assay.{table}", key)


KEYS = (
    "config",
    "section",
    "script_location",
    "target",
    "x",
    "setup",
    "test",
    "ignore",
    "copy_limit_mb",
    "lock_timeout",
    "trace_limit",
    "env",
    "shadow",
    "databases",
    "review",
    "online",
    "locks",
    "baseline",
)


def load_settings(start: Path | None = None, config: Path | None = None) -> Settings:
    """The settings of the project that ``start`` (default: the working folder) lies in.

    :param config: an ``alembic.ini`` named on the command line; wins over everything.
    :raises UsageError: no project found, or ``[tool.assay]`` is broken.
    """
    here = (start or Path.cwd()).resolve()
    if not here.is_dir():
        raise UsageError(f"{here} is not a folder.", next_step="Name the project's folder.")
    root = _find_root(here) if config is None else _root_of_config(here, config)
    pyproject = root / "pyproject.toml"
    document = read_toml(pyproject) if pyproject.is_file() else {}
    tool = document.get("tool", {})
    raw = tool.get("assay", {})
    table = Table(raw, pyproject, "tool.assay", KEYS)
    origins: dict[str, str] = dict.fromkeys(raw, f"{pyproject.name} [tool.assay]")

    ini = _ini(root, table, config, origins)
    if ini is None and "alembic" not in tool and not (table.has("setup", "script_location")):
        raise UsageError(
            "No alembic.ini here.",
            where=str(root),
            next_step="Run this in the project's folder, name the file with --config, "
            "or make a project with `assay init`.",
        )
    return Settings(
        root=root,
        config=ini,
        section=table.text("section", "alembic"),
        script_location=table.text_or_none("script_location"),
        target=table.text_or_none("target"),
        x=table.texts("x"),
        setup=table.text_or_none("setup"),
        test=table.text("test", "pytest -x -q"),
        ignore=table.texts("ignore"),
        copy_limit_mb=table.whole("copy_limit_mb", 512),
        lock_timeout=table.whole("lock_timeout", 0) if table.has("lock_timeout") else None,
        trace_limit=table.whole("trace_limit", 300),
        env=table.mapping("env"),
        shadow=_shadow(table, origins),
        databases=table.mapping("databases"),
        review=table.mapping("review"),
        online=table.rows("online"),
        locks=table.mapping("locks"),
        baseline=_baseline(table),
        origins=origins,
    )


def _find_root(here: Path) -> Path:
    for folder in (here, *here.parents):
        if (folder / "alembic.ini").is_file():
            return folder
        pyproject = folder / "pyproject.toml"
        if pyproject.is_file():
            tool = read_toml(pyproject).get("tool", {})
            if "assay" in tool or "alembic" in tool:
                return folder
    raise UsageError(
        "No alembic.ini here or in a folder above.",
        where=str(here),
        next_step="Run this in the project's folder, name one with --project, "
        "or make a project with `assay init`.",
    )


def _root_of_config(here: Path, config: Path) -> Path:
    """The working folder where it holds the settings, else the folder of the ini file."""
    pyproject = here / "pyproject.toml"
    if pyproject.is_file() and "assay" in read_toml(pyproject).get("tool", {}):
        return here
    return (here / config).resolve().parent


def _ini(root: Path, table: Table, flag: Path | None, origins: dict[str, str]) -> Path | None:
    if flag is not None:
        path = (Path.cwd() / flag).resolve()
        origins["config"] = "--config"
    elif table.has("config"):
        path = (root / table.text("config", "")).resolve()
    elif (root / "alembic.ini").is_file():
        origins["config"] = "default"
        return root / "alembic.ini"
    else:
        return None
    if not path.is_file():
        raise UsageError(
            f"There is no file {path.name} where the settings say.",
            where=f"{path} (from {origins['config'] if flag is not None else table.where('config')})",
            next_step="Correct `config` in [tool.assay], or make the project with `assay init`.",
        )
    return path


def _shadow(table: Table, origins: dict[str, str]) -> Mapping[str, str]:
    found = dict(table.mapping("shadow", ("postgresql", "mysql", "mariadb")))
    if "mariadb" in found:  # another name of the same
        found.setdefault("mysql", found.pop("mariadb"))
    for dialect in ("postgresql", "mysql"):
        variable = f"ASSAY_SHADOW_{dialect.upper()}"
        value = os.environ.get(variable)
        if value:
            found[dialect] = value
            origins[f"shadow.{dialect}"] = variable
    return found


def _baseline(table: Table) -> Baseline | None:
    if not table.has("baseline"):
        return None
    inner = table.table("baseline", ("revision", "sql", "create_all"))
    create_all: Any = inner.raw.get("create_all", False)
    if not isinstance(create_all, (bool, str)):
        raise inner.wrong("create_all", 'true or "package.module:attribute"')
    found = Baseline(
        revision=inner.text("revision", "base"),
        sql=inner.text_or_none("sql"),
        create_all=create_all,
    )
    if bool(found.sql) == bool(found.create_all):
        raise UsageError(
            "A baseline has either `sql` or `create_all`.",
            where=inner.where("baseline"),
            next_step="Write the dump with `assay baseline REV`, or say create_all = true.",
        )
    return found
