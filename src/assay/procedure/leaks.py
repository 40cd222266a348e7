"""What revisions left outside their database: said in the report of ``prove`` and ``change``."""

from __future__ import annotations

from assay.procedure.session import Session
from assay.report import Line, Status, Step

__all__ = ["leak_step"]


def leak_step(session: Session) -> Step | None:
    """A note on what a revision made on the whole server, such as a role; None where it did not."""
    leaked = session.leaked()
    if not leaked:
        return None
    names = ", ".join(
        f"{kind.lower()} {name}" for kind, _, name in (x.partition(" ") for x in leaked)
    )
    kept = session.shadows.kept
    lines = (
        [Line(f"DROP {one};", "sql") for one in leaked]
        if kept
        else [Line("The server was private and is gone with it; on a real one it stays.", "hint")]
    )
    return Step(
        "leaks",
        Status.NOTE,
        f"Left on the shadow server: {names}. It belongs to the whole server, not to the database.",
        lines=tuple(lines),
        data={"leaked": list(leaked), "stays_on_the_server": kept},
    )
