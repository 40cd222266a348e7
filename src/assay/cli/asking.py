"""Questions to a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

if TYPE_CHECKING:
    from assay.generate.question import Question

__all__ = ["TerminalQuestioner"]

Answer = TypeVar("Answer")


class TerminalQuestioner:
    """Asks whether something was renamed, with the evidence, and who gives values.

    Each question is repeated until it is answered.

    :param display: the terminal that shows the steps; its spinner is taken away first.
    :param answers: where lines are typed.
    """

    def __init__(self, display: Any, answers: TextIO | None = None) -> None:
        self.display, self.answers = display, answers or sys.stdin

    def ask(self, question: Question) -> str | None:
        """The new name; None when it is dropped.

        :raises EOFError: the input has ended.
        """
        self.display.hide()
        self._show(question)
        return self._typed(self._words(question), self._choices(question))

    def gives(self, column: str) -> bool:
        """Whether every release that runs gives a column a value.

        :raises EOFError: the input has ended.
        """
        self.display.hide()
        self._print(
            f"column {column} must have a value from now on, and has no default in the database. "
            "Does every release that runs give it one?"
        )
        return self._typed(["[y]es", "[n]o"], {"y": True, "yes": True, "n": False, "no": False})

    def _typed(self, words: list[str], known: Mapping[str, Answer]) -> Answer:
        while True:
            self._print("  " + " / ".join(words) + ": ", end="")
            line = self.answers.readline()
            if not line:
                self._print("")
                raise EOFError
            said = line.strip().lower()
            if said in known:
                return known[said]

    def _choices(self, question: Question) -> dict[str, str | None]:
        known: dict[str, str | None] = {"d": None, "dropped": None}
        for number, one in enumerate(question.candidates, 1):
            known[str(number)] = one.new
        if len(question.candidates) == 1:
            known |= {"r": question.candidates[0].new, "renamed": question.candidates[0].new}
        return known

    def _words(self, question: Question) -> list[str]:
        if len(question.candidates) == 1:
            return ["[r]enamed", "[d]ropped and added"]
        numbers = [f"[{n}] {one.new}" for n, one in enumerate(question.candidates, 1)]
        return [*numbers, "[d]ropped and added"]

    def _show(self, question: Question) -> None:
        rows = f" ({question.rows})" if question.rows else ""
        owner = question.old.rpartition(".")[0]
        if len(question.candidates) == 1:
            [one] = question.candidates
            new = one.new if question.kind == "table" else f"{owner}.{one.new}"
            said = f" ({', '.join(one.evidence)})" if one.evidence else ""
            self._print(
                f"{question.kind} {question.old} is gone{rows} and {new} is new{said}. "
                "Is it renamed?"
            )
            return
        self._print(f"{question.kind} {question.old} is gone{rows}. Is it renamed?")
        for number, one in enumerate(question.candidates, 1):
            said = f"  ({', '.join(one.evidence)})" if one.evidence else ""
            self._print(f"  {number} to {one.new}{said}")

    def _print(self, text: str, end: str = "\n") -> None:
        self.display.console.print(text, end=end, markup=False, highlight=False, soft_wrap=True)
