"""A revision rewritten to its safe form: what its statements made becomes text for one or more files.

Values in, values out. A statement that is one direct call of an operation with a recipe gives way to
its safe form; whatever else is there (loops, helpers, SQL) keeps its text and its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from alembic.operations import ops

from assay.catalog import Change
from assay.generate.batched_slots import in_batches
from assay.generate.recipes import quick_form, safe_form
from assay.generate.recipes.added_columns import apart
from assay.generate.recipes.foreign_keys import unchecked
from assay.generate.recipes.happened import Happened, named_as, operations_of
from assay.generate.recipes.sections import Kind, touches
from assay.generate.recipes.situation import Situation
from assay.generate.recipes.source import Function, Piece
from assay.generate.recipes.stated import Form
from assay.generate.updates import hidden_in
from assay.operations.online.resuming import RESUMED, ResumingOp
from assay.operations.online.stated import StatedOp
from assay.operations.rendering import IMPORT

__all__ = [
    "Item",
    "Rendered",
    "Unclear",
    "item_of",
    "items_of",
]

Ops = Sequence[ops.MigrateOperation]


class Unclear(Exception):
    """A statement cannot be put where it belongs without guessing.

    :ivar line: of the revision file.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why


@dataclass(frozen=True)
class Rendered:
    """Operations as Python text, without indentation."""

    lines: tuple[str, ...]
    imports: frozenset[str] = frozenset()


Render = Callable[[Ops], Rendered]


@dataclass(eq=False)
class Item:
    """A statement of a function, and what becomes of it.

    :param kind: how it runs; of one with a safe form, how that runs.
    :param safe: its safe form.
    :param quick: what it is among operations that run outside of a transaction.
    :param plain: its text where it has none in the file: it was made to take back another.
    :param asked: ``id()`` of the operation as it was asked for, before it got the server's name.
    :param own: it has an autocommit block itself.
    :param makes: what it did to the catalog.
    :param locking: it locks a table in use while it changes the catalog.
    :param limits: it says how long a lock is waited for; what runs outside of a transaction says so
        itself.
    :param ran: it did something: an operation, a statement.
    :param stays: why it has no safe form, if it locks what others use.
    """

    piece: Piece
    kind: Kind = Kind.EMPTY
    safe: Rendered | None = None
    quick: Rendered | None = None
    plain: Rendered | None = None
    operation: ops.MigrateOperation | None = None
    asked: int = 0
    own: bool = False
    makes: frozenset[tuple[tuple[str, tuple[str, ...]], Change]] = frozenset()
    locking: bool = False
    limits: bool = False
    ran: bool = False
    stays: str = ""

    @property
    def rewritable(self) -> bool:
        """Whether it has a safe form."""
        return self.safe is not None

    @property
    def held_back(self) -> bool:
        """Whether it has a safe form that cannot be where the statement is."""
        return self.kind is Kind.ONLINE and self.safe is None and not self.own


@dataclass
class _Seen:
    """What a piece made."""

    operations: list[ops.MigrateOperation] = field(default_factory=list)
    statements: list[Happened] = field(default_factory=list)
    outside: bool = False


def items_of(
    function: Function,
    happened: Sequence[Happened],
    on: Situation,
    render: Render,
    forms: Sequence[Sequence[Form | None]] | None = None,
) -> list[Item]:
    """The statements of a function with what becomes of each.

    :param on: the database that the function starts from.
    :param forms: of a server whose statements state their form (MySQL, MariaDB): that of each part
        (:func:`apart`) of each operation among ``happened``, where one is worth stating.
    """
    pieces = function.pieces
    seen = _by_piece(pieces, happened)
    items = [_item(piece, seen[n], on, render) for n, piece in enumerate(pieces)]
    if forms is None:
        return items
    by_operation = dict(zip(map(id, operations_of(happened)), forms, strict=True))
    several = sum(bool(item.makes) for item in items) > 1 and any(item.locking for item in items)
    for item in items:
        # in one revision, as it was: such a server commits each statement anyway
        item.kind, op = Kind.PLAIN, item.operation
        known = [form for form in by_operation.get(item.asked, ()) if form is not None]
        ones = [] if op is None else apart(op)
        if any(isinstance(one, ops.AddColumnOp) and one.column.foreign_keys for one in ones):
            continue  # a key without a name: Alembic renders a column without its keys (1.20.1)
        if op is not None and len(known) == len(ones) and touches(op, on):
            item.safe = render(
                [
                    StatedOp([unchecked(one)], form.algorithm, form.lock)
                    for one, form in zip(ones, known, strict=True)
                ]
            )
        elif several and isinstance(op, RESUMED) and getattr(op, "constraint_name", "") is not None:
            # what fails behind it leaves it done, and the revision is run again
            item.safe = render([ResumingOp([op])])
    return items


def item_of(op: ops.MigrateOperation, on: Situation, render: Render) -> Item:
    """An operation that no statement of the file makes."""
    safe, quick = safe_form(op, on), quick_form(op)
    kind = Kind.ONLINE if safe is not None else Kind.PLAIN if quick is None else Kind.QUICK
    return Item(
        Piece((), (), 0, 0),
        kind,
        None if safe is None else render(safe),
        None if quick is None else render(quick),
        render([op]),
        op,
        locking=True,
        ran=True,
    )


def _by_piece(pieces: Sequence[Piece], happened: Iterable[Happened]) -> list[_Seen]:
    found = [_Seen() for _ in pieces]
    flushed: list[Happened] = []
    for one in happened:
        if one.line is None:
            continue
        at = next((n for n, p in enumerate(pieces) if p.first <= one.line <= p.last), None)
        if at is None:
            # a batch runs what it collected at its end, in the line of its opening
            flushed.append(one)
            continue
        if one.operation is not None:
            found[at].operations.append(one.operation)
        else:
            found[at].statements.append(one)
        found[at].outside = found[at].outside or one.outside
    _share(pieces, flushed, found)
    return found


def _share(pieces: Sequence[Piece], flushed: Sequence[Happened], found: Sequence[_Seen]) -> None:
    """Give the statements of a batch to those that asked for them: one each, or all to all."""
    for line in {one.line for one in flushed if one.line is not None}:
        # the pieces of the batch that opens there are the first behind it
        behind = [n for n, p in enumerate(pieces) if p.header and p.first > line]
        if not behind:
            continue
        header, first = pieces[behind[0]].header, behind[0]
        mine = []
        for n in range(first, len(pieces)):
            if pieces[n].header is not header:
                break
            mine.append(n)
        made = [one for one in flushed if one.line == line and one.operation is None]
        if len(made) == len(mine):
            for n, one in zip(mine, made, strict=True):
                found[n].statements.append(one)
        else:
            for n in mine:
                found[n].statements.extend(made)


def _item(piece: Piece, seen: _Seen, on: Situation, render: Render) -> Item:
    touched = {name for s in seen.statements for name in s.touched}
    in_use = any(_in_use(name, on) for name in touched)
    changed = any(s.changed_catalog for s in seen.statements)
    unknown = not touched and any(s.counts for s in seen.statements)
    item = Item(
        piece,
        own=seen.outside,
        makes=frozenset((d.identity, d.change) for s in seen.statements for d in s.differences),
        locking=changed and (in_use or any(touches(op, on) for op in seen.operations)),
        limits=bool(seen.statements) and all(s.limits for s in seen.statements),
        ran=bool(seen.statements or seen.operations),
    )
    if piece.call is not None and len(seen.operations) == 1 and not seen.outside:
        item.asked = id(seen.operations[0])
        item.operation = named_as(seen.operations[0], item.makes)
        safe, quick = safe_form(item.operation, on), quick_form(item.operation)
        item.safe = None if safe is None else render(safe)
        item.quick = None if quick is None else render(quick)
    if piece.slot and in_use and not seen.outside:
        item.safe = _batched(piece, on)
    if piece.slot and item.safe is not None:
        item.kind = Kind.DATA
        item.piece = replace(piece, comments=())  # they are in what takes its place
    elif item.safe is not None or seen.outside:
        item.kind = Kind.ONLINE
    elif item.quick is not None:
        item.kind = Kind.QUICK
    elif piece.slot or (not changed and (in_use or unknown)):
        item.kind = Kind.DATA
    elif item.ran and (changed or touched):
        item.kind = Kind.PLAIN
    if item.safe is None and not seen.outside:
        item.stays = _why(piece, seen)
    return item


def _batched(piece: Piece, on: Situation) -> Rendered | None:
    """A slot filled in batches; None where it is not one ``UPDATE`` that can be."""
    opening, *body, closing = [line.text for line in piece.text]
    found = in_batches(body, on.dialect, hidden_in(on.before))
    if not any(".backfill_online(" in line for line in found) or found == body:
        return None
    return Rendered((opening, *found, closing), frozenset({IMPORT}))


def _why(piece: Piece, seen: _Seen) -> str:
    """Why a statement has no safe form."""
    by_hand = [op for op in seen.operations if isinstance(op, ops.ExecuteSQLOp)]
    if not seen.operations or by_hand:
        return "it is SQL text, not an operation"
    if piece.call is None:
        return "it is not one call of an operation (a loop, a condition, a function of your own)"
    if len(seen.operations) > 1:
        return "it makes several operations"
    return f"op.{piece.call} has no safe form here"


def _in_use(name: str, on: Situation) -> bool:
    schema, _, table = name.rpartition(".")
    return on.in_use(table, schema or None)
