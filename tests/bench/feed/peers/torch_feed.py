"""torchvision and PyTorch's DataLoader: one file per image, a worker process per thread."""

import glob
import os
import warnings

import numpy
import torch

from common import BATCH, arguments, dump, forever, measure
from torch_transforms import decode, transforms

warnings.filterwarnings("ignore")
asked = arguments()
PASSES = 64  # in an epoch, so that every worker has batches to make
torch.set_num_threads(1)


class Files(torch.utils.data.Dataset):
    def __init__(self):
        self.paths = sorted(glob.glob(f"{asked.data}/files/*/*.jpg"), key=os.path.basename)
        self.transform = transforms(asked)

    def __len__(self):
        return PASSES * len(self.paths)

    def __getitem__(self, i):
        with open(self.paths[i % len(self.paths)], "rb") as file:
            return self.transform(decode(file.read())), 0


files = Files()
if asked.dump:
    dump(asked, numpy.stack([files[i][0].numpy() for i in range(BATCH)]))
loader = torch.utils.data.DataLoader(files, BATCH, shuffle=asked.random,
                                     num_workers=asked.threads, persistent_workers=True,
                                     drop_last=True, prefetch_factor=2)
measure(forever(lambda: (len(images) for images, _ in loader)), asked.seconds)
