"""Steps of `run` that train with train_imagenet as its users do: what it learns, that it repeats
itself and goes on after a kill, that it moves between CPU and GPU, how fast it feeds the GPU.

`machine.device` are the flags that choose what trains: with the CPU's, these steps show that they
work, not how a GPU does.
"""

import json
import os
import pathlib
import re
import shutil
import tempfile
import time

import checkpoints
from outcomes import Failed, Skipped

HERE = pathlib.Path(__file__).resolve().parent
CPU = ('--devices', 'cpu:0')
SMALL = ('--network', 'resnet', '--num-layers', '20', '--num-classes', '10', '--batch-size', '32')
LARGE = ('--network', 'resnet', '--num-layers', '50', '--batch-size', '256')


def train(machine, *flags, device=None):
    """What train_imagenet prints."""
    return machine.output(machine.program('train_imagenet'), '--log-prefix', 'plain',
                          *(device or machine.device), *flags)


def last(pattern, text):
    """The last number that it finds."""
    found = re.findall(pattern, text)
    if not found:
        raise Failed(f"there is no '{pattern}' in: {text[-400:]}")
    return float(found[-1].replace(',', ''))


def rounded(value):
    return float(f'{value:.3g}')


def folder(machine, name):
    """An empty one."""
    path = machine.work / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


# Digits: 1,438 of 28x28 pixels to train on, 359 to validate with.

def digits():
    beside = HERE / 'digits'  # in a bundle
    data = beside if beside.exists() else HERE.parent / 'fixtures/digits'
    return (*SMALL, '--image-shape', '1,28,28',
            '--data-train', data / 'train.rec', '--data-val', data / 'val.rec')


def learns_digits(dtype):
    """The CPU ends at 0.9944 in float32 with the seeds 0, 1 and 2; one digit is 0.0028."""
    def step(machine):
        text = train(machine, *digits(), '--augment', 'none', '--pad-size', '2', '--random-crop', '1',
                     '--num-epochs', '8', '--lr', '0.1', '--lr-schedule', 'cosine', '--dtype', dtype)
        accuracy = last(r'Validation-accuracy=([\d.]+)', text)
        if accuracy < 0.98:
            raise Failed(f'accuracy {accuracy}, less than 0.98')
        return {'accuracy': accuracy}
    return step


# Checkpoints.

EPOCHS = 6


def small_run(prefix, dtype):
    """Of seconds, in which everything has a part: random crops, colours, epochs within a pass."""
    return (*digits(), '--num-examples', '640', '--num-epochs', str(EPOCHS), '--lr', '0.05',
            '--lr-schedule', 'cosine', '--brightness', '0.2', '--seed', '3', '--dtype', dtype,
            '--loss', 'ce', '--disp-batches', '1', '--model-prefix', prefix)


def losses(text):
    """The lines of losses and accuracies, without the speeds."""
    lines = [re.sub(r'Speed: \S+', '', line) for line in text.splitlines()]
    return [line for line in lines if '-entropy=' in line or 'accuracy=' in line]


def train_until(machine, wanted, *flags):
    """Trains until its log has what is wanted, which is returned, and kills it."""
    program = machine.program('train_imagenet')
    with tempfile.NamedTemporaryFile('r') as said:
        with machine.running(program, '--log-prefix', 'plain', *machine.device, *flags,
                             said=said.fileno()) as process:
            while machine.left() > 1 and process.poll() is None:
                found = re.search(wanted, pathlib.Path(said.name).read_text())
                if found:
                    return found.group()
                time.sleep(0.005)
        raise Failed(f"no '{wanted}' in: {pathlib.Path(said.name).read_text()[-400:]}")


def same_bits(dtype):
    """The same seed twice; and killed half way and resumed."""
    def step(machine):
        at = folder(machine, f'same-bits-{dtype}')
        whole, again, killed = (at / name for name in ('whole', 'again', 'killed'))
        expected = losses(train(machine, *small_run(whole, dtype)))
        repeated = losses(train(machine, *small_run(again, dtype)))
        if repeated != expected or len(expected) < EPOCHS * 20:
            raise Failed(f'the losses differ: {difference(expected, repeated)}')
        if not all(checkpoints.equal(again, whole, epoch) for epoch in range(1, EPOCHS + 1)):
            raise Failed('the losses are the same, the checkpoints are not')
        died = train_until(machine, r'Epoch\[2\] Batch \[(?!0-1\])\S+\]', *small_run(killed, dtype))
        if checkpoints.files(killed, EPOCHS)[0].exists():
            raise Failed('it was done before it was killed')
        text = train(machine, *small_run(killed, dtype), '--resume')
        if 'Loaded model' not in text or not checkpoints.equal(killed, whole, EPOCHS):
            raise Failed(f'killed at {died} and resumed, it ends with other bits')
        return {'lines of losses': len(expected), 'killed at': died, 'last': expected[-1]}
    return step


def difference(expected, got):
    """The first line that does."""
    pairs = [(a, b) for a, b in zip(expected, got) if a != b]
    return f'{pairs[0][0]} | {pairs[0][1]}' if pairs else f'{len(expected)} and {len(got)} lines'


def one_step_on(machine, device, prefix, epoch, to):
    """Goes on from a checkpoint by one step that changes no weight; what is saved then."""
    for old, new in zip(checkpoints.files(prefix, epoch), checkpoints.files(to, epoch)):
        shutil.copyfile(old, new)
    train(machine, *digits(), '--load-epoch', str(epoch), '--num-epochs', str(epoch + 1),
          '--num-examples', '32', '--augment', 'none', '--model-prefix', to,
          '--lr', '1e-60', device=device)  # is 0 in float32
    return checkpoints.Parts(to, epoch + 1)


def moves(machine):
    """A checkpoint of the CPU goes on on the GPU, and one of the GPU on the CPU, by a step each that
    changes no weight: all weights come back bit for bit. That step is the same on both, so that its
    statistics and momentum, of which nine tenths are those that were loaded, tell whether they were.
    """
    told = {}
    for name, device in (('of the CPU', CPU), ('of the GPU', machine.device)):
        at = folder(machine, name.replace(' ', '-'))
        train(machine, *digits(), '--num-epochs', '1', '--model-prefix', at / 'first', device=device)
        first = checkpoints.Parts(at / 'first', 1)
        on_cpu = one_step_on(machine, CPU, at / 'first', 1, at / 'cpu')
        on_gpu = one_step_on(machine, machine.device, at / 'first', 1, at / 'gpu')
        if not first.weights == on_cpu.weights == on_gpu.weights:
            raise Failed(f'a checkpoint {name} does not come back with the same weights')
        told[name] = {
            'statistics': rounded(checkpoints.distance(on_gpu.statistics, on_cpu.statistics)),
            'momentum': rounded(checkpoints.distance(on_gpu.momentum, on_cpu.momentum))}
        if not max(told[name].values()) < 1e-2:
            raise Failed(f'a checkpoint {name}: distances from a step on the CPU {told[name]}')
    return told


# Photos: 800 of 500x375 pixels to train on, 109 kB each, 200 to validate with.

def photos(machine):
    """Makes and packs them, as scripts/quickstart does, where that is not done."""
    done = machine.work / 'photos'
    if not done.exists():
        at = folder(machine, 'photos.part')
        machine.output(machine.program('make_photos'), at / 'photos', '--images', '1000',
                       '--classes', '10', '--size', '500x375', '--seed', '1')
        im2rec = (machine.program('im2rec'), at / 'packed', at / 'photos')
        machine.output(*im2rec, '--list', '--recursive', '--train-ratio', '0.8')
        machine.output(*im2rec, '--pass-through')
        at.rename(done)
    return done / 'packed_train.rec', done / 'packed_val.rec'


def learns_photos(machine):
    """With the flags of scripts/quickstart, but for the devices. The CPU ends at 1."""
    train_rec, val_rec = photos(machine)
    text = train(machine, *SMALL, '--image-shape', '3,48,48', '--min-random-area', '0.4',
                 '--data-nthreads', str(os.cpu_count()), '--num-epochs', '30', '--lr', '0.1',
                 '--lr-schedule', 'cosine', '--data-train', train_rec, '--data-val', val_rec)
    accuracy = last(r'Validation-accuracy=([\d.]+)', text)
    if accuracy < 0.98:
        raise Failed(f'accuracy {accuracy}, less than 0.98')
    return {'accuracy': accuracy, 'images_per_s': last(r'([\d.]+) images/s;', text)}


# How fast photos reach the GPU.

BATCHES = 40  # of an epoch


def timed(machine, *flags):
    """The last epoch of a training of ResNet-50: its speed, what its report and the driver say."""
    record = folder(machine, 'record') / 'run.frb'
    dtype = ('--dtype', 'bfloat16') if machine.gpu else ()  # simulated devices have none
    text = train(machine, *LARGE, *dtype, '--num-examples', str(256 * BATCHES), '--record', record,
                 *flags)
    return {'images_per_s': rounded(256 * BATCHES / last(r'Time cost=([\d.]+)', text)),
            'busy_percent': last(r'forward-backward\[0\]\s+\S+\s+\d+\s+(\d+) %', text),
            'driver': driver_told(record), 'verdict': verdict(text)}


def verdict(text):
    """Of the report: behind the table of nodes."""
    return text.partition('Where the time went')[2].split('\n\n')[1].strip()


def recorded(record):
    return [json.loads(line) for line in record.read_text().splitlines()]


def driver_told(record):
    """The mean of what the GPU's driver said in the seconds of the last epoch."""
    epochs = [[]]
    for line in recorded(record):
        if line.get('gpus'):
            epochs[-1].append(line['gpus'])
        if line.get('ends'):
            epochs.append([])
    names = ('busy_percent', 'memory_percent', 'watts', 'mhz')
    columns = zip(names, zip(*(epochs[-2] if len(epochs) > 1 else [])))
    return {name: round(sum(column) / len(column), 1) for name, column in columns
            if None not in column}


def feed(machine):
    """Batches that are made up, photos, and photos with one thread to decode them: where that is too
    slow, the verdict has to say so, and what more threads gain.
    """
    data = ('--data-train', photos(machine)[0])
    alone = timed(machine, '--benchmark', '1', '--num-epochs', '2')
    fed = timed(machine, *data, '--num-epochs', '3')  # tuned in the first
    starved = timed(machine, *data, '--num-epochs', '1', '--data-nthreads', '1')
    machine.fed_images_per_s = fed['images_per_s']
    told = {'fed/alone': rounded(fed['images_per_s'] / alone['images_per_s']),
            'alone': alone, 'fed': fed, 'one thread': starved}
    if told['fed/alone'] < 0.95 and not re.match('decode|the cores', fed['verdict']):
        raise Failed(f'photos are too slow, and the verdict does not say why: {told}')
    if starved['images_per_s'] < 0.85 * alone['images_per_s']:
        if not starved['verdict'].startswith('decode limits the run'):
            raise Failed(f'one thread is too slow, and the verdict does not say so: {told}')
        promised = last(r'gives? about ([\d,.]*\d) images/s', starved['verdict'])
        told['promised/fed'] = rounded(promised / fed['images_per_s'])
        if abs(told['promised/fed'] - 1) > 0.15:
            raise Failed(f'the verdict of one thread is wrong: {told}')
    return told


def feed_with_gpu_decode(machine):
    """Photos that nvJPEG decodes beside the CPU; the CPU alone comes from `feed`."""
    try:
        both = timed(machine, '--data-train', photos(machine)[0], '--num-epochs', '3', '--gpu-decode')
    except Failed as error:
        if 'cannot load nvJPEG' in str(error):
            raise Skipped(str(error)) from None
        raise
    fed = machine.fed_images_per_s
    return {'by the CPU alone': fed, 'ratio': rounded(both['images_per_s'] / fed) if fed else None,
            **both}


# The largest batch.

def largest_batch(machine):
    """Of ResNet-50 in float32, and what the driver has left while some steps of it run; and what
    ResNet-18 would take.
    """
    flags = ('--network', 'resnet', '--dtype', 'float32', '--benchmark', '1', '--num-examples', '8000',
             '--num-epochs', '1', '--batch-size', 'max')
    chosen = r'Batch size \d+,.*'
    told = {'ResNet-18': train_until(machine, chosen, *flags, '--num-layers', '18')}
    record = folder(machine, 'record') / 'run.frb'
    text = train(machine, *flags, '--num-layers', '50', '--record', record)
    told['ResNet-50'] = re.search(chosen, text).group()
    told['images_per_s'] = last(r'([\d.]+) images/s;', text)
    planned = last(r'planned to take ([\d.]+)', told['ResNet-50'])
    left = memory_left(record)
    if left is not None:
        told.update(left_gib=rounded(left), larger_batch_percent=rounded(100 * left / planned))
        if '32 bits' not in told['ResNet-50'] and told['larger_batch_percent'] > 3:
            raise Failed(f'a batch could be more than 3 % larger: {told}')
    return told


def memory_left(record):
    """GiB of the GPU, by its driver, at the fullest; none where it said nothing."""
    lines = recorded(record)
    total = [line['devices'][0]['memory'] for line in lines if 'devices' in line and 'step' not in line]
    used = [line['gpus'][1] for line in lines if line.get('gpus') and line['gpus'][1] is not None]
    return total[-1] / 2**30 * (1 - max(used) / 100) if used else None


# What goes wrong.

def refusal(machine, wanted, *command):
    """The last line of a program that ends with an error, as it has to."""
    try:
        machine.output(*command)
    except Failed as error:
        said = str(error)
        if wanted in said and re.match(r'\w+ ended with [12]:', said):
            return said.splitlines()[-1]
        raise Failed(f"'{wanted}' was to be said: {said}") from None
    raise Failed(f"no error; '{wanted}' was to be said")


def errors(machine):
    """Too little memory, a GPU that is not there, and no cuDNN: an empty file in its place."""
    empty = folder(machine, 'no-cudnn')
    (empty / 'libcudnn.so.9').touch()
    program = machine.program('train_imagenet')
    network = (program, '--network', 'resnet', '--num-layers', '50', '--benchmark', '1')
    return {
        'memory': refusal(machine, 'a step needs', *network, '--gpus', '0', '--batch-size', '8000'),
        'no GPU': refusal(machine, 'there is no GPU 7', *network, '--gpus', '7'),
        'no cuDNN': refusal(machine, 'cannot load cuDNN', 'env',
                            f'LD_LIBRARY_PATH={empty}:{machine.libraries}', *network, '--gpus', '0')}
