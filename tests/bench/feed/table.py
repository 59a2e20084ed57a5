"""The results as tables in Markdown, and as a plot."""

import collections
import json
import statistics

from feeds import CASES, PEERS


def read(results):
    """Runs by case, feed and cores; cases by feed and its error."""
    runs, failures = collections.defaultdict(list), collections.defaultdict(list)
    with open(f"{results}/runs.jsonl") as lines:
        for line in lines:
            result = json.loads(line)
            if "error" in result:
                failures[result["feed"], result["error"]].append(result["case"])
            else:
                runs[result["case"], result["feed"], result["cores"]].append(result)
    return {key: summary(each) for key, each in runs.items()}, failures


def summary(runs):
    speeds = [run["speed"] for run in runs]
    return {"speed": statistics.median(speeds), "low": min(speeds), "high": max(speeds),
            "cpu": statistics.median(1000 * run["cpu"] / run["images"] for run in runs),
            "mib": statistics.median(run["mib"] for run in runs), "runs": len(runs),
            "threads": runs[0]["threads"]}


def best_peer(rows, case, cores):
    peers = {feed: row["speed"] for (each, feed, on), row in rows.items()
             if each == case and on == cores and feed in PEERS}
    return max(peers, key=peers.get) if peers else None


def print_speeds(rows, cores):
    print(f"\nOn {cores} cores:\n")
    print("| case | feed | threads | turns | images/s per core | spread | CPU s per 1,000 | MiB | "
          "Forebay / it |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for case in CASES:
        of_case = {feed: row for (each, feed, on), row in rows.items()
                   if (each, on) == (case, cores)}
        for feed, row in sorted(of_case.items(), key=lambda item: -item[1]["speed"]):
            ours = of_case.get("forebay")
            ratio = f"{ours['speed'] / row['speed']:.2f}" if ours else ""
            print(f"| {case} | {feed} | {row['threads']} | {row['runs']} | {row['speed']:.0f} | "
                  f"{row['low']:.0f} to {row['high']:.0f} | {row['cpu']:.3f} | {row['mib']:.0f} | "
                  f"{ratio} |")


def print_bars(rows, cores):
    print("\n| work | best peer | Forebay / it | bar | repacked / it | bar |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, case in CASES.items():
        peer = best_peer(rows, name, cores)
        if peer is None:
            continue

        def over_peer(feed):
            row = rows.get((name, feed, cores))
            return f"{row['speed'] / rows[name, peer, cores]['speed']:.2f}" if row else ""

        bar = f"≥ {case.repacked_bar}" if case.repacked_bar else ""
        print(f"| {name}: {case.title} | {peer} | {over_peer('forebay')} | ≥ {case.bar} | "
              f"{over_peer('forebay-repacked')} | {bar} |")


def print_scaling(rows, cores):
    for case in CASES:
        one, all_cores = rows.get((case, "forebay", 1)), rows.get((case, "forebay", cores))
        if one and all_cores:
            times = all_cores["speed"] * cores / one["speed"]
            print(f"\nForebay, {case}, from 1 core to {cores}: {one['speed']:.0f} to "
                  f"{all_cores['speed'] * cores:.0f} images/s, {times:.2f} times (bar: ≥ 1.9)")


def print_pixels(results):
    print("\n| case | feed | mean absolute difference of 255 | to exact decode and | to Forebay |")
    print("| --- | --- | --- | --- | --- |")
    with open(f"{results}/pixels.json") as file:
        for case, rows in json.load(file).items():
            for row in rows:
                print(f"| {case} | {row['feed']} | {row['difference']:.2f} | {row['way']} | "
                      f"{row['to_forebay']:.2f} |")


def table(asked):
    rows, failures = read(asked.results)
    print_bars(rows, asked.cores)
    print_scaling(rows, asked.cores)
    print_speeds(rows, asked.cores)
    print_pixels(asked.results)
    for (feed, error), cases in failures.items():
        print(f"\n{feed} is missing in {', '.join(cases)}: {error}")


def plot(asked):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as pyplot

    rows, _ = read(asked.results)
    cases = [case for case in CASES if (case, "forebay", asked.cores) in rows]
    figure, axes = pyplot.subplots(-(-len(cases) // 2), 2, figsize=(10, 2.4 * -(-len(cases) // 2)),
                                   squeeze=False)
    for axis in axes.flat[len(cases):]:
        axis.remove()
    for axis, case in zip(axes.flat, cases):
        bars = sorted((row["speed"], feed, row) for (each, feed, on), row in rows.items()
                      if (each, on) == (case, asked.cores))
        speeds = [speed for speed, _, _ in bars]
        errors = [[speed - row["low"] for speed, _, row in bars],
                  [row["high"] - speed for speed, _, row in bars]]
        colors = ["tab:blue" if feed.startswith("forebay") else "silver" for _, feed, _ in bars]
        axis.barh([feed for _, feed, _ in bars], speeds, xerr=errors, color=colors)
        axis.set_title(CASES[case].title, fontsize=10)
        axis.set_xlabel("images/s per core")
    figure.tight_layout()
    figure.savefig(f"{asked.results}/feed.svg")
