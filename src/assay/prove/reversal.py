"""Reversal as a value: what up, down, up of one revision showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.catalog import Difference

__all__ = ["HandWritten", "Raised", "Reversal"]


@dataclass(frozen=True)
class HandWritten:
    """A statement of DDL that no Alembic operation made."""

    direction: str
    line: int | None
    sql: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"direction": self.direction, "line": self.line, "sql": self.sql}


@dataclass(frozen=True)
class Raised:
    """A step that raised: ``upgrade``, ``downgrade`` or ``second upgrade``."""

    step: str
    message: str
    where: str | None


@dataclass(frozen=True)
class Reversal:
    """What up, down, up of one revision showed.

    :param after_down: how the catalog after the downgrade differs from the one before the upgrade.
    :param after_second_up: how the second upgrade's catalog differs from the first's.
    :param rows: rows that the tables held, by table.
    """

    revision: str
    message: str
    file: str
    raised: Raised | None = None
    after_down: tuple[Difference, ...] = ()
    after_second_up: tuple[Difference, ...] = ()
    hand_written: tuple[HandWritten, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    own_transactions: bool = False

    @property
    def upgraded(self) -> bool:
        """The first upgrade ran."""
        return self.raised is None or self.raised.step != "upgrade"

    @property
    def reverses(self) -> bool:
        """Up, down, up ran, and every catalog came back."""
        return self.raised is None and not self.after_down and not self.after_second_up

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "revision": self.revision,
            "message": self.message,
            "file": self.file,
            "reverses": self.reverses,
            "raised": (
                {
                    "step": self.raised.step,
                    "message": self.raised.message,
                    "where": self.raised.where,
                }
                if self.raised
                else None
            ),
            "after_down": [d.to_json() for d in self.after_down],
            "after_second_up": [d.to_json() for d in self.after_second_up],
            "hand_written_ddl": [h.to_json() for h in self.hand_written],
            "rows": dict(self.rows),
            "own_transactions": self.own_transactions,
        }
