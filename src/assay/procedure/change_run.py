"""One run of ``assay change``: its steps so far, where it stopped, and what is to be done then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, ExitCode, ProcedureStop
from assay.procedure import state
from assay.procedure.leaks import leak_step
from assay.procedure.pending import relative
from assay.procedure.session import Session
from assay.procedure.steps import stop_step
from assay.report import Report, Status, Step

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["ChangeRun", "Options"]


@dataclass(frozen=True)
class Options:
    """How far a change goes.

    :param apply: reach the real database (steps 6 and 8); False proves only.
    :param on_database: reverse on the real database as well.
    """

    apply: bool = True
    on_database: bool = False


class ChangeRun:
    """The steps of a change so far; each is told to the listener when it ends."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session, self.options = session, options
        self.steps: list[Step] = []
        self.change: state.Change | None = None
        self._about: dict[int, str] = {}
        self._file = ""

    def steps_of(self, revision: Script) -> list[Step]:
        """What was proven of one revision, and of the whole change."""
        own = revision.revision
        return [step for step in self.steps if self._about.get(id(step), own) == own]

    def step(
        self, number: int, name: str, make: Callable[[], Step], revision: Script | None = None
    ) -> bool:
        """Make a step; False when the procedure stops at it.

        :param revision: the one it is about; None: all of the change.
        """
        began = perf_counter()
        try:
            made = make()
        except ProcedureStop as stop:
            made = stop_step(number, name, stop)
        except AssayError as error:
            self._note(number, error.what, "Correct it, then `assay change --continue`.")
            raise
        made = replace(made, seconds=perf_counter() - began)
        self.steps.append(made)
        if revision is not None:
            self._about[id(made)] = revision.revision
            self._file = relative(self.session, Path(revision.path))
        else:
            self._file = ""
        self.session.listener.done(made)
        return made.status not in (Status.STOPPED, Status.DECIDE)

    def _note(self, number: int, why: str, next_step: str) -> None:
        """Keep where the change stopped and why."""
        if self.change is not None:
            self.change = self.change.with_(stopped_at=number, why=why, next_step=next_step)
            state.save(self.session.settings.state_folder, self.change)

    def stop(self, next_step: str | None = None) -> Report:
        """The report of a change that stopped at its last step; its state is kept."""
        last = self.steps[-1]
        code = ExitCode.DECIDE if last.status is Status.DECIDE else ExitCode.NO
        then = next_step or _next_step(last, self._file or self.change)
        self._note(last.number or 0, last.summary, then)
        return self.report(code, f"Stopped at step {last.number}: {last.summary}", then)

    def report(self, code: ExitCode, summary: str, next_step: str | None = None) -> Report:
        """The report of the run."""
        data: dict[str, Any] = {}
        if self.change is not None:
            data = {"revision": self.change.revision, "file": self.change.path}
            if self.change.paths:
                data["files"] = list(self.change.paths)
        leak = leak_step(self.session)
        if leak is not None:
            self.steps.append(leak)
            self.session.listener.done(leak)
        return Report("change", code, summary, tuple(self.steps), next_step, data)


def _next_step(step: Step, at: str | state.Change | None) -> str:
    """What to do after a stop.

    :param at: the file that it is about, or the change.
    """
    path = (
        at if isinstance(at, str) else ", ".join(at.paths or (at.path,)) if at else "the revision"
    )
    findings = step.data.get("findings")
    if step.number == 3 and findings is None:
        return f"Correct {path}, or change the models and run `assay generate --again`; then " + (
            "`assay change --continue`."
        )
    if findings is not None and not any(
        f["severity"] == "stop" and not f["waived"] for f in findings
    ):
        return (
            f"Take out of {path} what nobody asked for, or put it into the models and run "
            "`assay generate --again`; then `assay change --continue`."
        )
    return {
        2: "Change the models.",
        3: f"Change the models and run `assay generate --again`, or allow the finding in {path}; "
        "then `assay change --continue`. Drop it all with `assay change --abort`.",
        4: (
            f"Fill the slot in {path} or give --backfill; then `assay change --continue`."
            if step.status is Status.DECIDE
            else "Undo that edit: wrong DDL means change the models and "
            "`assay generate --again`; then `assay change --continue`."
        ),
        5: "Change the models, run `assay generate --again`, then `assay change --continue`.",
        6: "Correct the database or the revision, then `assay change --continue`.",
        7: "Correct the models and `assay generate --again`, then `assay change --continue`; "
        "or drop it with `assay change --abort`.",
        8: "Make the tests pass, then `assay change --continue`.",
    }.get(step.number or 0, "See `assay status`.")
