"""What tests/device/run does with steps that hang, and when its time is over. Needs no GPU."""

import importlib.machinery
import importlib.util
import pathlib
import time
import unittest

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
        self.machine = self.run.Machine(pathlib.Path('.'), pathlib.Path('.'))
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


if __name__ == '__main__':
    unittest.main()
