#!/usr/bin/env python3
"""Does bfloat16 learn as well as float32? Trains with both, once with each of some seeds.

    compare_accuracy.py build/release/bin/train_imagenet [--seeds 10] -- FLAGS OF TRAIN_IMAGENET...

The flags name the data, validation images too. Prints the last validation accuracy of each run, the
means with their standard errors, and those of the differences between runs of the same seed.
"""

import argparse
import re
import statistics
import subprocess
import sys

TYPES = ("float32", "bfloat16")


def accuracy(program, flags, dtype, seed):
    done = subprocess.run([program, *flags, "--dtype", dtype, "--seed", str(seed)],
                          capture_output=True, text=True)
    found = re.findall(r"Validation-accuracy=([\d.]+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"{dtype}, seed {seed}: {done.stderr.strip().splitlines()[-1:]}")
    return float(found[-1])


def mean(values):
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):.4f} +- {error:.4f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("flags", nargs="+")
    options = parser.parse_args()
    results = {dtype: [] for dtype in TYPES}
    for seed in range(1, options.seeds + 1):
        for dtype in TYPES:
            results[dtype].append(accuracy(options.program, options.flags, dtype, seed))
        print(f"seed {seed}: " + ", ".join(f"{dtype} {results[dtype][-1]:.4f}" for dtype in TYPES),
              flush=True)
    for dtype in TYPES:
        print(f"{dtype}: {mean(results[dtype])}")
    print("bfloat16 - float32: " +
          mean([b - a for a, b in zip(results["float32"], results["bfloat16"])]))


if __name__ == "__main__":
    main()
