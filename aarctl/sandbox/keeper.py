"""The keeper: the program inside a sandbox that runs its commands. Standard library and msgpack only.

    python -I -S keeper.py serve --run RUN --name r1 --workspace DIR --spool DIR [--packages DIR] [--listen SOCKET]
                                 [--silence-s N] [--user UID] [--oom-file FILE] [--egress PORT] [-- PREFIX...]
                                                                    serve standard input/output, or a unix socket
    python -I -S keeper.py bridge --listen SOCKET                   join standard input/output to that socket

Inside, serve.py is the keeper at work. Its commands run in a yard, started through PREFIX: for bubblewrap, an inner pid
namespace. Ops: hello heartbeat exec stream wait kill kill_all freeze thaw put get manifest usage stats; with --egress
those of egress.py too.
Invariants: an exec id runs at most once; an exit code is never invented; no frame, however broken, ends the keeper;
a supervisor of an earlier epoch than one that has spoken is refused.
With --user the keeper is root with SETUID, SETGID and KILL, and all that touches the researcher's work is that user.
Not protected here: memory and disk of the machine. Limits are the backend's; the keeper sets those per process.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # started as a bare script: find our own package three folders up, msgpack where we are told
    sys.path.insert(0, __file__.rsplit("/", 3)[0])
    if "--packages" in sys.argv:
        sys.path.append(sys.argv[sys.argv.index("--packages") + 1])


def main() -> None:
    """Become a keeper, its yard or a bridge. Each imports only what it needs: shepherds are forks of the yard."""
    if sys.argv[1:2] == ["yard"]:
        from aarctl.sandbox.inside import yard

        yard.from_stdin()
    import argparse

    role, argv, prefix = " ".join(sys.argv[1:2]), sys.argv[2:], list[str]()
    if "--" in argv:
        argv, prefix = argv[: argv.index("--")], argv[argv.index("--") + 1 :]
    parser = argparse.ArgumentParser("keeper.py", description=__doc__)
    for name in ("run", "name", "workspace", "spool", "packages", "listen", "oom-file"):
        parser.add_argument(f"--{name}", default="")
    for name in ("pids", "memory-bytes", "file-bytes", "egress", "user"):
        parser.add_argument(f"--{name}", type=int, default=None)
    parser.add_argument("--silence-s", type=float, default=0.0)
    parser.add_argument("--grace-s", type=float, default=0.5)
    parser.add_argument("--die-with-parent", action="store_true")
    args = parser.parse_args(argv)
    if role == "bridge":
        from aarctl.sandbox.inside.desk import join

        join(args.listen)
    elif role == "serve":
        from aarctl.sandbox.inside.serve import serve

        serve(args, prefix, __file__)
    else:
        parser.error(f"role {role!r}: use serve, bridge or yard")


if __name__ == "__main__":
    main()
