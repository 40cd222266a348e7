"""Step 3 as it is shown: each statement with what it did, and findings under the line that causes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from assay.dialects import verb
from assay.project.failures import short
from assay.report import Line, Status, Step
from assay.review.engine import Review, ReviewedOperation
from assay.review.finding import Finding
from assay.trace.effects import OperationEffect, StatementEffect, Trace
from assay.trace.words import in_words, transaction_of

__all__ = ["limits_of_nothing", "review_step"]


def review_step(review: Review) -> Step:
    """Step 3: each operation beside the model change that asked for it, the downgrade, findings."""
    return Step(
        "review",
        Status.PASSED if review.passed else Status.STOPPED,
        _summary(review),
        3,
        tuple(_lines(review)),
        review.to_json(),
    )


def limits_of_nothing(limits: Mapping[str, str], at_head: Review) -> Step | None:
    """What ``[tool.assay.locks]`` names that no table of the chain is called: it limits nothing."""
    catalogs = (at_head.trace.before, at_head.after)
    tables = {table.name for catalog in catalogs for table in catalog.of_kind("table")}
    unknown = [one for one in limits if not any(fnmatchcase(table, one) for table in tables)]
    if not unknown:
        return None
    near = get_close_matches(unknown[0], sorted(tables), 1)
    return Step(
        "settings",
        Status.NOTE,
        f"[tool.assay.locks] names {', '.join(map(repr, unknown))}, and no table is called so"
        + (f"; did you mean {near[0]!r}?" if near else "."),
        data={"limits_of_nothing": unknown},
    )


def _summary(review: Review) -> str:
    stops = sum(1 for f in review.findings if f.stops)
    if not review.passed:
        parts = []
        if review.unasked:
            parts.append(f"{_count(len(review.unasked), 'effect')} nobody asked for")
        if stops:
            parts.append(_count(stops, "finding"))
        return " and ".join(parts) + "." + _noted(review)
    said = _count(len(review.operations), "operation")
    said += ", each asked for by the models." if review.intent_known else "."
    allowed = sum(1 for f in review.findings if f.waived)
    if allowed:
        said += f" {_count(allowed, 'finding')} allowed."
    return said + _noted(review)


def _noted(review: Review) -> str:
    notes = sum(1 for f in review.findings if not f.stops and f.waived is None)
    return f" {_count(notes, 'note')}." if notes else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _lines(review: Review) -> Iterator[Line]:
    left = list(review.findings)
    several = _several(review.trace)
    name = Path(short(review.file)).name
    shown = {operation.effect.line for operation in review.operations}
    for operation in review.operations:
        # what no statement of its line did, before the lines behind it
        here = [
            f
            for f in left
            if f.direction == "upgrade"
            and f.line not in {None, *shown}
            and (f.line or 0) < (operation.effect.line or 0)
        ]
        left = [f for f in left if f not in here]
        yield from _beside(here, name)
        yield from _operation_lines(
            operation, name, several, failed=review.trace.failure is not None
        )
        here = [f for f in left if f.direction == "upgrade" and f.line == operation.effect.line]
        left = [f for f in left if f not in here]
        yield from _finding_lines(here)
    down = review.trace.downgrade
    if down is not None and down.statements:
        yield Line("downgrade", "plain", 0)
        for undo in review.downgrade:
            yield Line(f"{_where(name, undo.line)}  {undo.name or 'SQL'}", "plain", 0)
            for statement in _worth_showing(undo):
                yield from _statement_lines(statement, _several(down))
            here = [f for f in left if f.direction == "downgrade" and f.line == undo.line]
            left = [f for f in left if f not in here]
            yield from _finding_lines(here)
    if review.unattributed:
        yield Line("no statement of the revision was seen to do this", "plain", 0)
        for trace, difference in review.unattributed:
            back = "" if trace is review.trace else f"{trace.direction}: "
            yield Line(f"{back}{difference.text}", "hint", 1)
    yield from _beside(left, name)


def _beside(findings: Iterable[Finding], name: str) -> Iterator[Line]:
    """Findings that belong to no operation, in the order of their lines."""
    for finding in sorted(findings, key=lambda f: f.line or 0):
        where = f"{name}:{finding.line}" if finding.line else name
        yield Line(where, "plain", 0)
        yield from _finding_lines([finding])


def _several(trace: Trace) -> bool:
    """Whether it is worth saying where statements ran: not all in the one transaction of a revision."""
    ran = [s for s in trace.statements if s.failure is None]
    return any(s.autocommit for s in ran) or len(set(map(transaction_of, ran))) > 1


def _operation_lines(
    operation: ReviewedOperation, file: str, several: bool, *, failed: bool
) -> Iterator[Line]:
    effect = operation.effect
    where = _where(file, effect.line)
    if failed:  # nothing lasts then, and what it did until there is what is asked for
        operation = replace(operation, lasting=effect.differences, unasked=())
    if any(s.failure for s in effect.statements):
        because = "raises"
    elif operation.asked or (operation.lasting and not operation.unasked):
        asked = _folded(operation)
        more = f" and {len(asked) - 6} more" if len(asked) > 6 else ""
        because = f"{'for: ' if operation.asked else ''}{', '.join(asked[:6])}{more}"
    elif operation.unasked:
        because = "nobody asked for it"
    else:
        because = _beside_the_catalog(effect)
    yield Line(f"{where}  {effect.name or 'SQL'}  ({because})", "plain", 0)
    for statement in _worth_showing(effect):
        yield from _statement_lines(statement, several)
    for difference in operation.unasked:
        yield Line(f"nobody asked for: {difference.text}", "finding", 1)


def _beside_the_catalog(effect: OperationEffect) -> str:
    """What an operation did that leaves no difference in the catalog."""
    statements = effect.statements
    if any(s.granted or s.revoked for s in statements):
        return "privileges"
    if all(verb(s.sql) in _SETTINGS for s in statements):
        return "setting"
    seen = [s.observed for s in statements]
    if any(o.rows or o.emptied or o.rewritten for o in seen):
        return "data"
    return (
        "data" if not any(s.changed_catalog for s in statements) else "changes nothing that lasts"
    )


_SETTINGS = ("SET", "RESET")


def _worth_showing(effect: OperationEffect) -> tuple[StatementEffect, ...]:
    """Its statements, without what one of our operations sets for each of them; ``--sql`` has that."""
    left = tuple(
        s
        for s in effect.statements
        if not (s.by_operation and verb(s.sql) in _SETTINGS and not s.failure)
    )
    return left or effect.statements


def _where(file: str, line: int | None) -> str:
    return f"{file}:{line}" if line else "no line of the revision"


def _statement_lines(statement: StatementEffect, several: bool) -> Iterator[Line]:
    for text in statement.sql.strip().splitlines():
        yield Line(text.expandtabs(4).rstrip(), "sql", 1)
    if several and statement.failure is None:
        yield Line(f"→ {transaction_of(statement)}", "hint", 1)
    for text in in_words(statement.observed):
        yield Line(f"→ {text}", "hint", 1)


def _finding_lines(findings: Iterable[Finding]) -> Iterator[Line]:
    for finding in findings:
        style = "finding" if finding.stops else "hint"
        waived = f" (allowed: {finding.waived})" if finding.waived else ""
        yield Line(f"{finding.rule}: {finding.message}{waived}", style, 1)
        if finding.stops:
            yield Line(finding.why, "plain", 2)
        if finding.waived is None:
            yield Line(finding.instead, "hint", 2)


def _folded(operation: ReviewedOperation) -> list[str]:
    """What asked for an operation, or what it did; a whole table stands for what belongs to it."""
    asked = operation.asked or operation.lasting
    whole = {d.object.key for d in asked if d.object.kind == "table"}
    whole |= {old.key for old, _ in operation.renamed if old.kind == "table"}
    named = {one.identity for pair in operation.renamed for one in pair}
    # the columns of a renamed table are in its line
    renamed = [
        f"renamed {old.label} to {new.name}"
        for old, new in operation.renamed
        if old.kind == "table" or old.key[:-1] not in whole
    ]
    return renamed + [
        f"{d.change.value} {d.object.label}"
        for d in asked
        if d.identity not in named and (d.object.kind == "table" or d.object.key[:-1] not in whole)
    ]
