"""The kernel's switches and windows: /proc/sys, sysrq, kernel memory and log, /sys, and the sandbox's own cgroup."""

from __future__ import annotations

from ..attempt import Attempt

ATTEMPTS = (
    Attempt(
        "opens any of the kernel's switches for writing",
        """
import stat
for folder, _, files in os.walk("/proc/sys"):
    for name in files:
        path = os.path.join(folder, name)
        if os.stat(path).st_mode & 0o222:
            try:
                opens(path)
            except OSError:
                continue
""",
        unhindered="root",
    ),
    Attempt(
        "names itself the handler of crashes, in core_pattern",
        "tries(opens, '/proc/sys/kernel/core_pattern', os.O_RDWR)",
        unhindered="root",
    ),
    Attempt("pulls the magic sysrq lever", "tries(opens, '/proc/sysrq-trigger')"),
    Attempt(
        "reads the machine's memory and log",
        """
for path in ("/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/proc/kcore", "/proc/kmsg", "/proc/kpagemap"):
    fd = tries(os.open, path, os.O_RDONLY | os.O_NONBLOCK)
    if fd is not None and tries(os.read, fd, 16):
        won(f"read {path}")
""",
        unhindered="root",
    ),
    Attempt(
        "learns where the kernel lies in memory",
        """
lines = tries(lambda: open("/proc/kallsyms").readlines()[:50]) or []
if any(int(line.split()[0], 16) for line in lines):
    won(lines[0])
""",
        unhindered="root",
    ),
    Attempt(
        "reads the kernel's log by system call",
        """
room = ctypes.create_string_buffer(4096)
if tries(call, "syslog", 3, room, 4096):
    won(room.value[:80])
""",
        unhindered="root",
    ),
    Attempt(
        "writes anything below /sys",
        """
for folder, below, files in os.walk("/sys"):
    if folder.count("/") > 4:
        below.clear()
    for name in files:
        path = os.path.join(folder, name)
        try:
            opens(path) if os.stat(path).st_mode & 0o222 else None
        except OSError:
            continue
""",
    ),
    Attempt(
        "names itself the heir of empty cgroups, in release_agent",
        """
for kind in ("", "memory", "pids", "rdma", "cpu", "devices", "freezer", "systemd", "unified"):
    for name in ("release_agent", "notify_on_release", "cgroup.procs", "tasks"):
        tries(opens, f"/sys/fs/cgroup/{kind}/{name}")
    tries(lambda: os.mkdir(f"/sys/fs/cgroup/{kind}/mine") or won("made a cgroup"))
""",
    ),
    Attempt(
        "raises its own limits of memory and processes",
        """
own = [line.split(":", 2) for line in open("/proc/self/cgroup").read().split()]
for _, kinds, path in own:
    for kind in {"", "unified", *kinds.split(",")}:
        for name in ("memory.max", "memory.limit_in_bytes", "pids.max", "cpu.max", "cpu.cfs_quota_us", "cgroup.procs"):
            for place in {path, "/"}:
                tries(opens, f"/sys/fs/cgroup/{kind}{place}/{name}")
""",
    ),
    Attempt(
        "puts itself before everybody when memory runs out",
        """
tries(write, "/proc/self/oom_score_adj", "-1000")
if int(open("/proc/self/oom_score_adj").read()) < 0:
    won("safe from the kernel's choice")
""",
    ),
    Attempt(
        "asks the kernel to start programs: uevent_helper, modprobe, binfmt_misc",
        """
for path in ("/sys/kernel/uevent_helper", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug",
             "/proc/sys/fs/binfmt_misc/register", "/proc/sys/kernel/poweroff_cmd",
             "/sys/kernel/security/apparmor/.load"):
    tries(opens, path)
""",
        unhindered="root",
    ),
    Attempt(
        "crashes into the host's handler of crashes, which runs as root outside",
        """
import resource
pattern = open("/proc/sys/kernel/core_pattern").read()
limits = resource.getrlimit(resource.RLIMIT_CORE)
if os.fork() == 0:
    os.abort()
os.wait()
if [name for name in os.listdir(".") if name.startswith("core")]:
    won("a core file")
if pattern.startswith("|") and limits != (1, 1):
    won(f"a handler, {pattern.split()[0]}, was given its memory: at a pipe only the limit 1 means none, not {limits}")
""",
    ),
)
