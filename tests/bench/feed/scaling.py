#!/usr/bin/env python3
"""How Forebay's feed scales from one core to two, where the speed of cores drifts.

    scaling.py HOME build/release/bin/bench_feed [--turns 7]

HOME has the data that `run` made. In each turn the first core alone, both, the second alone, both; the
ratio is that of the means. Prints each turn and the medians.
"""

import argparse
import statistics

from feeds import CASES, command, measured


def speed(asked, case, cores):
    threads = 1 if len(cores) == 1 else 2 * len(cores)
    result = measured(command(asked, "forebay", case, threads=threads, seconds=2), cores)
    return result["images"] / result["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home")
    parser.add_argument("program")
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    asked.data = f"{asked.home}/data"
    for name in ("a-q90", "a-dense"):
        ratios = []
        for _ in range(asked.turns):
            one, two = zip(*[(speed(asked, CASES[name], [core]), speed(asked, CASES[name], [0, 1]))
                             for core in (0, 1)])
            ratios.append(sum(two) / sum(one))
            print(f"{name}: one core {one[0]:.0f} and {one[1]:.0f}, two {two[0]:.0f} and "
                  f"{two[1]:.0f} images/s: {ratios[-1]:.2f}", flush=True)
        print(f"{name}: {statistics.median(ratios):.2f} times ({min(ratios):.2f} to "
              f"{max(ratios):.2f})")


if __name__ == "__main__":
    main()
