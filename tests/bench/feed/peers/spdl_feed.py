"""SPDL: one file per image, FFmpeg's decoder and filters in threads, batches made by SPDL."""

import glob
import os
import random

import numpy
import spdl.io
from spdl.pipeline import PipelineBuilder

from common import AREA, BATCH, MEAN, RATIO, SHORT_EDGE, SIDE, STD, arguments, forever, measure

asked = arguments()
paths = sorted(glob.glob(f"{asked.data}/files/*/*.jpg"), key=os.path.basename)
scale = numpy.float32(1) / numpy.array(STD, dtype=numpy.float32)
shift = -numpy.array(MEAN, dtype=numpy.float32) * scale


def train_filter():
    """FFmpeg's expressions know the size of the image, so the crop can be drawn before it does."""
    area, ratio = random.uniform(*AREA), random.uniform(*RATIO)
    width, height = (area * ratio) ** 0.5, (area / ratio) ** 0.5
    crop = (f"crop=w='min(iw,sqrt(iw*ih)*{width})':h='min(ih,sqrt(iw*ih)*{height})'"
            f":x='(iw-ow)*{random.random()}':y='(ih-oh)*{random.random()}'")
    flip = ",hflip" if random.random() < 0.5 else ""
    return f"{crop},scale={SIDE}:{SIDE}:flags=fast_bilinear{flip},format=pix_fmts=rgb24"


def eval_filter():
    short = f"scale='if(gt(iw,ih),-1,{SHORT_EDGE})':'if(gt(iw,ih),{SHORT_EDGE},-1)'"
    return f"{short}:flags=bilinear,crop={SIDE}:{SIDE},format=pix_fmts=rgb24"


make_filter = train_filter if asked.work == "train" else eval_filter


def decode(path):
    packets = spdl.io.demux_image(path)
    return spdl.io.decode_packets(packets, filter_desc=make_filter())


def to_batch(frames):
    pixels = spdl.io.to_numpy(spdl.io.convert_frames(frames))
    samples = numpy.empty((len(frames), SIDE, SIDE, 3), dtype=numpy.float32)
    numpy.multiply(pixels, scale, out=samples)
    samples += shift
    return samples


if asked.dump:
    numpy.save(asked.dump, to_batch([decode(path) for path in paths[:BATCH]]))
    raise SystemExit


def shuffled():
    return random.sample(paths, len(paths)) if asked.work == "train" else paths


pipeline = (PipelineBuilder().add_source(forever(shuffled))
            .pipe(decode, concurrency=asked.threads).aggregate(BATCH)
            .pipe(to_batch, concurrency=1).add_sink(2).build(num_threads=asked.threads + 1))
with pipeline.auto_stop():
    measure((len(batch) for batch in pipeline.get_iterator()), asked.seconds)
