"""Parity: the catalog of ``create_all`` equals the catalog of ``upgrade head``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from assay.catalog import CatalogObject, Difference, Snapshot, compare

__all__ = ["Parity", "judge_parity", "same_catalog"]


@dataclass(frozen=True)
class Parity:
    """Whether models and chain agree.

    :param differences: from the chain's catalog to the models': what the chain lacks is *added*.
    :param alembic: what ``alembic check`` reports on the chain's shadow.
    :param ignored: how many differing objects the settings leave out.
    """

    differences: tuple[Difference, ...]
    alembic: tuple[str, ...]
    ignored: int
    chain: str
    models: str

    @property
    def holds(self) -> bool:
        """No difference of the catalogs."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "holds": self.holds,
            "differences": [d.to_json() for d in self.differences],
            "alembic_check": list(self.alembic),
            "alembic_false_differences": bool(self.alembic) and self.holds,
            "ignored": self.ignored,
            "chain_fingerprint": self.chain,
            "models_fingerprint": self.models,
        }


def judge_parity(
    chain: Snapshot,
    models: Snapshot,
    alembic: Iterable[str],
    ignore: Callable[[CatalogObject], bool],
) -> Parity:
    """Compare the two catalogs; what ``ignore`` names is counted and left out."""
    found = compare(chain, models)
    kept = tuple(d for d in found if not ignore(d.object))
    return Parity(
        kept, tuple(alembic), len(found) - len(kept), chain.fingerprint, models.fingerprint
    )


def same_catalog(
    before: Snapshot, after: Snapshot, ignore: Callable[[CatalogObject], bool]
) -> tuple[Difference, ...]:
    """The differences of two catalogs that count."""
    return tuple(d for d in compare(before, after) if not ignore(d.object))
