"""``python -m benchmarks [NAME ...]``: run the comparisons, print a table, exit 1 where one is unequal or too slow."""

import pkgutil
import sys
from importlib import import_module

import torch

import benchmarks


def main(names: list[str]) -> int:
    """Run the named comparisons (default: all) on one thread and say how each came out."""
    torch.set_num_threads(1)
    found = sorted(
        m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_") and m.name != "faults"
    )
    failed = False
    print(f"{'comparison':48} {'peer s':>9} {'ours s':>9} {'ratio':>7} {'target':>7}  equal  detail")
    for name in names or found:
        for r in import_module(f"benchmarks.{name}").run():
            ok = r.equal and r.ratio >= r.target
            failed |= not ok
            print(
                f"{r.name:48} {r.peer_seconds:9.4f} {r.our_seconds:9.4f} {r.ratio:7.1f} {r.target:7.1f}  "
                f"{'yes' if r.equal else 'NO':5}  {r.detail}{'' if ok else '   <-- below target'}",
                flush=True,
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
