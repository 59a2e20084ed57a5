#!/usr/bin/env python3
"""tf.data's AUTOTUNE beside an exhaustive sweep of its settings, on the images that bench_tune reads.

    compare_tfdata.py TRAIN.rec [--seconds S] [--venv FOLDER]

The same work as there: decode, random resized crop and mirror, normalise, batches of 128. Prints the
images/s of each fixed pair of map parallelisms, then what AUTOTUNE reaches each second from its own
start, and the ratio to the best of the sweep. Both then run in turns. Without tensorflow it makes a
virtual environment (outside of the source tree) and installs it from PyPI.
"""

import argparse
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

MAGIC = 0xCED7230A
BATCH = 128
TURNS = 5


def restart_with_tensorflow(folder):
    python = os.path.join(folder, "bin", "python")
    if os.path.realpath(sys.prefix) == os.path.realpath(folder):
        sys.exit(f"compare_tfdata.py: tensorflow cannot be imported in {folder}; remove it to "
                 "begin anew")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "tensorflow-cpu"], check=True)
    os.execv(python, [python, *sys.argv])


def images_of(path):
    """The JPEG files in a RecordIO file of im2rec."""
    images = []
    with open(path, "rb") as file:
        while head := file.read(8):
            magic, length = struct.unpack("<II", head)
            if magic != MAGIC or length >> 29:
                sys.exit(f"compare_tfdata.py: {path} is not a RecordIO file with whole records")
            length &= (1 << 29) - 1
            record = file.read(length)
            file.read(-length % 4)
            flag = struct.unpack_from("<I", record)[0]
            images.append(record[24 + 4 * flag:])
    return images


def pipeline(tf, images, decode, augment):
    """Batches without end; None stands for AUTOTUNE."""
    mean = tf.constant([123.68, 116.779, 103.939])
    deviation = tf.constant([58.393, 57.12, 57.375])

    def crop(image):
        whole = tf.constant([[[0.0, 0.0, 1.0, 1.0]]])
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            tf.shape(image), whole, aspect_ratio_range=(3 / 4, 4 / 3), area_range=(0.08, 1.0))
        image = tf.image.resize(tf.slice(image, begin, size), [224, 224])
        return (tf.image.random_flip_left_right(image) - mean) / deviation

    auto = tf.data.AUTOTUNE
    data = tf.data.Dataset.from_tensor_slices(images).repeat().shuffle(256, seed=1)
    data = data.map(lambda jpeg: tf.io.decode_jpeg(jpeg, channels=3),
                    num_parallel_calls=decode or auto)
    data = data.map(crop, num_parallel_calls=augment or auto)
    return data.batch(BATCH, drop_remainder=True).prefetch(auto)


def speed(data, warm_up=0.7, seconds=1.5):
    begin, first, batches = time.monotonic(), None, 0
    for _ in data:
        now = time.monotonic()
        if now - begin < warm_up:
            continue
        if first is None:
            first = now
            continue
        batches += 1
        if now - first >= seconds and batches > 3:
            return batches * BATCH / (now - first)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--seconds", type=float, default=30, help="that AUTOTUNE is watched")
    parser.add_argument("--venv", default=os.path.join(tempfile.gettempdir(), "forebay-tfdata"))
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import tensorflow as tf
    except ImportError:
        restart_with_tensorflow(arguments.venv)

    images = images_of(arguments.train)
    speeds = {}
    print("decode augment  images/s")
    for decode in (1, 2, 4, 64):
        for augment in (1, 2, 32):
            speeds[decode, augment] = speed(pipeline(tf, images, decode, augment))
            print(f"{decode:6} {augment:7} {speeds[decode, augment]:9.0f}", flush=True)
    best = max(speeds, key=speeds.get)

    print("AUTOTUNE, images/s each second:")
    begin = last = time.monotonic()
    batches, curve = 0, []
    iterator = iter(pipeline(tf, images, None, None))
    while last - begin < arguments.seconds:
        next(iterator)
        batches += 1
        now = time.monotonic()
        if now - last >= 1:
            curve.append((now - begin, batches * BATCH / (now - last)))
            last, batches = now, 0
    print(" ".join(f"{rate:.0f}" for _, rate in curve))

    settled, fixed = [], []
    fixed_iterator = iter(pipeline(tf, images, *best))
    for _ in range(TURNS):  # the tuned pipeline goes on where it was
        settled.append(speed(iterator))
        fixed.append(speed(fixed_iterator))
    good = 0.95 * statistics.median(fixed)
    reached = next((seconds for seconds, rate in curve if rate >= good), None)
    print(f"best of the sweep: decode {best[0]}, augment {best[1]}: "
          f"{statistics.median(fixed):.0f} images/s")
    print(f"AUTOTUNE after {curve[-1][0]:.0f} s: {statistics.median(settled):.0f} images/s, ratio "
          f"{statistics.median(settled) / statistics.median(fixed):.3f}; 95 % of the best first after "
          + (f"{reached:.0f} s" if reached else "longer"))


if __name__ == "__main__":
    main()
