"""The vocabulary: catalog objects, snapshots and their differences. Standard library only."""

from assay.catalog.difference import Change, Difference, compare, compare_objects
from assay.catalog.objects import CatalogObject, Snapshot, Value

__all__ = [
    "CatalogObject",
    "Change",
    "Difference",
    "Snapshot",
    "Value",
    "compare",
    "compare_objects",
]
