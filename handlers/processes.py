"""One Runtime per process, made at its first use, so that nothing is opened before gunicorn forks."""

import os
import threading
from dataclasses import dataclass, field

from flask import Flask, current_app

from bot import runtime as runtimes
from bot.runtime import Runtime
from bot.settings import Settings
from handlers.line.door import Door

EXTENSION = "yanglai"


@dataclass
class Process:
    """What belongs to this process; a forked child begins with its own."""

    settings: Settings
    pid: int = 0
    runtime: Runtime | None = None
    door: Door | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> Runtime:
        """Return this process's runtime, building it if it has none."""
        if self.pid != os.getpid() or self.runtime is None:
            with self.lock:
                if self.pid != os.getpid() or self.runtime is None:
                    self.runtime = runtimes.build(self.settings)
                    self.door = None
                    self.pid = os.getpid()
        return self.runtime

    def open_door(self) -> Door:
        """Return this process's webhook door, with its writer and its lanes."""
        runtime = self.open()
        if self.door is None:
            with self.lock:
                if self.door is None:
                    self.door = Door(runtime)
        return self.door

    def close(self) -> None:
        """Finish what is in flight and close everything."""
        with self.lock:
            if self.pid != os.getpid():
                return
            if self.door is not None:
                self.door.close()
                self.door = None
            if self.runtime is not None:
                self.runtime.close()
                self.runtime = None


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its place for the process's pieces."""
    app.extensions[EXTENSION] = Process(settings)


def current_process() -> Process:
    """Return what belongs to this process."""
    process: Process = current_app.extensions[EXTENSION]
    return process


def current_runtime() -> Runtime:
    """Return this process's runtime."""
    return current_process().open()
