"""The statements of a revision cut into revisions, each with what takes it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alembic.operations import ops

from assay.catalog import Change
from assay.generate.recipes.rewriting import Item, Unclear
from assay.generate.recipes.sections import Kind, joined

__all__ = ["Part", "cut"]

_BACK = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED, Change.ALTERED: Change.ALTERED}


@dataclass
class Part:
    """What makes one revision."""

    up: Kind = Kind.EMPTY
    down: Kind = Kind.EMPTY
    ups: list[Item] = field(default_factory=list)
    downs: list[Item] = field(default_factory=list)


def cut(
    ups: Sequence[Item], downs: Sequence[Item], item_of: Callable[[ops.MigrateOperation], Item]
) -> list[Part]:
    """As few revisions as the kinds of the statements allow, in their order.

    What one statement of the downgrade takes back of several revisions (a dropped column, its index
    with it) is taken back in each by an operation of its own.

    :param item_of: an operation that no statement of the file makes.
    :raises Unclear: a statement cannot be told where it belongs.
    """
    of = _taken_back(ups, downs)
    found: list[Part] = []
    for number, item in enumerate(ups):
        mine = [d for d, at in zip(downs, of, strict=True) if at == number]
        down = _kind(mine)
        last = found[-1] if found else None
        both = (joined(last.up, item.kind), joined(last.down, down)) if last else (None, None)
        if last is None or both[0] is None or both[1] is None:
            last = Part()
            found.append(last)
            both = item.kind, down
        assert both[0] is not None
        assert both[1] is not None
        last.up, last.down = both[0], both[1]
        last.ups.append(item)
        last.downs[:0] = mine
    if not found:
        return []
    if len(found) == 1:
        found[0].downs[:] = downs
        _leave_in_transaction(found[0])
        return found
    for number in range(len(found)):
        _follow(found, number, "ups")
        _follow(found, number, "downs")
    _in_order(found, downs)
    for part in found:
        _complete(part, found, dict(zip(map(id, downs), of, strict=True)), ups, item_of)
        _leave_in_transaction(part)
    return found


def _leave_in_transaction(part: Part) -> None:
    """Leave statements of a downgrade as they were where others of it need a transaction.

    They take back one statement of the upgrade, so they cannot be in two revisions; and with what
    commits behind what does not, a downgrade that fails half-way could not be run again.
    """
    if part.down is Kind.ONLINE:
        return
    for item in part.downs:
        if item.kind is Kind.ONLINE and item.safe is not None:
            lines = [one.piece.first for one in part.downs if joined(one.kind, item.kind) is None]
            with_what = f"line {lines[0]}" if lines and lines[0] else "what else"
            item.safe = None
            item.stays = (
                f"it takes back the same statement of upgrade() as {with_what} does, which needs a "
                "transaction; make two of that statement, and this gets its safe form"
            )


def _kind(items: Sequence[Item]) -> Kind:
    found = Kind.EMPTY
    for item in items:
        both = joined(found, item.kind)
        if both is None:
            return Kind.PLAIN
        found = both
    return found


def _taken_back(ups: Sequence[Item], downs: Sequence[Item]) -> list[int]:
    """For each statement of the downgrade, which one of the upgrade it takes back."""
    found: list[int | None] = []
    for number, down in enumerate(downs):
        exact = [n for n, up in enumerate(ups) if _takes_back(down, up)]
        mirrored = len(ups) - 1 - number
        shared = down.piece.header and len(ups) == len(downs)
        found.append(mirrored if shared and mirrored in exact else exact[0] if exact else None)
    # what does nothing to the catalog goes with what stands behind it
    following = 0
    for number in reversed(range(len(found))):
        if found[number] is None:
            found[number] = following
        following = found[number] or 0
    return [at or 0 for at in found]


def _takes_back(down: Item, up: Item) -> bool:
    return any((identity, _BACK[change]) in down.makes for identity, change in up.makes)


def _in_order(parts: Sequence[Part], downs: Sequence[Item]) -> None:
    """The downgrade runs as it did, cut into pieces.

    :raises Unclear: it does not.
    """
    ran = [item for part in reversed(parts) for item in part.downs if item.ran]
    for item, one in zip(ran, (d for d in downs if d.ran), strict=True):
        if item is not one:
            raise Unclear(
                item.piece.first,
                "downgrade() does not take the statements back in the opposite order",
            )


def _follow(parts: Sequence[Part], number: int, side: str) -> None:
    """Names that a statement uses and another part gives a value: the statement that does so is copied.

    :raises Unclear: it does more than that.
    """
    items: list[Item] = getattr(parts[number], side)
    elsewhere = [i for n, p in enumerate(parts) if n != number for i in getattr(p, side)]
    at = 0
    while at < len(items):
        here = {name for item in items[:at] for name in item.piece.binds}
        missing = items[at].piece.uses - here
        needed = [i for i in elsewhere if i.piece.binds & missing and i not in items]
        for one in needed:
            if one.ran:
                names = ", ".join(sorted(one.piece.binds & missing))
                raise Unclear(
                    items[at].piece.first,
                    f"it uses {names} of line {one.piece.first}, which would be in another revision",
                )
        items[at:at] = needed
        at = at + 1 if not needed else at


def _complete(
    part: Part,
    parts: Sequence[Part],
    of: Mapping[int, int],
    ups: Sequence[Item],
    item_of: Callable[[ops.MigrateOperation], Item],
) -> None:
    """Give a part the operations that take back what only an earlier part's downgrade takes back."""
    numbers = {id(item): number for number, item in enumerate(ups)}
    for item in list(part.ups):
        op = _undo(item, part, parts)
        if op is None:
            continue
        made, number = item_of(op), numbers[id(item)]
        later = [n for n, down in enumerate(part.downs) if of.get(id(down), number) > number]
        part.downs.insert(later[-1] + 1 if later else 0, made)
        part.down = joined(part.down, made.kind) or Kind.PLAIN


def _undo(item: Item, part: Part, parts: Sequence[Part]) -> ops.MigrateOperation | None:
    """What takes a statement back in its own revision, where an earlier part takes all of it away.

    A new column that becomes NOT NULL is dropped by the undo that added it.
    """
    if not item.makes or any(_takes_back(down, item) for down in part.downs):
        return None
    if not any(_touches(down, item) for p in parts for down in p.downs):
        return None  # nothing takes it back, nor did it before
    op = item.operation
    if isinstance(op, ops.AlterColumnOp) and op.modify_nullable is False:
        return ops.AlterColumnOp(
            op.table_name, op.column_name, schema=op.schema, modify_nullable=True
        )
    if isinstance(op, ops.CreateIndexOp) and op.index_name is not None:
        return ops.DropIndexOp(op.index_name, op.table_name, schema=op.schema)
    if isinstance(op, ops.AddConstraintOp) and getattr(op, "constraint_name", None) is not None:
        return op.reverse()
    raise Unclear(
        item.piece.first,
        "nothing in downgrade() takes it back by itself, and it would be in a revision of its own",
    )


def _touches(down: Item, up: Item) -> bool:
    return any(one == other for one, _ in down.makes for other, _ in up.makes)
