#!/usr/bin/env python3
"""Training speed beside PyTorch's on the same CPU: the same network, batch and threads, in turns.

    python compare_pytorch.py build/release/bin/bench_train [--networks 18 50 20] [--threads 1]

PyTorch trains in channels_last, eager, compiled by torch.compile and, where it is installed, with Intel's
extension (intel_extension_for_pytorch), in float32 and under autocast to bfloat16. Prints the medians of each, and Forebay's by the best of PyTorch's in the same type or, for
bfloat16, in either: above 1, Forebay is faster. Per processor second holds on machines that others
use too.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import time

import torch
import torchvision

try:
    import intel_extension_for_pytorch
except ImportError:
    intel_extension_for_pytorch = None

sys.path.append(str(pathlib.Path(__file__).parents[2] / "fixtures" / "engine"))
from make_fixtures import SmallResNet  # noqa: E402  (ResNet-20, which torchvision lacks)


def make_model(depth):
    return SmallResNet(1000) if depth == 20 else getattr(torchvision.models, f"resnet{depth}")()


class PyTorchTraining:
    WAYS = ("eager", "compiled") + (("extended",) if intel_extension_for_pytorch else ())

    def __init__(self, depth, rows, size, dtype, way):
        self.name = f"{way} {dtype}"
        self.autocast = dtype == "bfloat16"
        self.model = make_model(depth).to(memory_format=torch.channels_last).train()
        self.images = torch.randn(rows, 3, size, size).to(memory_format=torch.channels_last)
        self.labels = torch.full((rows,), 7)
        self.loss = torch.nn.CrossEntropyLoss()
        # The rate is 0, as gradients of what has been learnt by heart are too small for fast arithmetic.
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.0, 0.9, weight_decay=1e-4)
        if way == "extended":
            self.model, self.optimizer = intel_extension_for_pytorch.optimize(
                self.model, optimizer=self.optimizer, dtype=getattr(torch, dtype))
        self.forward = torch.compile(self.model) if way == "compiled" else self.model
        self.step()
        self.step()

    def step(self):
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            loss = self.loss(self.forward(self.images), self.labels)
        loss.backward()
        self.optimizer.step()

    def speed(self, steps):
        wall, processor = [], []
        for _ in range(steps):
            start, processor_start = time.perf_counter(), time.process_time()
            self.step()
            wall.append(time.perf_counter() - start)
            processor.append(time.process_time() - processor_start)
        rows = len(self.labels)
        return rows / statistics.median(wall), rows / statistics.median(processor)


class ForebayTraining:
    def __init__(self, program, depth, rows, size, dtype, threads):
        self.name = "Forebay " + dtype
        self.command = [program, depth, rows, threads, size, dtype]

    def speed(self, steps):
        program, depth, rows, threads, size, dtype = map(str, self.command)
        command = [program, depth, rows, threads, str(steps), size, dtype]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"([\d.]+) images/s, ([\d.]+) per processor second", line)
        return float(found[1]), float(found[2])


def print_ratios(ours, peers, runs):
    """Ours by the best peer that may be compared; `runs` have a speed by name."""
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[-1]}
    for own in ours:
        rivals = [peer.name for peer in peers if not peer.autocast or "bfloat16" in own.name]
        best = max(rivals, key=medians.get)
        ratios = sorted(run[own.name] / run[best] for run in runs)
        print(f"  {own.name}: {medians[own.name] / medians[best]:.2f}x of {best} "
              f"({ratios[0]:.2f} to {ratios[-1]:.2f})", flush=True)


def compare(depth, options):
    size, rows = (32, 8 * options.rows) if depth == 20 else (224, options.rows)
    ours = [ForebayTraining(options.program, depth, rows, size, dtype, options.threads)
            for dtype in options.dtypes]
    peers = [PyTorchTraining(depth, rows, size, dtype, way)
             for dtype in options.dtypes for way in options.ways]
    runs = []
    for _ in range(options.runs):
        runs.append({training.name: training.speed(options.steps) for training in ours + peers})
        print({name: round(wall, 2) for name, (wall, _) in runs[-1].items()}, flush=True)
    print(f"resnet-{depth} at {size}, {rows} rows, {options.threads} threads:")
    for unit, what in enumerate(("images/s", "images per processor second")):
        medians = {name: statistics.median(run[name][unit] for run in runs) for name in runs[0]}
        print(f"  {what}: " + ", ".join(f"{name} {speed:.2f}" for name, speed in medians.items()))
        print_ratios(ours, peers, [{name: speeds[unit] for name, speeds in run.items()}
                                   for run in runs])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--networks", type=int, nargs="+", default=[18, 50, 20],
                        help="depths of ResNet; 20 at 32x32 with 8 times the rows")
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--ways", nargs="+", default=PyTorchTraining.WAYS,
                        choices=PyTorchTraining.WAYS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for depth in options.networks:
        compare(depth, options)


if __name__ == "__main__":
    main()
