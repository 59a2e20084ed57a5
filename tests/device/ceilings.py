"""What the GPU at hand reaches at best, by PyTorch's own kernels: bytes and operations per second.

Prints one JSON object; the median of several timings each, in TB/s (bytes read and written) and
TFLOP/s.
"""

import json

import torch
from gpu_time import median_seconds


def seconds(work):
    return median_seconds(work, repetitions=10, warm_up=3)


def copy_rate():
    source = torch.empty(4 << 30, dtype=torch.uint8, device='cuda')
    target = torch.empty_like(source)
    return 2 * source.numel() / seconds(lambda: target.copy_(source)) * 1e-12


def product_rate(dtype, size=8192):
    # Random: products of zeros take less power, so the clock is higher than in any training.
    a, b = (torch.randn(size, size, device='cuda').to(dtype) for _ in range(2))
    return 2 * size**3 / seconds(lambda: a @ b) * 1e-12


result = {'copy_tb_per_s': round(copy_rate(), 2)}
for name, dtype in (('float16', torch.float16), ('bfloat16', torch.bfloat16)):
    result[f'{name}_tflop_per_s'] = round(product_rate(dtype), 1)
for name, allowed in (('float32', False), ('tf32', True)):
    torch.backends.cuda.matmul.allow_tf32 = allowed
    result[f'{name}_tflop_per_s'] = round(product_rate(torch.float32), 1)
print(json.dumps(result))
