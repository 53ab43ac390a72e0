"""Our six TimeSynth processes against the package, drawn from the same stream: equal in every bit."""

from time import process_time

import numpy as np

from benchmarks import Result
from tsinterp_lib.datasets import PROCESSES

T = F = 50
SEED = 7
PLANS = {  # process: samples of the package, samples timed of ours, ratio wanted
    "gaussian_process": (8, 200, 30.0),
    "autoregressive": (20, 400, 30.0),
    "car": (20, 400, 30.0),
    "narma": (20, 400, 10.0),
    "harmonic": (200, 400, 2.0),
    "pseudo_periodic": (200, 400, 1.0),
}


def run() -> list[Result]:
    """CPU seconds per 100 series of 50 × 50."""
    return [_compare(name, *plan) for name, plan in PLANS.items()]


def _compare(name: str, n_peer: int, n_ours: int, target: float) -> Result:
    peer_seconds, theirs = _timed(name, "timesynth", n_peer)
    our_seconds, ours = _timed(name, "own", n_ours)
    equal = bool(np.array_equal(theirs, ours[:n_peer]))
    detail = f"{n_peer} and {n_ours} series, as_released, bit for bit"
    return Result(f"data: {name} v. TimeSynth", peer_seconds, our_seconds, target, equal, detail)


def _timed(name: str, engine: str, n: int) -> tuple[float, np.ndarray]:
    process = PROCESSES[name](protocol="as_released", engine=engine)
    process.sample(1, T, F, process.generator(0))  # imports and caches
    rng = process.generator(SEED)
    start = process_time()
    x = process.sample(n, T, F, rng)
    return (process_time() - start) * 100 / n, x
