"""The project's own source files, read and never run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from assay.project.failures import short

__all__ = ["configure_option", "is_test", "metadata_definition", "parsed", "python_files"]

SKIPPED = {"node_modules", "site-packages", "build", "dist", "__pycache__", "venv", "env"}
DEPTH = 10


def python_files(root: Path, leave_out: Collection[Path] = ()) -> Iterator[Path]:
    """Python files below ``root``: no virtual environments, builds, or hidden folders.

    :param leave_out: folders, resolved.
    """
    yield from _below(root, frozenset(leave_out), DEPTH)


def _below(folder: Path, leave_out: frozenset[Path], depth: int) -> Iterator[Path]:
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    for path in inside:
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_file():
            if path.suffix == ".py":
                yield path
        elif (
            depth > 0
            and path.name not in SKIPPED
            and path.resolve() not in leave_out
            and not (path / "pyvenv.cfg").exists()
        ):
            yield from _below(path, leave_out, depth - 1)


def is_test(root: Path, path: Path) -> bool:
    """Whether a file belongs to the tests, by its name or by a folder's."""
    parts = path.relative_to(root).parts
    name = path.stem
    return (
        any(part in ("tests", "test", "testing") for part in parts[:-1])
        or name.startswith("test_")
        or name.endswith("_test")
        or name == "conftest"
    )


def parsed(path: Path) -> ast.Module | None:
    """A file's syntax tree; None where it is not Python of this version."""
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def configure_option(env_file: Path, option: str) -> str:
    """``file:line`` where ``env.py`` gives an option to ``configure()``, else of the call."""
    shown = short(str(env_file))
    tree = parsed(env_file)
    calls = [
        node
        for node in ast.walk(tree or ast.Module([], []))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr == "configure")
            or (isinstance(node.func, ast.Name) and node.func.id == "configure")
        )
    ]
    # context.configure() before a function of that name; one with a connection autogenerates
    calls.sort(key=lambda call: (isinstance(call.func, ast.Name), not _has(call, "connection")))
    for call in calls:
        for keyword in call.keywords:
            if keyword.arg == option:
                return f"{shown}:{keyword.value.lineno}"
    return f"{shown}:{calls[0].lineno}" if calls else shown


def _has(call: ast.Call, name: str) -> bool:
    return any(keyword.arg == name for keyword in call.keywords)


def metadata_definition(files: Iterator[Path]) -> str | None:
    """``file:line`` of the only ``MetaData()`` or declarative base in these files."""
    found: list[str] = []
    for path in files:
        for node in ast.walk(parsed(path) or ast.Module([], [])):
            names = [_last(node.func)] if isinstance(node, ast.Call) else []
            if isinstance(node, ast.ClassDef):
                names = [_last(base) for base in node.bases]
            if {"MetaData", "declarative_base", "DeclarativeBase"} & set(names):
                found.append(f"{short(str(path))}:{getattr(node, 'lineno', 1)}")
    return found[0] if len(found) == 1 else None


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]
