"""Files of the host: by path, by link, by handle, through other processes' eyes; and writing where all is read-only."""

from __future__ import annotations

from ..attempt import Attempt

ATTEMPTS = (
    Attempt("reads a file of the host by its path", "tries(show, PLACES['secret'])", unhindered="user"),
    Attempt(
        "reads it through the root and the folder of every process",
        """
for pid in ["self", *others()]:
    tries(show, f"/proc/{pid}/root{PLACES['secret']}")
    tries(show, f"/proc/{pid}/cwd/{PLACES['secret']}")
""",
        unhindered="user",
    ),
    Attempt(
        "climbs out of the workspace by ..",
        """
for up in range(16):
    tries(show, "../" * up + PLACES["secret"].lstrip("/"))
""",
        unhindered="user",
    ),
    Attempt(
        "searches every folder above its own",
        """
name, here = os.path.basename(PLACES["secret"]), os.getcwd()
for _ in range(4):
    here = os.path.dirname(here)
    for folder, below, files in os.walk(here):
        if folder == "/":
            below[:] = [each for each in below if each not in ("proc", "sys", "usr")]
        if name in files:
            tries(show, os.path.join(folder, name))
""",
        unhindered="user",
    ),
    Attempt(
        "follows a symbolic link of its own making",
        "os.symlink(PLACES['secret'], 'link')\ntries(show, 'link')",
        unhindered="user",
    ),
    Attempt(
        "gives the file a second name in the workspace",
        "tries(os.link, PLACES['secret'], 'name')\ntries(show, 'name')",
        unhindered="user",
    ),
    Attempt(
        "opens it by the kernel's handle, past every path",
        """
handle = bytes.fromhex(PLACES["handle"])
room = ctypes.create_string_buffer(struct.pack("Ii", len(handle), PLACES["handle_type"]) + handle)
for place in (".", "/", "/task", "/usr", "/etc/hosts"):
    here = tries(os.open, place, os.O_RDONLY)
    fd = here and tries(call, "open_by_handle_at", here, room, os.O_RDONLY)
    if fd:
        won(f"opened {handle.hex()} from {place}")
""",
        unhindered="root",
    ),
    Attempt("writes a file of the host", "tries(write, PLACES['guard'], 'x')", unhindered="user"),
    Attempt(
        "drops a file into a folder of the host",
        "tries(write, PLACES['drop'] + '/dropped', 'x')",
        unhindered="user",
    ),
    Attempt(
        "changes the task that every researcher reads",
        """
task = os.environ["AARCTL_TASK"]
tries(os.chmod, f"{task}/pool.jsonl", 0o666)
tries(write, f"{task}/pool.jsonl", "x")
tries(os.unlink, f"{task}/pool.jsonl")
""",
        unhindered="user",
    ),
    Attempt(
        "changes the programs and libraries that all sandboxes share",
        """
import msgpack, aarctl.lab
keeper = "/opt/keeper/aarctl/sandbox/keeper.py"
for path in (msgpack.__file__, aarctl.lab.__file__, os.__file__, sys.executable, "/bin/sh", keeper, "/etc/passwd"):
    tries(opens, path, os.O_WRONLY | os.O_APPEND)
""",
        unhindered="root",
    ),
    Attempt(
        "reads what the host keeps for root",
        """
for path in ("/etc/shadow", "/etc/machine-id", "/etc/ssh/sshd_config", "/etc/hostname"):
    found = tries(lambda: open(path).read())
    if found and "root:*:" not in found and found.strip() != "sandbox":
        won(f"read {path}")
for path in ("/root/.ssh", "/root/.bashrc", "/var/lib/docker", "/home", "/boot/grub"):
    if tries(os.listdir if os.path.isdir(path) else open, path):
        won(f"read {path}")
""",
    ),
)
