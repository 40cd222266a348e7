"""Which online form of a DDL statement the server accepts: asked by trying, on a shadow.

MariaDB docs, "InnoDB online DDL overview"; MySQL docs, "Online DDL operations". A form that cannot
be had is refused before anything is done: the table stays as it is (MariaDB 10.11, measured).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from assay.dialects.mysql.texts import tokens
from assay.dialects.observed import OnlineForm

__all__ = ["FORMS", "cheapest_form", "error_number"]

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
    said = _stated(bare)
    if "DEFAULT" in said.values():
        execute(bare)
        return OnlineForm(bare, None, None)
    refused: list[tuple[str, str]] = []
    for form in _tried(said):
        clauses = [f"{name}={value}" for name, value in form.items() if name not in said]
        tried = joint.join([bare, *clauses])
        try:
            execute(tried)
        except Exception as error:
            if error_number(error) not in _REFUSED or not clauses:
                raise
            refused.append((" ".join(clauses), _reason(error)))
        else:
            return OnlineForm(
                tried, form.get("ALGORITHM"), form.get("LOCK"), tuple(refused), bool(said)
            )
    execute(bare)
    return OnlineForm(bare, said.get("ALGORITHM"), said.get("LOCK"), tuple(refused), bool(said))


def _tried(said: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The forms to try, the cheapest first, each with what the statement says itself."""
    if len(said) == 2 or said.get("ALGORITHM") == "INSTANT":
        yield dict(said)
        return
    # NOCOPY is INPLACE that writes no row anew (MariaDB docs, "ALTER TABLE")
    nocopy = tuple(("NOCOPY", lock) for lock in ("NONE", "SHARED"))
    for algorithm, lock in nocopy if said.get("ALGORITHM") == "NOCOPY" else FORMS:
        form = {"ALGORITHM": algorithm, **({"LOCK": lock} if lock else {})}
        if form.items() >= said.items() or (not lock and "ALGORITHM" not in said):
            yield {**form, **said}


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


def _stated(statement: str) -> dict[str, str]:
    """The ``ALGORITHM`` and the ``LOCK`` that a statement asks for itself."""
    depth = 0
    said: dict[str, str] = {}
    found = [(kind, text.upper()) for kind, text in tokens(statement) if kind != "blank"]
    for position, (kind, text) in enumerate(found):
        depth += (text == "(") - (text == ")")
        if kind != "word" or depth or text not in _VALUES:
            continue
        before = found[position - 1][1] if position else ""
        follows = [one for _, one in found[position + 1 : position + 3]]
        value = follows[1] if follows[:1] == ["="] and len(follows) > 1 else (*follows, "")[0]
        if value in _VALUES[text] and before not in ("COLUMN", "ADD"):
            said[text] = value
    return said


_VALUES = {
    "ALGORITHM": ("DEFAULT", "INSTANT", "NOCOPY", "INPLACE", "COPY"),
    "LOCK": ("DEFAULT", "NONE", "SHARED", "EXCLUSIVE"),
}


def error_number(error: BaseException) -> int | None:
    """The server's number of what a driver raised."""
    original = getattr(error, "orig", None) or error
    number = getattr(original, "errno", None)
    if number is None and original.args:
        number = original.args[0]
    return number if isinstance(number, int) else None


def _reason(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    texts = [one for one in original.args if isinstance(one, str)]
    return texts[0] if texts else str(original)
