"""Become a command that cannot outlive whoever started it, under another user where asked.

`switchboard.processes` runs it as a script: `leash.py DEATH_SIGNAL PARENT_PID USER COMMAND...`, where USER `-` is no
other. Only Linux ends a child with its parent; elsewhere the pid files of `switchboard.processes` serve at the next
start.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    """Read the arguments, tie the leash, become the command."""
    death_signal, parent_pid, user, *command = sys.argv[1:]
    if user != "-":
        become(user)
    # Last, because a change of user clears it.
    die_with_parent(int(death_signal), int(parent_pid))
    os.execv(command[0], command)  # noqa: S606 - there is no shell to speak of: the command is our own


def become(user: str) -> None:
    """Drop from root to `user`, who may still pass through folders of root's alone, such as root's home."""
    account = pwd.getpwnam(user)
    on_linux = sys.platform == "linux"
    if on_linux:
        # Not PR_SET_KEEPCAPS: access(2), by which PostgreSQL looks for its programs, would ignore what is kept.
        ctypes.CDLL(None).prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    if on_linux:
        keep_folder_access()


def keep_folder_access() -> None:
    """Carry CAP_DAC_OVERRIDE over the change of user and the exec; where that is forbidden, go on without it."""
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    bit = 1 << CAP_DAC_OVERRIDE
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    libc.capset(header, effective_permitted_inheritable)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def die_with_parent(death_signal: int, parent_pid: int) -> None:
    """Have the kernel send us `death_signal` when the parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent_pid:  # it went before we were tied to it
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
