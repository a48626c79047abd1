"""The protocol as a hub sees it, on the echo worker."""
import json
import os
import signal
import time
import unittest

from worker_process import PACKAGE, WorkerProcess, group_members, wait_until

ECHO = PACKAGE / "examples" / "echo_worker.py"


def opened_worker(cpus=1, arguments=()):
    worker = WorkerProcess(ECHO, arguments, cpus)
    worker.next("ready")
    worker.open(parameters={"depth": 3}, seed=7)
    worker.next("opened")
    return worker


class Conversation(unittest.TestCase):
    def test_a_worker_says_ready_once_with_its_slots(self):
        with WorkerProcess(ECHO, cpus=2) as worker:
            self.assertEqual(worker.next(), {"type": "ready", "protocol": 1, "model": "echo", "version": "1.0.0", "device": "cpu", "slots": 2})

    def test_an_opened_shard_tells_its_artifacts_and_notes(self):
        with WorkerProcess(ECHO) as worker:
            worker.open(shared={"target": "Å"})
            opened = worker.next("opened")
            self.assertEqual(opened["artifacts"], [{"name": "shared.json", "path": "shared.json", "mediaType": "application/json", "role": "report"}])
            self.assertEqual(opened["notes"][0]["code"], "opened")
            self.assertEqual(json.loads((worker.folder / "s" / "shared.json").read_text()), {"target": "Å"})

    def test_a_row_gets_the_state_of_its_shard_and_a_folder_of_its_own(self):
        with opened_worker() as worker:
            worker.predict("a", {"score": -3.5, "progress": 2})
            self.assertEqual(worker.next(), {"type": "started", "row": "a"})
            steps = [worker.next("progress") for _ in range(2)]
            self.assertEqual([(step["row"], step["done"], step["total"]) for step in steps], [("a", 1, 2), ("a", 2, 2)])
            result = worker.next("result")
            self.assertEqual(result["metrics"], {"score": -3.5})
            written = json.loads((worker.folder / "s" / "row-a" / result["artifacts"][0]["path"]).read_text())
            self.assertEqual((written["seed"], written["parameters"]), (7, {"depth": 3}))

    def test_results_come_as_they_are_ready_and_not_in_the_order_of_the_rows(self):
        with opened_worker(cpus=2) as worker:
            worker.predict("slow", {"sleepSeconds": 1})
            worker.predict("fast", {})
            self.assertEqual(list(worker.outcomes(2)), ["fast", "slow"])

    def test_no_more_rows_run_at_once_than_there_are_slots(self):
        with opened_worker(cpus=2) as worker:
            for row in "abc":
                worker.predict(row, {"sleepSeconds": 0.3})
            seen = [worker.next("started", "result")["type"] for _ in range(6)]
            self.assertEqual(seen[:3], ["started", "started", "result"])

    def test_several_shards_are_open_at_once_until_each_is_closed(self):
        with opened_worker() as worker:
            worker.open("other")
            worker.next("opened")
            worker.predict("a", {})
            worker.predict("b", {}, shard="other")
            self.assertEqual({message["type"] for message in worker.outcomes(2).values()}, {"result"})
            worker.send({"type": "close", "shard": "other"})
            worker.predict("c", {}, shard="other")
            self.assertEqual(worker.next("failure")["code"], "protocol_error")

    def test_a_large_row_and_a_large_result_pass_whole(self):
        text = "x" * 3_000_000
        with opened_worker() as worker:
            worker.predict("a", {"text": text})
            self.assertEqual(worker.next("result")["tables"]["echo"][0]["value"], text)

    def test_stray_prints_do_not_damage_the_protocol(self):
        with opened_worker(cpus=2) as worker:
            for row in range(8):
                worker.predict(str(row), {"print": '{"type":"result"}\n' * 500})
            self.assertEqual({message["type"] for message in worker.outcomes(8).values()}, {"result"})
            self.assertIn('{"type":"result"}', worker.log.read_text())

    def test_a_message_of_unknown_type_is_passed_over(self):
        with opened_worker() as worker:
            worker.send({"type": "sing"})
            worker.predict("a", {})
            self.assertEqual(worker.next("result")["row"], "a")


class Failures(unittest.TestCase):
    def test_a_failure_that_the_model_names_keeps_its_code(self):
        with opened_worker() as worker:
            worker.predict("a", {"fail": "no_result"})
            self.assertEqual(worker.next("failure"), {"type": "failure", "row": "a", "code": "no_result", "message": "The row asked for this failure."})

    def test_rows_that_crash_exit_or_raise_fail_alone(self):
        with opened_worker(cpus=2) as worker:
            worker.predict("crash", {"crash": True})
            worker.predict("exit", {"exit": 1})
            worker.predict("exit 0", {"exit": 0})
            worker.predict("raise", {"sleepSeconds": "no number"})
            worker.predict("NaN", {"score": "nan"})
            worker.predict("good", {})
            got = worker.outcomes(6)
            self.assertEqual({row: message.get("code") for row, message in got.items()}, {**dict.fromkeys(["crash", "exit", "exit 0", "raise", "NaN"], "model_error"), "good": None})
            self.assertIn("SIGSEGV", got["crash"]["message"])
            self.assertIn("exit code 1", got["exit"]["message"])
            self.assertIn("TypeError", got["raise"]["message"])

    def test_a_row_killed_from_outside_counts_as_out_of_memory(self):
        with opened_worker() as worker:
            worker.predict("a", {"sleepSeconds": 30})
            worker.next("started")
            self.assertTrue(wait_until(lambda: len(group_members(worker.process.pid)) == 3))
            os.kill(max(group_members(worker.process.pid)), signal.SIGKILL)
            self.assertEqual(worker.next("failure")["code"], "out_of_memory")

    def test_a_shard_that_cannot_be_opened_fails_without_a_row(self):
        for shared, code in (({"openFail": "setup_failed"}, "setup_failed"), ({"openSleepSeconds": "x"}, "setup_failed"), ({"openCrash": True}, "model_error")):
            with self.subTest(shared), WorkerProcess(ECHO) as worker:
                worker.open(shared=shared)
                failure = worker.next("failure")
                self.assertEqual((failure.get("row"), failure["code"]), (None, code))
                worker.open("next")
                self.assertEqual(worker.next("opened")["shard"], "next")

    def test_the_death_of_the_shard_process_fails_the_shard_once(self):
        with opened_worker() as worker:
            members = group_members(worker.process.pid)
            worker.predict("a", {"sleepSeconds": 30})
            worker.next("started")
            os.kill(max(members), signal.SIGSEGV)
            failure = worker.next("failure")
            self.assertEqual((failure.get("row"), failure["code"]), (None, "model_error"))
            self.assertTrue(wait_until(lambda: group_members(worker.process.pid) == [worker.process.pid]))


class Endings(unittest.TestCase):
    def test_a_cancel_ends_a_busy_row_at_once_and_leaves_the_others(self):
        with opened_worker(cpus=2) as worker:
            worker.predict("a", {"spinSeconds": 30})
            worker.predict("b", {"sleepSeconds": 0.5})
            worker.next("started"), worker.next("started")
            begin = time.monotonic()
            worker.send({"type": "cancel", "row": "a"})
            self.assertEqual((worker.next("failure")["code"], time.monotonic() - begin < 0.5), ("cancelled", True))
            self.assertEqual(worker.next("result", "failure")["row"], "b")

    def test_a_cancel_of_a_waiting_row_keeps_it_from_starting(self):
        with opened_worker() as worker:
            worker.predict("a", {"sleepSeconds": 0.3})
            worker.predict("b", {})
            worker.send({"type": "cancel", "row": "b"})
            self.assertEqual(worker.next("failure")["row"], "b")
            self.assertEqual(worker.next()["type"], "result")

    def test_a_cancel_of_a_row_that_is_over_or_unknown_says_nothing(self):
        with opened_worker() as worker:
            worker.predict("a", {})
            worker.next("result")
            worker.send({"type": "cancel", "row": "a"})
            worker.send({"type": "cancel", "row": "unknown"})
            worker.predict("b", {})
            self.assertEqual(worker.next("result", "failure")["row"], "b")

    def test_the_end_of_the_hub_ends_every_process(self):
        with opened_worker(cpus=2) as worker:
            worker.predict("a", {"spinSeconds": 30})
            worker.predict("b", {"sleepSeconds": 30})
            worker.next("started"), worker.next("started")
            worker.close_input()
            self.assertTrue(wait_until(worker.has_ended, 2))
            self.assertEqual(worker.process.wait(2), 0)

    def test_the_end_of_the_hub_is_noticed_while_a_shard_opens(self):
        with WorkerProcess(ECHO) as worker:
            worker.open(shared={"openSleepSeconds": 30})
            self.assertTrue(wait_until(lambda: len(group_members(worker.process.pid)) == 2))
            worker.close_input()
            self.assertTrue(wait_until(worker.has_ended, 2))

    def test_stop_ends_every_process(self):
        with opened_worker() as worker:
            worker.predict("a", {"sleepSeconds": 30})
            worker.next("started")
            worker.send({"type": "stop"})
            self.assertTrue(wait_until(worker.has_ended, 2))

    def test_rows_die_with_a_killed_worker(self):
        with opened_worker() as worker:
            worker.predict("a", {"spinSeconds": 30})
            worker.next("started")
            self.assertTrue(wait_until(lambda: len(group_members(worker.process.pid)) == 3))
            os.kill(worker.process.pid, signal.SIGKILL)
            self.assertTrue(wait_until(worker.has_ended, 2))


class Inline(unittest.TestCase):
    def test_a_worker_without_forks_speaks_the_same_protocol(self):
        with opened_worker(arguments=("--inline",)) as worker:
            worker.predict("a", {"fail": "no_result"})
            worker.predict("b", {"score": 1})
            got = worker.outcomes(2)
            self.assertEqual((got["a"]["code"], got["b"]["metrics"]), ("no_result", {"score": 1.0}))
            self.assertEqual(group_members(worker.process.pid), [worker.process.pid])

    def test_a_worker_without_forks_hears_the_end_of_the_hub_while_it_works(self):
        with opened_worker(arguments=("--inline",)) as worker:
            worker.predict("a", {"spinSeconds": 30})
            worker.next("started")
            worker.close_input()
            self.assertTrue(wait_until(worker.has_ended, 2))


if __name__ == "__main__":
    unittest.main()
