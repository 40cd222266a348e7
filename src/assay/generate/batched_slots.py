"""What fills a backfill slot: one ``UPDATE``, or batches where the table is in use, and back again."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from assay.generate.recipes.backfills import statement_of
from assay.generate.slots import executed, written
from assay.generate.updates import Backfill, NotBatched, taken_apart
from assay.project.revision_file import ONE_UPDATE, Slot, fill_slots, find_slots

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

__all__ = ["in_batches", "in_one", "runs_in_batches", "with_batches"]

_BLOCK = "with op.get_context().autocommit_block():"


def with_batches(
    text: str, wanted: Callable[[Slot], bool], dialect: str, hidden: Iterable[str]
) -> str:
    """A revision file whose slots are filled in batches, where that is wanted and sound.

    :param hidden: see :func:`assay.generate.updates.hidden_in`.
    """
    bodies = {s.target: in_batches(s.body, dialect, hidden) for s in find_slots(text) if wanted(s)}
    return fill_slots(text, dict(bodies))[0] if bodies else text


def runs_in_batches(
    slot: Slot, dialect: str, online: Callable[[tuple[str, ...]], bool] | None
) -> bool:
    """Whether a slot may commit in between.

    :param online: which tables are changed by safe forms; None: none.
    """
    if dialect == "postgresql":
        return slot.apart
    # each DDL statement commits there anyway
    return (
        dialect in ("mysql", "mariadb")
        and online is not None
        and online((slot.target.split(".")[-2],))
    )


def in_batches(body: Sequence[str], dialect: str, hidden: Iterable[str]) -> list[str]:
    """The lines of a slot that holds one ``UPDATE``, as batches; others as they are.

    An ``UPDATE`` that must stay one says why in a comment above it.
    """
    node = _alone(body)
    given = node is not None and _constants(node, "execute")
    if not given or given[1] or len(given[0]) != 1:
        return list(body)
    comments = [line for line in body if line.strip().startswith("#")]
    comments = [line for line in comments if not line.startswith(ONE_UPDATE)]
    try:
        found = taken_apart(statement_of(given[0][0]) or "", dialect, hidden)
    except NotBatched as error:
        said = [f"{ONE_UPDATE} {error.why}"] if error.why else []
        return [*said, *(line for line in body if not line.startswith(ONE_UPDATE))]
    call = f"op.backfill_online({_arguments(found)})"
    if dialect != "postgresql":
        return [*comments, call]
    return [*comments, _BLOCK, f"    {call}"]


def in_one(body: Sequence[str], dialect: Dialect) -> list[str]:
    """The lines of a slot that is filled in batches, as one ``UPDATE``; others as they are."""
    node = _alone(body)
    if isinstance(node, ast.With) and len(node.body) == 1 and ast.unparse(node).startswith(_BLOCK):
        node = node.body[0]
    given = node is not None and _constants(node, "backfill_online")
    lines = [line for line in body if not line.startswith(ONE_UPDATE)]
    if not given or len(given[0]) != 3:
        return lines
    arguments, options = given
    table, column, expression = map(str, arguments)
    where, schema = options.get("where"), options.get("schema")
    unchanged = options.get("unchanged") or ()
    assert isinstance(unchanged, tuple)
    found = Backfill(
        table, column, expression,
        None if where is None else str(where), None if schema is None else str(schema), unchanged,
    )  # fmt: skip
    return [*(line for line in lines if line.strip().startswith("#")), executed(found, dialect)]


def _alone(body: Sequence[str]) -> ast.stmt | None:
    """The only statement of a slot."""
    try:
        found = ast.parse("\n".join(body)).body
    except SyntaxError:
        return None
    return found[0] if len(found) == 1 else None


def _constants(node: ast.stmt, name: str) -> tuple[list[object], dict[str, object]] | None:
    """The arguments of a statement ``op.name(…)``, where all are written out."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != f"op.{name}":
        return None
    try:
        options = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
        return [ast.literal_eval(one) for one in call.args], options
    except ValueError:
        return None


def _arguments(found: Backfill) -> str:
    given = [written(one) for one in (found.table, found.column, found.expression)]
    given += [f"where={written(found.where)}"] if found.where else []
    given += [f"schema={written(found.schema)}"] if found.schema else []
    given += [f"unchanged={found.unchanged!r}"] if found.unchanged else []
    return ", ".join(given)
