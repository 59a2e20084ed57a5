"""The work as torchvision does it, on the bytes of one JPEG."""

import numpy
import torch
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms import v2

from common import MEAN, SHORT_EDGE, SIDE, STD


def transforms(asked):
    bilinear = dict(interpolation=v2.InterpolationMode.BILINEAR, antialias=False)
    if asked.work == "eval":
        steps = [v2.Resize(SHORT_EDGE, **bilinear), v2.CenterCrop(SIDE)]
    else:
        steps = [v2.RandomResizedCrop(SIDE, scale=asked.area, ratio=asked.ratio, **bilinear)]
    if asked.random:
        steps.append(v2.RandomHorizontalFlip())
    steps += [v2.ToDtype(torch.float32), v2.Normalize(MEAN, STD)]
    if asked.type == "float16":
        steps.append(v2.ToDtype(torch.float16))
    if asked.layout == "nhwc":
        steps.append(lambda sample: sample.permute(1, 2, 0).contiguous())
    return v2.Compose(steps)


def decode(jpeg):
    jpeg = torch.from_numpy(numpy.frombuffer(jpeg, dtype=numpy.uint8))
    return decode_jpeg(jpeg, mode=ImageReadMode.RGB)
