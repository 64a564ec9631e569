"""A full disk, without any rights: the kernel refuses writes that would make a file longer (RLIMIT_FSIZE)."""

import os
import pwd
import resource
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import psutil

from switchboard.processes import ChildProcess, ProcessError


def refuse_writes(part: ChildProcess) -> None:
    """From now on, to a process and its children, for as long as they live."""
    with suppress(psutil.NoSuchProcess, ProcessError):
        process = psutil.Process(part.pid)
        pids = [one.pid for one in (process, *process.children(recursive=True))]
        child = os.fork()
        if child == 0:
            _limit_files(part.user, pids)
        os.waitpid(child, 0)


def _limit_files(user: str | None, pids: Sequence[int]) -> NoReturn:
    # As the same user, who alone may limit what runs already.
    if user is not None:
        account = pwd.getpwnam(user)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    for pid in pids:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    os._exit(0)
