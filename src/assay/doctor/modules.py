"""Tables that the project's files define and the metadata of ``env.py`` does not have.

Nothing is imported: files are parsed, and the base or ``MetaData`` that a table names is looked up
among what ``env.py`` imported.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.doctor.sources import is_test, parsed, python_files
from assay.project.failures import short

if TYPE_CHECKING:
    from assay.doctor.examined import Examined

__all__ = ["DefinedTable", "defined_tables"]


@dataclass(frozen=True)
class DefinedTable:
    """A table that is not in the metadata.

    :param belongs: whether it is defined on that metadata; None where it cannot be told.
    """

    name: str
    module: str
    file: str
    where: str
    belongs: bool | None


def defined_tables(examined: Examined) -> Iterator[DefinedTable]:
    """Tables of files that ``env.py`` did not import; those of another metadata are left out."""
    root, known = examined.settings.root, examined.table_names
    loaded = _loaded_files()
    scripts = {examined.env_file.parent.resolve()}
    for path in python_files(root, scripts):
        if is_test(root, path) or path.resolve() in loaded:
            continue
        text = path.read_bytes()
        if b"Table(" not in text and b"__tablename__" not in text and b"table=True" not in text:
            continue
        tree = parsed(path)
        if tree is None:
            continue
        file = _File(path, tree, loaded)
        for name, line, owner in _tables(tree):
            if name in known:
                continue
            found = file.metadata_of(owner)
            belongs = None
            if found is not None:
                belongs = any(found is one for one in examined.metadatas)
            if belongs is not False:
                shown = short(str(path))
                yield DefinedTable(name, _module(root, path), shown, f"{shown}:{line}", belongs)


def _loaded_files() -> dict[Path, Any]:
    found: dict[Path, Any] = {}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            found[Path(file).resolve()] = module
    return found


def _tables(tree: ast.Module) -> Iterator[tuple[str, int, ast.expr | ast.ClassDef]]:
    """Name, line, and what says the metadata; functions are not looked into."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.ClassDef):
            name = _tablename(node)
            if name is not None:
                yield name, node.lineno, node
        elif isinstance(node, ast.Call) and _last(node.func) == "Table" and len(node.args) > 1:
            first = node.args[0]
            reflected = any(one.arg == "autoload_with" for one in node.keywords)
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and not reflected:
                yield first.value, node.lineno, node.args[1]
        todo.extend(ast.iter_child_nodes(node))


def _tablename(node: ast.ClassDef) -> str | None:
    """The table of a mapped class, where the class says it in plain words."""
    name = None
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        value = getattr(statement, "value", None)
        for target in targets:
            if not isinstance(target, ast.Name) or not isinstance(value, ast.Constant):
                continue
            if target.id == "__abstract__" and value.value:
                return None
            if target.id == "__tablename__" and isinstance(value.value, str):
                name = value.value
    # SQLModel: class User(SQLModel, table=True)
    if name is None and any(
        word.arg == "table" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in node.keywords
    ):
        return node.name.lower()
    return name


class _Unknown(Exception):
    """What an expression means cannot be told."""


_OWN = object()
"""A metadata made in the file itself, so none that ``env.py`` has."""


class _File:
    """One file that is not imported: what its names mean."""

    def __init__(self, path: Path, tree: ast.Module, loaded: dict[Path, Any]) -> None:
        self.path, self.loaded = path, loaded
        self.imports: dict[str, tuple[ast.Import | ast.ImportFrom, ast.alias]] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.values: dict[str, ast.expr] = {}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    bound = alias.asname or alias.name
                    if isinstance(node, ast.Import) and not alias.asname:
                        bound = alias.name.partition(".")[0]
                    self.imports[bound] = (node, alias)
        for statement in tree.body:
            if isinstance(statement, ast.ClassDef):
                self.classes[statement.name] = statement
            elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self.values[statement.targets[0].id] = statement.value

    def metadata_of(self, owner: ast.expr | ast.ClassDef) -> object | None:
        """The metadata that a table is on; None where it cannot be told."""
        try:
            if isinstance(owner, ast.ClassDef):
                return self._of_class(owner, 0)
            return self._metadata(self._value(owner, 0))
        except _Unknown:
            return None

    def _of_class(self, node: ast.ClassDef, depth: int) -> object:
        unknown = False
        for base in node.bases:
            try:
                found = self._metadata(self._value(base, depth))
            except _Unknown:
                unknown = True
                continue
            if found is not _OWN:
                return found
        if unknown:
            raise _Unknown
        return _OWN

    def _metadata(self, value: object) -> object:
        from sqlalchemy import MetaData

        if value is _OWN or isinstance(value, MetaData):
            return value
        found = getattr(value, "metadata", None)
        # a mixin or a plain class has none
        return found if isinstance(found, MetaData) else _OWN

    def _value(self, node: ast.expr, depth: int) -> object:
        if depth > 8:
            raise _Unknown
        if isinstance(node, ast.Subscript):
            return self._value(node.value, depth + 1)
        if isinstance(node, ast.Attribute):
            owner = self._value(node.value, depth + 1)
            if owner is _OWN:
                return _OWN
            return _attribute(owner, node.attr)
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "metadata":
                    return self._metadata(self._value(keyword.value, depth + 1))
            return _OWN
        if not isinstance(node, ast.Name):
            raise _Unknown
        if node.id in self.classes:
            return self._of_class(self.classes[node.id], depth + 1)
        if node.id in self.values:
            return self._value(self.values[node.id], depth + 1)
        if node.id in self.imports:
            return self._imported(*self.imports[node.id])
        raise _Unknown

    def _imported(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> object:
        if isinstance(node, ast.Import):
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            return _module_named(name)
        if node.level == 0:
            inner = sys.modules.get(f"{node.module}.{alias.name}")
            return inner or _attribute(_module_named(str(node.module)), alias.name)
        folder = self.path.resolve().parent
        for _ in range(node.level - 1):
            folder = folder.parent
        base = folder.joinpath(*(node.module or "").split("."))
        for path in (base / f"{alias.name}.py", base / alias.name / "__init__.py"):
            if path in self.loaded:
                return self.loaded[path]
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path in self.loaded:
                return _attribute(self.loaded[path], alias.name)
        raise _Unknown


def _module_named(name: str) -> object:
    found = sys.modules.get(name)
    if found is None:
        raise _Unknown
    return found


def _attribute(owner: object, name: str) -> object:
    try:
        return getattr(owner, name)
    except Exception as error:
        raise _Unknown from error


def _module(root: Path, path: Path) -> str:
    folder = root
    if (root / "src") in path.parents and not (root / "src" / "__init__.py").exists():
        folder = root / "src"
    parts = list(path.relative_to(folder).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]
