"""NVIDIA DALI without a GPU: its fused decode and crop, from the same RecordIO file as MXNet."""

from nvidia.dali import fn, pipeline_def, types

from common import BATCH, MEAN, SHORT_EDGE, SIDE, STD, arguments, dump, forever, measure

asked = arguments()


def crop_and_resize(files):
    images = fn.decoders.image_random_crop(files, random_area=asked.area,
                                           random_aspect_ratio=asked.ratio, num_attempts=10,
                                           use_fast_idct=True)
    return fn.resize(images, size=(SIDE, SIDE), interp_type=types.INTERP_LINEAR, antialias=False)


def shorter_side(files):
    images = fn.decoders.image(files, use_fast_idct=True)
    return fn.resize(images, resize_shorter=SHORT_EDGE, interp_type=types.INTERP_LINEAR,
                     antialias=False)


@pipeline_def(batch_size=BATCH, num_threads=asked.threads, device_id=None)
def feed():
    files, labels = fn.readers.mxnet(path=f"{asked.data}/images.rec",
                                     index_path=f"{asked.data}/images.idx",
                                     random_shuffle=asked.random, name="reader")
    images = shorter_side(files) if asked.work == "eval" else crop_and_resize(files)
    mirror = fn.random.coin_flip() if asked.random else 0
    dtype = types.FLOAT16 if asked.type == "float16" else types.FLOAT
    return fn.crop_mirror_normalize(images, crop=(SIDE, SIDE), mean=MEAN, std=STD, mirror=mirror,
                                    dtype=dtype, output_layout=asked.layout[1:].upper()), labels


pipe = feed()
pipe.build()
if asked.dump:
    dump(asked, pipe.run()[0].as_array())


def epoch():
    pipe.run()
    yield BATCH


measure(forever(epoch), asked.seconds)
