"""Tokens of one SQL text of SQLite, read from front to end."""

from __future__ import annotations

from collections.abc import Sequence

from assay.dialects.sqlite.tokens import SqlTextError, Token, is_group, render, strip_parentheses

__all__ = ["TokenStream"]


class TokenStream:
    """What comes next, and steps over it.

    Whatever is asked for and does not come next raises :class:`SqlTextError`.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The keyword there, or the operator, or an empty string."""
        position = self.at + ahead
        if position >= len(self.tokens):
            return ""
        token = self.tokens[position]
        return token.value if token.kind == "operator" else token.keyword

    def next(self) -> Token:
        if self.done:
            raise SqlTextError("the text ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *keywords: str) -> bool:
        """Step over these keywords if they come next."""
        if any(self.peek(n) != keyword for n, keyword in enumerate(keywords)):
            return False
        self.at += len(keywords)
        return True

    def expect(self, *keywords: str) -> None:
        if not self.accept(*keywords):
            raise SqlTextError(f"expected {' '.join(keywords)}, found {self.peek()!r}")

    def name(self) -> str:
        token = self.next()
        if not token.is_name:
            raise SqlTextError(f"expected a name, found {token.value!r}")
        return token.value

    def group(self) -> Sequence[Token]:
        """What is in the parentheses that begin here."""
        end = is_group(self.tokens[self.at :])
        if end is None:
            raise SqlTextError(f"expected (, found {self.peek()!r}")
        start = self.at + 1
        self.at += end + 1
        return self.tokens[start : self.at - 1]

    def expression(self) -> str:
        return render(strip_parentheses(self.group()))

    def qualified_name(self) -> str:
        self.accept("IF", "NOT", "EXISTS")
        name = self.name()
        return self.name() if self.accept(".") else name

    def on_conflict(self) -> str | None:
        """The resolution, ``None`` for the default."""
        if not self.accept("ON", "CONFLICT"):
            return None
        resolution = self.next().keyword
        return None if resolution == "ABORT" else resolution
