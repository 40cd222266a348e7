"""Revisions written from the models: generated, its slots filled, meant drops marked."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assay.dialects import Address
from assay.errors import ProcedureStop, UsageError
from assay.generate.autogenerate import Generated, generate_file
from assay.generate.batched_slots import in_one, runs_in_batches, with_batches
from assay.generate.plan.comparison import Request
from assay.generate.slots import backfill_body, stamped
from assay.generate.updates import hidden_in
from assay.project.compat.alembic import reload_revision
from assay.project.project import Project
from assay.project.revision_file import Slot, fill_slots, find_slots

__all__ = ["Part", "Said", "Written", "mark_drops", "with_comments", "write_revision"]

_EXAMPLE = (
    "# Existing rows need a value before {target} becomes NOT NULL, for example:",
    '# op.execute("UPDATE {table} SET {column} = ... WHERE {column} IS NULL")',
)


@dataclass(frozen=True)
class Part:
    """One revision file that generation wrote."""

    revision: str
    path: Path
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Said:
    """A column to which every release that runs gives a value, as a waiver in a revision says."""

    column: str
    path: Path


@dataclass(frozen=True)
class Written:
    """The revision files of a change, in the order they run; mostly one."""

    parts: tuple[Part, ...]
    plain_because: str | None = None
    """Why safe forms were asked for and not written."""
    given: tuple[Said, ...] = ()

    @property
    def revisions(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(part.revision for part in self.parts)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Their files."""
        return tuple(part.path for part in self.parts)

    @property
    def slots(self) -> tuple[tuple[Path, Slot], ...]:
        """Every backfill slot, with its file."""
        return tuple((part.path, slot) for part in self.parts for slot in part.slots)

    @property
    def empty_slots(self) -> tuple[Slot, ...]:
        """Slots that a person must fill."""
        return tuple(slot for _, slot in self.slots if slot.empty)


def write_revision(
    project: Project,
    at: Address,
    request: Request,
    message: str,
    *,
    kept: Mapping[str, Sequence[str]] | None = None,
    rev_id: str | None = None,
) -> Written:
    """Generate a change against a shadow at head; no file is kept when it raises.

    :param kept: bodies of slots of an earlier generation, by target.
    :param rev_id: the id of the first, so that regenerating keeps it.
    :raises ProcedureStop: there is nothing to do, or no right migration exists.
    :raises UsageError: an answer names a column that needs no value.
    """
    generated = generate_file(project, at, request, message, rev_id)
    try:
        texts = [path.read_text(encoding="utf-8") for path in generated.paths]
        if not any(_does_something(text) for text in texts):
            raise ProcedureStop(
                "No operation makes these changes; the revision would be empty.",
                next_step="This kind of change is not expressible yet; nothing was kept.",
            )
        bodies = _bodies(generated, request, kept or {})
        texts = [fill_slots(text, {k: list(v) for k, v in bodies.items()})[0] for text in texts]
        texts = mark_drops(texts, request.answers.drop)
        dialect, hidden = generated.dialect.name, hidden_in(request.old)
        wanted = partial(runs_in_batches, dialect=dialect, online=request.online)
        texts = [with_batches(text, wanted, dialect, hidden) for text in texts]
        parts = []
        for revision, path, text in zip(generated.revisions, generated.paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
            reload_revision(project.history.script, revision)
            parts.append(Part(revision, path, find_slots(text)))
        project.history.order()
    except BaseException:
        for path in generated.paths:
            path.unlink(missing_ok=True)
        project.forget_history()
        raise
    return Written(tuple(parts))


def _bodies(
    generated: Generated, request: Request, kept: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """What stands in each slot: what it held before, what a person said, an example."""
    targets = [slot.target for slot in generated.slots]
    bodies: dict[str, Sequence[str]] = {}
    for target in targets:
        *_, table, column = target.split(".")
        bodies[target] = [
            line.format(target=target, table=table, column=column) for line in _EXAMPLE
        ]
    dialect = generated.dialect
    bodies |= {t: in_one(body, dialect) for t, body in kept.items() if t in bodies}
    for target, expression in request.answers.backfill.items():
        if target not in targets:
            raise UsageError(
                f"--backfill {target}: that column needs no value in this change.",
                next_step="Columns that need one: " + (", ".join(targets) or "none") + ".",
            )
        still = stamped(target, request.old, request.new)
        bodies[target] = backfill_body(target, expression, dialect, still)
    return bodies


def _function(text: str, name: str) -> ast.FunctionDef | None:
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    return None


def _does_something(text: str) -> bool:
    """Whether ``upgrade()`` holds more than ``pass`` and a docstring."""
    function = _function(text, "upgrade")
    return function is None or any(
        not isinstance(node, ast.Pass)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )


def mark_drops(texts: Sequence[str], meant: Sequence[str]) -> list[str]:
    """Write a waiver above each drop that a person said is meant, in whichever file it is.

    :raises UsageError: nothing of that name is dropped.
    """
    marks: list[list[tuple[int, str]]] = [[] for _ in texts]
    for name in meant:
        place = next(
            (
                (number, statement.lineno)
                for number, text in enumerate(texts)
                if (function := _function(text, "upgrade")) is not None
                for statement in function.body
                if _drops(statement, name)
            ),
            None,
        )
        if place is None:
            raise UsageError(
                f"--drop {name}: this change drops nothing of that name.",
                next_step="Name a table or table.column that the models no longer have.",
            )
        number, line = place
        marks[number].append((line, f"# assay: allow dropped {name} -- said with --drop {name}"))
    return [with_comments(text, own) for text, own in zip(texts, marks, strict=True)]


def with_comments(text: str, comments: Iterable[tuple[int, str]]) -> str:
    """A text with comments above lines of it, indented as these are."""
    lines = text.splitlines()
    for number, comment in sorted(comments, reverse=True):
        opening = lines[number - 1]
        indent = opening[: len(opening) - len(opening.lstrip())]
        lines.insert(number - 1, f"{indent}{comment}")
    return "\n".join(lines) + "\n"


def _drops(statement: ast.stmt, name: str) -> bool:
    """Whether one statement of ``upgrade()`` drops a table or column of that name."""
    return name in _dropped_in(statement) or any(
        isinstance(node, ast.Call) and _left_out(node, name) for node in ast.walk(statement)
    )


def _left_out(call: ast.Call, name: str) -> bool:
    """Whether a call makes a table anew and has no such column of it."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "rebuild_table":
        return False
    table, _, column = name.rpartition(".")
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or first.value != table:
        return False
    columns = [
        one.args[0].value
        for one in call.args
        if isinstance(one, ast.Call)
        and ast.unparse(one.func).endswith("Column")
        and one.args
        and isinstance(one.args[0], ast.Constant)
    ]
    return column not in columns


def _dropped_in(statement: ast.stmt) -> set[str]:
    """Names of tables and columns that one statement of ``upgrade()`` drops."""
    found: set[str] = set()
    batch: str | None = None
    for node in ast.walk(statement):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        texts = [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
        schema = next(
            (
                f"{k.value.value!s}."
                for k in node.keywords
                if k.arg == "schema" and isinstance(k.value, ast.Constant) and k.value.value
            ),
            "",
        )
        if node.func.attr == "batch_alter_table" and texts:
            batch = f"{schema}{texts[0]}"
        elif node.func.attr == "rebuild_table" and texts:
            named = next((k.value for k in node.keywords if k.arg == "drop"), None)
            gone = [
                one.value for one in getattr(named, "elts", ()) if isinstance(one, ast.Constant)
            ]
            found |= {f"{schema}{texts[0]}.{name}" for name in map(str, gone)}
        elif node.func.attr == "drop_table" and texts:
            found.add(f"{schema}{texts[0]}")
        elif node.func.attr == "drop_column" and texts:
            owner = f"{schema}{texts[0]}" if len(texts) > 1 else batch
            found.add(f"{owner}.{texts[-1]}")
    return found
