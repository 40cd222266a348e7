"""Names in a rendered revision that nothing binds, or that their module does not have."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["UnknownName", "unknown_names"]


@dataclass(frozen=True)
class UnknownName:
    """A name that does not resolve.

    :param used: where it is used, for people: ``users.created_at is written as types.X()``.
    :param why: what is wrong with it.
    """

    used: tuple[str, ...]
    why: str
    next_step: str


def unknown_names(text: str) -> Iterator[UnknownName]:
    """What in a rendered revision would raise when it is loaded or run."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        line = (error.text or "").strip()
        yield UnknownName(
            (f"it holds {line!r}",),
            "that is not Python",
            "Give the type a __repr__ that is a call of its constructor.",
        )
        return
    uses, bound = _uses(tree), _bound(tree)
    unbound: dict[str, list[str]] = {}
    for name, _chain, use in uses:
        if name not in bound and not hasattr(builtins, name):
            unbound.setdefault(name, []).append(use)
    for name, found in unbound.items():
        yield UnknownName(
            _once(found),
            f"nothing in it imports `{name}`",
            f"Import `{name}` in script.py.mako, or set user_module_prefix or render_item in "
            "context.configure().",
        )
    yield from _broken(tree, uses)


def _broken(tree: ast.Module, uses: list[tuple[str, str, str]]) -> Iterator[UnknownName]:
    """Imports that fail, and attributes that the imported module does not have."""
    space: dict[str, Any] = {}
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        try:
            exec(compile(ast.Module([node], []), "script.py.mako", "exec"), space)
        except Exception as error:
            yield UnknownName(
                (f"`{ast.unparse(node)}` stands in it",),
                f"it raises {type(error).__name__}: {error}",
                "Correct that import in script.py.mako.",
            )
    missing: dict[str, list[str]] = {}
    for name, chain, use in uses:
        found: Any = space.get(name)
        if name not in space or "." not in chain:
            continue
        for attribute in chain.split(".")[1:]:
            # alembic.op is a proxy whose attributes are there only within a migration
            if name == "op" or not hasattr(found, attribute):
                break
            found = getattr(found, attribute)
        else:
            continue
        if name != "op":
            missing.setdefault(chain, []).append(use)
    for chain, found_uses in missing.items():
        name = chain.partition(".")[0]
        yield UnknownName(
            _once(found_uses),
            f"`{name}` there is {getattr(space[name], '__name__', name)}, which has no "
            f"`{chain.partition('.')[2]}`",
            "Import the right module in script.py.mako, or set user_module_prefix or render_item "
            "in context.configure().",
        )


def _bound(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((a.asname or a.name.partition(".")[0]) for a in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def _uses(tree: ast.Module) -> list[tuple[str, str, str]]:
    """Each name that is read: the name, its chain of attributes, and where for people."""
    found: list[tuple[str, str, str]] = []

    def visit(node: ast.AST, table: str, place: str) -> None:
        if isinstance(node, ast.Call):
            kind = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            first = node.args[0] if node.args else None
            named = str(first.value) if isinstance(first, ast.Constant) else ""
            if kind in ("create_table", "create_index", "batch_alter_table") and named:
                table = place = named
            elif kind == "Column" and named:
                place = f"{table}.{named}" if table else named
                for inner in (*node.args[1:], *(k.value for k in node.keywords)):
                    visit_value(inner, place)
                visit(node.func, table, place)
                return
        if isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load):
            chain = _chain(node)
            if chain is not None:
                found.append((chain.partition(".")[0], chain, _place(place, chain)))
                return
        for child in ast.iter_child_nodes(node):
            visit(child, table, place)

    def visit_value(value: ast.expr, place: str) -> None:
        written = ast.unparse(value)
        for node in ast.walk(value):
            if isinstance(node, ast.Attribute) and _chain(node) and node not in inner_nodes(value):
                chain = str(_chain(node))
                found.append((chain.partition(".")[0], chain, _place(place, written)))
            elif isinstance(node, ast.Name) and node not in inner_nodes(value):
                found.append((node.id, node.id, _place(place, written)))

    def inner_nodes(value: ast.expr) -> set[ast.AST]:
        """The owners of attributes: part of a longer chain."""
        return {node.value for node in ast.walk(value) if isinstance(node, ast.Attribute)}

    visit(tree, "", "")
    return found


def _place(place: str, written: str) -> str:
    written = written if len(written) <= 80 else written[:77] + "..."
    return f"{place} is written as `{written}`" if place else f"`{written}` stands in it"


def _chain(node: ast.AST) -> str | None:
    """``a.b.c`` of a chain that begins with a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _chain(node.value)
        return f"{owner}.{node.attr}" if owner else None
    return None


def _once(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
