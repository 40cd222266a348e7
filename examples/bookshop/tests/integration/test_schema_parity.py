"""The models and the chain of revisions make the same schema."""

from assay.testing import assert_schema_parity


def test_schema_parity() -> None:
    assert_schema_parity()
