"""System calls that open the kernel: namespaces, mounts, modules, bpf, io_uring and such; and other ways to call."""

from __future__ import annotations

from ..attempt import Attempt

FILTERED = "anybody may where the kernel's settings say so; only a filter withholds it"
SAME_KEYS = "keyrings are not in a namespace; only a filter withholds them"

ATTEMPTS = (
    Attempt(
        "starts an io_uring, which no filter sees into",
        """
room = ctypes.create_string_buffer(256)
if tries(call, "io_uring_setup", 4, room) is not None:
    won("an io_uring")
""",
        unhindered="user",
        differs={"no seccomp": FILTERED},
    ),
    Attempt(
        "loads a bpf program, and makes a bpf map",
        """
room = ctypes.create_string_buffer(struct.pack("IIII", 2, 4, 4, 1) + bytes(100))
if tries(call, "bpf", 0, room, 72) is not None:
    won("a bpf map")
code = ctypes.create_string_buffer(struct.pack("QQ", 0x00B7, 0x0095))
at = ctypes.addressof(code)
room = ctypes.create_string_buffer(struct.pack("IIQQ", 1, 2, at, at) + bytes(100))
if tries(call, "bpf", 5, room, 72) is not None:
    won("a bpf program")
""",
        unhindered="root",
    ),
    Attempt(
        "handles its own page faults, and the kernel's, by userfaultfd",
        """
for flags in (0, 1):
    if tries(call, "userfaultfd", flags) is not None:
        won(f"userfaultfd({flags})")
""",
        unhindered="user",
        differs={"no seccomp": FILTERED},
    ),
    Attempt(
        "measures other processes and the kernel by perf",
        """
for kind, number, flags in ((1, 0, 0), (1, 0, 0x60), (0, 0, 0), (2, 0, 0)):
    room = ctypes.create_string_buffer(struct.pack("IIQQQQQ", kind, 112, number, 0, 0, 0, flags) + bytes(72))
    for pid, cpu in ((0, -1), (-1, 0)):
        if tries(call, "perf_event_open", room, pid, cpu, -1, 0) is not None:
            won(f"counts event {kind}/{number} of {pid}")
""",
        unhindered="root",
        differs={"no seccomp": FILTERED},
    ),
    Attempt(
        "keeps a key in the kernel, past every memory limit and namespace",
        """
for ring in (-1, -2, -3, -4):
    if tries(call, "add_key", b"user", b"escape", b"x", 1, ring) is not None:
        won(f"a key in ring {ring}")
""",
        unhindered="user",
        differs={"no seccomp": SAME_KEYS},
    ),
    Attempt(
        "becomes root of a user namespace of its own",
        """
def new():
    checked(LIBC.unshare(0x10000000))
    won(f"a user namespace, as {os.getuid()}")
in_child(new)
""",
        unhindered="root",
    ),
    Attempt(
        "leaves for a new namespace of each kind",
        """
kinds = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "pid": 0x20000000,
         "net": 0x40000000, "time": 0x80}
def new(kind):
    checked(LIBC.unshare(kinds[kind]))
    won(f"a {kind} namespace")
for kind in kinds:
    in_child(new, kind)
""",
        unhindered="root",
    ),
    Attempt(
        "makes a child in a new namespace by clone and clone3",
        """
def born(name, pid):
    if pid == 0:
        os._exit(0)
    won(f"a child by {name}")
    os.waitpid(pid, 0)
def by_clone3():
    room = ctypes.create_string_buffer(struct.pack("QQQQQ", 0x10000000, 0, 0, 0, 17) + bytes(48))
    born("clone3", call("clone3", room, 88))
tries(lambda: born("clone", call("clone", 0x10000000 | 17, 0, 0, 0, 0)))
tries(by_clone3)
""",
        unhindered="root",
    ),
    Attempt(
        "joins the namespaces of every process in sight",
        """
for pid in others():
    for kind in ("mnt", "pid", "net", "ipc", "uts", "user", "cgroup"):
        fd = tries(os.open, f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
        if fd is not None and tries(lambda: checked(LIBC.setns(fd, 0)) == 0):
            won(f"joined {kind} of {pid}")
""",
        unhindered="root",
    ),
    Attempt(
        "mounts: a memory disk, a folder elsewhere, /proc anew, the host's disk",
        """
os.makedirs("there", exist_ok=True)
kinds = (("tmpfs", "none", 0), ("proc", "none", 0), ("sysfs", "none", 0), ("cgroup2", "none", 0), ("none", "/", 4096),
         ("none", "/", 4096 | 16384), ("overlay", "none", 0), ("ext4", "/dev/vda", 1))
for kind, source, flags in kinds:
    if tries(lambda: checked(LIBC.mount(source.encode(), b"there", kind.encode(), flags, None)) == 0):
        won(f"mounted {kind}")
        LIBC.umount2(b"there", 2)
""",
    ),
    Attempt(
        "makes a read-only mount writable, or takes one away",
        """
for place in ("/", "/task", "/usr", "/proc", "/sys", "/etc/hosts", "/dev", "/opt"):
    if tries(lambda: checked(LIBC.mount(None, place.encode(), None, 32 | 4096, None)) == 0):
        won(f"remounted {place}")
    if tries(lambda: checked(LIBC.umount2(place.encode(), 2)) == 0):
        won(f"unmounted {place}")
""",
    ),
    Attempt(
        "mounts by the new calls that older filters do not know",
        """
if tries(call, "fsopen", b"tmpfs", 0) is not None:
    won("fsopen")
if tries(call, "open_tree", -100, b"/", 1) is not None:
    won("open_tree")
""",
        unhindered="root",
    ),
    Attempt(
        "breaks out by chroot, and by pivot_root",
        """
def out():
    os.makedirs("jail", exist_ok=True)
    here = os.open(".", os.O_RDONLY)
    os.chroot("jail")
    os.fchdir(here)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    won("a root of its choice")
    tries(show, PLACES["secret"])
in_child(out)
tries(call, "pivot_root", b".", b".")
""",
        unhindered="root",
    ),
    Attempt(
        "loads a module, or another kernel",
        """
open("module", "wb").write(b"\\x7fELF")
fd = os.open("module", os.O_RDONLY)
calls = (("init_module", (b"\\x7fELF", 4, b"")), ("finit_module", (fd, b"", 0)), ("kexec_load", (0, 0, None, 1)))
for name, args in calls:
    try:
        call(name, *args)
    except OSError as error:
        print(name, error)
        if error.errno not in (errno.EPERM, errno.ENOSYS, errno.EACCES):
            won(f"{name} looked at what it was given: {error}")
    else:
        won(name)
""",
    ),
    Attempt(
        "watches all files of a disk by fanotify",
        """
for flags in (0, 4, 0x200):
    if tries(call, "fanotify_init", flags, 0) is not None:
        won(f"fanotify({flags:#x})")
""",
        unhindered="root",
        differs={"no seccomp": FILTERED},
    ),
    Attempt(
        "switches accounting, quota and swap",
        """
open("file", "wb").write(bytes(1 << 16))
if tries(call, "acct", b"file") is not None:
    won("acct")
if tries(lambda: checked(LIBC.swapon(b"file", 0)) == 0):
    won("swapon")
if tries(call, "quotactl", 0x800001 << 8, b"/dev/vda", 0, None) is not None:
    won("quotactl")
""",
    ),
    Attempt(
        "renames the machine",
        """
name = socket.gethostname()
if tries(lambda: checked(LIBC.sethostname(name.encode(), len(name))) == 0):
    won("sethostname, to the same name")
""",
        unhindered="root",
    ),
    Attempt(
        "calls by the 32-bit door, where the numbers are others",
        """
import mmap
def through(code, number):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(code)
    act = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    out = act()
    print(number, out)
    if out >= 0 or -out not in (errno.EPERM, errno.ENOSYS, errno.EACCES, errno.EINVAL):
        won(f"call {number} was done: {out}")
if platform.machine() == "x86_64":
    for number, first in ((310, 0x10000000), (425, 4), (374, 1)):  # unshare, io_uring_setup, userfaultfd of i386
        number_first = b"\\xb8" + struct.pack("I", number) + b"\\xbb" + struct.pack("I", first)
        in_child(through, b"\\x53" + number_first + b"\\x31\\xc9\\xcd\\x80\\x5b\\xc3", number)
    for number in (272, 425):  # unshare, io_uring_setup of x32
        number_first = b"\\xb8" + struct.pack("I", 0x40000000 | number) + b"\\xbf" + struct.pack("I", 0x10000000)
        in_child(through, number_first + b"\\x31\\xf6\\x0f\\x05\\xc3", number)
""",
        differs={"no seccomp": FILTERED},
    ),
)
