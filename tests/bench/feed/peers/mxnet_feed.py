"""MXNet 1.9.1: ImageRecordIter."""

import mxnet
import numpy

from common import AREA, BATCH, MEAN, RATIO, SHORT_EDGE, SIDE, STD, arguments, forever, measure

asked = arguments()
options = dict(path_imgrec=f"{asked.data}/images.rec", path_imgidx=f"{asked.data}/images.idx",
               data_shape=(3, SIDE, SIDE), batch_size=BATCH, preprocess_threads=asked.threads,
               mean_r=MEAN[0], mean_g=MEAN[1], mean_b=MEAN[2],
               std_r=STD[0], std_g=STD[1], std_b=STD[2], verbose=False)
if asked.work == "train":
    options.update(shuffle=True, rand_mirror=True, random_resized_crop=True,
                   min_random_area=AREA[0], max_random_area=AREA[1],
                   min_aspect_ratio=RATIO[0], max_aspect_ratio=RATIO[1])
else:
    options.update(resize=SHORT_EDGE)
feed = mxnet.io.ImageRecordIter(**options)
if asked.dump:
    numpy.save(asked.dump, next(feed).data[0].asnumpy().transpose(0, 2, 3, 1))
    raise SystemExit


def epoch():
    feed.reset()
    for batch in feed:
        batch.data[0].wait_to_read()
        yield BATCH


measure(forever(epoch), asked.seconds)
