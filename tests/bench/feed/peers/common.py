"""What every peer's program shares: its arguments, the work asked for and how it is measured.

Each program feeds itself from its own container around the same JPEG bytes and prints one line of
JSON: images, seconds, processor seconds and memory of its whole process tree.

Work is `train` (random crops, mirrored halves), `eval` (the centre), or `fixed`: what `train` does,
where its random crop can only be the whole image, which has a ratio of 4 to 3.
"""

import argparse
import json
import os
import time

SIDE = 224
SHORT_EDGE = 256
BATCH = 256
MEAN = (123.68, 116.779, 103.939)
STD = (58.393, 57.12, 57.375)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", help="a folder that make_data.py made")
    parser.add_argument("--work", choices=["train", "eval", "fixed"], default="train")
    parser.add_argument("--type", choices=["float32", "float16"], default="float32")
    parser.add_argument("--layout", choices=["nchw", "nhwc"], default="nchw")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--dump", help="save the first samples, NHWC, as .npy and stop")
    asked = parser.parse_args()
    asked.random = asked.work == "train"
    asked.area = (0.08, 1.0) if asked.random else (1.0, 1.0)
    asked.ratio = (3 / 4, 4 / 3) if asked.random else (4 / 3, 4 / 3)
    return asked


def dump(asked, samples, layout=None):
    """Saves samples, an array in the layout asked for or another, and ends the program."""
    import numpy

    if (layout or asked.layout) == "nchw":
        samples = samples.transpose(0, 2, 3, 1)
    numpy.save(asked.dump, samples.astype(numpy.float32))
    os._exit(0)


def process_tree():
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append((int(entry), fields))
    found, left = [], [os.getpid()]
    while left:
        for pid, _ in children.get(left[-1], []):
            left.insert(0, pid)
        found.append(left.pop())
    return found


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pids):
    """Proportional set size: what the processes share counts once."""
    kib = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as maps:
            kib += next(int(line.split()[1]) for line in maps if line.startswith("Pss:"))
    return kib / 1024


def measure(batches, seconds):
    """Takes batches (sizes) for a second to warm up, then for `seconds`, and prints the result."""
    batches = iter(batches)
    begin = time.perf_counter()
    warm = 0
    while warm < 2 or time.perf_counter() - begin < 1:
        next(batches)
        warm += 1
    pids = process_tree()
    images, begin, cpu = 0, time.perf_counter(), cpu_seconds(pids)
    while time.perf_counter() - begin < seconds:
        images += next(batches)
    wall = time.perf_counter() - begin
    print(json.dumps({"images": images, "seconds": wall, "cpu": cpu_seconds(pids) - cpu,
                      "mib": memory_mib(pids)}), flush=True)
    os._exit(0)  # some frameworks take seconds to stop their threads


def forever(make_epoch):
    while True:
        yield from make_epoch()
