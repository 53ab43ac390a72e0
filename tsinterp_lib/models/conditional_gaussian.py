"""Draw the next step of a series, given its past and one feature, with a recurrent Gaussian generator."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib import denormals
from tsinterp_lib.errors import InvalidInput
from tsinterp_lib.registry import known

PROTOCOLS = ("as_released", "corrected")

RIDGE = 1e-5
"""What is added to the diagonal of every covariance."""

SMALLEST = 0.01
"""Least standard deviation of a feature given those before it."""

BATCH = 100
STEPS_PER_BATCH = 16


class ConditionalGaussian(nn.Module):
    r"""Learns a recurrent Gaussian law of the next step, as :cite:t:`tonekaboni2020` use it to fill in features.

    .. math:: x_t \mid x_{<t} \sim N(m(z), \Sigma(z)), \quad \Sigma = A A^\top + 10^{-5} I, \quad
        z = \mu(h_{t-1}), \quad h = \mathrm{GRU}(x)

    with a GRU of 2F units, ``n_latent`` 100, and heads of ``width`` 10 (tanh, batch norm).

    ``protocol="as_released"``: :math:`z = \mu + \sigma \odot \varepsilon` is drawn, which nothing regularises (this is
    no variational autoencoder) and makes the law a mixture that is conditioned as if it were not; and A is any matrix
    closed by a ReLU, so that no correlation is negative, and nearly singular covariances hold up the training.
    ``corrected`` (default): z is a function of the past, A is triangular with a softplus of at least 0.01 on the
    diagonal: any correlation, and one Gaussian whose conditional law is exact.
    """

    def __init__(self, n_features: int, n_latent: int = 100, width: int = 10, protocol: str = "corrected") -> None:
        super().__init__()
        self.n_features, self.n_latent = n_features, n_latent
        self.protocol = known(protocol, PROTOCOLS, "protocol")
        self.recurrence = nn.GRU(n_features, 2 * n_features, batch_first=True)
        for weight in self.recurrence.all_weights[0][:2]:
            nn.init.normal_(weight, 0.0, 0.02)
        self.latent = nn.Sequential(*_head(2 * n_features, width, 2 * n_latent), nn.Tanh())
        self.mean = nn.Sequential(*_head(n_latent, width, n_features))
        self.factor = nn.Sequential(*_head(n_latent, width, n_features**2))

    def histories(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N T H"]:
        """Say what is known of each series before every step; zeros before the first."""
        h: Tensor = self.recurrence(x)[0]
        return torch.cat((torch.zeros_like(h[:, :1]), h[:, :-1]), 1)

    def law(self, history: Float[Tensor, "B H"]) -> tuple[Float[Tensor, "B F"], Float[Tensor, "B F F"]]:
        """Return mean and factor A of the next step; as released, for one draw of z each."""
        z, spread = self.latent(history).chunk(2, 1)
        if self.protocol == "as_released":
            z = torch.addcmul(z, spread, torch.randn_like(z))
        mean: Tensor = self.mean(z)
        raw: Tensor = self.factor(z).view(len(z), self.n_features, self.n_features)
        if self.protocol == "as_released":
            return mean, torch.relu(raw)
        diagonal = nnf.softplus(raw.diagonal(dim1=1, dim2=2)) + SMALLEST
        return mean, raw.tril(-1) + torch.diag_embed(diagonal)

    def log_density(self, history: Float[Tensor, "B H"], column: Float[Tensor, "B F"]) -> Float[Tensor, "B"]:
        """Return log density of the next step, without the constant."""
        mean, factor = self.law(history)
        root = torch.linalg.cholesky(covariance(factor))
        white: Tensor = torch.linalg.solve_triangular(root, (column - mean)[:, :, None], upper=False)[:, :, 0]
        logs: Tensor = root.diagonal(dim1=1, dim2=2).log().sum(1)
        return -0.5 * (white * white).sum(1) - logs

    def fill(
        self, history: Float[Tensor, "N H"], column: Float[Tensor, "N F"], n_samples: int
    ) -> Float[Tensor, "N F S F"]:
        """Draws of the next step in which feature i (second axis) has its value in ``column`` and the rest are drawn.

        One joint draw w serves every i: moving it by the covariance with feature i, :math:`w + \\Sigma_{\\cdot i}
        (x_i - w_i) / \\Sigma_{ii}`, gives a draw of the conditional law, without an inverse per feature.
        """
        n, f = column.shape
        mean, factor = self.law(history.repeat_interleave(n_samples, 0))
        noise, rest = torch.randn_like(mean), torch.randn_like(mean)
        w = mean + (factor @ noise[:, :, None])[:, :, 0] + RIDGE**0.5 * rest
        w, sigma = w.view(n, n_samples, f), covariance(factor).view(n, n_samples, f, f)
        variance = sigma.diagonal(dim1=2, dim2=3)
        step = (column[:, None] - w) / variance
        filled = (w[:, :, None] + step[..., None] * sigma).transpose(1, 2)  # the covariance is symmetric
        known = torch.eye(f, dtype=torch.bool, device=column.device)[:, None]
        return torch.where(known, column[:, None, None], filled)


def covariance(factor: Float[Tensor, "B F F"]) -> Float[Tensor, "B F F"]:
    """Return A Aᵀ with the ridge on its diagonal."""
    ridge = RIDGE * torch.eye(factor.shape[1], dtype=factor.dtype, device=factor.device)
    return factor @ factor.transpose(1, 2) + ridge


@denormals.flushed()
def fit(generator: ConditionalGaussian, x: Float[Tensor, "N T F"], epochs: int) -> None:
    """Train in place on the mean log density of the steps of ``x`` (Adam, 1e-3, batches of 100).

    ``corrected``: one update per batch, on 16 steps drawn for it; ``as_released``: one update per batch and step, at
    three steps alone, log-spaced from 10 to the last. Draws from torch's global generator. Raises
    :class:`~tsinterp_lib.errors.InvalidInput` where a series has one step, or the loss is not finite.
    """
    n, n_steps, _ = x.shape
    if n_steps < 2:
        raise InvalidInput(
            "`train.x` has 1 step: a generator learns the next step from those before; give two or more."
        )
    optimiser = torch.optim.Adam(generator.parameters(), lr=1e-3)
    generator.train()
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(n).to(x.device), BATCH):
            if len(rows) < 2 <= n:
                continue  # batch normalisation has no statistics of a lone last row
            drawn = 1 + torch.randperm(n_steps - 1)[:STEPS_PER_BATCH]
            for at in [drawn] if generator.protocol == "corrected" else torch.split(log_spaced(n_steps, 3), 1):
                history = generator.histories(x[rows, : int(at.max()) + 1])[:, at]
                loss = -generator.log_density(history.flatten(0, 1), x[rows][:, at].flatten(0, 1)).mean()
                if not torch.isfinite(loss):
                    raise InvalidInput(
                        f"the generator's loss is {loss.item()}: its training diverged; scale the inputs."
                    )
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
    generator.eval()


def log_spaced(n_steps: int, count: int, first: int = 10) -> Tensor:
    """Steps from ``first`` (or the last, where it is earlier) to the last, log-spaced, rounded down."""
    first, last = min(first, n_steps - 1), n_steps - 1
    at = first * (last / first) ** (torch.arange(count, dtype=torch.float64) / max(1, count - 1))
    steps: Tensor = torch.unique((at + 1e-9).floor().long())
    return steps


def _head(size: int, width: int, out: int) -> list[nn.Module]:
    return [nn.Linear(size, width), nn.Tanh(), nn.BatchNorm1d(width), nn.Linear(width, out)]
