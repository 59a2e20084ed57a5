"""The feeds that are compared, the work that they do, and how to run one."""

import collections
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))

# name: its virtual environment
PEERS = {"mxnet": "mxnet", "dali": "dali", "torch": "torch", "tf": "tf", "webdataset": "torch",
         "spdl": "spdl", "ffcv": "ffcv"}

# Arguments of bench_feed: as it is; after a repack without loss; as libjpeg-turbo and OpenCV do it.
FOREBAY = {"forebay": [], "forebay-repacked": ["--records", "restarts.rec"],
           "forebay-exact": ["--decode", "exact"]}

Case = collections.namedtuple("Case", "images work type layout title bar repacked_bar")
CASES = {
    "a-q90": Case("q90", "train", "float32", "nchw", "500x375, quality 90, train", 1.2, 1.35),
    "a-q90-half": Case("q90", "train", "float16", "nhwc",
                       "500x375, quality 90, train, float16 NHWC", 1.2, 1.35),
    "a-q98": Case("q98", "train", "float32", "nchw", "500x375, quality 98, train", 1.2, 1.35),
    "a-dense": Case("dense", "train", "float32", "nchw", "500x375, 110 kB, train", 1.2, 1.35),
    "b-q90": Case("q90", "eval", "float32", "nchw", "500x375, quality 90, evaluation", 1.2, None),
    "c": Case("large", "train", "float32", "nchw", "2000x1500, train", 1.2, None),
    "d": Case("p512", "train", "float32", "nchw", "512 pixels, quality 90, train", 1.0, None),
}


class Failed(Exception):
    """A feed that is not installed, or did not run."""


def is_peer(feed):
    return feed in PEERS


def python_of(home, feed):
    if not os.path.exists(f"{home}/{PEERS[feed]}/installed"):
        raise Failed(f"was not installed: see {PEERS[feed]}.log")
    return f"{home}/{PEERS[feed]}/bin/python"


def command(asked, feed, case, **flags):
    """The program of a feed with its arguments; `flags` replace the case's."""
    if is_peer(feed):
        program, more = [python_of(asked.home, feed), f"{HERE}/peers/{feed}_feed.py"], []
    else:
        program, more = [asked.program], FOREBAY[feed]
    given = {"work": case.work, "type": case.type, "layout": case.layout, **flags}
    return program + [f"{asked.data}/{case.images}", *more] + [
        text for name, value in given.items() for text in (f"--{name}", str(value))]


def run(command, cores):
    """What it printed last, on these cores of the machine."""
    try:
        done = subprocess.run(["taskset", "-c", ",".join(map(str, cores)), *command],
                              capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        raise Failed("took longer than 120 s") from None
    if done.returncode != 0:
        raise Failed((done.stderr.strip().splitlines() or ["failed without a word"])[-1])
    return (done.stdout.strip().splitlines() or [""])[-1]


def measured(command, cores):
    """A measurement: images, seconds, processor seconds, MiB."""
    return json.loads(run(command, cores))


def speed(asked, feed, case, threads, cores, seconds):
    """A measurement on so many cores, with the images/s of each."""
    result = measured(command(asked, feed, case, threads=threads, seconds=seconds), range(cores))
    result["speed"] = result["images"] / result["seconds"] / cores
    return result
