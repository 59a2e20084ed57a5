"""How long work takes on the GPU, by its own clock."""

import statistics

import torch


def median_seconds(work, repetitions, warm_up):
    """Of one call, of which so many come first and are not timed."""
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(repetitions):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1e-3)
    return statistics.median(times)
