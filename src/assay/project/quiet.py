"""While the project's code runs: none of it in our output, and our logging as it was after it."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

__all__ = ["quiet"]

_ATTRIBUTES = ("level", "disabled", "propagate")


@contextmanager
def quiet() -> Iterator[None]:
    """Log lines and warnings go nowhere, prints to standard error; logging is put back at the end.

    ``fileConfig`` in ``env.py`` disables every logger that exists and closes every handler.
    """
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with _logging_kept(), warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


@contextmanager
def _logging_kept() -> Iterator[None]:
    before = {logger: _state(logger) for logger in _loggers()}
    # logging.shutdown(), which fileConfig calls, closes what is in this list (Python 3.10 to 3.14)
    registered: list[Any] = getattr(logging, "_handlerList", [])
    handlers = list(registered)
    del registered[:]
    try:
        yield
    finally:
        registered[:0] = handlers
        for logger in _loggers():
            if logger in before:
                _put_back(logger, before[logger])
            else:
                logger.disabled = False


def _loggers() -> list[logging.Logger]:
    found = [
        one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)
    ]
    return [logging.root, *found]


def _state(logger: logging.Logger) -> dict[str, Any]:
    return {
        "handlers": list(logger.handlers),
        "filters": list(logger.filters),
        **{name: getattr(logger, name) for name in _ATTRIBUTES},
    }


def _put_back(logger: logging.Logger, state: dict[str, Any]) -> None:
    logger.handlers[:] = state["handlers"]
    logger.filters[:] = state["filters"]
    logger.propagate, logger.disabled = state["propagate"], state["disabled"]
    logger.setLevel(state["level"])  # forgets the cached answers of isEnabledFor
