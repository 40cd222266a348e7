"""An ``env.py`` or a revision that fails: what, where, the next step, and its own traceback."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

import forks
from assay.errors import AssayError, UsageError
from assay.procedure.checking import check
from small_project import MODELS, SYNC, lay_out, opened, revision, sync_env

ENGINE = "sa.create_engine('sqlite:///dev.db')"


def failure(folder: Path) -> AssayError:
    with pytest.raises(AssayError) as caught, opened(folder) as session:
        check(session, live=False, database=None)
    return caught.value


def test_env_that_raises(tmp_path: Path) -> None:
    env = "def broken():\n    raise LookupError('no such tenant')\nbroken()\n"
    error = failure(lay_out(tmp_path, env))
    assert "LookupError: no such tenant" in error.what
    assert (error.where or "").endswith("migrations/env.py:2")
    assert "raise LookupError('no such tenant')" in (error.cause or "")
    assert "assay/project" not in (error.cause or "")
    assert int(error.exit_code) == 2


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ("import sys\nsys.exit('no database configured')\n", "no database configured"),
        (MODELS, "without calling context.run_migrations"),
        (sync_env(ENGINE, models="metadata = None"), "no target_metadata"),
        (sync_env(ENGINE, models="import sqlalchemy\nmetadata = sqlalchemy.MetaData()"), "empty"),
        (SYNC.replace("engine = ", "engine = = "), "syntax error"),
        (sync_env(ENGINE) + "    with context.begin_transaction():\n        context.run_migrations()",
         "more than once"),
        ("from alembic import context\ncontext.configure(dialect_name='sqlite')\n"
         "with context.begin_transaction():\n    context.run_migrations()\n", "no connection"),
    ],
)  # fmt: skip
def test_what_env_does_wrong(tmp_path: Path, env: str, said: str) -> None:
    error = failure(lay_out(tmp_path, env))
    assert said in error.what
    assert error.next_step
    assert int(error.exit_code) == 2


@pytest.mark.parametrize(
    ("revisions", "said", "where"),
    [
        ({"a1.py": "revision = 'a1'\ndown_revision = None\ndef upgrade(:\n"}, "syntax error", "a1.py:3"),
        ({"b2.py": revision(ident="b2", after="gone")}, "gone", ""),
        ({"a1.py": revision(), "b2.py": revision()}, "more than once", ""),
        ({"a1.py": revision("raise ValueError('unlucky')")}, "unlucky", "a1.py:7"),
        ({"a1.py": revision("raise SystemExit('good bye')")}, "good bye", "a1.py:7"),
        ({"a1.py": "import sys\nsys.exit('good bye')\n"}, "good bye", "a1.py:2"),
        ({"a1.py": "import no_such_thing\n"}, "no_such_thing", "a1.py:1"),
        ({"a1.py": "revision = 'a1'\ndown_revision = None\n"}, "no function upgrade()", "a1.py"),
        (
            {"a1.py": revision("raise ValueError('postgresql://me:t0p@host/db')")},
            "postgresql://me:***@host/db",
            "a1.py:7",
        ),
    ],
    ids=[
        "syntax",
        "broken down_revision",
        "duplicate",
        "raises",
        "SystemExit",
        "SystemExit while it loads",
        "raises while it loads",
        "no upgrade()",
        "a password in what it raises",
    ],
)  # fmt: skip
def test_what_a_revision_does_wrong(
    tmp_path: Path, revisions: dict[str, str], said: str, where: str
) -> None:
    error = failure(lay_out(tmp_path, SYNC, url="sqlite:///dev.db", revisions=revisions))
    assert said in f"{error.what} {error.where}"
    assert where in (error.where or "")


LOUD = """
import logging, logging.config, sys
print("printed by env.py")
logging.config.dictConfig({
    "version": 1, "disable_existing_loggers": True,
    "handlers": {"console": {"class": "logging.StreamHandler", "stream": sys.stdout}},
    "root": {"level": "DEBUG", "handlers": ["console"]},
})
logging.getLogger("loud").warning("logged by env.py")
"""


def test_logging_is_as_it_was(tmp_path: Path) -> None:
    logger = logging.getLogger("somebody.of.ours")
    own = logging.FileHandler(tmp_path / "own.log", mode="w")
    logger.addHandler(own)
    try:
        before = (logging.root.level, list(logging.root.handlers), logging.root.manager.disable)
        with opened(lay_out(tmp_path / "p", LOUD + SYNC, url="sqlite:///dev.db")) as session:
            check(session, live=False, database=None)
        after = (logging.root.level, list(logging.root.handlers), logging.root.manager.disable)
        assert before == after
        assert not logger.disabled
        logger.error("still heard")
        assert "still heard" in (tmp_path / "own.log").read_text()
    finally:
        logger.removeHandler(own)
        own.close()


def test_json_is_one_document(tmp_path: Path) -> None:
    loud = revision('print("printed by a revision")\n' + "op.create_table('users', "
                    "sa.Column('id', sa.Integer(), primary_key=True))")  # fmt: skip
    folder = lay_out(tmp_path, LOUD + SYNC, url="sqlite:///dev.db", revisions={"a1.py": loud})
    done = forks.run("assay", ["check", "--json"], folder, os.environ)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["command"] == "check"
    assert "printed by env.py" in done.stderr
    assert "printed by a revision" in done.stderr


def test_usage_errors_have_no_password(tmp_path: Path) -> None:
    env = sync_env("sa.create_engine('mysql+nodriver://me:topsecret@127.0.0.1/x')")
    error = failure(lay_out(tmp_path, env))
    assert isinstance(error, UsageError)
    assert "topsecret" not in error.what + (error.where or "")
