"""The corpus: unsafe changes of PostgreSQL as Alembic revisions, each beside its safe counterpart.

A form is two revisions on the same small schema (``baseline.py``): the bad one has the hazard, the
safe one does the same job, or the nearest that is safe, without it. ``corpus.py`` applies every one
of them to a real server, so a form that does not run, or a hazard that does not fail where it says so,
is reported by the program itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, indent

__all__ = [
    "AUTO",
    "DROP_COLUMN",
    "NEW_COLUMN",
    "SHORT_WAIT",
    "TIMEOUTS",
    "Body",
    "Form",
    "every_form",
]

AUTO = "with op.get_context().autocommit_block():\n    "
"""What a statement is written after that has to be, or had better be, in no transaction of others."""
SHORT_WAIT = "op.execute(\"SET LOCAL lock_timeout = '2s'\")\n"
"""After a block of autocommit the transaction is another one, and has no limit yet."""
TIMEOUTS = SHORT_WAIT + "op.execute(\"SET LOCAL statement_timeout = '60s'\")\n"
"""Begins every upgrade, bad or safe, whose hazard is not that they are missing."""


@dataclass(frozen=True)
class Body:
    """One revision: Python statements of its two functions, and what stands before them."""

    up: str
    down: str
    module: str = ""

    def text(self, ident: str, after: str | None, what: str = "", timeouts: bool = True) -> str:
        """The revision's file.

        :param ident: its revision id; ``after`` is the one before it.
        :param timeouts: begin the upgrade with :data:`TIMEOUTS`.
        """
        up = (TIMEOUTS if timeouts else "") + dedent(self.up).strip()
        module = dedent(self.module).strip()
        return (
            f'"""{what or ident}"""\n\n'
            "import os  # noqa: F401\n\n"
            "import sqlalchemy as sa  # noqa: F401\n"
            "from alembic import op\n"
            "from sqlalchemy.dialects import postgresql  # noqa: F401\n\n"
            f"revision = {ident!r}\ndown_revision = {after!r}\n"
            "branch_labels = None\ndepends_on = None\n\n"
            + (f"\n{module}\n\n" if module else "")
            + f"\ndef upgrade():\n{indent(up, '    ')}\n"
            + f"\n\ndef downgrade():\n{indent(dedent(self.down).strip(), '    ')}\n"
        )


DROP_COLUMN = 'op.drop_column("orders", "{}")'
NEW_COLUMN = Body(
    'op.add_column("orders", sa.Column("memo", sa.Text()))', DROP_COLUMN.format("memo")
)
"""What is safe wherever the hazard is a change to what is there."""


@dataclass(frozen=True)
class Form:
    """One hazard.

    :param hazard: its number in the catalogue of unsafe changes.
    :param name: with the number the form's own name.
    :param what: the change, for a row of the page.
    :param fails: the hazard is that the upgrade raises; a part of what the server says.
    :param timeouts: both upgrades begin with :data:`TIMEOUTS`.
    :param widespread: the hazard is one that most revisions share, so what a tool says of harmless
        revisions as well counts here.
    """

    hazard: str
    name: str
    what: str
    bad: Body
    safe: Body
    fails: str = ""
    timeouts: bool = True
    widespread: bool = False

    @property
    def ident(self) -> str:
        """Number and name, fit for a folder."""
        return f"{self.hazard}-{self.name}"


def every_form() -> tuple[Form, ...]:
    """The whole corpus, in the order of the page."""
    from forms_code import FORMS as CODE
    from forms_constraints import FORMS as CONSTRAINTS
    from forms_data import FORMS as DATA
    from forms_hidden import FORMS as HIDDEN
    from forms_locks import FORMS as LOCKS

    forms = (*LOCKS, *CONSTRAINTS, *DATA, *CODE, *HIDDEN)
    names = [f.ident for f in forms]
    assert len(names) == len(set(names)), "two forms of one name"
    return forms
