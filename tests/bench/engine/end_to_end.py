#!/usr/bin/env python3
"""Training from JPEGs beside PyTorch's on the same CPU: the same files, network and batch, in turns.

    python end_to_end.py build/release/bin FOLDER [--networks 18] [--dtypes float32 bfloat16]

FOLDER has one folder of JPEGs per class. PyTorch reads it with torchvision's decode_jpeg, its transforms
for training and a DataLoader with 1 or 2 worker processes, and trains as in compare_pytorch.py; Forebay
packs the same bytes and runs train_imagenet --devices cpu:auto. Both make random crops of 224x224,
mirrored or not. Speeds are those after the first batches; prints medians, and Forebay's by the best of
PyTorch's in the same type or, for bfloat16, in either.
"""

import argparse
import itertools
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import torch
import torchvision
from compare_pytorch import PyTorchTraining, print_ratios
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2

SIDE = 224
SKIPPED = 2  # batches at the start: queues fill, tuning and workers begin


def transforms():
    return v2.Compose([
        v2.RandomResizedCrop(SIDE, antialias=False), v2.RandomHorizontalFlip(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])


class PyTorchRun:
    """A network that is there already, fed by so many worker processes."""

    def __init__(self, training, folder, workers, options):
        self.name = f"PyTorch {training.name}, {workers} workers"
        self.training, self.autocast = training, training.autocast
        self.batches = SKIPPED + options.batches
        data = torchvision.datasets.ImageFolder(
            folder, transforms(), loader=lambda path: decode_jpeg(read_file(path), ImageReadMode.RGB))
        self.loader = torch.utils.data.DataLoader(
            data, options.rows, shuffle=True, drop_last=True, num_workers=workers)

    def forever(self):
        while True:
            yield from self.loader

    def speed(self):
        batches = self.forever()
        for i, (images, labels) in enumerate(itertools.islice(batches, self.batches)):
            if i == SKIPPED:
                begin = time.perf_counter()
            self.training.images = images.contiguous(memory_format=torch.channels_last)
            self.training.labels = labels
            self.training.step()
        return (self.batches - SKIPPED) * len(labels) / (time.perf_counter() - begin)


class ForebayRun:
    def __init__(self, programs, depth, dtype, records, options):
        self.name = "Forebay " + dtype
        self.batches = options.batches
        self.command = [
            programs / "train_imagenet", "--data-train", records, "--network", "resnet",
            "--num-layers", depth, "--num-classes", 1000, "--batch-size", options.rows, "--dtype",
            dtype, "--devices", options.devices, "--num-epochs", 1, "--num-examples",
            (SKIPPED + options.batches) * options.rows, "--disp-batches", 1]

    def speed(self):
        log = subprocess.run([str(word) for word in self.command], check=True, capture_output=True,
                             text=True).stderr
        speeds = [float(found) for found in re.findall(r"Speed: ([\d.]+)", log)][-self.batches + 1:]
        return 1 / statistics.mean(1 / speed for speed in speeds)


def compare(depth, records, options):
    trainings = [PyTorchTraining(depth, options.rows, SIDE, dtype, way)
                 for dtype in options.dtypes for way in options.ways]
    peers = [PyTorchRun(training, options.folder, workers, options)
             for training in trainings for workers in (1, 2)]
    ours = [ForebayRun(options.programs, depth, dtype, records, options)
            for dtype in options.dtypes]
    runs = []
    for turn in range(options.runs):
        runs.append({run.name: run.speed() for run in ours + peers})
        if turn == 0:  # the slow ones have no further turns
            best = max(runs[0][peer.name] for peer in peers)
            peers = [peer for peer in peers if not peer.autocast or
                     runs[0][peer.name] > 0.75 * best]
        print({name: round(speed, 1) for name, speed in runs[-1].items()}, flush=True)
    medians = {run.name: statistics.median(each[run.name] for each in runs) for run in ours + peers}
    print(f"resnet-{depth} from JPEGs, {options.rows} rows:")
    for name, speed in medians.items():
        print(f"  {name}: {speed:.1f} images/s")
    print_ratios(ours, peers, runs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--networks", type=int, nargs="+", default=[18, 50])
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--ways", nargs="+", default=PyTorchTraining.WAYS,
                        choices=PyTorchTraining.WAYS)
    parser.add_argument("--devices", default="cpu:auto")
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--batches", type=int, default=12)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as packed:
        prefix = f"{packed}/data"
        subprocess.run([options.programs / "im2rec", prefix, options.folder, "--list", "--recursive"],
                       check=True)
        subprocess.run([options.programs / "im2rec", prefix, options.folder, "--pass-through"],
                       check=True)
        for depth in options.networks:
            compare(depth, f"{prefix}.rec", options)


if __name__ == "__main__":
    main()
