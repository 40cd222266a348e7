"""The checks as plain functions for a project's own tests. Importing this imports no SQLAlchemy."""

from assay.testing.checks import (
    assert_no_hand_written_ddl,
    assert_reverses,
    assert_schema_parity,
    assert_single_head,
)

__all__ = [
    "assert_no_hand_written_ddl",
    "assert_reverses",
    "assert_schema_parity",
    "assert_single_head",
]
