"""The work as torchvision does it, on the bytes of one JPEG."""

import numpy
import torch
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms import v2

from common import AREA, MEAN, RATIO, SHORT_EDGE, SIDE, STD


def transforms(work):
    bilinear = v2.InterpolationMode.BILINEAR
    shape = [v2.RandomResizedCrop(SIDE, scale=AREA, ratio=RATIO, interpolation=bilinear,
                                  antialias=False), v2.RandomHorizontalFlip()]
    if work == "eval":
        shape = [v2.Resize(SHORT_EDGE, interpolation=bilinear, antialias=False),
                 v2.CenterCrop(SIDE)]
    return v2.Compose(shape + [v2.ToDtype(torch.float32), v2.Normalize(MEAN, STD)])


def decode(jpeg):
    jpeg = torch.from_numpy(numpy.frombuffer(jpeg, dtype=numpy.uint8))
    return decode_jpeg(jpeg, mode=ImageReadMode.RGB)
