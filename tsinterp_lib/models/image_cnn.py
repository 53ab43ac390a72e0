"""Classify small images with a small convolutional network, made to be trained hundreds of times."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from tsinterp_lib.axes import IMAGE
from tsinterp_lib.errors import InvalidInput


class ImageCNN(nn.Module):
    r"""Reads an image with two strided convolutions and two dense layers :cite:p:`lecun1998`.

    .. math:: f(x) = W_2\,r(W_1 \operatorname{vec}(r(K_2 * r(K_1 * x))))

    with r the ReLU, each a module of its own; :math:`K_1` is 5 × 5, :math:`K_2` 3 × 3, both of stride 2 and padded with
    zeros, from the channels of the image to ``n_channels`` (8) and to twice as many; ``hidden_size`` (32) rows in
    :math:`W_1`; biases everywhere. The strides take the place of maxima, whose gradients cost more than all the rest:
    a retraining of 6,000 digits takes a second or two. ``shape``: channels, rows, columns. Input (N, C, H, W), output
    (N, classes), logits; 26,602 parameters on digits. Raises :class:`~tsinterp_lib.errors.InvalidInput` for images
    below 4 × 4 and of another shape.
    """

    axes = IMAGE
    output = "logits"

    def __init__(self, shape: tuple[int, ...], n_classes: int = 10, n_channels: int = 8, hidden_size: int = 32) -> None:
        super().__init__()
        if len(shape) != 3 or min(shape[1:]) < 4:
            raise InvalidInput(f"`shape` is {shape}: give channels, rows and columns, the last two 4 or more.")
        self.shape, self.n_classes = shape, n_classes
        channels, rows, columns = shape
        self.conv1, self.relu1 = nn.Conv2d(channels, n_channels, 5, stride=2, padding=2), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv2d(n_channels, 2 * n_channels, 3, stride=2, padding=1), nn.ReLU()
        n_cells = -(-rows // 4) * -(-columns // 4)
        self.dense, self.relu3 = nn.Linear(2 * n_channels * n_cells, hidden_size), nn.ReLU()
        self.head = nn.Linear(hidden_size, n_classes)

    def forward(self, x: Float[Tensor, "N channel row column"]) -> Float[Tensor, "N C"]:
        """Logits of the classes; raises :class:`InvalidInput` for images of another shape."""
        if tuple(x.shape[1:]) != self.shape:
            wanted = ", ".join(map(str, self.shape))
            raise InvalidInput(f"`x` has shape {tuple(x.shape)}; the network takes (N, {wanted}).")
        y = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        logits: Tensor = self.head(self.relu3(self.dense(y.flatten(1))))
        return logits
