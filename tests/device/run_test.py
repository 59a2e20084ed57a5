"""What tests/device/run does with steps that hang, and when its time is over, and what steps find in
what train_imagenet prints and saves. Needs no GPU.
"""

import array
import importlib.machinery
import importlib.util
import json
import pathlib
import tempfile
import time
import unittest
from unittest import mock

import checkpoints
import train_steps
from outcomes import Failed

PATH = pathlib.Path(__file__).with_name('run')


def load():
    loader = importlib.machinery.SourceFileLoader('run', str(PATH))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('run', loader))
    loader.exec_module(module)
    return module


def hang(machine):
    machine.output('sleep', '60')


class RunAll(unittest.TestCase):
    def setUp(self):
        self.run = load()
        self.run.LEAST_SECONDS = 0.1
        self.machine = self.run.Machine(*[pathlib.Path('.')] * 3)
        self.written = []

    def rows(self, steps, seconds):
        """(step, outcome, told) of each."""
        begin = time.monotonic()
        rows = self.run.run_all(self.machine, steps, begin + seconds,
                                lambda rows: self.written.append([dict(row) for row in rows]))
        self.assertLess(time.monotonic() - begin, seconds + 5)
        self.assertEqual(self.written[-1], rows)
        return [(row['step'], row['outcome'], row['told']) for row in rows]

    def test_names_what_the_time_did_not_suffice_for(self):
        rows = self.rows([('good', 30, lambda machine: {'x': 1}), ('hangs', 30, hang),
                          ('third', 30, hang), ('fourth', 30, hang)], seconds=0.5)
        over = 'the eight minutes were over'
        self.assertEqual(rows, [('good', 'passed', {'x': 1}),
                                ('hangs', 'TOO LONG', f'not done in 0 s of its 30, when {over}'),
                                ('third', 'not run', over), ('fourth', 'not run', over)])
        self.assertIn('fourth', self.run.table(self.written[-1]))

    def test_goes_on_with_the_rest(self):
        def steps(second):
            return [('good', 30, lambda machine: {'x': 1}), ('second', 30, second)]
        with tempfile.TemporaryDirectory() as name:
            output = pathlib.Path(name)
            self.assertEqual(1, self.run.report(self.machine, steps(hang), time.monotonic() + 0.5, output))
            before = self.run.rows_before(output)
            self.assertEqual([each['step'] for each in before], ['good'])
            rest = steps(lambda machine: {'y': 2})[1:]
            self.assertEqual(0, self.run.report(self.machine, rest, time.monotonic() + 30, output, before))
            rows = json.loads((output / 'device.json').read_text())
            self.assertEqual([each['told'] for each in rows], [{'x': 1}, {'y': 2}])

    def test_remembers_what_later_steps_compare_with(self):
        speed = {'forebay': {'images_per_s': 5.0}}
        self.run.remember(self.machine, [
            self.run.row('ceilings', 'passed', {'copy_tb_per_s': 4}),
            self.run.row('speed-50-bfloat16', 'passed', speed),
            self.run.row('speed-18-bfloat16', 'FAILED', 'why'),
            self.run.row('feed-50', 'passed', {'fed': {'images_per_s': 7}})])
        self.assertEqual(self.machine.ceilings, {'copy_tb_per_s': 4})
        self.assertEqual(self.machine.images_per_s, {('50', '256', 'bfloat16'): 5.0})
        self.assertEqual(self.machine.fed_images_per_s, 7)

    def test_finds_json_before_a_warning(self):
        self.machine.deadline = time.monotonic() + 30
        found = self.machine.json('echo', 'begins\n{"x": 1}\nwarning: late')
        self.assertEqual(found, {'x': 1})

    def test_has_a_row_for_every_step_from_the_begin(self):
        def look(machine):
            return [(row['step'], row['outcome'], row['told']) for row in self.written[-1]]
        rows = self.rows([('first', 30, look), ('second', 30, look)], seconds=30)
        second = ('second', 'not run', 'not reached')
        self.assertEqual(rows[0][2], [('first', 'not run', 'not reached'), second])
        self.assertEqual(rows[1][2][1], second)

    def test_goes_on_after_a_step_that_hangs_or_fails(self):
        def fail(machine):
            machine.output('false')
        rows = self.rows([('hangs', 0.2, hang), ('fails', 30, fail),
                          ('good', 30, lambda machine: None)], seconds=30)
        self.assertEqual(rows, [('hangs', 'TOO LONG', 'not done in 0 s'),
                                ('fails', 'FAILED', 'false ended with 1:\n'),
                                ('good', 'passed', None)])

    def test_kills_what_a_step_leaves_running(self):
        def leave(machine):
            with machine.running('sleep', '60', said=None) as process:
                return process
        rows = self.rows([('leaves', 30, leave)], seconds=30)
        self.assertLess(rows[0][2].poll(), 0)


REPORT = """Epoch[0] Time cost=9.500
Epoch[1] Time cost=4.000

Where the time went in the last epoch:
node                 mean queue  workers    busy   ready  starved  blocked    items/s
decode                  13.6/16        2    11 %    10 %      0 %     79 %    1,255.3
forward-backward[0]       0.0/1        1    92 %     0 %      8 %      0 %       16.0

decode limits the run: all 4 workers busy.
decode.concurrency 4 → 9 gives about 1,670 images/s; then reading (read) is next.

1255.3 images/s; 3.3 s per epoch
"""


class TrainSteps(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.machine = load().Machine(*[pathlib.Path(self.folder.name)] * 3)
        self.machine.deadline = time.monotonic() + 30

    def test_find_numbers_in_what_is_printed(self):
        self.assertEqual(train_steps.last(r'Time cost=([\d.]+)', REPORT), 4)
        self.assertEqual(train_steps.last(r'gives about ([\d,.]+\d) images/s', REPORT), 1670)
        with self.assertRaises(Failed):
            train_steps.last(r'Validation-accuracy=([\d.]+)', REPORT)

    def test_want_an_error_and_its_message(self):
        def refused(command):
            return train_steps.refusal(self.machine, 'no GPU', 'sh', '-c', command)
        self.assertEqual(refused('echo there is no GPU 7; exit 2'), 'there is no GPU 7')
        for other in ('echo no GPU', 'echo no memory; exit 1', 'echo no GPU; kill -SEGV $$'):
            with self.assertRaises(Failed):
                refused(other)

    def test_end_a_training_at_a_line_of_its_log(self):
        program = self.machine.programs / 'train_imagenet'
        program.write_text('#!/bin/sh\necho "Epoch[2] Batch [0-1]"; echo "Epoch[2] Batch [4-5]"; $NEXT\n')
        program.chmod(0o755)
        with mock.patch.dict('os.environ', NEXT='exec sleep 60'):
            found = train_steps.train_until(self.machine, r'Batch \[(?!0-1\])\S+\]')
        self.assertEqual(found, 'Batch [4-5]')
        with mock.patch.dict('os.environ', NEXT='exit'), self.assertRaises(Failed):
            train_steps.train_until(self.machine, 'Epoch.3.')

    def test_find_the_verdict_behind_the_table(self):
        self.assertTrue(train_steps.verdict(REPORT).startswith('decode limits the run'))
        self.assertTrue(train_steps.verdict(REPORT).endswith('is next.'))

    def test_take_what_the_driver_said_in_the_last_epoch(self):
        steps = [{'devices': [{'name': 'cuda:0', 'memory': 100 << 30}]},
                 {'step': [1], 'devices': [9, 9, 9], 'gpus': [10, 3.0, 100, None],
                  'ends': True},
                 {'step': [2], 'gpus': [90, 2.0, 300, None]},
                 {'step': [3], 'gpus': [100, 2.0, 500, None], 'ends': True}, {'verdict': {}}]
        record = pathlib.Path(self.folder.name) / 'run.frb'
        record.write_text(''.join(json.dumps(step) + '\n' for step in steps))
        self.assertEqual(train_steps.driver_told(record),
                         {'busy_percent': 95, 'memory_percent': 2, 'watts': 400})
        self.assertEqual(train_steps.memory_left(record), 97)

    def test_tell_how_far_tensors_are_apart(self):
        expected = {'a': array.array('f', [3, 4]), 'b': array.array('f', [0])}
        near = {'a': array.array('f', [3, 4]), 'b': array.array('f', [1])}
        self.assertEqual(checkpoints.distance(expected, expected), 0)
        self.assertAlmostEqual(checkpoints.distance(near, expected), 0.2)
        self.assertEqual(checkpoints.distance({'a': near['a']}, expected), float('inf'))


if __name__ == '__main__':
    unittest.main()
