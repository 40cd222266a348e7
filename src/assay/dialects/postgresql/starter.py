"""Becomes a server program: ``starter.py MODE UID GID PARENT SIGNAL PROGRAM [ARGUMENT...]``.

Run as a program of its own between us and the server, so that nothing has to happen in a fork of a
process with threads. Standard library only.

MODE ``same`` keeps the user. ``namespace`` makes a user namespace in which root has another number:
PostgreSQL refuses to run as root, and there it does not see root (Linux). ``drop`` becomes UID and
GID. With PARENT not 0 the program gets SIGNAL when that process dies (Linux, PR_SET_PDEATHSIG); it
has to be asked for last, because a change of user forgets it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Never comes back, unless with an error."""
    mode, uid, gid, parent, number, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if mode == "namespace":
        outer_uid, outer_gid = os.geteuid(), os.getegid()
        if libc.unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")
    elif mode == "drop":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if int(parent) and sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != int(parent):
            # It died before we asked.
            return
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
