"""What each rule is shown on: a bad revision, one near it that is fine, and the bad one as advised."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from textwrap import dedent, indent

from assay.procedure.proving import Examination
from assay.review.engine import Review
from small_project import SYNC, lay_out, opened

__all__ = ["Case", "all_cases", "reviewed"]


@dataclass(frozen=True)
class Case:
    """One rule on one engine.

    :param rule: its code, ``locks/index-blocks-writes``.
    :param engine: ``postgresql``, ``mysql`` (MariaDB) or ``sqlite``.
    :param setup: SQL statements of the database before, each ended by a semicolon at a line's end.
        Rows are made for every table that is left empty.
    :param bad: body of an ``upgrade()`` that the rule finds something in.
    :param good: body of another that looks much the same and is fine.
    :param advised: the bad one after doing what the finding says; several: one revision each.
    :param bad_down: body of its ``downgrade()``; so the others.
    :param same: the advised one leads to the catalog that the bad one leads to.
    :param preamble: what stands before the functions in the file.
    :param settings: more of ``[tool.assay]``.
    """

    rule: str
    engine: str
    setup: str
    bad: str
    good: str
    advised: str | Sequence[str]
    bad_down: str = "pass"
    good_down: str = "pass"
    advised_down: str = "pass"
    same: bool = True
    preamble: str = ""
    settings: str = ""

    @property
    def bodies(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """For each form its revisions: bodies of ``upgrade()`` and ``downgrade()``."""
        several = (self.advised,) if isinstance(self.advised, str) else tuple(self.advised)
        return {
            "bad": ((self.bad, self.bad_down),),
            "good": ((self.good, self.good_down),),
            "advised": tuple((one, self.advised_down) for one in several),
        }


def all_cases() -> tuple[Case, ...]:
    """Every case beside this file: ``cases/<family>/<rule>.py`` has them as ``CASES``."""
    found: list[Case] = []
    root = Path(__file__).parent / "cases"
    for family in sorted(p for p in root.iterdir() if p.is_dir()):
        for module in sorted(pkgutil.iter_modules([str(family)]), key=lambda m: m.name):
            loaded = import_module(f"review.cases.{family.name}.{module.name}")
            found.extend(loaded.CASES)
    return tuple(found)


@contextmanager
def reviewed(
    folder: Path, case: Case, form: str, shadow: str | None
) -> Iterator[tuple[Review, ...]]:
    """The reviews of one form of a case, each revision as ``assay review`` sees it.

    :param shadow: URL of the server to make shadows on; None for SQLite, and for a private
        PostgreSQL.
    """
    revisions = {"a0_before.py": _file("a0", None, (_script(case.setup), "pass"), "")}
    for number, body in enumerate(case.bodies[form], 1):
        after = "a0" if number == 1 else f"a{number - 1}"
        revisions[f"a{number}_{form}.py"] = _file(f"a{number}", after, body, case.preamble)
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    url = shadow or (nowhere if case.engine == "postgresql" else f"sqlite:///{folder}/real.db")
    named = f"[tool.assay.shadow]\n{case.engine} = {shadow!r}" if shadow else ""
    lay_out(folder, SYNC, url=url, assay=f"{named}\n{case.settings}", revisions=revisions)
    with opened(folder) as session:
        history = session.project.history
        examined = [Examination(session, r, False) for r in history.revisions[1:]]
        yield tuple(one.review()[1] for one in examined)


def _script(sql: str) -> str:
    statements = [s.strip() for s in dedent(sql).strip().split(";\n")]
    return "\n".join(f"op.execute({s.rstrip(';')!r})" for s in statements if s)


def _file(ident: str, after: str | None, body: tuple[str, str], preamble: str) -> str:
    up, down = (indent(dedent(text).strip() or "pass", "    ") for text in body)
    return (
        f'"""{ident}"""\nfrom alembic import op\nimport sqlalchemy as sa\nimport assay.operations\n'
        f"revision = {ident!r}\ndown_revision = {after!r}\n{dedent(preamble)}\n\n"
        f"def upgrade():\n{up}\n\n\ndef downgrade():\n{down}\n"
    )
