"""Steps 1, 3, 4, 5 and 7: from what was found out to what is said of it. No state, no real database."""

from __future__ import annotations

from collections.abc import Sequence

from assay.catalog import Difference
from assay.errors import AssayError, ExitCode, hide_passwords
from assay.project.failures import short
from assay.project.revision_file import Slot
from assay.prove.handedits import DdlDifference
from assay.prove.parity import Parity
from assay.prove.reversal import HandWritten, Reversal
from assay.report import Line, Status, Step
from assay.report.differences import difference_lines

__all__ = [
    "backfill_step",
    "drift_step",
    "modify_step",
    "reverse_lines",
    "stop_step",
]


def modify_step(differences: Sequence[Difference]) -> Step:
    """Step 1: what changed in the models against the head of the chain."""
    if not differences:
        return Step("modify", Status.PASSED, "The models are what the chain makes.", 1)
    count = len(differences)
    return Step(
        "modify",
        Status.PASSED,
        f"The models differ from the chain in {count} object{'s' if count > 1 else ''}.",
        1,
        difference_lines(differences, most=40),
        {"differences": [d.to_json() for d in differences]},
    )


def backfill_step(
    slots: Sequence[Slot], ddl: DdlDifference | None, hand_written: Sequence[HandWritten], file: str
) -> Step:
    """Step 4: slots filled, and only data edited.

    :param ddl: None where generation cannot be asked (an older revision); then what no operation
        made counts.
    """
    lines: list[Line] = []
    extra = ddl.extra if ddl is not None else tuple(hand_written)
    missing = ddl.missing if ddl is not None else ()
    name = short(file)
    for one in extra:
        where = f"{name}:{one.line}" if one.line else name
        lines.append(
            Line(f"{where}  DDL that generation would not make ({one.direction})", "finding")
        )
        lines.append(Line(" ".join(one.sql.split()), "sql", 1))
    for one in missing:
        lines.append(
            Line(
                f"{name}  generation would make this, it is not there ({one.direction})", "finding"
            )
        )
        lines.append(Line(one.sql, "sql", 1))
    data = {
        "slots": [{"target": s.target, "line": s.start, "empty": s.empty} for s in slots],
        "hand_written_ddl": [one.to_json() for one in extra],
        "missing_ddl": [one.to_json() for one in missing],
    }
    if extra or missing:
        count = len(extra) + len(missing)
        return Step(
            "backfill",
            Status.STOPPED,
            f"DDL was edited by hand in {count} place{'s' if count > 1 else ''}.",
            4,
            tuple(lines),
            data,
        )
    empty = [slot for slot in slots if slot.empty]
    if empty:
        for slot in empty:
            said = (
                "has no value yet"
                if slot.direction == "upgrade"
                else "comes back in downgrade(), and the rows need a value then"
            )
            lines.append(Line(f"{name}:{slot.start}  {slot.target} {said}", "finding"))
            lines.append(
                Line(
                    f"fill the slot in the file, or: assay change --continue "
                    f'--backfill {slot.target}="<SQL expression over the row>"',
                    "hint",
                    1,
                )
            )
        return Step(
            "backfill",
            Status.DECIDE,
            f"{len(empty)} backfill slot{'s are' if len(empty) > 1 else ' is'} empty.",
            4,
            tuple(lines),
            data,
        )
    summary = (
        f"{len(slots)} slot{'s' if len(slots) > 1 else ''} filled: "
        + ", ".join(s.target for s in slots)
        + "; only data was edited."
        if slots
        else "No row needs a value; the DDL is what generation makes."
        if ddl is not None
        else "No DDL by hand."
    )
    return Step("backfill", Status.PASSED, summary, 4, (), data)


def drift_step(parity: Parity) -> Step:
    """Step 5: models ≡ chain, and what Alembic says beside it."""
    lines = list(difference_lines(parity.differences))
    if parity.holds and parity.alembic:
        lines.append(Line("Alembic's false differences (the catalogs are equal):", "hint"))
        lines.extend(Line(text, "hint", 1) for text in parity.alembic)
    ignored = f" {parity.ignored} ignored." if parity.ignored else ""
    if parity.holds:
        said = "is clean" if not parity.alembic else "reports false differences"
        return Step(
            "drift",
            Status.PASSED,
            f"create_all ≡ upgrade head, object by object; `alembic check` {said}.{ignored}",
            5,
            tuple(lines),
            parity.to_json(),
        )
    count = len(parity.differences)
    said = "" if parity.alembic else " `alembic check` sees none of it."
    return Step(
        "drift",
        Status.STOPPED,
        f"Models and chain differ in {count} object{'s' if count > 1 else ''}"
        f" (from the chain to the models).{said}{ignored}",
        5,
        tuple(lines),
        parity.to_json(),
    )


def reverse_lines(result: Reversal) -> tuple[Line, ...]:
    """What a reversal showed, where it did not hold."""
    lines: list[Line] = []
    if result.raised is not None:
        where = f"  {result.raised.where}" if result.raised.where else ""
        lines.append(Line(f"{result.raised.message}{where}", "finding"))
    if result.after_down:
        lines.append(Line("after the downgrade the catalog is not what it was before:", "finding"))
        lines.extend(difference_lines(result.after_down, 1, most=30))
    if result.after_second_up:
        lines.append(
            Line("after the second upgrade the catalog is not the first upgrade's:", "finding")
        )
        lines.extend(difference_lines(result.after_second_up, 1, most=30))
    return tuple(lines)


def stop_step(number: int, name: str, stop: AssayError) -> Step:
    """A step at which the procedure says no, from the error that says so."""
    texts = [hide_passwords(t) for t in (stop.where, *(stop.cause or "").splitlines()) if t]
    lines = [Line(text, "finding") for text in texts]
    if stop.next_step:
        lines.append(Line(stop.next_step, "hint"))
    status = Status.DECIDE if stop.exit_code is ExitCode.DECIDE else Status.STOPPED
    data = {"where": stop.where, "cause": hide_passwords(stop.cause) if stop.cause else None}
    return Step(name, status, hide_passwords(stop.what), number, tuple(lines), data)
