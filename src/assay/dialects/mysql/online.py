"""Which online form of a DDL statement the server accepts: asked by trying, on a shadow.

MariaDB docs, "InnoDB online DDL overview"; MySQL docs, "Online DDL operations". A form that cannot
be had is refused before anything is done: the table stays as it is (MariaDB 10.11, measured).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assay.dialects.mysql.texts import tokens
from assay.dialects.observed import OnlineForm

__all__ = ["FORMS", "cheapest_form"]

FORMS: tuple[tuple[str, str | None], ...] = (
    ("INSTANT", None),
    ("INPLACE", "NONE"),
    ("INPLACE", "SHARED"),
    ("COPY", "SHARED"),
)
"""Algorithm and lock, the cheapest first. INSTANT takes no lock but that of every DDL statement."""

_REFUSED = (1064, 1235, 1845, 1846)
"""``ER_PARSE_ERROR`` (MySQL knows no ``CREATE INDEX … ALGORITHM=INSTANT``), ``ER_NOT_SUPPORTED_YET``,
``ER_ALTER_OPERATION_NOT_SUPPORTED`` and the same with a reason. Any other error is one of every form.
"""


def cheapest_form(execute: Callable[[str], object], statement: str) -> OnlineForm | None:
    """Run an ``ALTER TABLE``, ``CREATE INDEX`` or ``DROP INDEX`` in its cheapest form.

    :param execute: runs one statement on a shadow, and raises what the driver raises.
    :returns: the form that ran; None for other statements, which were not run.
    :raises Exception: the driver's own error where the statement fails in whatever form.
    """
    bare = _without_drop_index(statement.strip().rstrip(";").rstrip())
    joint = _joint(bare)
    if joint is None:
        return None
    refused: list[tuple[str, str]] = []
    forms = () if _says_form(bare) else FORMS
    for algorithm, lock in forms:
        clauses = [f"ALGORITHM={algorithm}", *([f"LOCK={lock}"] if lock else [])]
        tried = bare + joint + joint.join(clauses)
        try:
            execute(tried)
        except Exception as error:
            if _number(error) not in _REFUSED:
                raise
            refused.append((" ".join(clauses), _reason(error)))
        else:
            return OnlineForm(tried, algorithm, lock, tuple(refused))
    execute(bare)
    return OnlineForm(bare, None, None, tuple(refused))


def _joint(statement: str) -> str | None:
    """What stands between a statement and its options."""
    words = [text.upper() for kind, text in tokens(statement[:200]) if kind == "word"]
    if words[:1] == ["ALTER"] and "TABLE" in words[1:4]:
        return ", "
    return " " if words[:1] == ["CREATE"] and "INDEX" in words[1:4] else None


_DROP_INDEX = re.compile(
    r"DROP\s+INDEX\s+(?P<name>(?:IF\s+EXISTS\s+)?(?:`(?:[^`]|``)*`|\S+))\s+ON\s+"
    r"(?P<table>(?:`(?:[^`]|``)*`|[^\s.`]+)(?:\.(?:`(?:[^`]|``)*`|[^\s.`]+))?)\Z",
    re.IGNORECASE,
)


def _without_drop_index(statement: str) -> str:
    """``DROP INDEX`` as the ``ALTER TABLE`` it is: MariaDB 10.11 takes no form with it, measured."""
    found = _DROP_INDEX.match(statement)
    return f"ALTER TABLE {found['table']} DROP INDEX {found['name']}" if found else statement


def _says_form(statement: str) -> bool:
    """The statement asks for an algorithm or a lock itself."""
    depth = 0
    found = [(kind, text) for kind, text in tokens(statement) if kind != "blank"]
    for position, (kind, text) in enumerate(found):
        depth += (text == "(") - (text == ")")
        before = found[position - 1][1].upper() if position else ""
        if kind == "word" and depth == 0 and text.upper() in ("ALGORITHM", "LOCK"):
            follows = found[position + 1][1].upper() if position + 1 < len(found) else ""
            if follows in ("=", "DEFAULT", "INSTANT", "NOCOPY", "INPLACE", "COPY", "NONE"):
                return True
            if follows in ("SHARED", "EXCLUSIVE") and before not in ("COLUMN", "ADD"):
                return True
    return False


def _number(error: BaseException) -> int | None:
    original = getattr(error, "orig", None) or error
    number = getattr(original, "errno", None)
    if number is None and original.args:
        number = original.args[0]
    return number if isinstance(number, int) else None


def _reason(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    texts = [one for one in original.args if isinstance(one, str)]
    return texts[0] if texts else str(original)
