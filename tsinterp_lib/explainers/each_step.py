"""Any method, applied to the prediction at every step by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib import parts
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.explainer import Explainer
from tsinterp_lib.explainers._prefix import Prefixes, Stepwise, check_prefix, check_steps, in_mode
from tsinterp_lib.explainers._probabilities import as_output, output_of
from tsinterp_lib.explainers._wrapper import Wrapper
from tsinterp_lib.explainers.gradient import Gradient
from tsinterp_lib.registry import known
from tsinterp_lib.types import Samples

TARGETS = ("given", "predicted")


@dataclass(frozen=True, kw_only=True)
class EachStep(Wrapper):
    r"""Keeps the newest column of a method's map of every prefix, as :cite:t:`tonekaboni2020` use standard methods.

    .. math:: a_{t} = a^{\text{base}}\bigl(x_{0..t}, \; y_t\bigr)_{t}

    ``base`` (default the gradient) explains the prediction on the prefix that ends at t, and only its scores of step t
    are kept. ``target``: ``given`` (default: the class of the call, per sample or per sample and step) or
    ``predicted`` (the class the model gives highest on the prefix, as released). Units: those of ``base``.
    ``history`` False shows the base a series of the step alone, without its past, as released for LIME.
    ``train_mode`` (default False): dropout and batch statistics stay on, as released. ``first_step`` is the first step
    scored (default 0; the released DeepLIFT and LIME start at 1 and leave zeros before).

    For methods that see the model through its gradients, and networks that can go on from a state, all prefixes of a
    series are explained in one pass: every step starts from the state that the point's own past leads to, and that
    state is held fixed, so that the gradient of step t reaches column t alone. The scores are those of the loop over
    prefixes, except that a method that draws shares its draws between the prefixes of a series. Raises what ``base``
    raises, :class:`~tsinterp_lib.errors.InvalidInput` for a model that takes no prefix, a negative ``first_step`` or
    series that end before it, and :class:`~tsinterp_lib.errors.UnknownName` for another ``target``.
    """

    per_step: ClassVar[bool] = True
    base: Explainer = field(default_factory=Gradient)
    target: str = "given"
    history: bool = True
    train_mode: bool = False
    first_step: int = 0

    def __post_init__(self) -> None:
        known(self.target, TARGETS, "target")
        if self.first_step < 0:
            raise InvalidInput(f"`first_step` is {self.first_step}: give the number of a step, from 0 on.")

    def _prepare(self, model: nn.Module, train: Samples) -> Explainer:
        if not self.history:
            y = train.y if train.y.dim() == 2 else train.y[:, None].expand(train.x.shape[:2])
            real = parts.real(train)[:, :, 0].flatten()
            train = Samples(train.x.flatten(0, 1)[real][:, None], y.flatten()[real])
        return super()._prepare(model, train)  # on single steps where the base is to see those

    def _attribute(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N T F"]:
        check_prefix(model, x)
        check_steps(x, self.first_step)
        a = self._every_step(model, x, target)
        a[:, : self.first_step] = 0
        return a

    def _every_step(
        self, model: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"]
    ) -> Float[Tensor, "N T F"]:
        model = in_mode(model, self.train_mode)
        if self.target == "predicted":
            target = Prefixes(model, x, batch_size=200).clean.argmax(2)
        target = target if target.dim() == 2 else target[:, None].expand(x.shape[:2])
        if not self.history:
            return self.base._attribute(_Last(model), x.flatten(0, 1)[:, None], target.flatten()).view_as(x)
        if isinstance(model, Stepwise) and self.base.by_gradient:
            return self._together(_Held(model), x, target)
        a = torch.zeros_like(x)
        for t in range(self.first_step, x.shape[1]):
            prefix = x[:, : t + 1]
            a[:, t] = self.base.cut_to(t + 1, x.shape[1])._attribute(_Last(model), prefix, target[:, t])[:, -1]
        return a

    def _together(
        self, held: nn.Module, x: Float[Tensor, "N T F"], target: Int[Tensor, "N T"]
    ) -> Float[Tensor, "N T F"]:
        """Return all prefixes at once, one class at a time."""
        a = torch.zeros_like(x)
        for c in sorted(set(target.flatten().tolist())):
            of_class = self.base._attribute(held, x, torch.full_like(target[:, 0], c))
            a = torch.where((target == c)[:, :, None], of_class, a)
        return a


class _Last(nn.Module):
    """Gives the model's output at the last step."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.model(x)
        return out if out.dim() == 2 else out[:, -1]


class _Held(nn.Module):
    """Sums every class's score over steps, so that a column moves the score of its own step alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        model = cast(Stepwise, self.model)
        with torch.no_grad():
            past = model.states(x)[:, :-1]
        return as_output(model.read(model.after(past, x)), output_of(self.model)).sum(1)
