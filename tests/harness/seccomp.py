# SPDX-License-Identifier: BSD-3-Clause
"""A filter of system calls, as SystemCallFilter= of a systemd unit makes one.

    Server(..., prepare=seccomp.Filter(seccomp.DEBIAN, seccomp.KILL))
"""

import ctypes
import platform

REFUSE = 0x00050001  # The call fails with EPERM.
KILL = 0x80000000    # The process ends with SIGSYS.
ALLOW = 0x7fff0000

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06

# {name: number on x86_64, on aarch64; None where there is none}
NUMBERS = {
    "sched_setaffinity": (203, 122), "mbind": (237, 235), "set_mempolicy": (238, 237),
    # The rest of systemd's @resources,
    "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "sched_setattr": (314, 274), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "set_mempolicy_home_node": (450, 450), "setpriority": (141, 140), "setrlimit": (160, 164),
    # and of @privileged, but for names that differ from kernel to kernel.
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "acct": (163, 89), "capset": (126, 91), "chroot": (161, 51), "pivot_root": (155, 41),
    "quotactl": (179, 60), "sethostname": (170, 161), "setgroups": (116, 159),
    "setresuid": (117, 147), "setreuid": (113, 145), "setuid": (105, 146), "bpf": (321, 280),
    "clock_settime": (227, 112), "reboot": (169, 142), "swapon": (167, 224),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}
IO_URING = ("io_uring_setup", "io_uring_enter", "io_uring_register")
PLACING = ("sched_setaffinity", "mbind", "set_mempolicy")
# ~@privileged @resources, as Debian's units have it.
DEBIAN = tuple(name for name in NUMBERS if name not in IO_URING)


class Filter:
    """To be called in a process that is about to become another program. It lasts."""

    def __init__(self, names, action):
        column = {"x86_64": 0, "aarch64": 1}[platform.machine()]
        numbers = [NUMBERS[name][column] for name in names if NUMBERS[name][column] is not None]
        steps = [(LOAD, 0, 0, 0)]
        for at, number in enumerate(numbers):
            steps.append((JUMP_IF_EQUAL, len(numbers) - at, 0, number))
        steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, action)]

        class Step(ctypes.Structure):
            _fields_ = [("code", ctypes.c_uint16), ("if_true", ctypes.c_uint8),
                        ("if_false", ctypes.c_uint8), ("operand", ctypes.c_uint32)]

        class Program(ctypes.Structure):
            _fields_ = [("count", ctypes.c_uint16), ("steps", ctypes.POINTER(Step))]

        self.steps = (Step * len(steps))(*steps)
        self.program = Program(len(steps), self.steps)
        self.prctl = ctypes.CDLL(None, use_errno=True).prctl

    def __call__(self):
        if self.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs")
        if self.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(self.program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")
