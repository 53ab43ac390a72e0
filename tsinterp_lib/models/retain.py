"""Classify with RETAIN, a recurrent network whose prediction is a sum of attended inputs."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsinterp_lib.models._dropout import FastDropout
from tsinterp_lib.models._network import Network


class Retain(Network):
    r"""Sums embedded inputs under two recurrent attentions :cite:p:`choi2016`.

    .. math:: v_s = E x_s, \quad \alpha^t_s = \operatorname{softmax}_{s \le t} w^\top g_s, \quad
        \beta_s = \tanh(B h_s), \quad z_t = W \sum_{s \le t} \alpha^t_s \, \beta_s \odot v_s + b

    with two GRUs g and h of ``hidden_size`` 8 over the embedding of ``embedding`` 128, the sizes of
    :cite:t:`tonekaboni2020`. ``dropout`` 0.4 on the embedding and on the context, ``input_dropout`` on the input (None:
    twice ``dropout``, the released 0.8). The recurrences run forward in time, as in the released re-implementation (the
    paper's run backward); every :math:`z_t` then depends on the steps up to t alone. Input (N, T, F) of any length;
    output (N, C), :math:`z_T`; with ``per_step`` (N, T, C). Raises :class:`~tsinterp_lib.errors.InvalidInput` on
    another F.
    """

    any_length = True

    def __init__(
        self,
        n_steps: int,
        n_features: int,
        n_classes: int = 2,
        output: str = "logits",
        hidden_size: int = 8,
        embedding: int = 128,
        dropout: float = 0.4,
        input_dropout: float | None = None,
        per_step: bool = False,
    ) -> None:
        super().__init__(n_steps, n_features, n_classes, output)
        self.per_step = per_step
        self.embed = nn.Linear(n_features, embedding, bias=False)
        nn.init.xavier_uniform_(self.embed.weight)
        self.visits = nn.GRU(embedding, hidden_size, batch_first=True)
        self.variables = nn.GRU(embedding, hidden_size, batch_first=True)
        self.visit_score, self.variable_gate = nn.Linear(hidden_size, 1), nn.Linear(hidden_size, embedding)
        self.input_dropout = FastDropout(2 * dropout if input_dropout is None else input_dropout)
        self.embedding_dropout, self.context_dropout = FastDropout(dropout), FastDropout(dropout)
        self.head = nn.Linear(embedding, n_classes)

    def last(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N C"]:
        """Logits at the last step."""
        logits = self._per_step(x)[:, -1]
        return logits

    def attention(
        self, x: Float[Tensor, "N T F"]
    ) -> tuple[Float[Tensor, "N T T"], Float[Tensor, "N T E"], Float[Tensor, "N T E"]]:
        """Return weights α (row t sums to one over s ≤ t), gates β, and the embedded inputs."""
        v = self.embedding_dropout(self.embed(self.input_dropout(x)))
        score = self.visit_score(self.visits(v)[0])[:, None, :, 0].expand(-1, x.shape[1], -1)
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        alpha = torch.softmax(score.masked_fill(future, -torch.inf), 2)
        return alpha, torch.tanh(self.variable_gate(self.variables(v)[0])), v

    def contributions(
        self, x: Float[Tensor, "N T F"], target: Int[Tensor, "N *T"], bias: bool = False
    ) -> Float[Tensor, "N T F"]:
        r"""Say what each input cell adds to the logit of its target: at the last step, or each at its own for (N, T).

        .. math:: a_{sf} = \alpha_s \, x_{sf} \sum_e W_{ye} \beta_{se} E_{ef}

        ``bias`` adds the output's bias inside the factor of x, as released. Without it and in evaluation mode the
        scores for a last step sum to its logit, less the bias.
        """
        alpha, beta, _ = self.attention(x)
        weight = alpha.diagonal(dim1=1, dim2=2) if target.dim() == 2 else alpha[:, -1]
        rows = self.head.weight[target if target.dim() == 2 else target[:, None]]
        factor = (rows * beta) @ self.embed.weight
        if bias:
            factor = factor + self.head.bias[target if target.dim() == 2 else target[:, None]][..., None]
        return weight[:, :, None] * factor * x

    def _logits(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N *T C"]:
        z = self._per_step(x)
        return z if self.per_step else z[:, -1]

    def _per_step(self, x: Float[Tensor, "N T F"]) -> Float[Tensor, "N T C"]:
        alpha, beta, v = self.attention(x)
        logits: Tensor = self.head(self.context_dropout(alpha @ (beta * v)))
        return logits
