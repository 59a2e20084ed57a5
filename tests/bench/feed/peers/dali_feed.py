"""NVIDIA DALI without a GPU: its fused decode and crop, from the same RecordIO file as MXNet."""

import numpy
from nvidia.dali import fn, pipeline_def, types

from common import AREA, BATCH, MEAN, RATIO, SHORT_EDGE, SIDE, STD, arguments, forever, measure

asked = arguments()


@pipeline_def(batch_size=BATCH, num_threads=asked.threads, device_id=None)
def feed():
    train = asked.work == "train"
    files, labels = fn.readers.mxnet(path=f"{asked.data}/images.rec",
                                     index_path=f"{asked.data}/images.idx", random_shuffle=train,
                                     name="reader")
    if train:
        images = fn.decoders.image_random_crop(files, random_area=AREA, random_aspect_ratio=RATIO,
                                               num_attempts=10, use_fast_idct=True)
        images = fn.resize(images, size=(SIDE, SIDE), interp_type=types.INTERP_LINEAR,
                           antialias=False)
        mirror = fn.random.coin_flip()
    else:
        images = fn.decoders.image(files, use_fast_idct=True)
        images = fn.resize(images, resize_shorter=SHORT_EDGE, interp_type=types.INTERP_LINEAR,
                           antialias=False)
        mirror = 0
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=STD, mirror=mirror,
                                    dtype=types.FLOAT, output_layout="CHW"), labels


pipe = feed()
pipe.build()
if asked.dump:
    numpy.save(asked.dump, pipe.run()[0].as_array().transpose(0, 2, 3, 1))
    raise SystemExit


def epoch():
    pipe.run()
    yield BATCH


measure(forever(epoch), asked.seconds)
