"""Speed against peers and slow twins: each comparison runs both sides in one process and checks that they agree."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One comparison: CPU seconds of both sides, the ratio wanted, and whether the outputs are equal."""

    name: str
    peer_seconds: float
    our_seconds: float
    target: float
    equal: bool
    detail: str

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.peer_seconds / self.our_seconds
