"""Which versions are too old."""

from __future__ import annotations

import pytest

from assay.doctor.checks.versions import too_old


@pytest.mark.parametrize("installed", ["1.17.2", "1.9", "0.99.1"])
def test_too_old(installed: str) -> None:
    assert too_old(installed, (1, 18))


@pytest.mark.parametrize("installed", ["1.18", "1.18.0", "1.20.1", "2.0.0rc1", "1.18.0b2"])
def test_new_enough(installed: str) -> None:
    assert not too_old(installed, (1, 18))
