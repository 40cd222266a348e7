"""Throwaway databases: where they come from, what is built on them, their end."""

from assay.shadow.shadows import Shadows

__all__ = ["Shadows"]
