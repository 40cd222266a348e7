"""What only a person knows of a change: renames, and whether a column that becomes required is given.

Renames are resolved from answers and models, the rest asked in a terminal or handed back with flags.
Of required columns nothing must be known to go on: without a terminal nobody is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from assay.errors import ExitCode, UsageError
from assay.generate.answers import Answers, merged
from assay.generate.names import Key
from assay.generate.question import Question
from assay.generate.renames import Resolved, resolve, stale_in
from assay.procedure.evidence import with_rows
from assay.report import Line, Report, Status, Step
from assay.review.rules.compatibility.value_required import RULE
from assay.review.severity import ignored

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from assay.procedure.session import Session

__all__ = [
    "Decision",
    "Questioner",
    "decide",
    "refuse_for_generation",
    "stale_step",
    "with_notes",
]


class Questioner(Protocol):
    """Who answers questions while a command runs."""

    def ask(self, question: Question) -> str | None:
        """The new name of what was renamed; None when it is dropped.

        :raises EOFError: nobody answers any more.
        """
        ...

    def gives(self, column: str) -> bool:
        """Whether every release that runs gives a column a value that becomes required.

        :raises EOFError: nobody answers any more.
        """
        ...


@dataclass(frozen=True)
class Decision:
    """Answers that generation can take, or the questions that stand in the way.

    :param stale: ``renamed_from`` of models that is done with, a sentence each.
    :param not_given: columns to which some release that runs gives no value, as a person said.
    """

    answers: Answers
    questions: tuple[Question, ...] = ()
    stale: tuple[str, ...] = ()
    not_given: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """A person must decide first."""
        return bool(self.questions)

    @property
    def step(self) -> Step:
        """Step 2 as it stops at the questions."""
        count = len(self.questions)
        return Step(
            "generate",
            Status.DECIDE,
            f"Renamed, or dropped and added? {count} question{'s' if count > 1 else ''}; "
            "nothing was written.",
            2,
            tuple(line for question in self.questions for line in _lines(question)),
            self.data,
        )

    @property
    def data(self) -> dict[str, Any]:
        """The questions as JSON values."""
        return {"questions": [question.to_json() for question in self.questions]}

    @property
    def next_step(self) -> str:
        """How to answer."""
        return (
            "Run the same command with one flag for each question, or say it in the models: "
            'info={"renamed_from": "old name"}.'
        )

    def report(self, command: str) -> Report:
        """The report of a command that ends at the questions."""
        step = self.step
        return Report(command, ExitCode.DECIDE, step.summary, (step,), self.next_step, self.data)


def decide(session: Session, answers: Answers, *, live: bool = False) -> Decision:
    """Resolve the answers by the chain's and the models' catalogs; ask where somebody can answer.

    Nothing is written. Without somebody to ask, the questions are handed back.

    :param live: the real database may be looked at for evidence.
    :raises UsageError: an answer names what is not there.
    """
    order = _Order(session)
    while True:
        found = _resolved(session, answers, order)
        asker = session.questioner
        questions = found.questions if asker is None else found.questions[:1]
        if questions and live:
            questions = with_rows(session, questions)
        if not questions and asker is not None:
            return _with_given(session, found, asker)
        if not questions or asker is None:
            return Decision(found.answers, questions, found.stale)
        question = questions[0]
        try:
            new = asker.ask(question)
        except EOFError:
            return Decision(found.answers, (question, *found.questions[1:]), found.stale)
        answers = merged(answers, _answer(question, new))


def _with_given(session: Session, found: Resolved, asker: Questioner) -> Decision:
    """The decision once each column that becomes required was asked for, of which nothing was said."""
    given = list(found.answers.given)
    not_given: list[str] = []
    skipped = found.answers.given_decided or ignored(RULE.code, session.settings.review)
    # whoever ends the input has said nothing of what is left: the review notes it
    with suppress(EOFError):
        for column in () if skipped else found.required:
            if column not in given:
                (given if asker.gives(column) else not_given).append(column)
    answers = replace(found.answers, given=tuple(given))
    return Decision(answers, (), found.stale, tuple(not_given))


def _resolved(session: Session, answers: Answers, order: _Order) -> Resolved:
    metadatas = session.project.metadatas(session.models.run)
    return resolve(
        session.chain.snapshot,
        session.models.snapshot,
        metadatas,
        answers,
        ignore=session.ignore,
        order=order,
    )


def _answer(question: Question, new: str | None) -> Answers:
    if new is None:
        return Answers(drop=(question.old,))
    if question.kind == "label":
        return Answers(valued={question.old: new})
    return Answers(renamed={question.old: new})


def _lines(question: Question) -> list[Line]:
    rows = f"  ({question.rows})" if question.rows else ""
    lines = [Line(f"{question.kind} {question.old} is gone{rows}", "finding")]
    for one in question.candidates:
        evidence = f"  ({', '.join(one.evidence)})" if one.evidence else ""
        lines.append(Line(f"renamed to {one.new}:  {one.answer}{evidence}", "plain", 1))
    lines.append(Line(f"really dropped:  {question.dropped}", "plain", 1))
    return lines


class _Order:
    """The order of columns at head, read from the shadow when somebody asks for the first time."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.found: dict[Key, list[str]] | None = None

    def __call__(self, table: Key) -> Sequence[str]:
        if self.found is None:
            self.found = {}
            self.session.project.visit(self._read, to=self.session.chain_at)
        return self.found.get(table, ())

    def _read(self, context: MigrationContext) -> None:
        from sqlalchemy import inspect
        from sqlalchemy.exc import SQLAlchemyError

        assert self.found is not None
        inspector = inspect(context.connection)
        tables = [o.key for o in self.session.chain.snapshot.of_kind("table")]
        for schema in sorted({key[0] if len(key) > 1 else "" for key in tables}):
            # only evidence hangs on it: a type that cannot be reflected is no reason to stop
            with suppress(SQLAlchemyError):
                columns = inspector.get_multi_columns(schema=schema or None)
                for (_, table), found in columns.items():
                    key = (schema, table) if schema else (table,)
                    self.found[key] = [column["name"] for column in found]


def refuse_for_generation(answers: Answers, generated: Answers) -> None:
    """A revision that is written cannot be told of renames, or who gives values; it is generated anew.

    :param generated: what it was generated with, which may be said once more.
    :raises UsageError: another rename, value or column was said.
    """
    known = {**generated.tables, **generated.columns}
    renames = {**answers.tables, **answers.columns, **answers.renamed}
    values = dict(answers.valued)
    for column, found in answers.values.items():
        values |= {f"{column}.{old}": new for old, new in found.items()}
    held = {
        f"{column}.{old}": new
        for column, found in generated.values.items()
        for old, new in found.items()
    }
    same = renames.items() <= known.items() and values.items() <= held.items()
    if not same or not set(answers.given) <= set(generated.given):
        raise UsageError(
            "--rename, --value and --given are answers for generation; the revision is written "
            "already.",
            next_step="Give them to `assay generate --again`, then `assay change --continue`.",
        )


def _stale_lines(stale: Sequence[str]) -> tuple[Line, ...]:
    """What is done with, as hints."""
    return tuple(Line(text, "hint") for text in stale)


def stale_step(session: Session) -> Step | None:
    """A note of ``renamed_from`` that the chain has behind it; None where there is none."""
    stale = stale_in(session.chain.snapshot, session.project.metadatas(session.models.run))
    if not stale:
        return None
    count = len(stale)
    return Step(
        "renames",
        Status.NOTE,
        f"{count} renamed_from in the models {'are' if count > 1 else 'is'} done.",
        lines=_stale_lines(stale),
        data={"stale": list(stale)},
    )


def with_notes(step: Step, decision: Decision) -> Step:
    """A step with what a decision has to tell below it: what is done with, what is not given."""
    stale, not_given = decision.stale, decision.not_given
    lines = [*step.lines, *_stale_lines(stale)]
    for column in not_given:
        lines += [
            Line(f"{column}: INSERTs that leave it out will fail", "hint"),
            Line(
                "Give it a server_default in the models first; or release the code that gives it a "
                "value first, then apply this.",
                "hint",
                1,
            ),
        ]
    data = {**({"stale": list(stale)} if stale else {})}
    if not_given:
        data["not_given"] = list(not_given)
    return replace(step, lines=tuple(lines), data={**step.data, **data})
