"""How far each feed's samples are from an exact decode and a resize of known kind."""

import glob
import json
import os

from feeds import CASES, FOREBAY, Failed, command, is_peer, run

IMAGES = 64
# The random crop of training can only be the whole image here.
COMPARED = {"a-dense": "fixed", "b-q90": "eval", "c": "fixed", "d": "fixed"}


def resized(image, width, height):
    """Exact, by each of the ways in which a resize may take its pixels."""
    import cv2
    import numpy
    from PIL import Image

    factor = 1
    while min(image.shape[0] / height, image.shape[1] / width) >= 2 * factor:
        factor *= 2
    reduced = image
    if factor > 1:
        reduced = cv2.resize(image, (image.shape[1] // factor, image.shape[0] // factor),
                             interpolation=cv2.INTER_AREA)
    return {"bilinear": cv2.resize(image, (width, height)),
            "antialiased": numpy.asarray(Image.fromarray(image).resize((width, height),
                                                                       Image.BILINEAR)),
            "means of areas": cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA),
            "reduced, then bilinear": cv2.resize(reduced, (width, height))}


def exact(path, work):
    """The sample as libjpeg-turbo decodes it and each way to resize makes it."""
    import cv2
    import numpy

    image = numpy.ascontiguousarray(cv2.imread(path)[:, :, ::-1])
    if work == "fixed":
        return resized(image, 224, 224)
    height, width = image.shape[:2]
    factor = 256 / min(height, width)
    ways = resized(image, int(width * factor), int(height * factor))
    y, x = (int(height * factor) - 224) // 2, (int(width * factor) - 224) // 2
    return {way: shorter[y:y + 224, x:x + 224] for way, shorter in ways.items()}


def samples(asked, feed, case, work):
    """The first samples, of 0 to 255, NHWC."""
    import numpy

    mean, std = numpy.float32([123.68, 116.779, 103.939]), numpy.float32([58.393, 57.12, 57.375])
    path = f"{asked.results}/dump.npy"
    run(command(asked, feed, case, work=work, threads=1, dump=path), range(asked.cores))
    if is_peer(feed):
        values = numpy.load(path)[:IMAGES]
    else:
        shape = (-1, 224, 224, 3) if case.layout == "nhwc" else (-1, 3, 224, 224)
        values = numpy.fromfile(path, case.type).reshape(shape)[:IMAGES]
        values = values if case.layout == "nhwc" else values.transpose(0, 2, 3, 1)
    os.remove(path)
    return values.astype(numpy.float32) * std + mean


def compare(asked):
    """Writes by case and feed the mean absolute difference, of 255."""
    import numpy

    found = {}
    for name, work in COMPARED.items():
        case = CASES[name]
        paths = sorted(glob.glob(f"{asked.data}/{case.images}/files/*/*.jpg"),
                       key=os.path.basename)[:IMAGES]
        expected = [exact(path, work) for path in paths]
        ours = None
        for feed in [*FOREBAY, *asked.peers]:
            if feed == "forebay-repacked":  # the same pixels, which im2rec's tests hold
                continue
            try:
                pixels = samples(asked, feed, case, work)
            except Failed as failure:
                print(f"{name:10} {feed:14} {failure}", flush=True)
                continue
            ours = pixels if ours is None else ours
            ways = {way: float(numpy.mean([numpy.abs(sample - image[way]).mean()
                                           for sample, image in zip(pixels, expected)]))
                    for way in expected[0]}
            way = min(ways, key=lambda each: round(ways[each], 2))
            row = {"case": name, "feed": feed, "difference": ways[way], "way": way,
                   "to_forebay": float(numpy.abs(pixels - ours).mean())}
            found.setdefault(name, []).append(row)
            print(f"{name:10} {feed:14} {row['difference']:.2f} of 255 to {way}, "
                  f"{row['to_forebay']:.2f} to Forebay", flush=True)
    with open(f"{asked.results}/pixels.json", "w") as file:
        json.dump(found, file)
