#!/usr/bin/env python3
"""Makes the benchmark's images, and every peer's container around the same bytes.

    make_data.py PHOTOS FOLDER IM2REC [MOST]

PHOTOS is searched for wallpapers (JPEG, PNG). FOLDER gets one folder for each set:
    q90, q98   tiles of 500 x 375 at these qualities
    dense      such tiles that make about 110 kB at some quality, also of photographs at half size
    large      2000 x 1500 at quality 90, overlapping
    p512       tiles of 683 x 512 with their longer side brought to 512 pixels, at quality 90
A set has at most MOST images, as files/CLASS/N.jpg, images.rec and .idx (im2rec), restarts.rec
(repacked without loss), shards/N.tar and images.tfrecord.
"""

import glob
import io
import os
import struct
import subprocess
import sys
import tarfile

from PIL import Image

CLASSES = 10
SHARDS = 8


def photos(folder):
    """One image of each wallpaper, the largest; drawings with few details stay: they are few."""
    best = {}
    for path in glob.glob(f"{folder}/**/*.*", recursive=True):
        if not path.endswith((".jpg", ".png")) or "screenshot" in path or os.path.islink(path):
            continue
        with Image.open(path) as image:
            width, height = image.size
        key = path.split("/contents/")[0]
        if width >= 2000 and height >= 1500 and width * height > best.get(key, (0, ""))[0]:
            best[key] = (width * height, path)
    return [Image.open(path).convert("RGB") for _, path in sorted(best.values(), key=lambda b: b[1])]


def tiles(image, width, height, step_x=None, step_y=None):
    for y in range(0, image.height - height + 1, step_y or height):
        for x in range(0, image.width - width + 1, step_x or width):
            yield image.crop((x, y, x + width, y + height))


def jpeg(image, quality):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()


def shrunk(image, factor):
    return image.resize((image.width // factor, image.height // factor), Image.LANCZOS)


def at_most(image, side):
    factor = side / max(image.size)
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.LANCZOS)


def as_large_as_imagenet(image):
    """At the lowest quality that makes it about 110 kB, as the mean of ImageNet; some never are."""
    for quality in range(88, 101, 2):
        encoded = jpeg(image, quality)
        if len(encoded) >= 95_000:
            return encoded if len(encoded) <= 150_000 else None
    return None


def every_set(images):
    small = [tile for image in images for tile in tiles(image, 500, 375)]
    detailed = [as_large_as_imagenet(tile) for image in images for factor in (1, 2)
                for tile in tiles(shrunk(image, factor), 500, 375)]
    large = [jpeg(tile, 90) for image in images for tile in tiles(image, 2000, 1500, 560, 100)]
    return {
        "q90": [jpeg(tile, 90) for tile in small],
        "q98": [jpeg(tile, 98) for tile in small],
        "dense": [encoded for encoded in detailed if encoded],
        "large": large,
        "p512": [jpeg(at_most(tile, 512), 90) for image in images
                 for tile in tiles(image, 683, 512)],
    }


def write_files(folder, images):
    for i, image in enumerate(images):
        path = f"{folder}/files/{i % CLASSES}/{i:05d}.jpg"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(image)


def write_shards(folder, images):
    os.makedirs(f"{folder}/shards", exist_ok=True)
    for shard in range(SHARDS):
        with tarfile.open(f"{folder}/shards/{shard}.tar", "w") as tar:
            for i in range(shard * len(images) // SHARDS, (shard + 1) * len(images) // SHARDS):
                for extension, content in ("jpg", images[i]), ("cls", b"%d" % (i % CLASSES)):
                    member = tarfile.TarInfo(f"{i:05d}.{extension}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))


def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def masked_crc(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def write_tfrecord(folder, images):
    """tf.train.Example messages, written without TensorFlow."""
    with open(f"{folder}/images.tfrecord", "wb") as file:
        for i, image in enumerate(images):
            features = {b"jpeg": field(1, field(1, image)),
                        b"label": field(3, field(1, varint(i % CLASSES)))}
            example = field(1, b"".join(field(1, field(1, key) + field(2, value))
                                        for key, value in features.items()))
            length = struct.pack("<Q", len(example))
            file.write(length + struct.pack("<I", masked_crc(length)))
            file.write(example + struct.pack("<I", masked_crc(example)))


def write_records(folder, images, im2rec):
    lines = [f"{i}\t{i % CLASSES}\t{i % CLASSES}/{i:05d}.jpg\n" for i in range(len(images))]
    for name, more in ("images", []), ("restarts", ["--restart-rows", "1"]):
        with open(f"{folder}/{name}.lst", "w") as file:
            file.writelines(lines)
        subprocess.run([im2rec, f"{folder}/{name}", f"{folder}/files", "--pass-through", *more],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    source, folder, im2rec = sys.argv[1:4]
    most = int(sys.argv[4]) if len(sys.argv) > 4 else None
    for name, images in every_set(photos(source)).items():
        images = images[:most]
        into = f"{folder}/{name}"
        os.makedirs(into, exist_ok=True)
        for write in write_files, write_shards, write_tfrecord:
            write(into, images)
        write_records(into, images, im2rec)
        print(f"{name}: {len(images)} images, {sum(map(len, images)) / len(images) / 1000:.0f} kB "
              "each", flush=True)


if __name__ == "__main__":
    main()
