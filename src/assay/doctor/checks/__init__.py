"""The checks; each file here has one as ``CHECK``."""
