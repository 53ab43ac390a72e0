"""Say which commit, torch and processor made rows: kept in the file of a unit, then in ``results/made_by/``."""

from __future__ import annotations

import platform
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch

from tsinterp_lib import __version__

NOT_RECORDED = "not recorded"


class Maker(NamedTuple):
    """Says what made rows."""

    commit: str
    """The commit of the library; ``with changes`` where files of it were changed since; its version without git."""
    torch: str
    processor: str


def maker(device: str = "cpu") -> Maker:
    """Return the maker of rows that are computed here and now."""
    return Maker(_commit(), str(torch.__version__), _processor(torch.device(device).type))


def facts(device: str = "cpu") -> str:
    """Return the maker in one line, with the operating system and Python."""
    here = maker(device)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"commit {here.commit}, torch {here.torch}, {here.processor}, {system}"


@lru_cache(maxsize=1)
def _commit() -> str:
    library = Path(__file__).resolve().parents[1]
    try:
        commit = _git(library, "rev-parse", "HEAD")
        return f"{commit[:12]} with changes" if _git(library, "status", "--porcelain", "--", ".") else commit[:12]
    except (OSError, subprocess.SubprocessError):
        return f"version {__version__}"


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()


@lru_cache(maxsize=4)
def _processor(kind: str) -> str:
    if kind == "cuda":
        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
