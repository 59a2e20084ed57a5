"""Losses of PyTorch's training on the GPU at hand, or on the CPU where there is none.

    pytorch_losses.py DEPTH ROWS float16|bfloat16|float32 FOLDER

A ResNet of random weights on two batches of random pixels, 20 steps. Weights, batches and labels go
to FOLDER before, for others to begin with. Prints one JSON object: the loss of each step.
"""

import json
import pathlib
import sys

import torch
import torchvision
from safetensors.torch import save_file

STEPS, BATCHES = 20, 2
MEAN, DEVIATION = (123.68, 116.779, 103.939), (58.393, 57.12, 57.375)


def write(folder, model, images, labels):
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / 'weights.safetensors')
    (folder / 'images').write_bytes(images.numpy().tobytes())
    (folder / 'labels').write_bytes(labels.to(torch.int32).numpy().tobytes())


def normalised(images, device):
    """Of pixels, NHWC."""
    mean, deviation = (torch.tensor(each, device=device) for each in (MEAN, DEVIATION))
    return ((images.to(device) - mean) / deviation).permute(0, 3, 1, 2)


def losses(model, images, labels, dtype, device):
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9, weight_decay=1e-4)
    scale = 1024.0 if dtype == torch.float16 else 1.0
    for step in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        batch = normalised(images[step % BATCHES], device)
        with torch.autocast(device, dtype, enabled=dtype != torch.float32):
            result = torch.nn.functional.cross_entropy(model(batch),
                                                       labels[step % BATCHES].to(device))
        (result * scale).backward()
        for each in model.parameters():
            each.grad /= scale
        optimizer.step()
        yield result.item()


def main():
    depth, rows, dtype, folder = sys.argv[1:]
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    torch.manual_seed(1)
    torch.backends.cudnn.allow_tf32 = False  # float32 means float32
    torch.backends.cuda.matmul.allow_tf32 = False
    model = getattr(torchvision.models, f'resnet{depth}')()
    images = torch.randint(0, 256, (BATCHES, int(rows), 224, 224, 3), dtype=torch.uint8)
    labels = torch.randint(0, 1000, (BATCHES, int(rows)))
    write(pathlib.Path(folder), model, images, labels)
    model = model.to(device).to(memory_format=torch.channels_last).train()
    print(json.dumps({'losses': list(losses(model, images, labels, getattr(torch, dtype), device))}))


if __name__ == '__main__':
    main()
