"""A receipt: a proof bound by fingerprints to the revision file, the models and the snapshots."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.prove.proof import Check

__all__ = ["Receipt", "read_receipt", "receipt_path", "write_receipt"]

FORMAT = 1


@dataclass(frozen=True)
class Receipt:
    """What was proven of one revision, and on what.

    :param file_fingerprint: of the revision file's content; comments and blank space do not count.
    :param models_fingerprint: of the catalog that ``create_all`` makes of the models.
    :param before_fingerprint: of the catalog the revision starts from.
    :param after_fingerprint: of the catalog it ends at.
    :param when: ISO 8601, UTC.
    """

    revision: str
    down_revision: str | None
    message: str
    file: str
    file_fingerprint: str
    models_fingerprint: str
    before_fingerprint: str
    after_fingerprint: str
    dialect: str
    servers: tuple[str, ...]
    checks: tuple[Check, ...]
    assay: str
    alembic: str
    sqlalchemy: str
    when: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        document = {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("checks", "servers")
        }
        return {
            "format": FORMAT,
            **document,
            "servers": list(self.servers),
            "checks": [check.to_json() for check in self.checks],
        }


def receipt_path(folder: Path, revision: str) -> Path:
    """Where the receipt of a revision is kept."""
    return folder / "receipts" / f"{revision}.json"


def write_receipt(folder: Path, receipt: Receipt) -> Path:
    """Write it so that a killed run leaves the old one or the new one, never half of one."""
    path = receipt_path(folder, receipt.revision)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(receipt.to_json(), indent=2) + "\n", encoding="utf-8")
    os.replace(temporary, path)  # noqa: PTH105
    return path


def read_receipt(folder: Path, revision: str) -> dict[str, Any] | None:
    """The receipt's document, None where there is none or it cannot be read."""
    try:
        found = json.loads(receipt_path(folder, revision).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def stale_reasons(
    document: dict[str, Any], *, file_fingerprint: str, models_fingerprint: str | None
) -> Sequence[str]:
    """Why a receipt does not speak of what is there now."""
    reasons = []
    if document.get("file_fingerprint") != file_fingerprint:
        reasons.append("the revision file was changed after the proof")
    if models_fingerprint and document.get("models_fingerprint") != models_fingerprint:
        reasons.append("the models were changed after the proof")
    return reasons
