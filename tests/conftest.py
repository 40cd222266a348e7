"""Fixtures for everything: real servers, found once, or started for the run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from real_servers import answers, private_mariadb, private_postgresql

ROOT = Path(__file__).resolve().parent.parent
INSTALLED_POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
INSTALLED_MARIADB = "mysql+pymysql://root@127.0.0.1:3306/mysql"
LONGEST = ("test_examples.py", "test_pairs.py", "test_plugin.py")
"""Files whose tests take up to a minute each: begun first, so that no worker is left with one."""


def pytest_configure() -> None:
    """With ASSAY_TEST_WHEEL set, the installed package is what is tested, not the source tree."""
    import assay

    if os.environ.get("ASSAY_TEST_WHEEL") and Path(assay.__file__).is_relative_to(ROOT / "src"):
        raise pytest.UsageError(f"these tests are to run on the wheel, not on {assay.__file__}")
    # PyMySQL reads all the machine's certificates before each connection, 21 ms; only pip needs any
    certificates = os.environ.get("SSL_CERT_FILE", os.devnull)
    if certificates != os.devnull:
        os.environ.setdefault("PIP_CERT", certificates)
    os.environ["SSL_CERT_FILE"] = os.devnull
    # a shell ignores it for what runs in its background; programs of ours are to be interrupted
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; else the order stays."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a real PostgreSQL server on which databases may be made.

    ``ASSAY_TEST_POSTGRESQL``, else 127.0.0.1:5432 where it lets postgres in without a password,
    else a server started for the run. Never skipped.
    """
    named = os.environ.get("ASSAY_TEST_POSTGRESQL")
    if named or answers(INSTALLED_POSTGRESQL):
        yield named or INSTALLED_POSTGRESQL
        return
    with private_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def quick_postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server of the run's own, in memory, for many small databases.

    ``ASSAY_TEST_POSTGRESQL`` where that names one. It is for tests that hold what was made on a
    server against what else was made there; those that act as a person does, and those of servers
    that go on running, use ``postgresql_server``.
    """
    named = os.environ.get("ASSAY_TEST_POSTGRESQL")
    if named:
        yield named
        return
    with private_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def quick_mariadb(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same of MariaDB or MySQL; the other one where its programs are not installed here."""
    with ExitStack() as stack:
        url = None
        if not os.environ.get("ASSAY_TEST_MYSQL"):
            with suppress(LookupError):
                url = stack.enter_context(private_mariadb())
        yield url or request.getfixturevalue("mariadb_server")


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """URL of a real MariaDB or MySQL server on which databases may be made.

    ``ASSAY_TEST_MYSQL``, else 127.0.0.1:3306 where it lets root in without a password, else a
    server started for the run. Skipped where there are no server programs, except under ``CI``.
    """
    named = os.environ.get("ASSAY_TEST_MYSQL")
    if named or answers(INSTALLED_MARIADB):
        yield named or INSTALLED_MARIADB
        return
    try:
        with private_mariadb() as url:
            yield url
    except LookupError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"{error}; set ASSAY_TEST_MYSQL to the URL of one")
