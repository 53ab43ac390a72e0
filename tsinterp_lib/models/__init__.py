"""List the networks: ``MODELS[name](n_steps, n_features, n_classes, output, ...)`` maps (N, T, F) to (N, C)."""

from __future__ import annotations

from torch import nn

from tsinterp_lib.models._network import Network
from tsinterp_lib.models.cnn import CNN
from tsinterp_lib.models.gru import GRU
from tsinterp_lib.models.image_cnn import ImageCNN
from tsinterp_lib.models.lstm import LSTM
from tsinterp_lib.models.lstm_input_cell import InputCellLSTM
from tsinterp_lib.models.resnet import ResNet
from tsinterp_lib.models.retain import Retain
from tsinterp_lib.models.tcn import TCN
from tsinterp_lib.models.transformer import Transformer
from tsinterp_lib.models.vgg import VGG16
from tsinterp_lib.models.white_box import WhiteBox
from tsinterp_lib.registry import Scalar

MODELS: dict[str, type[nn.Module]] = {
    "lstm": LSTM,
    "lstm_input_cell": InputCellLSTM,
    "tcn": TCN,
    "transformer": Transformer,
    "cnn": CNN,
    "gru": GRU,
    "retain": Retain,
}
"""Every network, by name; the defaults are the sizes of the synthetic benchmark (T = F = 50)."""

IMAGE_MODELS: dict[str, type[nn.Module]] = {"image_cnn": ImageCNN, "resnet": ResNet, "vgg16": VGG16}
"""Networks of images: ``IMAGE_MODELS[name](shape, n_classes, ...)`` maps (N, channel, row, column) to (N, C)."""

BLACK_BOXES: dict[str, type[nn.Module]] = {**MODELS, **IMAGE_MODELS, "white_box": WhiteBox}
"""All that can be explained by name: the networks, and functions in closed form, which need no training."""

MNIST_SIZES: dict[str, dict[str, Scalar]] = {
    "lstm": {"hidden_size": 25, "dropout": 0.05},
    "lstm_input_cell": {"hidden_size": 25, "n_hops": 28, "attention_size": 30, "dropout": 0.05},
    "tcn": {"n_levels": 8, "n_channels": 25, "last_channels": 25, "kernel_size": 7, "readout": "last", "dropout": 0.05},
    "transformer": {"n_heads": 4, "causal": False, "dropout": 0.05},
    "cnn": {},
}
"""Sizes of the same networks for digits as series (T = F = 28, ten classes)."""

__all__ = [
    "BLACK_BOXES",
    "CNN",
    "GRU",
    "IMAGE_MODELS",
    "LSTM",
    "MNIST_SIZES",
    "MODELS",
    "TCN",
    "VGG16",
    "ImageCNN",
    "InputCellLSTM",
    "Network",
    "ResNet",
    "Retain",
    "Transformer",
    "WhiteBox",
]  # fmt: skip
