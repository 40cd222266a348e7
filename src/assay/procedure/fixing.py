"""``assay review --fix``: an unapplied revision rewritten to its safe form, kept when it is proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from assay.apply.backup import leaving_no_file
from assay.catalog import compare
from assay.errors import AssayError, ExitCode, PersonMustDecide, ProcedureStop, UsageError
from assay.generate.recipes.files import File
from assay.generate.recipes.happened import Ran
from assay.procedure import state
from assay.procedure.fixed import (
    Original,
    fixed_report,
    key_of,
    nothing,
    of_locks,
    on_lines,
)
from assay.procedure.in_place import in_place, write
from assay.procedure.parts import examined
from assay.procedure.pending import refuse_second_change, relative
from assay.procedure.rewritten import Rewritten, forms_of, rewritten
from assay.procedure.session import Session
from assay.procedure.steps import reverse_lines
from assay.procedure.tracing import RELATED, ROWS
from assay.project.failures import short
from assay.project.revision_file import find_slots
from assay.prove.receipt import receipt_path
from assay.prove.reversal import Reversal
from assay.prove.walk import walk
from assay.report import Report
from assay.review.engine import Review
from assay.review.waiver import read_waivers, without_comment
from assay.shadow.reading import read_database
from assay.trace.capturing import captured

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["fix"]


Found = TypeVar("Found")

_SECTIONS = ("postgresql",)
"""Where a safe form runs outside of transactions, in revisions of its own."""
_STATED = ("mysql", "mariadb")
"""Where a safe form states its algorithm and its lock."""


def fix(session: Session, selected: str | None, *, dry_run: bool, unapplied: bool) -> Report:
    """Rewrite a revision to its safe form; the head by default.

    :param dry_run: only show what would be written; nothing is proven then.
    :param unapplied: the person knows that no database has it, where the real one cannot be asked.
    :raises ProcedureStop: it was applied, cannot be told apart, or its safe form is not proven; the
        file is as it was.
    """
    found = session.project.history.select(selected)
    if not found:
        return Report("review", ExitCode.GOOD, session.project.history.nothing(selected))
    if len(found) > 1:
        raise UsageError(
            "--fix takes one revision.", next_step="Fix them one by one, oldest first."
        )
    script = found[0]
    if session.probe.dialect not in (*_SECTIONS, *_STATED):
        return nothing(session, script, f"There is no safer form on {session.probe.dialect}.")
    with state.locked(session.settings.state_folder):
        _refuse(session, script, unapplied)
        original = _examined(session, script)
        session.listener.doing("looking which operation each statement makes")
        plan = _planned(session, original)
        if len(plan.files) < 2 and all(f.text == original.text for f in plan.files):
            return nothing(session, script, "Nothing to rewrite.", original, plan)
        if dry_run:
            return fixed_report(session, original, plan, plan.files, None)
        with _written(session, original, plan.files) as revisions:
            reviews = _proven(session, original, plan, revisions)
        files = _without_idle_waivers(original, plan.files, reviews)
    return fixed_report(session, original, plan, files, reviews)


def _refuse(session: Session, script: Script, unapplied: bool) -> None:
    """Only a revision that nobody has is rewritten."""
    revision, where = script.revision, short(script.path)
    pending = state.load(session.settings.state_folder)
    if pending is not None:
        names = pending.paths or (pending.path,)
        if relative(session, Path(script.path)) not in names:
            refuse_second_change(session)
        raise ProcedureStop(
            f"{revision} is part of a change in the making.",
            where=where,
            next_step="`assay generate --again --online` writes its safe form.",
        )
    receipt = receipt_path(session.settings.state_folder, revision)
    if receipt.is_file():
        raise ProcedureStop(
            f"{revision} has a receipt: it was applied as it is.",
            where=short(str(receipt)),
            next_step="Leave it; a change from here on is a new revision.",
        )
    try:
        with leaving_no_file(session.probe, session.settings.root):
            heads = read_database(session.project, None).heads
    except AssayError as error:
        if unapplied:
            return
        raise ProcedureStop(
            f"Whether the database has {revision} cannot be asked: {error.what}",
            where=where,
            next_step="Make the database reachable; or, if no database has the revision, say so "
            "with --unapplied.",
        ) from error
    history = session.project.history
    if revision in history.applied(h for h in heads if history.has(h)):
        raise ProcedureStop(
            f"The database has {revision} already; what was applied is not rewritten.",
            where=where,
            next_step="Leave it; or run `alembic downgrade` to before it first.",
        )
    text = Path(script.path).read_text(encoding="utf-8")
    empty = [slot.target for slot in find_slots(text) if slot.empty]
    if empty:
        raise PersonMustDecide(
            f"An empty backfill slot: {', '.join(empty)}.",
            where=where,
            next_step="Fill it first, so that what is rewritten can be proven.",
        )


def _examined(session: Session, script: Script) -> Original:
    """The revision as it is: it must run and reverse, or nothing could be held against it."""
    session.stand_before(script)
    (part,) = examined(session, [script], newest=False)
    _, review, trace = part.review()
    if trace.failure is not None:
        raise ProcedureStop(
            f"The revision fails on a shadow: {trace.failure.message}",
            where=f"{short(script.path)}:{trace.failure.line}",
            next_step="Correct it first.",
        )
    # rows that were made up may be what it fails on, a NULL that becomes NOT NULL
    for rows in (ROWS, 0):
        (result,) = _walked(session, [script], rows)
        if result.raised is None:
            break
    if not result.reverses:
        said = "; ".join(line.text for line in reverse_lines(result))
        raise ProcedureStop(
            f"The revision does not reverse as it is: {said}",
            where=short(script.path),
            next_step="Correct its downgrade() first; see `assay prove`.",
        )
    text = Path(script.path).read_text(encoding="utf-8")
    return Original(script, text, part, review, rows)


def _walked(session: Session, revisions: Sequence[Script], rows: int) -> tuple[Reversal, ...]:
    session.listener.doing("up, down, up on a shadow")
    at = session.copy(session.chain_at)
    return walk(session.project, session.shadows, at, revisions, rows=rows)


def _planned(session: Session, original: Original) -> Rewritten:
    """What it becomes; rows on the shadow show what reads and writes them."""
    fill = RELATED if original.rows else None

    def seen(then: Callable[[MigrationContext, Ran], Found]) -> Found:
        with session.copied(session.chain_at) as at:
            return captured(session.project, at, original.script, then, fill)

    forms = None
    if session.probe.dialect in _STATED:
        ran = seen(lambda _context, ran: ran)
        with session.copied(session.chain_at) as at:
            forms = forms_of(session.project, at, ran)
    return seen(rewritten(original.script, original.text, session.online, forms))


@contextmanager
def _written(session: Session, original: Original, files: Sequence[File]) -> Iterator[list[Script]]:
    """The files in the place of the original; put back when what is within raises.

    :raises ProcedureStop: a file of such a name is there.
    """
    ending = "\r\n" if b"\r\n" in original.path.read_bytes() else "\n"
    paths = [original.path.parent / file.name for file in files]
    there = [path for path in paths if path != original.path and path.exists()]
    if there:
        raise ProcedureStop(
            f"A file of that name is there already: {short(str(there[0]))}.",
            next_step="Give it another name, or remove it if the chain does not need it.",
        )
    contents = [file.text.replace("\n", ending).encode() for file in files]
    try:
        with in_place(
            session.settings.state_folder,
            original.path,
            list(zip(paths, contents, strict=True)),
        ):
            session.project.forget_history()
            yield [session.project.history.get(file.revision) for file in files]
    except BaseException:
        session.project.forget_history()
        raise


def _proven(
    session: Session, original: Original, plan: Rewritten, revisions: Sequence[Script]
) -> list[Review]:
    """Same catalog, each reverses, none of the findings that were to go, no new stop.

    :raises ProcedureStop: one of these does not hold.
    """
    parts = examined(session, revisions, newest=False)
    left = compare(original.part.after[1].snapshot, parts[-1].after[1].snapshot)
    if left:
        raise _not_kept(original, "it leads to another catalog: " + "; ".join(d.text for d in left))
    for result in _walked(session, revisions, original.rows):
        if not result.reverses:
            said = "; ".join(line.text for line in reverse_lines(result))
            raise _not_kept(original, f"{result.revision} does not reverse: {said}")
    reviews = [part.review()[1] for part in parts]
    lines = [(direction, item.piece.first, item.piece.last) for direction, item in plan.fixed]
    stated = session.probe.dialect in _STATED  # what waits may be the cheapest that there is
    gone = (
        set()
        if stated
        else {key_of(f) for f in original.review.findings if on_lines(f, lines) and of_locks(f)}
    )
    kept = {key_of(f) for f in original.review.findings if not on_lines(f, lines)}
    stops = {key_of(f) for f in original.review.findings if f.stops}
    for review in reviews:
        for finding in review.findings:
            key = key_of(finding)
            if (key in gone and key not in kept) or (finding.stops and key not in stops):
                raise _not_kept(original, f"the review says {finding.rule}: {finding.message}")
    return reviews


def _not_kept(original: Original, why: str) -> ProcedureStop:
    return ProcedureStop(
        f"The safe form was not kept, the file is as it was: {why}",
        where=short(str(original.path)),
        next_step="Write that part by hand; `assay explain` has the safe form of each finding.",
    )


def _without_idle_waivers(
    original: Original, files: Sequence[File], reviews: Sequence[Review]
) -> list[File]:
    """The files without waivers of findings that are gone; only comments change."""
    found: list[File] = []
    for file, review in zip(files, reviews, strict=True):
        waivers, _ = read_waivers(file.text)
        needed = {
            waiver.line
            for waiver in waivers
            if waiver.key in review.bonds or waiver.key not in original.review.bonds
        }
        idle = {waiver.line for waiver in waivers} - needed
        lines: list[str | None] = list(file.text.splitlines())
        for line in idle:
            lines[line - 1] = without_comment(str(lines[line - 1])) or None
        text = "\n".join(line for line in lines if line is not None) + "\n"
        if idle:
            path = Path(review.file)
            ending = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
            write(path, text.replace("\n", ending).encode())
        found.append(File(file.revision, file.name, text))
    return found
