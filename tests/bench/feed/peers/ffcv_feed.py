"""FFCV: its own container around the same JPEG bytes, its loader compiled by Numba."""

import glob
import os

import numpy
from PIL import Image
from ffcv.fields import IntField, RGBImageField
from ffcv.fields.decoders import (CenterCropRGBImageDecoder, IntDecoder,
                                  RandomResizedCropRGBImageDecoder)
from ffcv.fields.rgb_image import IMAGE_MODES
from ffcv.loader import Loader, OrderOption
from ffcv.transforms import NormalizeImage, RandomHorizontalFlip, ToTensor, ToTorchImage
from ffcv.writer import DatasetWriter

from common import BATCH, MEAN, SHORT_EDGE, SIDE, STD, arguments, dump, forever, measure

asked = arguments()
container = f"{asked.data}/images.beton"
paths = sorted(glob.glob(f"{asked.data}/files/*/*.jpg"), key=os.path.basename)
PASSES = 64  # in an epoch: each epoch starts its threads anew


class JpegFile(RGBImageField):
    """An image that is stored as the bytes of its file, not encoded anew."""

    def encode(self, destination, path, malloc):
        jpeg = numpy.fromfile(path, numpy.uint8)
        destination["mode"] = IMAGE_MODES["jpg"]
        with Image.open(path) as image:
            destination["width"], destination["height"] = image.size
        destination["data_ptr"], storage = malloc(jpeg.nbytes)
        storage[:] = jpeg


def write_container():
    samples = [(path, int(path.split("/")[-2])) for path in paths]
    writer = DatasetWriter(f"{container}.part", {"image": JpegFile(), "label": IntField()},
                           num_workers=1)
    writer.from_indexed_dataset(samples)
    os.rename(f"{container}.part", container)


if not os.path.exists(container):
    write_container()
if asked.work == "eval":
    steps = [CenterCropRGBImageDecoder((SIDE, SIDE), ratio=SIDE / SHORT_EDGE)]
else:
    steps = [RandomResizedCropRGBImageDecoder((SIDE, SIDE), asked.area, asked.ratio)]
if asked.random:
    steps.append(RandomHorizontalFlip())
steps += [NormalizeImage(numpy.array(MEAN), numpy.array(STD), numpy.dtype(asked.type).type),
          ToTensor(), ToTorchImage(channels_last=asked.layout == "nhwc")]
loader = Loader(container, batch_size=BATCH, num_workers=asked.threads, os_cache=True,
                order=OrderOption.RANDOM if asked.random else OrderOption.SEQUENTIAL,
                drop_last=True, indices=numpy.tile(numpy.arange(len(paths)), PASSES),
                custom_fields={"image": RGBImageField},
                pipelines={"image": steps, "label": [IntDecoder(), ToTensor()]})
if asked.dump:
    dump(asked, next(iter(loader))[0].numpy(), "nchw")
measure(forever(lambda: (len(images) for images, _ in loader)), asked.seconds)
