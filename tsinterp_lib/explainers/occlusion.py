"""Occlusion by a sliding window."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainers._baseline import Baselined
from tsinterp_lib.explainers._replaced import outputs, replaced_outputs


@dataclass(frozen=True, kw_only=True)
class Occlusion(Baselined):
    r"""The drop of the output when a window of cells is set to the baseline :cite:p:`zeiler2014`.

    .. math:: a_{tf} = \operatorname{mean}_{w \ni (t, f)} \Bigl[ f_c(x) - f_c\bigl(x \text{ with the cells of } w
        \text{ from } b\bigr) \Bigr]

    over all positions w of a window of ``window_steps`` (default 1) by ``window_features`` (default None: all
    features, so the map is constant over features and cannot locate them), moved by one cell. Units: those of the
    output. ``baseline`` b: ``zero`` (default), ``uniform`` or ``train_mean``; or ``reference``, a series. All
    occluded copies go through the model together; the scores are Captum's.

    Raises :class:`~tsinterp_lib.errors.InvalidInput` where the window is larger than the series or a baseline has
    another shape.
    """

    window_steps: int = 1
    window_features: int | None = None

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N"]
    ) -> Float[Tensor, "N T F"]:
        b = self.baseline_of(x)
        steps, features = self._positions(x)

        def windows(i: Int[Tensor, "m"]) -> Bool[Tensor, "m T F"]:
            return steps[i // len(features)][:, :, None] & features[i % len(features)][:, None, :]

        n_windows = len(steps) * len(features)
        name = type(self).__name__ if self.progress else None
        found = replaced_outputs(model, x, target, windows, lambda i, s: b[s], n_windows, self.batch_size, name)
        drop = outputs(model, x, target, self.batch_size) - found
        total, count = torch.zeros_like(x), torch.zeros_like(x[0])
        for i in torch.split(torch.arange(n_windows, device=x.device), self.batch_size):
            w = windows(i).to(x.dtype)
            total += torch.einsum("mn,mtf->ntf", drop[i], w)
            count += w.sum(0)
        return total / count

    def _positions(self, x: Float[Tensor, "N T F"]) -> tuple[Bool[Tensor, "P T"], Bool[Tensor, "Q F"]]:
        """The steps and the features that each position of the window covers."""
        covered = []
        for size, length in ((self.window_steps, x.shape[1]), (self.window_features or x.shape[2], x.shape[2])):
            if not 1 <= size <= length:
                raise InvalidInput(
                    f"the window is {size} long; the axis has {length}: a window covers 1 to {length} of it."
                )
            first = torch.arange(length - size + 1, device=x.device)[:, None]
            at = torch.arange(length, device=x.device)
            covered.append((at >= first) & (at < first + size))
        return covered[0], covered[1]
