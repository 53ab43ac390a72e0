"""Say what every process has in common: settings, the generator it draws from, and the shape of what it draws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known

Protocol = Literal["as_released", "corrected"]
Engine = Literal["own", "timesynth"]
Rng = np.random.Generator | np.random.RandomState
Array = NDArray[np.float64]

PROTOCOLS = ("as_released", "corrected")
ENGINES = ("own", "timesynth")


@dataclass(frozen=True)
class Process(ABC):
    """Draws background series without any class signal: a frozen dataclass whose fields are its settings.

    ``protocol`` is ``as_released`` (the law of the authors' code) or ``corrected``; ``engine``
    is ``own`` or ``timesynth`` (the package itself; only ``as_released``). Raises ``UnknownName`` for other values.
    """

    protocol: str = "corrected"
    engine: str = "own"

    def __post_init__(self) -> None:
        known(self.protocol, PROTOCOLS, "protocol")
        known(self.engine, ENGINES, "engine")

    def generator(self, seed: int) -> Rng:
        """Return a fresh generator: numpy's legacy stream for ``as_released``, a ``Generator`` for ``corrected``."""
        return np.random.RandomState(seed) if self.protocol == "as_released" else np.random.default_rng(seed)

    def sample(self, n: int, n_steps: int, n_features: int, rng: Rng) -> Float[np.ndarray, "N T F"]:
        """Return ``n`` series of shape (T, F) in float64; raises ``InvalidInput`` where a size is below one."""
        for name, size in (("n", n), ("n_steps", n_steps), ("n_features", n_features)):
            if size < 1:
                raise InvalidInput(f"`{name}` is {size}: a process draws at least one; ask for 1 or more.")
        return self._sample(n, n_steps, n_features, rng)

    @abstractmethod
    def _sample(self, n: int, n_steps: int, n_features: int, rng: Rng) -> Array: ...
