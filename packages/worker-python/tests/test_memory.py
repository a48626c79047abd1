"""The list of what engines print when memory runs out, as the hub's own tests read it."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from omtx_worker.memory import MEMORY_SAYINGS, speaks_of_memory  # noqa: E402


class Sayings(unittest.TestCase):
    def test_every_example_speaks_of_memory_and_no_other_fault_does(self):
        self.assertGreater(len(MEMORY_SAYINGS["examples"]), 10)
        for engine, text in MEMORY_SAYINGS["examples"].items():
            with self.subTest(engine):
                self.assertTrue(speaks_of_memory(f"Traceback:\n{text}\nmore"))
        for text in MEMORY_SAYINGS["others"]:
            with self.subTest(text):
                self.assertFalse(speaks_of_memory(text))


if __name__ == "__main__":
    unittest.main()
