"""The chain can be read and has one head."""

from __future__ import annotations

from collections.abc import Iterator

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.errors import UsageError
from assay.project.failures import short

__all__ = ["CHECK"]


def _look(examined: Examined) -> Iterator[Finding]:
    failure = examined.chain_failure
    if failure is not None:
        yield Finding.mistake(failure.what, failure.where, failure.next_step, failure.cause)
        return
    history = examined.history
    if len(history.heads) > 1:
        files = ", ".join(short(str(history.get(head).path)) for head in history.heads)
        yield Finding.mistake(
            f"The chain has {len(history.heads)} heads: {', '.join(history.heads)}.",
            files,
            "Join them with `alembic merge heads -m merge`, or rebase one revision.",
        )
    baseline = examined.settings.baseline
    if baseline is None:
        return
    if baseline.revision != "base" and not _known(examined, baseline.revision):
        yield Finding.mistake(
            f"[tool.assay.baseline] names revision {baseline.revision}, which the chain does not "
            "have.",
            examined.settings.where("baseline", "revision"),
            "Correct it, or write the baseline anew with `assay baseline REV`.",
        )
    if baseline.sql is not None and not (examined.settings.root / baseline.sql).is_file():
        yield Finding.mistake(
            f"[tool.assay.baseline] names {baseline.sql}, and there is no such file.",
            examined.settings.where("baseline", "sql"),
            f"Write it with `assay baseline {baseline.revision}`.",
        )


def _known(examined: Examined, revision: str) -> bool:
    try:
        examined.history.get(revision)
    except UsageError:
        return False
    return True


CHECK = Check("chain", 130, "It can be read and has one head.", _look)
