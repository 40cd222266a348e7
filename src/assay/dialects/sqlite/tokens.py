"""SQL text as SQLite reads it, cut into tokens, and written back in one canonical spelling.

The canonical spelling forgets blank space, comments, the case of keywords and which quotes an
identifier stands in. It keeps literals, the case of identifiers, and quotes that change the
meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = [
    "SqlTextError",
    "Token",
    "identifier",
    "is_group",
    "render",
    "split_at_commas",
    "strip_parentheses",
    "tokenize",
]

# What SQLite's grammar never takes as a bare identifier (3.40.1, parse.y), and the words that may
# be one but mean something else unquoted in an expression or a statement.
_KEYWORDS = frozenset(
    [
        "ADD",
        "ALL",
        "ALTER",
        "AND",
        "AS",
        "AUTOINCREMENT",
        "BETWEEN",
        "CASE",
        "CHECK",
        "COLLATE",
        "COMMIT",
        "CONSTRAINT",
        "CREATE",
        "DEFAULT",
        "DEFERRABLE",
        "DELETE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "ESCAPE",
        "EXISTS",
        "FILTER",
        "FOREIGN",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INDEX",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "ISNULL",
        "JOIN",
        "LIMIT",
        "NOT",
        "NOTHING",
        "NOTNULL",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "OVER",
        "PRIMARY",
        "REFERENCES",
        "RETURNING",
        "SELECT",
        "SET",
        "TABLE",
        "THEN",
        "TO",
        "TRANSACTION",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
        "WINDOW",
        "AFTER",
        "ASC",
        "BEFORE",
        "BEGIN",
        "BY",
        "CAST",
        "CROSS",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "DESC",
        "EACH",
        "END",
        "EXCEPT",
        "FALSE",
        "FOR",
        "FULL",
        "GLOB",
        "IF",
        "INNER",
        "INSTEAD",
        "LEFT",
        "LIKE",
        "MATCH",
        "NATURAL",
        "OF",
        "OFFSET",
        "OUTER",
        "RAISE",
        "RECURSIVE",
        "REGEXP",
        "REPLACE",
        "RIGHT",
        "ROW",
        "TRIGGER",
        "TRUE",
        "VIEW",
        "WITH",
        "WITHOUT",
    ]
)

# Keywords that are written like functions: RAISE(…), CAST(…), and those that are functions too.
_CALLED = frozenset(["CAST", "GLOB", "LIKE", "MATCH", "RAISE", "REGEXP", "REPLACE"])

_LEX = re.compile(
    r"""
      (?P<blank> [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<blob> [xX]'[0-9a-fA-F]*' )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
    | (?P<number> 0[xX][0-9a-fA-F_]+ | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)
                  (?:[eE][+-]?[0-9]+)? )
    | (?P<word> [A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]* )
    | (?P<operator> ->> | -> | \|\| | == | <> | <= | >= | != | << | >> | [-+*/%&|~=<>(),.;] )
    """,
    re.VERBOSE | re.DOTALL,
)

_PLAIN = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*\Z")


class SqlTextError(ValueError):
    """A text that is not what SQLite writes into its schema table."""


class Token(NamedTuple):
    """One token.

    :param kind: ``word`` (bare), ``quoted`` (an identifier in quotes), ``string``, ``blob``,
        ``number`` or ``operator``.
    :param value: canonical spelling; for ``quoted`` and ``string`` what is between the quotes.
    :param start: where it begins in the text.
    """

    kind: str
    value: str
    start: int

    @property
    def keyword(self) -> str:
        """The bare word in upper case, or an empty string."""
        return self.value.upper() if self.kind == "word" else ""

    @property
    def is_name(self) -> bool:
        """Whether it can name something: SQLite takes ``'a'`` as a name too."""
        return self.kind in ("word", "quoted", "string")


def tokenize(sql: str) -> list[Token]:
    """All tokens, blank space and comments left out.

    :raises SqlTextError: a literal or a quoted name has no end, or a character is unknown.
    """
    return list(_tokens(sql))


def _tokens(sql: str) -> Iterator[Token]:
    position = 0
    while position < len(sql):
        match = _LEX.match(sql, position)
        if match is None:
            raise SqlTextError(f"unexpected {sql[position : position + 20]!r}")
        kind, text = str(match.lastgroup), match.group()
        if kind == "quoted":
            quote = "]" if text[0] == "[" else text[0]
            yield Token(kind, text[1:-1].replace(quote * 2, quote), position)
        elif kind == "string":
            yield Token(kind, text[1:-1].replace("''", "'"), position)
        elif kind == "blob":
            yield Token(kind, text.lower(), position)
        elif kind != "blank":
            yield Token(kind, text, position)
        position = match.end()


def identifier(name: str) -> str:
    """A name as it stands in canonical text: in double quotes only where it needs them."""
    if _PLAIN.match(name) and name.upper() not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def _spelled(token: Token) -> str:
    if token.kind == "quoted":
        return identifier(token.value)
    if token.kind == "string":
        return "'" + token.value.replace("'", "''") + "'"
    if token.keyword in _KEYWORDS:
        return token.keyword
    return token.value


def render(tokens: Sequence[Token]) -> str:
    """The canonical spelling of these tokens."""
    out: list[str] = []
    before: Token | None = None
    unary = False
    for token in tokens:
        sign = token.kind == "operator" and token.value in ("+", "-", "~")
        # A unary sign belongs to what follows; but "- -1" must not become "--1", a comment.
        if before is not None and not (unary and not sign) and not _touches(before, token):
            out.append(" ")
        out.append(_spelled(token))
        unary = sign and not _is_operand(before)
        before = token
    return "".join(out)


def _is_operand(token: Token | None) -> bool:
    if token is None:
        return False
    if token.kind == "operator":
        return token.value == ")"
    return token.keyword not in _KEYWORDS or token.keyword in (
        ["NULL", "TRUE", "FALSE", "END", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"]
    )


def _touches(left: Token, right: Token) -> bool:
    """Whether no blank stands between the two."""
    if right.kind == "operator" and right.value in (",", ")", ";", "."):
        return True
    if left.kind == "operator" and left.value in ("(", "."):
        return True
    if right.kind == "operator" and right.value == "(" and left.kind in ("word", "quoted"):
        return left.keyword not in _KEYWORDS or left.keyword in _CALLED
    return False


def _close(tokens: Sequence[Token], start: int) -> int:
    """The position of the parenthesis that closes the one at ``start``."""
    depth = 0
    for position in range(start, len(tokens)):
        token = tokens[position]
        if token.kind == "operator":
            depth += (token.value == "(") - (token.value == ")")
            if depth == 0:
                return position
    raise SqlTextError("a parenthesis has no end")


def is_group(tokens: Sequence[Token]) -> int | None:
    """Where the group that these tokens begin with closes; ``None`` if they begin with no ``(``."""
    if not tokens or tokens[0].kind != "operator" or tokens[0].value != "(":
        return None
    return _close(tokens, 0)


def strip_parentheses(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without the parentheses that hold the whole expression: ``((a > 0))`` is ``a > 0``."""
    while (end := is_group(tokens)) is not None and end == len(tokens) - 1 and end > 1:
        tokens = tokens[1:-1]
    return tokens


def split_at_commas(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The parts between the commas that are in no parentheses."""
    parts: list[Sequence[Token]] = []
    depth = start = 0
    for position, token in enumerate(tokens):
        if token.kind != "operator":
            continue
        depth += (token.value == "(") - (token.value == ")")
        if token.value == "," and depth == 0:
            parts.append(tokens[start:position])
            start = position + 1
    parts.append(tokens[start:])
    return parts
