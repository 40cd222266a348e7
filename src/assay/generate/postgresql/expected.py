"""What the server itself makes of types and defaults when types and sequences are renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.catalog import CatalogObject, Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.postgresql.domains import replaced_domains
from assay.generate.postgresql.enums import TypeChanges, renamed_types, type_changes
from assay.generate.postgresql.sequences import renamed_sequences
from assay.generate.postgresql.tokens import Reader
from assay.generate.postgresql.type_texts import TypeText
from assay.operations.statements import literal

__all__ = ["Expected"]

Key = tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """What columns of the old catalog are by themselves after types and sequences had their turn.

    :param names: renamed types, old key to new.
    :param remade: domains that are replaced.
    """

    changes: TypeChanges
    names: Mapping[Key, Key]
    remade: frozenset[Key]
    sequences: Mapping[Key, Key]

    @classmethod
    def of(cls, c: Comparison) -> Expected:
        """Work it out."""
        changes = type_changes(c)
        names = {**changes.renamed, **renamed_types(c, "domain")}
        return cls(changes, names, frozenset(replaced_domains(c)), renamed_sequences(c))

    def type(self, text: str) -> str:
        """A type's text with the names of now."""
        key = TypeText.of(text).key
        if key is None or key not in self.names:
            return text
        return _spelled(self.names[key]) + ("[]" if text.endswith("[]") else "")

    def default(self, text: str | None) -> str | None:
        """A default's text with the names and labels of now."""
        if text is None:
            return None
        for old, new in self.sequences.items():
            text = text.replace(
                f"{literal(_spelled(old))}::regclass", f"{literal(_spelled(new))}::regclass"
            )
        label, separator, kind = text.rpartition("::")
        if not separator or Reader(label).only_identifier() or not label.startswith("'"):
            return text
        for key, values in {**self.changes.relabelled, **self.changes.replaced}.items():
            if kind == _spelled(key):
                for one, other in values.items():
                    if label == literal(one) and other is not None:
                        return f"{literal(other)}::{kind}"
        return f"{label}::{self.type(kind)}"

    def is_touched(self, side: Snapshot, column: CatalogObject) -> bool:
        """Whether a column is of a type that another takes the place of, or whose labels change."""
        text = TypeText.of(column.get("type") or "")
        keys = {text.key, text.resolved(side).key}
        return bool(keys & {*self.changes.relabelled, *self.changes.replaced, *self.remade})

    def is_rewritten(self, side: Snapshot, column: CatalogObject) -> bool:
        """Whether a column is of a type that another takes the place of."""
        text = TypeText.of(column.get("type") or "")
        return bool({text.key, text.resolved(side).key} & {*self.changes.replaced, *self.remade})

    def moves(self, old: CatalogObject, new: CatalogObject) -> bool:
        """Whether a column must be given another type."""
        same = self.type(old.get("type") or "") == new.get("type")
        return not same or old.get("collation") != new.get("collation")


def _spelled(key: Key) -> str:
    """A name as the server writes it."""
    import re

    return ".".join(
        part if re.fullmatch(r"[a-z_][a-z0-9_$]*", part) else '"' + part.replace('"', '""') + '"'
        for part in key
    )
