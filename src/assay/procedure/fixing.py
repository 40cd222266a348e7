"""``assay review --fix``: an unapplied revision rewritten to its safe form, kept when it is proven."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.apply.backup import leaving_no_file
from assay.catalog import compare
from assay.errors import AssayError, ExitCode, PersonMustDecide, ProcedureStop, UsageError
from assay.generate.recipes.files import File
from assay.procedure import state
from assay.procedure.parts import Part, examined
from assay.procedure.pending import refuse_second_change, relative
from assay.procedure.rewritten import Rewritten, rewritten
from assay.procedure.session import Session
from assay.procedure.steps import reverse_lines
from assay.procedure.tracing import ROWS
from assay.project.failures import short
from assay.project.revision_file import find_slots
from assay.prove.receipt import receipt_path
from assay.prove.reversal import Reversal
from assay.prove.rows import make_rows
from assay.prove.walk import walk
from assay.report import Line, Report, Status, Step
from assay.review.engine import Review
from assay.review.finding import Finding
from assay.review.suppress import read_waivers
from assay.shadow.reading import read_database
from assay.trace.capturing import captured

if TYPE_CHECKING:
    from alembic.script import Script

__all__ = ["fix"]


@dataclass(frozen=True)
class _Original:
    """The revision as it is."""

    script: Script
    text: str
    part: Part
    review: Review
    rows: int
    """Rows that were made in each table: as many as it takes."""

    @property
    def path(self) -> Path:
        return Path(self.script.path)


def fix(session: Session, selected: str | None, *, dry_run: bool, unapplied: bool) -> Report:
    """Rewrite a revision to its safe form; the head by default.

    :param dry_run: only show what would be written; nothing is proven then.
    :param unapplied: the person knows that no database has it, where the real one cannot be asked.
    :raises ProcedureStop: it was applied, cannot be told apart, or its safe form is not proven; the
        file is as it was.
    """
    found = session.project.history.select(selected)
    if not found:
        return Report("review", ExitCode.GOOD, "The chain has no revision yet.")
    if len(found) > 1:
        raise UsageError(
            "--fix takes one revision.", next_step="Fix them one by one, oldest first."
        )
    script = found[0]
    if session.probe.dialect != "postgresql":
        return _nothing(session, script, f"There is no safer form on {session.probe.dialect}.")
    with state.locked(session.settings.state_folder):
        _refuse(session, script, unapplied)
        original = _examined(session, script)
        session.listener.doing("looking which operation each statement makes")
        plan = _planned(session, original)
        if len(plan.files) < 2 and all(f.text == original.text for f in plan.files):
            return _nothing(session, script, "Nothing to rewrite.", original, plan)
        if dry_run:
            return _report(session, original, plan, plan.files, None)
        with _written(session, original, plan.files) as revisions:
            reviews = _proven(session, original, plan, revisions)
        files = _without_idle_waivers(original, plan.files, reviews)
    return _report(session, original, plan, files, reviews)


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


def _examined(session: Session, script: Script) -> _Original:
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
    return _Original(script, text, part, review, rows)


def _walked(session: Session, revisions: Sequence[Script], rows: int) -> tuple[Reversal, ...]:
    session.listener.doing("up, down, up on a shadow")
    at = session.copy(session.chain_at)
    return walk(session.project, session.shadows, at, revisions, rows=rows)


def _planned(session: Session, original: _Original) -> Rewritten:
    """What it becomes; rows on the shadow show what reads and writes them."""
    then = rewritten(original.script, original.text, session.online)
    fill = partial(make_rows, per_table=ROWS) if original.rows else None
    at = session.copy(session.chain_at)
    try:
        return captured(session.project, at, original.script, then, fill)
    finally:
        session.shadows.drop(at)


@contextmanager
def _written(
    session: Session, original: _Original, files: Sequence[File]
) -> Iterator[list[Script]]:
    """The files in the place of the original; put back when what is within raises.

    A killed run leaves the original in ``.assay/backups/``.
    """
    folder = session.settings.state_folder / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    before = original.path.read_bytes()
    _write(folder / original.path.name, before)
    ending = "\r\n" if b"\r\n" in before else "\n"
    paths = [original.path.parent / file.name for file in files]
    there = [path for path in paths[:-1] if path.exists()]
    if there:
        raise ProcedureStop(
            f"A file of that name is there already: {short(str(there[0]))}.",
            next_step="A killed run may have left it; remove it if the chain does not need it.",
        )
    try:
        for path, file in zip(paths, files, strict=True):
            _write(path, file.text.replace("\n", ending).encode())
        session.project.forget_history()
        yield [session.project.history.get(file.revision) for file in files]
    except BaseException:
        _write(original.path, before)
        for path in paths[:-1]:
            path.unlink(missing_ok=True)
        session.project.forget_history()
        raise


def _write(path: Path, content: bytes) -> None:
    """At once: a killed run leaves the old file or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)  # noqa: PTH105


def _proven(
    session: Session, original: _Original, plan: Rewritten, revisions: Sequence[Script]
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
    gone = {_key(f) for f in original.review.findings if _on(f, lines) and _of_locks(f)}
    kept = {_key(f) for f in original.review.findings if not _on(f, lines)}
    stops = {_key(f) for f in original.review.findings if f.stops}
    for review in reviews:
        for finding in review.findings:
            key = _key(finding)
            if (key in gone and key not in kept) or (finding.stops and key not in stops):
                raise _not_kept(original, f"the review says {finding.rule}: {finding.message}")
    return reviews


def _not_kept(original: _Original, why: str) -> ProcedureStop:
    return ProcedureStop(
        f"The safe form was not kept, the file is as it was: {why}",
        where=short(str(original.path)),
        next_step="Write that part by hand; `assay explain` has the safe form of each finding.",
    )


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.object


def _of_locks(finding: Finding) -> bool:
    return finding.rule.startswith("locks/")


def _on(finding: Finding, lines: Sequence[tuple[str, int, int]]) -> bool:
    line = finding.line
    return line is not None and any(
        direction == finding.direction and first <= line <= last for direction, first, last in lines
    )


def _without_idle_waivers(
    original: _Original, files: Sequence[File], reviews: Sequence[Review]
) -> list[File]:
    """The files without waivers of findings that are gone; only comments change."""
    found: list[File] = []
    for file, review in zip(files, reviews, strict=True):
        idle = [
            waiver
            for waiver in read_waivers(file.text)
            if waiver.key not in review.bonds and waiver.key in original.review.bonds
        ]
        lines: list[str | None] = list(file.text.splitlines())
        for waiver in idle:
            head = str(lines[waiver.line - 1]).partition("# assay: allow")[0].rstrip()
            lines[waiver.line - 1] = head or None
        text = "\n".join(line for line in lines if line is not None) + "\n"
        if idle:
            path = Path(review.file)
            ending = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
            _write(path, text.replace("\n", ending).encode())
        found.append(File(file.revision, file.name, text))
    return found


def _nothing(
    session: Session,
    script: Script,
    why: str,
    original: _Original | None = None,
    plan: Rewritten | None = None,
) -> Report:
    lines, stays = _stays(original, plan) if original is not None and plan is not None else ([], [])
    step = Step("fix", Status.PASSED, f"{short(script.path)} stays as it is.", lines=tuple(lines))
    session.listener.done(step)
    data = {"revision": script.revision, "files": [], "diff": "", "stays": stays, "written": False}
    return Report("review", ExitCode.GOOD, why, (step,), data=data)


def _report(
    session: Session,
    original: _Original,
    plan: Rewritten,
    files: Sequence[File],
    reviews: Sequence[Review] | None,
) -> Report:
    """What was rewritten, and what stays."""
    diff = _diff(original, files)
    names = [short(str(original.path.parent / file.name)) for file in files]
    stays, said = _stays(original, plan, reviews)
    count = len(plan.fixed)
    what = f"{count} statement{'s' if count != 1 else ''} in safe form, in {', '.join(names)}"
    step = Step(
        "fix",
        Status.PASSED if reviews is not None else Status.NOTE,
        f"{what}." if reviews is not None else f"It would be {what}.",
        lines=(*(Line(text, _style(text)) for text in diff), *stays),
    )
    session.listener.done(step)
    steps = [step]
    if reviews is not None:
        proof = Step(
            "proof",
            Status.PASSED,
            f"The same catalog as before; {'each revision' if len(files) > 1 else 'it'} reverses; "
            "reviewed again without the findings.",
        )
        session.listener.done(proof)
        steps.append(proof)
    data: dict[str, Any] = {
        "revision": original.script.revision,
        "revisions": [file.revision for file in files],
        "files": names,
        "diff": "\n".join(diff) + "\n",
        "stays": said,
        "findings": [f.to_json() for review in reviews or () for f in review.findings],
        "written": reviews is not None,
    }
    summary = (
        f"{original.script.revision} is rewritten to its safe form"
        + (f"; {len(said)} of its statements stay as they are." if said else ".")
        if reviews is not None
        else "Nothing was written: --dry-run."
    )
    then = "`assay prove` it; your copy is in .assay/backups/." if reviews is not None else None
    return Report("review", ExitCode.GOOD, summary, tuple(steps), then, data)


def _diff(original: _Original, files: Sequence[File]) -> list[str]:
    found: list[str] = []
    for number, file in enumerate(files):
        last = number == len(files) - 1
        name = short(str(original.path.parent / file.name))
        found += difflib.unified_diff(
            original.text.splitlines() if last else [],
            file.text.splitlines(),
            name if last else "/dev/null",
            name,
            lineterm="",
        )
    return found


def _style(text: str) -> str:
    if text.startswith(("+++", "---", "@@")):
        return "hint"
    return {"+": "added", "-": "removed"}.get(text[:1], "plain")


def _stays(
    original: _Original, plan: Rewritten, reviews: Sequence[Review] | None = None
) -> tuple[list[Line], list[dict[str, Any]]]:
    """Findings on statements that have no safe form, with the reason.

    :param reviews: of what was written; what is not in them is gone.
    """
    lines: list[Line] = []
    data: list[dict[str, Any]] = []
    left = None if reviews is None else {_key(f) for review in reviews for f in review.findings}
    for direction, item in plan.kept:
        place = (direction, item.piece.first, item.piece.last)
        found = [
            f
            for f in original.review.findings
            if _of_locks(f) and not f.waived and _on(f, [place])
            if left is None or _key(f) in left
        ]
        if found:
            where = f"{original.path.name}:{item.piece.first}"
            lines.append(Line(f"{where} stays as it is: {item.stays}", "finding"))
            lines += [Line(f"{f.rule}: {f.message}", "hint", 1) for f in found]
            data.append(
                {
                    "file": short(str(original.path)),
                    "line": item.piece.first,
                    "why": item.stays,
                    "findings": [f.to_json() for f in found],
                }
            )
    return lines, data
