"""The network, by every family of addresses that a kernel may know, and by every way to a name."""

from __future__ import annotations

from ..attempt import Attempt

ATTEMPTS = (
    Attempt(
        "calls every address of the host by TCP",
        """
for host, port in PLACES["tcp"]:
    link = tries(socket.create_connection, (host, port), 3)
    if link:
        print(link.recv(100))
""",
        unhindered="user",
    ),
    Attempt(
        "calls every address of the host by UDP",
        """
for host, port in PLACES["udp"]:
    link = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    link.settimeout(1)
    if tries(link.sendto, b"?", (host, port)):
        print(tries(link.recv, 100))
""",
        unhindered="user",
    ),
    Attempt(
        "calls the host by an abstract unix name",
        """
link = socket.socket(socket.AF_UNIX)
if tries(lambda: link.connect("\\0" + PLACES["abstract"]) or True):
    print(link.recv(100))
""",
        unhindered="user",
    ),
    Attempt(
        "sees the host's network cards by netlink",
        """
cards = [name for _, name in tries(socket.if_nameindex) or []]
tunnels = ("sit0", "tunl0", "ip6tnl0", "ip6_vti0", "ip_vti0", "gre0", "gretap0", "erspan0", "ip6gre0")
others = [name for name in cards if name not in ("lo", *tunnels)]
if others:
    won(others)
""",
        unhindered="user",
    ),
    Attempt(
        "makes a network card of its own by netlink",
        """
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + struct.pack("=HH8s", 12, 3, b"escape0\\0")
body += struct.pack("=HH", 16, 18) + struct.pack("=HH8s", 12, 1, b"dummy\\0\\0\\0")
link.send(struct.pack("=IHHII", 16 + len(body), 16, 0x605, 1, 0) + body)
answer = link.recv(4096)
number = struct.unpack_from("=i", answer, 16)[0]
print("the kernel said", number)
if number == 0:
    won("made a network card")
""",
    ),
    Attempt(
        "listens to every packet of the machine",
        "if tries(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)):\n    won('a packet socket')",
        unhindered="root",
    ),
    Attempt(
        "forges packets with raw sockets",
        """
for family, protocol in ((socket.AF_INET, 1), (socket.AF_INET, 255), (socket.AF_INET6, 58)):
    if tries(socket.socket, family, socket.SOCK_RAW, protocol):
        won(f"a raw socket of {family}, {protocol}")
""",
        unhindered="root",
    ),
    Attempt(
        "pings the host and the world",
        """
for host in {address for address, _ in PLACES["tcp"] if ":" not in address} | {"8.8.8.8"}:
    link = tries(socket.socket, socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    if link:
        link.settimeout(1)
        if tries(link.sendto, b"\\x08\\x00\\xf7\\xff" + bytes(4), (host, 0)) and not host.startswith("127."):
            won(f"sent a ping to {host}")
""",
    ),
    Attempt(
        "speaks to the machine under this machine, by vsock",
        """
link = tries(socket.socket, socket.AF_VSOCK, socket.SOCK_STREAM)
if link:
    won("a vsock socket: no network namespace holds it back")
    link.settimeout(1)
    for cid in (0, 1, 2):
        tries(link.connect, (cid, 1024))
""",
        unhindered="user",
        differs={"no seccomp": "namespaces do not cover vsock; with libseccomp installed it is refused"},
    ),
    Attempt(
        "reaches the kernel's own cryptography, by AF_ALG",
        "if tries(socket.socket, socket.AF_ALG, socket.SOCK_SEQPACKET):\n    won('an AF_ALG socket')",
        differs={"no seccomp": "any process may have one where the kernel is built with it"},
    ),
    Attempt(
        "opens a socket of any rare family",
        """
usual = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}
for family in range(1, 64):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        if family not in usual:
            try:
                socket.socket(family, kind).close()
            except OSError:
                continue
            won(f"family {family}, type {kind}")
""",
        unhindered="user",
        differs={"no seccomp": "the kernel's rarer families are there for everybody"},
    ),
    Attempt(
        "opens a socket of any rare protocol",
        """
rare = (("SCTP", 2, 1, 132), ("SCTP", 2, 5, 132), ("DCCP", 2, 6, 33), ("UDPLITE", 2, 2, 136), ("MPTCP", 2, 1, 262),
        ("MPTCP", 10, 1, 262), ("L2TP", 2, 2, 115), ("SMC", 43, 1, 0))
for name, family, kind, protocol in rare:
    if tries(socket.socket, family, kind, protocol):
        won(name)
for protocol in range(1, 23):
    if tries(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, protocol):
        won(f"netlink {protocol}")
""",
        unhindered="user",
        differs={"no seccomp": "the kernel's rarer protocols are there for everybody"},
    ),
    Attempt(
        "asks for a name, by every resolver it can find",
        """
for name in ("example.com", "host.docker.internal", "gateway.docker.internal", "metadata.google.internal"):
    found = tries(socket.gethostbyname, name)
    if found:
        won(f"{name} is {found}")
question = b"\\x12\\x34\\x01\\0\\0\\1\\0\\0\\0\\0\\0\\0\\7example\\3com\\0\\0\\1\\0\\1"
places = ["8.8.8.8", "1.1.1.1", "127.0.0.11", "127.0.0.53", "172.17.0.1", "2001:4860:4860::8888"]
text = tries(lambda: open("/etc/resolv.conf").read()) or ""
for place in {*places, *(line.split()[1] for line in text.splitlines() if line.startswith("nameserver"))}:
    link = socket.socket(socket.AF_INET6 if ":" in place else socket.AF_INET, socket.SOCK_DGRAM)
    link.settimeout(1)
    if tries(link.sendto, question, (place, 53)) and tries(link.recv, 512):
        won(f"{place} answered")
""",
    ),
    Attempt(
        "asks the cloud who it is",
        """
import urllib.request
for host in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"):
    link = tries(socket.create_connection, (host, 80), 1)
    if link:
        won(f"connected to {host}")
""",
    ),
    Attempt(
        "fetches a page, by the environment's proxy or without",
        """
import urllib.request
for name in os.environ:
    if name.lower().endswith("_proxy"):
        won(f"{name}={os.environ[name]}")
for url in ("http://example.com/", "https://pypi.org/simple/", "http://1.1.1.1/"):
    if tries(lambda: urllib.request.urlopen(url, timeout=2).read(100)):
        won(url)
""",
    ),
    Attempt(
        "moves into the network of another process",
        """
for pid in ["self", *others()]:
    fd = tries(os.open, f"/proc/{pid}/ns/net", os.O_RDONLY)
    if fd is not None:
        mine = os.readlink("/proc/self/ns/net")
        if tries(lambda: checked(LIBC.setns(fd, 0x40000000)) == 0):
            won(f"joined the network of {pid}, from {mine}")
""",
        unhindered="root",
    ),
)
