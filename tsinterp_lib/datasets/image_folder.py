"""Any folder of images: one sub-folder per split, one per class below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from tsinterp_lib import checks
from tsinterp_lib.axes import IMAGE
from tsinterp_lib.datasets._split import check_enough, stratified_order
from tsinterp_lib.errors import DataUnavailable, InvalidInput
from tsinterp_lib.seeding import seed_from
from tsinterp_lib.types import Dataset, DatasetSource, Samples, Sizes

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".webp", ".gif", ".tif", ".tiff")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Means and deviations of ImageNet's channels, on pixels in [0, 1], which all published networks here are given."""

VALIDATION, TEST = ("validation", "valid", "val"), ("test", "val", "valid", "validation")
"""Names that the folder of a split may have, the first that is there."""


@dataclass(frozen=True)
class ImageFolder(DatasetSource):
    r"""Reads images from ``folder/train/CLASS/FILE`` and ``folder/test/CLASS/FILE``, the layout of ImageNet
    :cite:p:`russakovsky2015`.

    .. math:: x = (p / 255 - \mu_c) / \sigma_c

    for pixels p after a resize of the short side to ``resize`` (256, bicubic) and a crop of the central ``size`` ×
    ``size`` (224) pixels, with ImageNet's :math:`\mu, \sigma`; axes channel, row, column. The folders ``train`` and
    ``test`` (or ``val``, ``valid``, ``validation``) must be there; classes are the sub-folders of ``train`` in the
    order of their names. Food101, Birdsnap, ImageNet and the 265-bird set have this layout once unpacked. Validation
    images come from a folder of that name where there is one beside ``test``, else from the end of the drawn training
    order; the others are drawn by the seed with every class in its share. Only the images drawn are read.

    Raises :class:`~tsinterp_lib.errors.DataUnavailable` where a folder is missing or a file is no image that Pillow
    reads, by name; :class:`~tsinterp_lib.errors.InvalidInput` where a class has one training image only, a class of the
    test folder is not in ``train``, or fewer images are there than asked for.
    """

    folder: str = "images"
    size: int = 224
    resize: int = 256

    def __post_init__(self) -> None:
        if not 1 <= self.size <= self.resize:
            raise InvalidInput(f"`size` is {self.size} and `resize` {self.resize}: crop at least 1 of so many pixels.")

    def load(self, sizes: Sizes, seed: int) -> Dataset:
        """Return the data set of these sizes, a function of the folder, the sizes and the seed."""
        root = Path(self.folder)
        places = {"train": split_folder(root, ("train",)), "test": split_folder(root, TEST)}
        classes = sorted(p.name for p in places["train"].iterdir() if p.is_dir())
        if len(classes) < 2:
            raise DataUnavailable(f"{places['train']} has {len(classes)} class folders: lay images out as CLASS/FILE.")
        files = {name: listed(place, classes) for name, place in places.items()}
        held = [root / name for name in VALIDATION if (root / name).is_dir() and root / name != places["test"]]
        n_train = sizes.train + (0 if held else sizes.validation)
        check_enough(n_train, len(files["train"][0]), f"{places['train']}")
        counts = np.bincount(files["train"][1], minlength=len(classes))
        if (alone := counts.argmin()) is not None and counts[alone] < 2:
            raise InvalidInput(
                f"class {classes[alone]!r} of {places['train']} has {counts[alone]} image: a class needs at least two, "
                "one to learn from and one to choose by; add some or remove the folder."
            )
        check_enough(sizes.test, len(files["test"][0]), f"{places['test']}")
        total = sizes.train + sizes.validation + sizes.test
        checks.check_memory(total * 3 * self.size**2 * 5, f"{total} images of {self.size} × {self.size}")
        order = stratified_order(files["train"][1], seed_from("image_folder", seed, "train"))
        if held:
            files["validation"] = listed(held[0], classes)
            check_enough(sizes.validation, len(files["validation"][0]), f"{held[0]}")
            validation = self._drawn(files["validation"], sizes.validation, seed, "validation")
        else:
            validation = self._samples(files["train"], order[len(order) - sizes.validation :])
        return Dataset(
            "image_folder",
            self._samples(files["train"], order[: sizes.train]),
            validation,
            self._drawn(files["test"], sizes.test, seed, "test"),
            n_classes=len(classes),
            feature_names=(),
        )

    def _drawn(self, files: tuple[list[Path], np.ndarray], n: int, seed: int, split: str) -> Samples:
        return self._samples(files, stratified_order(files[1], seed_from("image_folder", seed, split))[:n])

    def _samples(self, files: tuple[list[Path], np.ndarray], index: np.ndarray) -> Samples:
        pixels = np.stack([read_image(files[0][i], self.size, self.resize) for i in index])
        return Samples(normalised(pixels), torch.from_numpy(files[1][index].astype(np.int64)), axes=IMAGE)


def normalised(pixels: UInt8[np.ndarray, "N channel row column"]) -> torch.Tensor:
    """Pixels as floats, by the means and deviations of ImageNet's channels."""
    x = torch.from_numpy(pixels).to(torch.float32) / 255
    return (x - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def read_image(path: Path, size: int, resize: int) -> UInt8[np.ndarray, "channel row column"]:
    """Return the central crop of an image in colour; raises :class:`DataUnavailable` for one that Pillow cannot
    read.
    """
    try:
        with Image.open(path) as image:
            if image.mode.startswith(("I", "F")):
                raise ValueError(f"its pixels are of mode {image.mode}, not of 8 bits: convert it")
            colour = image.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise DataUnavailable(f"{path} is no whole image ({error}): fetch it again, or remove it.") from error
    scale = resize / min(colour.size)
    wide = (max(resize, round(colour.width * scale)), max(resize, round(colour.height * scale)))
    colour = colour.resize(wide, Image.Resampling.BICUBIC)
    left, top = (wide[0] - size) // 2, (wide[1] - size) // 2
    return np.asarray(colour.crop((left, top, left + size, top + size)), dtype=np.uint8).transpose(2, 0, 1).copy()


def split_folder(root: Path, names: Sequence[str]) -> Path:
    """Return the folder of a split under the first of its names that is there; raises with the layout that is
    wanted.
    """
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise DataUnavailable(f"{root} has no folder {' or '.join(names)}: lay images out as train/CLASS/FILE and test/….")


def listed(place: Path, classes: Sequence[str]) -> tuple[list[Path], np.ndarray]:
    """Return the image files of a split in the order of their names, and the number of each one's class."""
    own = sorted(p.name for p in place.iterdir() if p.is_dir())
    if unknown := [name for name in own if name not in classes]:
        raise InvalidInput(f"{place} has the class {unknown[0]!r}, which has no training images: rename or remove it.")
    files = [(p, classes.index(name)) for name in own for p in sorted((place / name).iterdir())
             if p.suffix.lower() in ENDINGS]  # fmt: skip
    if not files:
        raise DataUnavailable(f"{place} holds no images ({', '.join(ENDINGS)}): lay them out as CLASS/FILE.")
    return [p for p, _ in files], np.array([y for _, y in files], dtype=np.int64)
