"""The known mistakes of a project: one file for each check in ``checks/``. Changes nothing."""

from assay.doctor.check import Check, NotLookedAt, Result, all_checks, examine
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding, Severity

__all__ = [
    "Check",
    "Examined",
    "Finding",
    "NotLookedAt",
    "Result",
    "Severity",
    "all_checks",
    "examine",
]
