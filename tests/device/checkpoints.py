"""What is in train_imagenet's checkpoints, two safetensors files each, by Python's own library."""

import array
import json
import struct


def read(path):
    """The float32 tensors of a file by name."""
    data = path.read_bytes()
    size, = struct.unpack_from('<Q', data)
    begin = 8 + size
    tensors = {}
    for name, tensor in json.loads(data[8:begin]).items():
        if tensor.get('dtype') != 'F32':
            continue
        first, last = tensor['data_offsets']
        tensors[name] = array.array('f', data[begin + first:begin + last])
    return tensors


def files(prefix, epoch):
    return [prefix.with_name(f'{prefix.name}-{epoch:04d}{end}')
            for end in ('.safetensors', '.state.safetensors')]


def equal(one, other, epoch):
    """Whether both files are the same bit for bit."""
    return all(a.read_bytes() == b.read_bytes()
               for a, b in zip(files(one, epoch), files(other, epoch)))


class Parts:
    """Of the checkpoint of an epoch: weights, the batch norms' statistics, and momentum."""

    def __init__(self, prefix, epoch):
        model, state = (read(path) for path in files(prefix, epoch))
        statistics = {name for name in model if 'running_' in name}
        self.weights = {name: model[name] for name in model.keys() - statistics}
        self.statistics = {name: model[name] for name in statistics}
        self.momentum = {name: state[name] for name in state if name.startswith('momentum.')}


def distance(got, expected):
    """Of all tensors together, relative."""
    if got.keys() != expected.keys():
        return float('inf')
    pairs = [(a, b) for name in expected for a, b in zip(got[name], expected[name], strict=True)]
    return (sum((a - b)**2 for a, b in pairs) / sum(b**2 for _, b in pairs))**0.5
