"""How gunicorn serves the web application. Read by itself from the working directory.

Whatever stands here can be overridden on gunicorn's command line or in GUNICORN_CMD_ARGS.
"""

import atexit
import gc
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

# One folder in which the worker processes count together for /metrics; prometheus_client
# looks for it when it is first imported, so this comes before any import of ours.
MASTER = os.getpid()
FOLDERS = "yanglai-metrics-"
COUNTS = tempfile.mkdtemp(prefix=f"{FOLDERS}{MASTER}-")
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", COUNTS)

from prometheus_client import multiprocess  # noqa: E402

from bot import logs  # noqa: E402
from bot.settings import Settings, SettingsError  # noqa: E402


def remove_counts() -> None:
    """The folder goes when the master goes, and so do those of masters that were killed; a worker leaves them alone."""
    if os.getpid() != MASTER:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*-*"):
        master = folder.name.removeprefix(FOLDERS).partition("-")[0]
        if folder == Path(COUNTS) or (master.isdigit() and not is_alive(int(master))):
            shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether a process has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


atexit.register(remove_counts)
try:
    settings = Settings.load()
    logs.configure(settings.log_level)
except SettingsError as error:
    sys.exit(str(error))

bind = f"0.0.0.0:{settings.port}"
workers = settings.web_concurrency
worker_class = "gthread"
threads = 16
worker_connections = 1000
backlog = 2048
keepalive = 75
timeout = 60
graceful_timeout = 30  # the longest call to LINE waits 13 seconds

preload_app = True  # fork after loading; connections are opened in the worker
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 the heartbeat waits for no disk

limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 16380

accesslog = None  # handlers/request_log.py writes one line per request, with its id and without people


def on_starting(_server: Any) -> None:
    """gunicorn's own lines take the form of ours."""
    for name in ("gunicorn.error", "gunicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def when_ready(_server: Any) -> None:
    """What is loaded by now stays in pages that the workers share."""
    gc.collect()
    gc.freeze()


def process_of(worker: Any) -> Any:
    """What belongs to this worker's process; None for another application, as in `tests/load/bare.py`."""
    return getattr(getattr(worker, "wsgi", None), "extensions", {}).get("yanglai")


def post_worker_init(worker: Any) -> None:
    """Open connections and threads before the first request, not during it."""
    gc.set_threshold(50_000, 20, 20)  # a batch of events makes thousands of objects that soon go
    process = process_of(worker)
    if process is not None:
        process.open_door()


def worker_exit(_server: Any, worker: Any) -> None:
    """Store, handle and say what is in flight, then close everything."""
    process = process_of(worker)
    if process is not None:
        process.close()


def child_exit(_server: Any, worker: Any) -> None:
    """What a worker counted stays counted."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
