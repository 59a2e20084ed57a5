#!/usr/bin/env python3
"""Training speed beside PyTorch's on the same CPU: the same network, batch and threads, in turns.

    python compare_pytorch.py build/release/bin/bench_train [--threads 1] [--rows 16] [--runs 5]

PyTorch trains in channels_last, its fastest setting for these networks. Prints the medians and their
ratio: above 1, Forebay is faster. `per processor second` holds on machines that others use too.
"""

import argparse
import re
import statistics
import subprocess
import time

import torch
import torchvision


class PyTorchTraining:
    def __init__(self, depth, rows):
        self.model = getattr(torchvision.models, f"resnet{depth}")()
        self.model = self.model.to(memory_format=torch.channels_last).train()
        self.images = torch.randn(rows, 3, 224, 224).to(memory_format=torch.channels_last)
        self.labels = torch.full((rows,), 7)
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.01, 0.9, weight_decay=1e-4)
        self.step()

    def step(self):
        self.optimizer.zero_grad()
        self.loss(self.model(self.images), self.labels).backward()
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


def forebay_speed(program, depth, rows, threads, steps):
    command = [program, str(depth), str(rows), str(threads), str(steps)]
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"([\d.]+) images/s, ([\d.]+) per processor second", line)
    return float(found[1]), float(found[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--depths", type=int, nargs="+", default=[18, 50])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for depth in options.depths:
        training = PyTorchTraining(depth, options.rows)
        ours, theirs = [], []
        for _ in range(options.runs):
            ours.append(forebay_speed(options.program, depth, options.rows, options.threads,
                                      options.steps))
            theirs.append(training.speed(options.steps))
        for i, unit in enumerate(("images/s", "images per processor second")):
            a = statistics.median(run[i] for run in ours)
            b = statistics.median(run[i] for run in theirs)
            print(f"resnet-{depth}, {options.rows} rows, {options.threads} threads: Forebay {a:.2f}, "
                  f"PyTorch {b:.2f} {unit}: {a / b:.2f}x", flush=True)


if __name__ == "__main__":
    main()
