"""Where an existing project has its Alembic. Reads files; runs nothing of the project."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.config.reading import read_toml
from assay.layout.database import dialect_of

__all__ = ["Existing", "find_alembic", "python_files"]

SKIPPED = {"node_modules", "site-packages", "build", "dist", "__pycache__", "venv", "env"}


@dataclass(frozen=True)
class Existing:
    """A project's Alembic.

    :param ini: ``alembic.ini``; None when Alembic is configured in ``pyproject.toml`` or in code.
    :param scripts: the folder of ``env.py``, as far as it can be told without running anything.
    :param dialect: of ``sqlalchemy.url``, None when that says nothing (a placeholder, or set in
        code).
    """

    root: Path
    ini: Path | None
    scripts: Path
    dialect: str | None

    @property
    def env(self) -> Path:
        """``env.py``."""
        return self.scripts / "env.py"

    @property
    def where(self) -> Path:
        """The file or folder that shows that there is an Alembic."""
        return self.ini or self.scripts


def find_alembic(root: Path) -> Existing | None:
    """The Alembic of the project in this folder, or None.

    Looked for: ``alembic.ini`` here, ``[tool.alembic]``, an ``env.py`` in ``alembic/`` or
    ``migrations/``, then an ``alembic.ini`` up to two folders down (Flask-Migrate keeps it beside
    ``env.py``).

    :raises assay.errors.UsageError: ``pyproject.toml`` is not TOML.
    """
    pyproject = root / "pyproject.toml"
    tool = read_toml(pyproject).get("tool", {}) if pyproject.is_file() else {}
    toml = tool.get("alembic") if isinstance(tool, dict) else None
    toml_location = str(toml.get("script_location", "")) if isinstance(toml, dict) else ""
    if (root / "alembic.ini").is_file():
        # `alembic init -t pyproject` keeps only the URL and the logging in the ini file.
        return _of_ini(root, root / "alembic.ini", toml_location)
    if toml is not None:
        return Existing(root, None, _located(root, toml_location), None)
    for name in ("alembic", "migrations"):
        folder = root / name
        if (folder / "alembic.ini").is_file():
            return _of_ini(root, folder / "alembic.ini")
        # Django has migrations/ too; script.py.mako or versions/ is Alembic's.
        ours = (folder / "script.py.mako").is_file() or (folder / "versions").is_dir()
        if ours and (folder / "env.py").is_file():
            return Existing(root, None, folder, None)
    for folder in _folders(root, depth=2):
        if (folder / "alembic.ini").is_file():
            return _of_ini(root, folder / "alembic.ini")
    return None


def python_files(root: Path, depth: int = 8) -> Iterator[Path]:
    """The project's own Python files: no virtual environments, builds or hidden folders."""
    for folder in (root, *_folders(root, depth)):
        yield from sorted(folder.glob("*.py"))


def _folders(root: Path, depth: int) -> Iterator[Path]:
    try:
        inside = sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return
    for folder in inside:
        if folder.name in SKIPPED or folder.name.startswith("."):
            continue
        if (folder / "pyvenv.cfg").exists():
            continue
        yield folder
        if depth > 1:
            yield from _folders(folder, depth - 1)


def _of_ini(root: Path, ini: Path, otherwise: str = "") -> Existing:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(ini, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return Existing(root, ini, ini.parent / "alembic", None)
    location = parser.get("alembic", "script_location", fallback=otherwise)
    # A location in the file counts from where Alembic is run; in projects that is mostly the root.
    for folder in (_located(ini.parent, location), _located(root, location), ini.parent):
        if location and (folder / "env.py").is_file():
            return Existing(root, ini, folder, _dialect(parser))
    beside = ini.parent if (ini.parent / "env.py").is_file() else _located(ini.parent, location)
    return Existing(root, ini, beside, _dialect(parser))


def _located(folder: Path, location: str) -> Path:
    text = (location or "alembic").replace("%(here)s", str(folder))
    package, colon, inner = text.partition(":")
    # "package:folder" is a folder inside a package.
    if colon and os.sep not in package:
        text = str(Path(*package.split("."), inner))
    return Path(os.path.normpath(folder / text))


def _dialect(parser: configparser.ConfigParser) -> str | None:
    found = dialect_of(parser.get("alembic", "sqlalchemy.url", fallback="").strip())
    # "driver://user:pass@localhost/dbname" is what `alembic init` writes.
    return None if found == "driver" else found
