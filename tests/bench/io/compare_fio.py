#!/usr/bin/env python3
"""Reading a .rec from the disk beside fio on the same file, in turns. Needs fio (Debian's package).

    python compare_fio.py build/release/bin/bench_read TRAIN.rec [--turns 5]

In order and by shuffled blocks a reader is held to fio's sequential reads, the faster of two ways: through
the page cache, and past it with four reads of 4 MiB in flight. By shuffled records it is beside fio's
random reads of a record's size, through the page cache one at a time and 16 in flight (io_uring), and past
it with 16 and 64. Prints the medians of MB/s and the ratios to fio.

Each begins with the file not in memory, and after it was read in order, so that all find memory in the
same state.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess

ORDERS = ("order", "blocks", "records")
BAR = 0.95


def read_in_order(data):
    subprocess.run(["dd", f"if={data}", "of=/dev/null", "bs=1M", "status=none"], check=True)


def reader_speed(program, data, order):
    output = subprocess.run([program, data, order], check=True, capture_output=True, text=True).stdout
    return float(re.match(r"([\d.]+) MB/s", output)[1])


def fio_speed(data, *options):
    command = ["fio", "--name=read", f"--filename={data}", "--readonly", "--invalidate=1",
               "--output-format=json", *options]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output)["jobs"][0]["read"]["bw_bytes"] / 1e6


def fio_ways(record_bytes):
    direct = ["--direct=1", "--ioengine=libaio"]
    random = ["--rw=randread", f"--bs={record_bytes}"]
    return {"fio, sequential, page cache": ["--rw=read", "--bs=1M", "--ioengine=psync"],
            "fio, sequential, direct": ["--rw=read", "--bs=4M", "--iodepth=4", *direct],
            "fio, random, one at a time": [*random, "--ioengine=psync"],
            "fio, random, io_uring, 16": [*random, "--ioengine=io_uring", "--iodepth=16"],
            "fio, random, direct, 16": [*random, "--iodepth=16", *direct],
            "fio, random, direct, 64": [*random, "--iodepth=64", *direct]}


def mean_record_bytes(data):
    """In whole pages."""
    records = sum(1 for _ in open(pathlib.Path(data).with_suffix(".idx")))
    return -(-pathlib.Path(data).stat().st_size // records // 4096) * 4096


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    ways = fio_ways(mean_record_bytes(arguments.data))
    speeds = {name: [] for name in (*ORDERS, *ways)}
    for _ in range(arguments.turns):
        for order in ORDERS:
            read_in_order(arguments.data)
            speeds[order].append(reader_speed(arguments.program, arguments.data, order))
        for name, options in ways.items():
            read_in_order(arguments.data)
            speeds[name].append(fio_speed(arguments.data, *options))
    medians = {name: statistics.median(each) for name, each in speeds.items()}
    for name, each in speeds.items():
        print(f"{name:30} {medians[name]:8.1f} MB/s  ({min(each):.1f} to {max(each):.1f})")
    sequential = max(speed for name, speed in medians.items() if "sequential" in name)
    random = max(speed for name, speed in medians.items() if "random" in name)
    for order in ORDERS[:2]:
        print(f"{order}: {medians[order] / sequential:.3f} of fio (bar {BAR})")
    print(f"records: {medians['records'] / random:.3f} of fio's fastest random reads")


if __name__ == "__main__":
    main()
