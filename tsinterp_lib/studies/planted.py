"""What the studies on planted layouts share: their networks, their layouts at each profile, the names of their data."""

from __future__ import annotations

from tsinterp_lib.registry import Choice

GAUSSIAN = ("gaussian_noise",)


NETWORKS = ("lstm", "lstm_input_cell", "tcn", "transformer")


LAYOUTS_AT = {"smoke": ("middle", "rare_time"), "quick": ("middle", "moving_middle", "rare_time", "rare_feature")}


NETWORKS_AT = {"smoke": ("lstm", "tcn"), "quick": ("lstm", "lstm_input_cell", "tcn")}


def planted(layout: str, process: str, protocol: str) -> Choice:
    """Return the data set of a layout and a process, labelled ``layout/process``."""
    return Choice(layout, {"process": process, "protocol": protocol}, alias=f"{layout}/{process}")
