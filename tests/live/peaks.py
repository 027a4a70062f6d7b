"""The most memory that each process of a command ever had resident: VmHWM, which the kernel keeps,
read again and again until the process ends."""

import contextlib
import re
import subprocess
import threading
import time


def children(pid):
    """Its children's process ids."""
    with contextlib.suppress(OSError):
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as lines:
            return [int(p) for p in lines.read().split()]
    return []


def family(pid):
    """A process and all below it."""
    return [pid] + [p for child in children(pid) for p in family(child)]


class Peaks:
    """Runs a command; `peaks` is {process id: MiB}, `out` what it printed, `code` its status."""

    def __init__(self, argv, seconds=600):
        self.peaks = {}
        self.run = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL)
        self.over = threading.Event()
        watcher = threading.Thread(target=self.watch, daemon=True)
        watcher.start()
        try:
            self.out = self.run.communicate(timeout=seconds)[0]
        finally:
            self.over.set()
            watcher.join()
            if self.run.poll() is None:
                self.run.kill()
                self.run.wait()
        self.code = self.run.returncode

    def watch(self):
        """Look at all of them, a few hundred times a second."""
        while not self.over.is_set():
            for pid in family(self.run.pid):
                with contextlib.suppress(OSError):
                    with open("/proc/%d/status" % pid, encoding="ascii") as lines:
                        peak = re.search(r"VmHWM:\s+(\d+) kB", lines.read())
                    if peak:
                        self.peaks[pid] = int(peak[1]) / 1024
            time.sleep(0.003)

    @property
    def most(self):
        """Of any of them."""
        return max(self.peaks.values())
