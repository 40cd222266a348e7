"""A revision file as text and as a tree: its fingerprint, its backfill slots, its lines."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

__all__ = [
    "ONE_UPDATE",
    "SLOT_END",
    "SLOT_START",
    "Slot",
    "call_at",
    "content_fingerprint",
    "fill_slots",
    "find_slots",
    "function_line",
    "function_of",
    "operations_in",
    "runs_again",
    "written_at",
]

SLOT_START = "# assay: backfill"
SLOT_END = "# assay: end backfill"
ONE_UPDATE = "# one UPDATE, not batches:"
"""A comment in a slot; behind it, why."""

_NO_OPERATIONS = ("f", "get_bind", "get_context", "inline_literal")
"""What ``op`` has beside operations; ``op.f("name")`` marks a name inside one."""

_START = re.compile(r"^(?P<indent>\s*)# assay: backfill (?P<target>\S+)")
_END = re.compile(r"^\s*# assay: end backfill")
_APART = re.compile(r"^\s+\w+\.own_transaction\(\)")


@dataclass(frozen=True)
class Slot:
    """A place in ``upgrade()`` where existing rows get a value.

    :param target: ``table.column``.
    :param start: line of the opening marker, from 1.
    :param end: line of the closing marker.
    :param body: the lines between, without their common indentation.
    :param direction: ``upgrade`` or ``downgrade``.
    :param apart: what ran before it in its function is committed: ``op.own_transaction()``.
    """

    target: str
    start: int
    end: int
    body: tuple[str, ...]
    direction: str = "upgrade"
    apart: bool = False

    @property
    def one_because(self) -> str | None:
        """Why a slot of an online change is one ``UPDATE``; None where nothing says so."""
        found = (line for line in self.body if line.startswith(ONE_UPDATE))
        return next((line.removeprefix(ONE_UPDATE).strip() for line in found), None)

    @property
    def empty(self) -> bool:
        """Nothing but comments and blank lines in it."""
        return all(not line.strip() or line.strip().startswith("#") for line in self.body)


def find_slots(text: str) -> tuple[Slot, ...]:
    """All backfill slots of a revision file, in order."""
    found: list[Slot] = []
    target, start, indent = "", 0, ""
    body: list[str] = []
    direction, apart = "upgrade", False
    for number, line in enumerate(text.splitlines(), 1):
        opening = _START.match(line)
        if line.startswith(("def upgrade", "def downgrade")):
            direction = "downgrade" if line.startswith("def downgrade") else "upgrade"
            apart = False
        apart = apart or _APART.match(line) is not None
        if opening:
            target, start, indent = opening["target"], number, opening["indent"]
            body = []
        elif start and _END.match(line):
            found.append(Slot(target, start, number, tuple(body), direction, apart))
            start = 0
        elif start:
            body.append(line[len(indent) :] if line.startswith(indent) else line.lstrip())
    return tuple(found)


def fill_slots(text: str, bodies: dict[str, Iterable[str]]) -> tuple[str, tuple[str, ...]]:
    """The text with the bodies of slots replaced, and the targets for which it has no slot."""
    lines = text.splitlines()
    left = dict(bodies)
    for slot in reversed(find_slots(text)):
        if slot.target not in left:
            continue
        opening = lines[slot.start - 1]
        indent = opening[: len(opening) - len(opening.lstrip())]
        new = [f"{indent}{line}" if line.strip() else "" for line in left.pop(slot.target)]
        lines[slot.start : slot.end - 1] = new
    return "\n".join(lines) + "\n", tuple(left)


def content_fingerprint(path: Path) -> str:
    """SHA-256 of what the file does: comments, docstrings and blank space do not count.

    :raises SyntaxError: the file is not Python.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body[0] = ast.Pass()
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def runs_again(path: Path) -> bool:
    """Whether all of ``upgrade()`` is in one ``autocommit_block()``, made of operations that look first.

    Generation writes such revisions; one that died in the middle is run again to its end.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return False
    upgrade = next(
        (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "upgrade"), None
    )
    body = [] if upgrade is None else [n for n in upgrade.body if not _says_nothing(n)]
    if len(body) != 1 or not isinstance(body[0], ast.With):
        return False
    block = body[0]
    if "autocommit_block" not in ast.unparse(block.items[0].context_expr):
        return False
    return all(_looks_first(node) for node in block.body)


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _looks_first(node: ast.stmt) -> bool:
    if isinstance(node, ast.With):
        return "lock_timeout" in ast.unparse(node.items[0].context_expr)
    called = (
        node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    )
    return isinstance(called, ast.Attribute) and called.attr.endswith("_online")


def call_at(path: Path, line: int) -> str | None:
    """The Alembic operation written on a line: ``add_column``, ``execute`` …"""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return None
    best: tuple[int, str] | None = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        if not isinstance(owner, ast.Name):
            continue
        if node.func.attr in _NO_OPERATIONS:
            continue
        last = node.end_lineno or node.lineno
        if owner.id in ("op", "batch_op") and node.lineno <= line <= last:
            size = last - node.lineno
            if best is None or size >= best[0]:
                best = (size, node.func.attr)
    return best[1] if best else None


def function_of(module: ModuleType, name: str) -> Callable[..., object]:
    """``upgrade`` or ``downgrade`` of a revision; where it has none, what raises when it is called."""
    found = getattr(module, name, None)
    return found if callable(found) else partial(_missing, module, name)


def _missing(module: ModuleType, name: str, **_arguments: object) -> None:
    raise AttributeError(f"{Path(str(module.__file__)).name} has no function {name}()")


def function_line(path: Path, name: str) -> int | None:
    """The line on which a function of the file begins, ``downgrade`` for one."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return None
    functions = (n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return next((n.lineno for n in functions if n.name == name), None)


def written_at(path: Path, line: int) -> frozenset[str] | None:
    """The texts written in the ``with`` block that begins on a line, names of objects among them.

    None where no such block is, or where it names an object by something other than a text.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return None
    block = next((n for n in ast.walk(tree) if isinstance(n, ast.With) and n.lineno == line), None)
    if block is None:
        return None
    for node in ast.walk(block):
        call = node.func if isinstance(node, ast.Call) else None
        if not isinstance(call, ast.Attribute) or not call.attr.startswith(("drop_", "alter_")):
            continue
        assert isinstance(node, ast.Call)
        if not _texts([*node.args[:1], *(k.value for k in node.keywords if k.arg)]):
            return None
    return frozenset(_texts([block]))


def _texts(nodes: Iterable[ast.AST]) -> list[str]:
    return [
        found.value
        for node in nodes
        for found in ast.walk(node)
        if isinstance(found, ast.Constant) and isinstance(found.value, str)
    ]


def operations_in(path: Path, function: str = "upgrade") -> tuple[tuple[int, str], ...]:
    """Line and name of each Alembic operation that a function has in its text, run or not."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return ()
    bodies = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function]
    return tuple(
        (node.lineno, node.func.attr)
        for body in bodies
        for node in ast.walk(body)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "op"
        and node.func.attr not in _NO_OPERATIONS
    )
