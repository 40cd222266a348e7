"""Settings: ``[tool.assay]``, the environment and flags, each value with its origin."""

from assay.config.places import where_of
from assay.config.settings import Baseline, Settings, load_settings

__all__ = ["Baseline", "Settings", "load_settings", "where_of"]
