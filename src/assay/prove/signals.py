"""What interrupts a walk inside the project's code; ``except Exception`` must not eat it."""

from __future__ import annotations

__all__ = ["NeedsOwnTransactions", "Restart"]


class NeedsOwnTransactions(BaseException):
    """The revision commits or leaves the transaction; it cannot run inside one of ours."""


class Restart(BaseException):
    """The shadow is damaged; the walk goes on after revision ``done`` on a fresh one."""

    def __init__(self, done: int) -> None:
        super().__init__(done)
        self.done = done
