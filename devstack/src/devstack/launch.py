"""Become another program: as another user if asked, and never outliving who started it.

Run by path with a bare interpreter, before the program itself:
`python -I -S launch.py <parent pid> <death signal> <uid or -> <gid or -> -- program args...`.
A small exec step instead of `preexec_fn`, which is unsafe in a process with threads. Standard
library only, so that it runs wherever the interpreter does.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop privileges, tie this process to its parent, reset signals, exec. Does not return."""
    parent, death_signal, uid, gid, _, *command = arguments
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        # After the change of user: that clears it. exec keeps it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("whoever started this is gone already")
    # A shell's background job ignores SIGINT and hands that down; servers would never stop on it.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} can't be started: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
