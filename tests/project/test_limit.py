"""What takes too long is ended; what does not leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress

import pytest

from assay.project.limit import TookTooLong, ended_after

PROFILED = """
import cProfile
from assay.project.limit import ended_after
with ended_after(60):
    pass
profile = cProfile.Profile()
profile.enable()
print(sum(n for n in range(1000)))
profile.disable()
"""


def _loop() -> None:
    with ended_after(0.2):
        while True:
            pass


def test_what_does_not_end_is_ended() -> None:
    with pytest.raises(TookTooLong, match=r"0\.2 s"):
        _loop()


def test_what_ends_just_then_leaves_nothing_to_be_raised() -> None:
    for number in range(20):
        with suppress(TookTooLong), ended_after(0.02):
            time.sleep(0.019 + number * 0.0002)
        for _ in range(100_000):
            pass


def test_a_profiler_goes_on_working_afterwards() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROFILED], capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.stdout.strip() == "499500", ran.stderr
