"""Errors of the library: each message says what, the value, the rule, and the next step."""

from __future__ import annotations


class TsinterpError(Exception):
    """Base of every error the library raises on purpose."""


class UnknownName(TsinterpError, LookupError):
    """A name is in no registry; the message lists the nearest names and all known ones."""


class InvalidInput(TsinterpError, ValueError):
    """A value breaks a stated rule: shape, range, finiteness, type."""


class MemoryBudgetExceeded(TsinterpError, MemoryError):
    """Something asked for is larger than the memory at hand; raised before anything is allocated."""


class DataUnavailable(TsinterpError, OSError):
    """A data file is absent, or what was downloaded is not what was expected."""


class CannotWrite(TsinterpError, OSError):
    """A file cannot be written: the disk is full, or refuses; what was there before is unchanged."""

    def __str__(self) -> str:
        return str(self.strerror)


class ClusterError(TsinterpError, OSError):
    """The processes that should compute cannot be had: no scheduler answers, or no worker starts."""


class Stopped(TsinterpError):
    """A run was stopped from the keyboard; what is finished is kept."""


class StoreError(TsinterpError):
    """A result file cannot be read as it was written."""


class CheckpointError(TsinterpError):
    """A stored model does not fit the code that loads it."""


class CheckpointDamaged(CheckpointError):
    """A stored model is not what was written."""


class MissingRows(TsinterpError, LookupError):
    """Rows were asked for that nobody has computed yet."""


class NotebookError(TsinterpError):
    """A chapter was called with parameters it does not have, or a cell of it failed."""


class BookError(TsinterpError):
    """The book could not be compiled, or what came out is not what a reader should get."""
