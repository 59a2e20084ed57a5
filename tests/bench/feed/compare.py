#!/usr/bin/env python3
"""Runs feeds in turns on the same cores, and shows the results.

    compare.py measure HOME PROGRAM [--cases a-q90 ...] [--feeds dali ...] [--cores N] [--turns N]
                       [--seconds S]
    compare.py table HOME [--plot FILE]
    compare.py pixels HOME PROGRAM

HOME has the virtual environments and the data (`run` makes both); PROGRAM is bench_feed. `measure`
adds lines to HOME/results.jsonl, from which `table` takes medians and the spread, per core.
`pixels` compares what each feed gives for evaluation with an exact decode and a bilinear resize.
"""

import argparse
import collections
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# The virtual environment of each. All get a thread, or a worker process, for each core.
PEERS = {"mxnet": "mxnet", "dali": "dali", "torch": "torch", "tf": "tf", "webdataset": "torch",
         "spdl": "torch"}
# Arguments of bench_feed: as it is; as libjpeg-turbo and OpenCV do it; after a repack without loss.
FOREBAY = {"forebay": [], "forebay-exact": ["--decode", "exact"],
           "forebay-repacked": ["--records", "restarts.rec"]}
# name: the set of images, the work
CASES = {"a-q90": ("q90", "train"), "a-q98": ("q98", "train"), "a-dense": ("dense", "train"),
         "b-q90": ("q90", "eval"), "b-dense": ("dense", "eval"), "c": ("large", "train"),
         "d": ("p512", "train")}


def command(asked, feed, case, threads):
    images, work = CASES[case]
    program, more = [asked.program], FOREBAY.get(feed, [])
    if feed in PEERS:
        program = [f"{asked.home}/{PEERS[feed]}/bin/python", f"{HERE}/peers/{feed}_feed.py"]
    return program + [f"{asked.home}/data/{images}", "--work", work, "--threads", str(threads),
                      "--seconds", str(asked.seconds), *more]


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def measure(asked):
    cores = f"0-{asked.cores - 1}"
    with open(f"{asked.home}/results.jsonl", "a") as results:
        for _ in range(asked.turns):
            for case in asked.cases:
                for feed in asked.feeds:
                    line = run(["taskset", "-c", cores] + command(asked, feed, case, asked.cores))
                    result = {"feed": feed, "case": case, "cores": asked.cores}
                    result.update(json.loads(line.strip().splitlines()[-1]))
                    results.write(json.dumps(result) + "\n")
                    results.flush()
                    print(f"{case:8} {feed:12} {result['images'] / result['seconds']:8.0f} images/s",
                          flush=True)


def read_results(home):
    runs = collections.defaultdict(list)
    with open(f"{home}/results.jsonl") as lines:
        for line in lines:
            result = json.loads(line)
            runs[result["case"], result["feed"], result["cores"]].append(result)
    return runs


def summary(runs, cores):
    speeds = [result["images"] / result["seconds"] / cores for result in runs]
    return {"speed": statistics.median(speeds), "low": min(speeds), "high": max(speeds),
            "cpu": statistics.median(1000 * result["cpu"] / result["images"] for result in runs),
            "mib": statistics.median(result["mib"] for result in runs), "runs": len(runs)}


def table(asked):
    rows = {key: summary(runs, key[2]) for key, runs in read_results(asked.home).items()}
    print("| case | cores | feed | images/s per core | spread | CPU s per 1,000 | MiB | Forebay / it |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for (case, feed, cores), row in sorted(rows.items(), key=lambda r: (r[0][0], r[0][2],
                                                                        -r[1]["speed"])):
        ours = rows.get((case, "forebay", cores))
        ratio = f"{ours['speed'] / row['speed']:.2f}" if ours else ""
        print(f"| {case} | {cores} | {feed} | {row['speed']:.0f} | {row['low']:.0f} to "
              f"{row['high']:.0f} | {row['cpu']:.3f} | {row['mib']:.0f} | {ratio} |")
    if asked.plot:
        plot(rows, asked.plot)


def plot(rows, path):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as pyplot

    cases = sorted({case for case, _, cores in rows if cores == 2})
    figure, axes = pyplot.subplots(1, len(cases), figsize=(3 * len(cases), 3), sharey=False)
    for axis, case in zip(axes, cases):
        bars = sorted(((row["speed"], feed, row) for (each, feed, cores), row in rows.items()
                       if each == case and cores == 2))
        speeds = [speed for speed, _, _ in bars]
        errors = [[speed - row["low"] for speed, _, row in bars],
                  [row["high"] - speed for speed, _, row in bars]]
        colors = ["tab:blue" if feed.startswith("forebay") else "lightgray" for _, feed, _ in bars]
        axis.barh([feed for _, feed, _ in bars], speeds, xerr=errors, color=colors)
        axis.set_title(case)
        axis.set_xlabel("images/s per core")
    figure.tight_layout()
    figure.savefig(path)


def exact(paths):
    """What an exact decode and OpenCV's bilinear resize give, of RGB."""
    import cv2
    import numpy

    samples = []
    for path in paths:
        image = cv2.imread(path)[:, :, ::-1]
        height, width = image.shape[:2]
        factor = 256 / min(height, width)
        shorter = cv2.resize(image, (int(width * factor), int(height * factor)))
        y, x = (shorter.shape[0] - 224) // 2, (shorter.shape[1] - 224) // 2
        samples.append(shorter[y:y + 224, x:x + 224])
    return numpy.stack(samples).astype(numpy.float32)


def pixels(asked):
    import glob

    import numpy

    mean, std = numpy.float32([123.68, 116.779, 103.939]), numpy.float32([58.393, 57.12, 57.375])
    for case in asked.cases:
        if CASES[case][1] != "eval":
            continue
        folder = f"{asked.home}/data/{CASES[case][0]}"
        expected = exact(sorted(glob.glob(f"{folder}/files/*/*.jpg"), key=os.path.basename)[:64])
        for feed in asked.feeds:
            dump = f"{asked.home}/dump.npy"
            run(command(asked, feed, case, 1) + ["--dump", dump])
            if feed in PEERS:
                samples = numpy.load(dump)[:64]
            else:
                samples = numpy.fromfile(dump, numpy.float32).reshape(-1, 224, 224, 3)[:64]
            difference = numpy.abs(samples * std + mean - expected).mean()
            print(f"{case:8} {feed:12} mean absolute difference {difference:.2f} of 255")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["measure", "table", "pixels"])
    parser.add_argument("home")
    parser.add_argument("program", nargs="?")
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--feeds", nargs="+", default=[*FOREBAY, *PEERS])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--plot")
    asked = parser.parse_args()
    {"measure": measure, "table": table, "pixels": pixels}[asked.action](asked)


if __name__ == "__main__":
    main()
