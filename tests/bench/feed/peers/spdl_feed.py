"""SPDL: one file per image, FFmpeg's decoder and filters in threads, batches made by SPDL."""

import glob
import os
import random

import numpy
import spdl.io
from spdl.pipeline import PipelineBuilder

from common import BATCH, MEAN, SHORT_EDGE, SIDE, STD, arguments, dump, forever, measure

asked = arguments()
paths = sorted(glob.glob(f"{asked.data}/files/*/*.jpg"), key=os.path.basename)
scale = numpy.float32(1) / numpy.array(STD, dtype=numpy.float32)
shift = -numpy.array(MEAN, dtype=numpy.float32) * scale


def crop_and_resize():
    """FFmpeg's expressions know the size of the image, so the crop can be drawn before it does."""
    area, ratio = random.uniform(*asked.area), random.uniform(*asked.ratio)
    width, height = (area * ratio) ** 0.5, (area / ratio) ** 0.5
    crop = (f"crop=w='min(iw,round(sqrt(iw*ih)*{width}))'"
            f":h='min(ih,round(sqrt(iw*ih)*{height}))'"
            f":x='(iw-ow)*{random.random()}':y='(ih-oh)*{random.random()}'")
    flip = ",hflip" if asked.random and random.random() < 0.5 else ""
    return f"{crop},scale={SIDE}:{SIDE}:flags=bilinear{flip},format=pix_fmts=rgb24"


def shorter_side():
    short = f"scale='if(gt(iw,ih),-1,{SHORT_EDGE})':'if(gt(iw,ih),{SHORT_EDGE},-1)'"
    return f"{short}:flags=bilinear,crop={SIDE}:{SIDE},format=pix_fmts=rgb24"


make_filter = shorter_side if asked.work == "eval" else crop_and_resize


def decode(path):
    packets = spdl.io.demux_image(path)
    return spdl.io.decode_packets(packets, filter_desc=make_filter())


def to_batch(frames):
    pixels = spdl.io.to_numpy(spdl.io.convert_frames(frames))
    samples = numpy.multiply(pixels, scale, dtype=numpy.float32)
    samples += shift
    if asked.layout == "nchw":
        samples = samples.transpose(0, 3, 1, 2)
    return numpy.ascontiguousarray(samples, dtype=asked.type)


if asked.dump:
    dump(asked, to_batch([decode(path) for path in paths[:BATCH]]))


def shuffled():
    return random.sample(paths, len(paths)) if asked.random else paths


pipeline = (PipelineBuilder().add_source(forever(shuffled))
            .pipe(decode, concurrency=asked.threads).aggregate(BATCH)
            .pipe(to_batch, concurrency=asked.threads).add_sink(2)
            .build(num_threads=2 * asked.threads))
with pipeline.auto_stop():
    measure((len(batch) for batch in pipeline.get_iterator()), asked.seconds)
