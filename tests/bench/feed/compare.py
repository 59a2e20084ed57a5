#!/usr/bin/env python3
"""Runs feeds in turns on the same cores, compares their pixels, and shows the results.

    compare.py pixels|measure|table HOME [PROGRAM] [--quick] [--peers dali ...] [--cores N]
               [--turns N] [--seconds S]

HOME has the virtual environments and the data (`run` makes both); PROGRAM is bench_feed. `pixels`
writes HOME/results/pixels.json; `measure` finds each feed's best number of threads and writes
HOME/results/runs.jsonl; `table` prints both and draws HOME/results/feed.svg. --quick does so with
HOME/data-quick and HOME/results-quick, in one short turn.
"""

import argparse
import os

import measure
import pixels
import table
from feeds import PEERS


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["pixels", "measure", "table"])
    parser.add_argument("home")
    parser.add_argument("program", nargs="?")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--turns", type=int)
    parser.add_argument("--seconds", type=float)
    asked = parser.parse_args()
    asked.turns = asked.turns or (1 if asked.quick else 5)
    asked.seconds = asked.seconds or (0.5 if asked.quick else 3)
    suffix = "-quick" if asked.quick else ""
    asked.data, asked.results = f"{asked.home}/data{suffix}", f"{asked.home}/results{suffix}"
    os.makedirs(asked.results, exist_ok=True)
    asked.feeds = ["forebay", "forebay-repacked", *asked.peers]
    if asked.action == "pixels":
        pixels.compare(asked)
    elif asked.action == "measure":
        measure.measure(asked)
    else:
        table.table(asked)
        table.plot(asked)


if __name__ == "__main__":
    main()
