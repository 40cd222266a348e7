"""The metadata has a naming convention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.sources import is_test, metadata_definition, python_files

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    for metadata in examined.metadatas:
        if not metadata.tables:
            continue
        missing = _missing(metadata)
        if not missing:
            continue
        where = _where(examined)
        if len(missing) == 3:
            yield Finding.mistake(
                "The metadata has no naming convention: constraints without a name cannot be "
                f"dropped by a revision{_unnamed(metadata)}.",
                where,
                "Give new constraints names, or the metadata a naming_convention; one added later "
                "renames nothing by itself, and is a change of the schema.",
            )
        else:
            yield Finding.note(
                f"The naming convention says nothing of {', '.join(missing)} constraints.", where
            )


def _missing(metadata: MetaData) -> list[str]:
    from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

    kinds = {"fk": ForeignKeyConstraint, "uq": UniqueConstraint, "ck": CheckConstraint}
    convention = metadata.naming_convention
    return [
        short for short, kind in kinds.items() if short not in convention and kind not in convention
    ]


def _unnamed(metadata: MetaData) -> str:
    from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

    found = [
        f"{table.name}({', '.join(c.name for c in one.columns)})"
        for table in metadata.sorted_tables
        for one in table.constraints
        if isinstance(one, (ForeignKeyConstraint, UniqueConstraint)) and one.name is None
    ]
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f" ({found[0]}{more} already)"


def _where(examined: Examined) -> str | None:
    root = examined.settings.root
    return metadata_definition(p for p in python_files(root) if not is_test(root, p))


CHECK = Check("naming", 110, "Constraints get names by a convention.", _look)
