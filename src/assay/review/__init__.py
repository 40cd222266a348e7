"""Judging a revision by its effects."""

from assay.review.finding import Finding, Severity

__all__ = ["Finding", "Severity"]
