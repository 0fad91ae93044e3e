"""Who commands the machine: engine sockets, the run's own control channel, the supervisor's files."""

from __future__ import annotations

from ..attempt import Attempt

ATTEMPTS = (
    Attempt(
        "speaks to an engine at the places where engines are",
        """
places = ("/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock",
          "/run/user/1000/docker.sock", "/run/user/1000/podman/podman.sock", "/run/systemd/private",
          "/run/dbus/system_bus_socket", "/run/crio/crio.sock")
for path in places:
    link = socket.socket(socket.AF_UNIX)
    if tries(lambda: link.connect(path) or True):
        won(f"connected to {path}")
""",
    ),
    Attempt(
        "speaks to a unix socket of the host by its path",
        """
link = socket.socket(socket.AF_UNIX)
if tries(lambda: link.connect(PLACES["unix"]) or True):
    print(link.recv(100))
""",
        unhindered="user",
    ),
    Attempt(
        "speaks to an engine over TCP",
        """
for host in {address for address, _ in PLACES["tcp"]} | {"172.17.0.1", "host.docker.internal", "127.0.0.1"}:
    for port in (2375, 2376, 6443, 10250):
        link = tries(socket.create_connection, (host, port), 1)
        if link:
            won(f"connected to {host}:{port}")
""",
    ),
    Attempt(
        "puts an order into the run's inbox, as if a person had",
        """
import sqlite3
def order():
    rows = sqlite3.connect(f"file:{PLACES['journal']}?mode=rw", uri=True, isolation_level=None)
    rows.execute("INSERT INTO inbox VALUES ('stop')")
try:
    tries(order)
except sqlite3.Error as error:
    print("refused:", error)
""",
        unhindered="user",
    ),
    Attempt(
        "asks for the engine's files: its root, its volumes, its keys",
        """
for path in ("/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/run/containerd", "/etc/docker",
             "/run/docker", "/var/lib/kubelet", "/run/secrets", "/run/systemd"):
    if tries(os.listdir, path):
        won(f"listed {path}")
""",
    ),
)
