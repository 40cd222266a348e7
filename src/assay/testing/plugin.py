"""The pytest plugin: ``pytest --assay`` adds the checks as tests. Imports nothing until it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pytest_addoption", "pytest_collection_modifyitems"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin."""
    group = parser.getgroup("assay", "schema change checks")
    group.addoption(
        "--assay",
        action="store_true",
        default=False,
        help="add the checks of the schema change procedure as tests",
    )
    group.addoption(
        "--assay-revisions",
        default=None,
        metavar="A:B",
        help="check these revisions only (default: the whole chain)",
    )


class _Check(pytest.Item):
    """One check as a test."""

    check: Callable[[], None]

    def runtest(self) -> None:
        self.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[str, None, str]:
        return "assay", None, f"assay: {self.name}"


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the checks behind the project's own tests."""
    if not config.getoption("--assay"):
        return
    from functools import partial

    from assay.testing import checks

    root, revisions = config.rootpath, config.getoption("--assay-revisions")
    for name, check in (
        ("parity", partial(checks.assert_schema_parity, root)),
        ("single_head", partial(checks.assert_single_head, root)),
        ("every_revision_reverses", partial(checks.assert_reverses, root, revisions)),
        ("no_hand_written_ddl", partial(checks.assert_no_hand_written_ddl, root, revisions)),
    ):
        item = _Check.from_parent(session, name=name, nodeid=f"assay::{name}")
        item.check = check
        items.append(item)
