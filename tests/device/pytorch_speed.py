"""Training speed of PyTorch on the GPU at hand, of the networks and batches that Forebay is timed with.

    pytorch_speed.py DEPTH ROWS float16|bfloat16|float32 [compile]

Channels last, autocast with a loss scale in float16, SGD with momentum, one batch of random images
that stays on the GPU: what the GPU does alone. Prints one JSON object: images/s of the median step,
eager and as a CUDA graph, or compiled, which takes a minute or so before; and the most memory that
was taken.
"""

import json
import sys

import torch
import torchvision
from gpu_time import median_seconds


class Training:
    def __init__(self, depth, rows, dtype, compiled):
        torch.manual_seed(1)
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = False  # float32 means float32
        torch.backends.cuda.matmul.allow_tf32 = False
        self.dtype = getattr(torch, dtype)
        model = getattr(torchvision.models, f'resnet{depth}')()
        model = model.cuda().to(memory_format=torch.channels_last).train()
        self.model = torch.compile(model) if compiled else model
        self.images = torch.randn(rows, 3, 224, 224, device='cuda').to(
            memory_format=torch.channels_last)
        self.labels = torch.randint(0, 1000, (rows,), device='cuda')
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.1, 0.9, weight_decay=1e-4,
                                         fused=True)
        self.scale = 128.0 if dtype == 'float16' else 1.0  # fixed, as a graph needs

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast('cuda', self.dtype, enabled=self.dtype != torch.float32):
            loss = self.loss(self.model(self.images), self.labels)
        (loss * self.scale).backward()
        if self.scale != 1:
            torch._foreach_div_([each.grad for each in self.model.parameters()], self.scale)
        self.optimizer.step()


def step_seconds(step):
    return median_seconds(step, repetitions=30, warm_up=12)


def captured(training):
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            training.step()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        training.step()
    return graph.replay


def main():
    depth, rows, dtype = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    compiled = 'compile' in sys.argv
    training = Training(depth, rows, dtype, compiled)
    result = {'compiled' if compiled else 'eager': rows / step_seconds(training.step),
              'memory_gib': torch.cuda.max_memory_allocated() / 2**30}
    try:
        result['graph'] = rows / step_seconds(captured(training))
    except RuntimeError as error:
        result['no_graph'] = str(error).splitlines()[0]
    print(json.dumps({name: round(value, 1) if isinstance(value, float) else value
                      for name, value in result.items()}))


if __name__ == '__main__':
    main()
