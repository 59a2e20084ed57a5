#!/usr/bin/env python3
"""Where the time of a training step goes, by class of layer and direction.

    python where_time_goes.py build/release/bin/bench_train DEPTH ROWS STEPS SIZE DTYPE

Runs the benchmark on one thread, with what oneDNN logs of each call, and divides the time of the
steps after the first between oneDNN's calls and all else: norms with their additions and ReLUs, the
loss, the optimizer, and in bfloat16 on AMX the gradients of windows' weights. GFLOP/s beside those of
`bench_roofline` tell how near a class is to the peak.
"""

import collections
import os
import re
import subprocess
import sys

DIRECTIONS = {"forward_training": "forward", "backward_data": "to the input",
              "forward_inference": "to the input",  # with turned weights
              "backward_weights": "to the weights"}


def shape_of(text):
    return {name: int(size) for name, size in re.findall(r"([a-z]+)(\d+)", text)}


def convolution(direction, shape):
    """Its class and its floating-point operations."""
    kernel = f"{shape['kh']}x{shape['kw']}"
    stem = ", of images" if shape["ic"] == 3 else ""
    operations = (2 * shape["mb"] * shape["oc"] * shape["ic"] * shape["kh"] * shape["kw"]
                  * shape["oh"] * shape["ow"])
    return f"convolution {kernel}{stem}, {direction}", operations


def classified(line):
    """(class, operations, seconds) of one logged call."""
    fields = line.split(",")
    kind, direction = fields[3], DIRECTIONS.get(fields[5], "")
    shape, seconds = fields[-2], float(fields[-1]) / 1e3
    if kind == "convolution":
        return *convolution(direction, shape_of(shape)), seconds
    if kind == "inner_product":
        sizes = shape_of(shape)
        operations = 2 * sizes["mb"] * sizes["ic"] * sizes["oc"]
        if sizes["mb"] > ROWS:
            return "convolution as a product, to the weights", operations, seconds
        return "linear", operations, seconds
    return kind, 0, seconds


def main():
    program, depth, rows, steps, size, dtype = sys.argv[1:]
    global ROWS
    ROWS = int(rows)
    ran = subprocess.run([program, depth, rows, "1", steps, size, dtype], check=True,
                         capture_output=True, text=True, env=os.environ | {"ONEDNN_VERBOSE": "1"})
    calls = [line for line in ran.stdout.splitlines() if re.match("(dnnl|onednn)_verbose,exec", line)]
    of_step = len(calls) // (int(steps) + 1)  # loading the weights at the start shifts them a little
    seconds, operations = collections.Counter(), collections.Counter()
    for line in calls[-of_step * int(steps):]:
        name, work, took = classified(line)
        seconds[name] += took
        operations[name] += work
    images_per_second = float(re.search(r"([\d.]+) images/s", ran.stdout)[1])
    total = ROWS / images_per_second * int(steps)
    seconds["all else"] = total - sum(seconds.values())
    print(f"resnet-{depth} at {size}, {rows} rows, {dtype}: {1e3 * total / int(steps):.1f} ms a step")
    for name, took in seconds.most_common():
        rate = f"{operations[name] / took / 1e9:8.0f} GFLOP/s" if operations[name] else ""
        print(f"{name:44} {1e3 * took / int(steps):8.1f} ms {100 * took / total:5.1f} % {rate}")


if __name__ == "__main__":
    main()
