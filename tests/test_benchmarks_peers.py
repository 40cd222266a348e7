"""The corpus of ``make bench-peers`` does what it says, and the benchmark judges as its page says."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts" / "bench_peers"))

import corpus
import forms
import judge
import peers

from assay.review.rule import all_rules

BY_NAME = {form.ident: form for form in forms.every_form()}
RAISING = "P02-concurrently-in-transaction"


def test_forms_do_what_they_say(postgresql_server: str, tmp_path: Path) -> None:
    """The ones that run are taken back again, the one that is to fail fails."""
    with corpus.prepared(postgresql_server, tmp_path) as template:
        for name in ("P01-index", RAISING, "P44-update-by-orm"):
            form = BY_NAME[name]
            bad, safe = corpus.subjects(tmp_path, form)
            assert corpus.check(template, bad, form.fails) == ""
            assert corpus.check(template, safe) == ""


def test_a_form_that_does_not_is_named(postgresql_server: str, tmp_path: Path) -> None:
    """An upgrade that raises, one that does not though it is to, and a broken downgrade."""
    good = BY_NAME["P01-index"].safe
    with corpus.prepared(postgresql_server, tmp_path) as template:

        def said(body: forms.Body, fails: str = "") -> str:
            return corpus.check(template, corpus.lay_out(tmp_path, "f", body, "f"), fails)

        assert "cannot run inside" in said(BY_NAME[RAISING].bad)
        assert "was to fail" in said(good, "cannot run inside")
        assert said(replace(good, down='op.drop_table("nowhere")')).startswith("downgrade raises")


def test_what_cannot_be_written_as_sql_is_not_read(tmp_path: Path) -> None:
    """An ORM session has no SQL before it runs; helper functions and loops have."""
    orm, _ = corpus.subjects(tmp_path, BY_NAME["P44-update-by-orm"])
    loop, _ = corpus.subjects(tmp_path, BY_NAME["P01-index-in-loop"])
    assert orm.sql is None
    assert orm.no_sql
    assert loop.sql is not None
    assert loop.sql.count("CREATE INDEX") == 2
    tools = peers.Tools(tmp_path / "no-peers", Path(sys.executable), "")
    assert tools.ask("squawk", orm).error.startswith("alembic upgrade --sql")


def test_assay_is_asked_and_judged(postgresql_server: str, tmp_path: Path) -> None:
    """The bad form is found, the safe one is not, by the program itself."""
    form = BY_NAME["P01-index-in-do"]
    tools = peers.Tools(tmp_path, Path(sys.executable), postgresql_server)
    bad, safe = (tools.ask("assay", one) for one in corpus.subjects(tmp_path, form))
    assert not bad.error + safe.error
    verdict = judge.judge(form, bad, safe, frozenset())
    assert verdict.mark == "yes"
    assert "locks/index-blocks-writes" in verdict.rules
    assert "locks/index-blocks-writes" not in verdict.alarms


@pytest.mark.parametrize(
    ("bad", "safe", "general", "mark"),
    [
        ({"names-it"}, set(), set(), "yes"),
        ({"names-it"}, {"names-it"}, set(), "–"),
        ({"names-it"}, set(), {"names-it"}, "–"),
        ({peers.UNREADABLE}, set(), set(), "–"),
        ({"AG007 set-not-null"}, {"AG007 set-not-null"}, set(), "both"),
    ],
)
def test_what_counts_as_found(bad: set[str], safe: set[str], general: set[str], mark: str) -> None:
    """A rule that speaks of the bad form alone; not of every revision; not for want of reading."""

    def said(rules: set[str]) -> peers.Said:
        return peers.Said(tuple(peers.Finding(r, "error", "") for r in rules))

    form = BY_NAME["P15-not-null"]
    assert judge.judge(form, said(bad), said(safe), frozenset(general)).mark == mark


def test_exceptions_name_forms_that_exist() -> None:
    """Nothing is left in the lists of a form, or a rule, that is gone."""
    assert {*judge.BESIDE, *judge.SAME} <= BY_NAME.keys()
    assert judge.LEFT.keys() <= {rule.code for rule in all_rules()}
