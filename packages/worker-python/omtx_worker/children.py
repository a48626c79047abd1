"""A loop over one input and any number of forked children: the base of both the supervisor and the shard's process."""
from __future__ import annotations

import os
import selectors
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from .deathsig import die_with_parent
from .lines import LineReader, Outbox
from .messages import Message


@dataclass
class Child:
    """A forked process: what it says comes on `reader`, what it is told goes into `outbox`."""

    pid: int
    name: str
    reader: LineReader
    outbox: Outbox
    killed_by_us: bool = field(default=False)

    def kill(self) -> None:
        """SIGKILL at once: engines hold the interpreter lock, so a handler would run only after the work."""
        self.killed_by_us = True
        os.kill(self.pid, signal.SIGKILL)


class ChildLoop:
    """Waits for lines of the input, for lines of children, and for the end of children; single-threaded.

    Ends: input at its end -> all children are killed and `run` returns; `stop()` likewise.
    A child's lines are all told before its end is.
    """

    def __init__(self, input_descriptor: int) -> None:
        self._input = LineReader(input_descriptor)
        self._children: dict[int, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        for descriptor in (self._wake_read, self._wake_write):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        self._selector.register(input_descriptor, selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)

    # What the two kinds of loop fill in.
    def on_input(self, message: Message) -> None:
        raise NotImplementedError

    def on_child_message(self, child: Child, message: Message) -> None:
        raise NotImplementedError

    def on_child_end(self, child: Child, status: int) -> None:
        """`status` is the exit code, or minus the signal."""
        raise NotImplementedError

    def stop(self) -> None:
        self._stopping = True

    def run(self) -> None:
        try:
            while not self._stopping:
                ready = {key.fd for key, _ in self._selector.select()}
                self._read_input(ready)
                self._read_children(ready)
                self._reap(ready)
        finally:
            self._kill_all()

    def fork(self, name: str, body: Callable[[int, int], None]) -> Child:
        """Forks a child that runs `body(input descriptor, output descriptor)` and exits; the rest of this process's state is its too."""
        to_child_read, to_child_write = os.pipe()
        from_child_read, from_child_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(parent, lambda: body(to_child_read, from_child_write), (to_child_write, from_child_read))
        os.close(to_child_read)
        os.close(from_child_write)
        os.set_blocking(from_child_read, False)
        os.set_blocking(to_child_write, False)
        child = Child(pid, name, LineReader(from_child_read), Outbox(to_child_write))
        self._children[pid] = child
        self._selector.register(from_child_read, selectors.EVENT_READ)
        return child

    def tell(self, child: Child, message: Message) -> None:
        """Sends a line; what does not fit goes when the child reads."""
        child.outbox.put(message)
        self._watch_outbox(child)

    def _become_child(self, parent: int, body: Callable[[], None], foreign: tuple[int, ...]) -> NoReturn:
        status = 1
        try:
            die_with_parent(parent)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._close_all(foreign)
            body()
            status = 0
        except BaseException:  # a bug, or SystemExit of an engine: nothing may return into the parent's stack
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)

    def _close_all(self, foreign: tuple[int, ...]) -> None:
        """In a child: the parent's descriptors, so that nobody's end of file waits for us."""
        self._selector.close()
        others = [end for child in self._children.values() for end in (child.reader.descriptor, child.outbox.descriptor)]
        for descriptor in (*foreign, *others, self._wake_read, self._wake_write, self._input.descriptor):
            os.close(descriptor)

    def _read_input(self, ready: set[int]) -> None:
        if self._input.descriptor not in ready:
            return
        for message in self._input.read():
            if not self._stopping:
                self.on_input(message)
        if self._input.is_at_end:
            self.stop()

    def _read_children(self, ready: set[int]) -> None:
        for child in list(self._children.values()):
            if child.outbox.descriptor in ready:
                child.outbox.flush()
                self._watch_outbox(child)
            if child.reader.descriptor in ready:
                self._tell_messages(child, child.reader.read())
                if child.reader.is_at_end:
                    self._selector.unregister(child.reader.descriptor)

    def _reap(self, ready: set[int]) -> None:
        if self._wake_read in ready:
            os.read(self._wake_read, 4096)
        for child in list(self._children.values()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid != 0:
                self._forget(child)
                self.on_child_end(child, os.waitstatus_to_exitcode(status))

    def _forget(self, child: Child) -> None:
        self._tell_messages(child, child.reader.drain())
        del self._children[child.pid]
        for descriptor in (child.reader.descriptor, child.outbox.descriptor):
            if descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)
            os.close(descriptor)

    def _tell_messages(self, child: Child, messages: list[Message]) -> None:
        for message in messages:
            self.on_child_message(child, message)

    def _watch_outbox(self, child: Child) -> None:
        descriptor = child.outbox.descriptor
        is_watched = descriptor in self._selector.get_map()
        if child.outbox.flush():
            if is_watched:
                self._selector.unregister(descriptor)
        elif not is_watched:
            self._selector.register(descriptor, selectors.EVENT_WRITE)

    def _kill_all(self) -> None:
        for child in list(self._children.values()):
            child.kill()
        for child in list(self._children.values()):
            os.waitpid(child.pid, 0)
        self._children.clear()
