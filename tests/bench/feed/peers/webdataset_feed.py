"""WebDataset: tar shards, a worker process per thread, torchvision's transforms."""

import glob
import warnings

import numpy
import torch
import webdataset

from common import BATCH, arguments, dump, forever, measure
from torch_transforms import decode, transforms

warnings.filterwarnings("ignore")
asked = arguments()
torch.set_num_threads(1)
transform = transforms(asked)
shards = sorted(glob.glob(f"{asked.data}/shards/*.tar"))
# Resampled shards never end: a pass over a worker's share of them may be shorter than a batch.
images = webdataset.WebDataset(shards, shardshuffle=False, nodesplitter=None,
                               resampled=not asked.dump)
if asked.random:
    images = images.shuffle(256)
images = images.to_tuple("jpg", "cls").map_tuple(lambda jpeg: transform(decode(jpeg)), int)
if asked.dump:
    first = [sample for _, (sample, _) in zip(range(BATCH), images)]
    dump(asked, numpy.stack([sample.numpy() for sample in first]))
loader = webdataset.WebLoader(images.batched(BATCH, partial=False), batch_size=None,
                              num_workers=asked.threads, persistent_workers=True)
measure(forever(lambda: (len(batch) for batch, _ in loader)), asked.seconds)
