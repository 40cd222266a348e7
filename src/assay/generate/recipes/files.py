"""Parts of a rewritten revision as the text of their files: the last keeps the revision's id."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic.operations import ops

from assay.generate.recipes.parts import Part
from assay.generate.recipes.pieces import Function, Line, indented, shifted
from assay.generate.recipes.rewriting import Item, Render
from assay.generate.recipes.sections import Kind
from assay.generate.recipes.situation import Situation
from assay.operations.online.waiting import BRIEF

__all__ = ["File", "files_of", "part_ids"]

_MARK = "# ### "


@dataclass(frozen=True)
class File:
    """A revision file to be."""

    revision: str
    name: str
    text: str


def part_ids(revision: str, count: int) -> list[str]:
    """Ids of the revisions that one becomes, in the order they run."""
    new = [
        hashlib.sha256(f"{revision}.fixed.{number}".encode()).hexdigest()[:12]
        for number in range(count - 1)
    ]
    return [*new, revision]


def files_of(
    text: str,
    name: str,
    revision: str,
    functions: Sequence[Function],
    parts: Sequence[Part],
    sides: tuple[Situation, Situation],
    render: Render,
) -> list[File]:
    """The files, in the order they run.

    :param name: of the original file.
    :param functions: ``upgrade()`` and ``downgrade()``.
    :param sides: what each of them starts from.
    """
    ids = part_ids(revision, len(parts))
    found: list[File] = []
    for number, (ident, part) in enumerate(zip(ids, parts, strict=True)):
        several = len(parts) > 1
        bodies = [
            _body(functions[0], part.up, part.ups, sides[0], render, number, parts),
            _body(functions[1], part.down, part.downs, sides[1], render, number, parts),
        ]
        new = _with_bodies(text, functions, [lines for lines, _ in bodies])
        new = _with_imports(new, {one for _, imports in bodies for one in imports})
        if several:
            before = ids[number - 1] if number else None
            new = _linked(new, revision, ident, before)
            new = _described(new, revision, ident, before, number, len(parts))
        found.append(File(ident, _name(name, revision, ident, number, len(parts)), new))
    return found


def _name(name: str, revision: str, ident: str, number: int, count: int) -> str:
    if number == count - 1:
        return name
    stem = name.removesuffix(".py")
    return (stem.replace(revision, ident) if revision in stem else f"{stem}_{ident}") + ".py"


def _body(
    function: Function,
    kind: Kind,
    items: Sequence[Item],
    on: Situation,
    render: Render,
    number: int,
    parts: Sequence[Part],
) -> tuple[list[Line], set[str]]:
    """The lines of a function's body, without its indentation, and what they import."""
    lines: list[Line] = []
    imports: set[str] = set()
    if kind is Kind.ONLINE:
        block: list[Line] = []

        def flush() -> None:
            if any(_is_code(line) for line in block):
                lines.append(Line("with op.get_context().autocommit_block():"))
                lines.extend(shifted(block))
            else:
                lines.extend(block)
            block.clear()

        for item in items:
            if item.own:
                flush()
                lines.extend([*item.piece.lead, *item.piece.text])
                continue
            form = item.safe or item.quick
            block.extend(item.piece.lead)
            if item.limits:
                continue
            if form is None:
                block.extend(_kept([item]))
            else:
                imports |= form.imports
                block.extend(Line(comment) for comment in item.piece.comments)
                block.extend(Line(text) for text in form.lines)
        flush()
    else:
        waits = on.dialect == "postgresql" and any(item.locking for item in items)
        said = any(item.ran and item.kind is Kind.EMPTY for item in items)
        if waits and not said:
            limit = render([ops.ExecuteSQLOp(f"SET LOCAL lock_timeout = '{BRIEF}'")])
            lines.extend(Line(text) for text in limit.lines)
        lines.extend(_kept(items, leads=True))
        forms = [form for item in items if (form := item.safe or item.plain) is not None]
        imports |= {one for form in forms for one in form.imports}
    whole = len(parts) == 1
    # the downgrade of the first part is the end of the downgrade as it was
    first = number == (0 if function.name == "upgrade" else len(parts) - 1)
    last = number == (len(parts) - 1 if function.name == "upgrade" else 0)
    opening = [one for one in function.opening if whole or not one.text.startswith(_MARK)]
    closing = [one for one in function.closing if whole or not one.text.startswith(_MARK)]
    if not whole and not first:
        opening = [one for one in opening if not one.text.startswith("#")]
    if not any(_is_code(line) for line in lines):
        lines.append(Line("pass"))
    return [*opening, *lines, *(closing if last else [])], imports


def _is_code(line: Line) -> bool:
    return line.inside or bool(line.text.strip() and not line.text.lstrip().startswith("#"))


def _kept(items: Iterable[Item], *, leads: bool = False) -> list[Line]:
    """Statements as they were, those of one batch in one block."""
    found: list[Line] = []
    header: tuple[Line, ...] = ()
    for item in items:
        piece = item.piece
        above = piece.lead if leads else ()
        written = item.plain or item.safe
        if written is not None:
            found.extend([*above, *map(Line, piece.comments), *map(Line, written.lines)])
            header = ()
            continue
        if piece.header:
            if piece.header is not header:
                found.extend(piece.header)
            found.extend(shifted([*above, *piece.text]))
        else:
            found.extend([*above, *piece.text])
        header = piece.header
    return found


def _with_bodies(text: str, functions: Sequence[Function], bodies: Sequence[list[Line]]) -> str:
    lines = text.splitlines()
    pairs = sorted(zip(functions, bodies, strict=True), key=lambda p: p[0].body, reverse=True)
    for function, body in pairs:
        first, last = function.body
        lines[first - 1 : last] = indented(body, function.indent)
    return "\n".join(lines) + "\n"


def _with_imports(text: str, wanted: set[str]) -> str:
    """The text with imports that it lacks, behind its last one."""
    tree = ast.parse(text)
    there = {
        ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    missing = sorted(one for one in wanted if one.partition("#")[0].strip() not in there)
    if not missing:
        return text
    ends = [
        node.end_lineno or node.lineno
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    lines = text.splitlines()
    at = max(ends, default=0)
    lines[at:at] = missing
    return "\n".join(lines) + "\n"


def _linked(text: str, revision: str, ident: str, before: str | None) -> str:
    """The text with the id of a part, and what it follows."""
    values: dict[str, str] = {}
    if ident != revision:
        values["revision"] = repr(ident)
    if before is not None:
        values |= {"down_revision": repr(before), "branch_labels": "None", "depends_on": "None"}
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        target = (
            node.targets[0]
            if isinstance(node, ast.Assign)
            else node.target
            if isinstance(node, ast.AnnAssign)
            else None
        )
        value = getattr(node, "value", None)
        if not isinstance(target, ast.Name) or target.id not in values or value is None:
            continue
        first, last = value.lineno - 1, value.end_lineno - 1
        head = lines[first].encode()[: value.col_offset].decode()
        tail = lines[last].encode()[value.end_col_offset :].decode()
        lines[first : last + 1] = [head + values[target.id] + tail]
    return "\n".join(lines) + "\n"


def _described(
    text: str, revision: str, ident: str, before: str | None, number: int, count: int
) -> str:
    """The text whose docstring says which part it is."""
    body = ast.parse(text).body
    node = body[0] if body else None
    if not (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return text
    lines = text.splitlines()
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    said = lines[first:last]
    quote = said[0][:3] if said[0][:3] in ('"""', "'''") else said[0][:1]
    part = f", part {number + 1} of {count}"
    if len(said) == 1:
        said[0] = said[0][: -len(quote)] + part + quote
    else:
        said[0] += part
    said = [
        re.sub(rf"^(Revision ID:\s*){re.escape(revision)}\b", rf"\g<1>{ident}", x) for x in said
    ]
    if before is not None:
        said = [re.sub(r"^(Revises:).*$", rf"\g<1> {before}", one) for one in said]
    lines[first:last] = said
    return "\n".join(lines) + "\n"
