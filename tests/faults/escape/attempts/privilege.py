"""More rights than a researcher has: set-uid programs, capabilities, other users, priorities and limits."""

from __future__ import annotations

import os
import stat

from ..arena import Scene
from ..attempt import Attempt


async def _rooted_on_the_host(scene: Scene) -> str:
    """Whether another user of the host could run a set-uid program of a privileged owner out of the workspace."""
    planted = scene.arena.spec("r1").workspace / "shell"
    if not planted.exists():
        return ""
    seen = planted.stat()
    open_to_all = all(parent.stat().st_mode & 0o001 for parent in planted.parents)
    if open_to_all and seen.st_mode & stat.S_ISUID and seen.st_uid != os.getuid():
        return f"a set-uid program of user {seen.st_uid} that everybody can reach"
    closed = stat.S_IMODE(scene.host.home.stat().st_mode) == 0o700
    return "" if closed else f"a set-uid program of user {seen.st_uid} in an open home"


ATTEMPTS = (
    Attempt(
        "runs every set-uid program there is, and copies of its own",
        """
import shutil
found = [path for folder in ("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/lib")
         for path in (os.path.join(folder, name) for name in os.listdir(folder))
         if os.path.isfile(path) and os.stat(path).st_mode & 0o6000]
print("set-uid:", found)
for where in ("shell", "/tmp/shell"):
    if tries(shutil.copy, "/bin/sh", where):
        tries(os.chmod, where, 0o6755)
        found.append(where)
me = f"{os.getuid()} {os.getuid()}"
for path in found:
    if path.endswith("shell"):
        out = tries(subprocess.check_output, [os.path.abspath(path), "-p", "-c", "id -ru; id -u"], text=True, timeout=5)
        if out and " ".join(out.split()) != me:
            won(f"{path}: {out}")
    else:
        proc = tries(subprocess.Popen, [path, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if proc:
            status = tries(lambda: open(f"/proc/{proc.pid}/status").read()) or ""
            ids = [line.split()[1:] for line in status.splitlines() if line.startswith("Uid")]
            if ids and len(set(ids[0])) > 1:
                won(f"{path}: {ids}")
            proc.kill()
            proc.wait()
""",
    ),
    Attempt(
        "leaves a set-uid program in the workspace for users of the host",
        """
import shutil
shutil.copy("/bin/sh", "shell")
os.chmod("shell", 0o4755)
ready()
until_killed()
""",
        during=_rooted_on_the_host,
    ),
    Attempt(
        "asks sudo, su and their kin",
        """
for argv in (["sudo", "-n", "id", "-u"], ["su", "-c", "id -u"], ["pkexec", "id", "-u"], ["doas", "id", "-u"],
             ["runuser", "-u", "root", "id", "-u"], ["setpriv", "--reuid", "0", "id", "-u"], ["newgrp", "root"],
             ["nsenter", "-t", "1", "-a", "id", "-u"], ["capsh", "--uid=0", "--", "-c", "id -u"]):
    out = tries(subprocess.check_output, argv, text=True, timeout=5, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    if out is not None and out.strip() == "0":
        won(" ".join(argv))
""",
        unhindered="root",
    ),
    Attempt(
        "becomes root, or another user or group, by system call",
        """
def become(act, *args):
    before = os.getresuid(), os.getresgid(), os.getgroups()
    getattr(os, act)(*args)
    after = os.getresuid(), os.getresgid(), os.getgroups()
    if after != before:
        won(f"{act}{args}: {after}")
for act, args in (("setuid", (0,)), ("setuid", (1,)), ("seteuid", (0,)), ("setresuid", (0, 0, 0)), ("setgid", (1,)),
                  ("setresgid", (1, 1, 1)), ("setgroups", ([1, 4, 999],)), ("setreuid", (1, 1))):
    in_child(become, act, *args)
""",
        unhindered="root",
    ),
    Attempt(
        "holds or raises a capability",
        """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
held = {name: status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
if any(int(value, 16) for name, value in held.items() if name != "CapBnd"):
    won(held)
header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
for bit in range(41):
    word = struct.pack("III", *[1 << bit] * 3) if bit < 32 else bytes(12)
    rest = struct.pack("III", *[1 << (bit - 32)] * 3) if bit >= 32 else bytes(12)
    try:
        call("capset", header, ctypes.create_string_buffer(word + rest))
    except OSError:
        continue
    won(f"capability {bit}")
""",
        unhindered="root",
    ),
    Attempt(
        "gives a program of its own capabilities",
        """
import shutil
shutil.copy(os.path.realpath("/bin/sh"), "able")
data = struct.pack("<IIIII", 0x02000001, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0)
if tries(lambda: os.setxattr("able", "security.capability", data) or True):
    out = tries(subprocess.check_output, ["./able", "-c", "grep CapEff /proc/self/status"], text=True)
    if out and int(out.split()[1], 16):
        won(out)
""",
    ),
    Attempt(
        "takes back the promise to gain no privileges",
        """
LIBC.prctl(38, 0, 0, 0, 0)
if LIBC.prctl(39, 0, 0, 0, 0) != 1:
    won("no_new_privs is not set")
LIBC.prctl(28, 0, 0, 0, 0)
if LIBC.prctl(27, 0, 0, 0, 0) not in (0,) or tries(lambda: checked(LIBC.prctl(8, 1, 0, 0, 0)) != 0):
    won("securebits")
""",
    ),
    Attempt(
        "gives files to root, or takes them from it",
        """
open("mine", "w").close()
for path, uid in (("mine", 0), ("mine", 1), ("mine", 65534), ("/etc/passwd", os.getuid()), ("/tmp", os.getuid())):
    before = os.stat(path)
    tries(os.chown, path, uid, uid) if PLACES["walls"] or path == "mine" else None
    if os.stat(path).st_uid != before.st_uid:
        won(f"{path} belongs to {os.stat(path).st_uid}")
""",
        unhindered="root",
    ),
    Attempt(
        "maps itself to root of the host in uid_map",
        """
for pid in ("self", os.getppid()):
    for name, line in (("uid_map", "0 0 1"), ("gid_map", "0 0 1"), ("setgroups", "allow"), ("projid_map", "0 0 1")):
        tries(lambda: write(f"/proc/{pid}/{name}", line) or won(f"{name} of {pid}"))
""",
    ),
    Attempt(
        "runs before everybody else: real time, negative nice, first on the disk",
        """
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    if tries(lambda: os.sched_setscheduler(0, policy, os.sched_param(1)) or True):
        won(f"policy {policy}")
if tries(lambda: os.setpriority(os.PRIO_PROCESS, 0, -20) or True):
    won("nice -20")
if tries(call, "ioprio_set", 1, 0, 1 << 13) is not None:
    won("first on the disk")
""",
        unhindered="root",
    ),
    Attempt(
        "raises its own limits",
        """
import resource
for name in ("RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_MEMLOCK", "RLIMIT_NOFILE", "RLIMIT_RTPRIO"):
    kind = getattr(resource, name)
    soft, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY and tries(lambda: resource.setrlimit(kind, (hard + 1, hard + 1)) or True):
        won(f"{name} is {resource.getrlimit(kind)}")
""",
    ),
)
