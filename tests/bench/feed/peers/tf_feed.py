"""tf.data: TFRecord, fused decode and crop with the fast inverse DCT, AUTOTUNE."""

import os

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")

import tensorflow as tf

from common import BATCH, MEAN, SHORT_EDGE, SIDE, STD, arguments, dump, measure

asked = arguments()
DECODE = dict(channels=3, dct_method="INTEGER_FAST", fancy_upscaling=False)


def crop_and_resize(jpeg):
    shape = tf.image.extract_jpeg_shape(jpeg)
    begin, size, _ = tf.image.sample_distorted_bounding_box(
        shape, tf.constant([[[0.0, 0.0, 1.0, 1.0]]]), min_object_covered=0.0,
        aspect_ratio_range=asked.ratio, area_range=asked.area, max_attempts=10,
        use_image_if_no_bounding_boxes=True)
    window = tf.stack([begin[0], begin[1], size[0], size[1]])
    image = tf.image.decode_and_crop_jpeg(jpeg, window, **DECODE)
    image = tf.image.resize(image, (SIDE, SIDE), "bilinear")
    return tf.image.random_flip_left_right(image) if asked.random else image


def centre(jpeg):
    """The centre is cut before the resize, which then gives the same pixels for less."""
    shape = tf.image.extract_jpeg_shape(jpeg)
    short = tf.minimum(shape[0], shape[1])
    side = tf.cast(tf.cast(short, tf.float32) * (SIDE / SHORT_EDGE), tf.int32)
    window = tf.stack([(shape[0] - side) // 2, (shape[1] - side) // 2, side, side])
    image = tf.image.decode_and_crop_jpeg(jpeg, window, **DECODE)
    return tf.image.resize(image, (SIDE, SIDE), "bilinear")


def sample(record):
    example = tf.io.parse_single_example(record, {"jpeg": tf.io.FixedLenFeature([], tf.string),
                                                  "label": tf.io.FixedLenFeature([], tf.int64)})
    image = (centre if asked.work == "eval" else crop_and_resize)(example["jpeg"])
    image = tf.cast((image - tf.constant(MEAN)) / tf.constant(STD), asked.type)
    if asked.layout == "nchw":
        image = tf.transpose(image, (2, 0, 1))
    return image, example["label"]


data = tf.data.TFRecordDataset(f"{asked.data}/images.tfrecord")
data = data.repeat()
if asked.random:
    data = data.shuffle(256)
data = data.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=bool(asked.dump))
data = data.batch(BATCH, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
options = tf.data.Options()
options.threading.private_threadpool_size = asked.threads
data = data.with_options(options)
if asked.dump:
    dump(asked, next(iter(data))[0].numpy())
measure((BATCH for _ in data), asked.seconds)
