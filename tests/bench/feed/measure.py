"""Finds each feed's best number of threads, then runs all in turns."""

import json

from feeds import CASES, FOREBAY, PEERS, Failed, speed

SEARCHED = "a-q90"
# A peer that has less of the best one's speed in the first turn than this has no other turn.
CONTENDER = 0.75


def best_threads(asked):
    """The number of threads, or worker processes, with which each feed is fastest."""
    best = {}
    for feed in asked.feeds:
        speeds = {}
        for threads in (asked.cores, 2 * asked.cores):
            try:
                speeds[threads] = speed(asked, feed, CASES[SEARCHED], threads, asked.cores,
                                        asked.seconds / 2)["speed"]
            except Failed as failure:
                print(f"{feed} with {threads} threads {failure}", flush=True)
        best[feed] = max(speeds, key=speeds.get) if speeds else asked.cores
        shown = ", ".join(f"{threads}: {each:.0f}" for threads, each in speeds.items())
        print(f"{feed:16} threads: images/s per core  {shown}", flush=True)
    return best


def plan(asked):
    """What is run in a turn: case, feed and cores."""
    for name, case in CASES.items():
        for feed in asked.feeds:
            if feed == "forebay-repacked" and case.repacked_bar is None:
                continue
            yield name, feed, asked.cores
        if name in ("a-q90", "a-dense"):  # how it scales
            yield name, "forebay", 1


class Turns:
    """Which runs are worth repeating."""

    def __init__(self):
        self.first = {}
        self.failed = set()

    def is_due(self, case, feed, cores):
        if (case, feed, cores) in self.failed:
            return False
        peers = [each for (other, peer, _), each in self.first.items()
                 if other == case and peer in PEERS]
        mine = self.first.get((case, feed, cores))
        return feed in FOREBAY or mine is None or mine >= CONTENDER * max(peers)


def measure(asked):
    threads = best_threads(asked)
    turns = Turns()
    with open(f"{asked.results}/runs.jsonl", "w") as results:
        for _ in range(asked.turns):
            for name, feed, cores in plan(asked):
                key = name, feed, cores
                if not turns.is_due(*key):
                    continue
                result = {"case": name, "feed": feed, "cores": cores}
                result["threads"] = threads[feed] if cores == asked.cores else cores
                try:
                    result.update(speed(asked, feed, CASES[name], result["threads"], cores,
                                        asked.seconds))
                    turns.first.setdefault(key, result["speed"])
                    print(f"{name:10} {feed:16} {cores} cores {result['speed']:8.0f} images/s each",
                          flush=True)
                except Failed as failure:
                    turns.failed.add(key)
                    result["error"] = str(failure)
                    print(f"{name:10} {feed:16} {failure}", flush=True)
                results.write(json.dumps(result) + "\n")
                results.flush()
