"""Lock modes of relations, and what waits behind each: PostgreSQL docs, "Explicit Locking", 13.2."""

from __future__ import annotations

from functools import cache

from assay.dialects.observed import Lock

__all__ = ["KINDS", "MODES", "OURS", "lock", "mode_name", "strength"]

_BLOCKS: dict[str, tuple[str, ...]] = {
    "ACCESS SHARE": (),
    "ROW SHARE": (),
    "ROW EXCLUSIVE": (),
    "SHARE UPDATE EXCLUSIVE": (),
    "SHARE": ("writes",),
    "SHARE ROW EXCLUSIVE": ("writes",),
    "EXCLUSIVE": ("writes",),
    "ACCESS EXCLUSIVE": ("reads", "writes"),
}
"""What of plain reads (``ACCESS SHARE``) and writes (``ROW EXCLUSIVE``) waits, the weakest first."""

MODES = tuple(_BLOCKS)
_STRENGTH = {mode: number for number, mode in enumerate(MODES)}

KINDS = {
    "r": "table",
    "p": "table",
    "m": "materialized view",
    "v": "view",
    "i": "index",
    "I": "index",
    "S": "sequence",
    "f": "foreign table",
}
"""``pg_class.relkind`` in words."""

OURS = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relpersistence <> 't'"
)
"""Which rows of ``pg_class c JOIN pg_namespace n`` a revision can be about."""


def mode_name(mode: str) -> str:
    """``AccessExclusiveLock`` as the documentation writes it: ``ACCESS EXCLUSIVE``."""
    bare = mode.removesuffix("Lock")
    return "".join(f" {c}" if c.isupper() and n else c for n, c in enumerate(bare)).upper()


def strength(mode: str) -> int:
    """The weakest mode is 0; each blocks at least what those before it block."""
    return _STRENGTH[mode]


@cache
def _strongest(modes: str) -> str:
    return max((mode_name(each) for each in modes.split(",")), key=strength)


def lock(relation: str, kind: str, modes: str) -> Lock:
    """The strongest of some modes, as ``pg_locks`` names them, with commas between."""
    mode = _strongest(modes)
    return Lock(relation, kind, mode, _BLOCKS[mode], strength(mode))
