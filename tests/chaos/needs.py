"""What the long run needs of a machine."""

import os
import shutil

PROGRAMS = ("ip", "mount", "umount")


def missing() -> str:
    """Return what this machine does not allow; empty if it allows everything."""
    if os.geteuid() != 0:
        return "root: small disks are mounted, and a role gets its own network namespace"
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"the programs {', '.join(lacking)}" if lacking else ""
