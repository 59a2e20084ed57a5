"""MXNet 1.9.1: ImageRecordIter. It makes float32 in NCHW, whatever is asked for."""

import mxnet

from common import BATCH, MEAN, SHORT_EDGE, SIDE, STD, arguments, dump, forever, measure

asked = arguments()
options = dict(path_imgrec=f"{asked.data}/images.rec", path_imgidx=f"{asked.data}/images.idx",
               data_shape=(3, SIDE, SIDE), batch_size=BATCH, preprocess_threads=asked.threads,
               mean_r=MEAN[0], mean_g=MEAN[1], mean_b=MEAN[2],
               std_r=STD[0], std_g=STD[1], std_b=STD[2], verbose=False)
if asked.work == "eval":
    options.update(resize=SHORT_EDGE)
else:
    options.update(shuffle=asked.random, rand_mirror=asked.random, random_resized_crop=True,
                   min_random_area=asked.area[0], max_random_area=asked.area[1],
                   min_aspect_ratio=asked.ratio[0], max_aspect_ratio=asked.ratio[1])
feed = mxnet.io.ImageRecordIter(**options)
if asked.dump:
    dump(asked, next(feed).data[0].asnumpy(), "nchw")


def epoch():
    feed.reset()
    for batch in feed:
        batch.data[0].wait_to_read()
        yield BATCH - batch.pad


measure(forever(epoch), asked.seconds)
