"""What the facts of a machine mean for the person at its keyboard: what holds, what does not, what to do. Pure.

`aarctl doctor` prints it. Each finding is about one kind of protection; a finding that is not good carries one step.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from aarctl.sandbox.choose import decide
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import Capabilities, protection
from aarctl.sandbox.survey import Survey

State = Literal["good", "weak", "missing", "none"]

QUOTA = "for a hard limit, let Docker keep its data on xfs mounted with pquota"

NVML = "run `pip install 'aarctl[gpu]'`: until then experiments run on the CPU"
GPU = "load NVIDIA's kernel modules, so that /dev/nvidiactl is there"


class Finding(msgspec.Struct, frozen=True):
    """One kind of protection on this machine."""

    part: str
    state: State
    """good; weak: it holds less than it could; missing; none: there is nothing to protect, or to be had."""
    here: str
    """What this machine has."""
    next: str = ""
    """What to do for more, in one sentence."""


class Diagnosis(msgspec.Struct, frozen=True):
    """All of it."""

    isolated: bool
    """A run started now gets sandboxes that isolate, because one just did."""
    backend: str
    why: str
    protection: str
    findings: tuple[Finding, ...]


def diagnose(facts: Survey) -> Diagnosis:
    """What a run with `backend = "auto"` gets here. `facts` are those of survey.tried()."""
    decision = decide("auto", facts)
    given = {"docker": facts.docker, "bubblewrap": facts.bubblewrap, "process": ProcessBackend.capabilities}
    gives = given[decision.name]
    held = protection(decision.name, gives) if gives else f"{decision.name} does not work: {facts.docker_missing}"
    findings = [_engine(facts), _image(facts), _bubblewrap(facts)]
    if gives is not None and gives.isolated:
        findings += [_seccomp(facts, decision.name, gives), _limits(facts, gives), _disk(gives)]
        findings += [_user(facts, decision.name), Finding("kernel", "none", f"{facts.kernel}, shared by all sandboxes")]
    findings.append(_gpu(facts, gives))
    return Diagnosis(gives is not None and gives.isolated, decision.name, decision.why, held, tuple(findings))


def _engine(facts: Survey) -> Finding:
    engine = facts.engine
    if engine is None:
        return Finding("engine", "missing", "no engine", facts.engine_missing)
    what = "rootless" if engine.rootless else "runs as root"
    return Finding("engine", "good", f"{engine.words} at {engine.host}, {what}, {engine.storage}")


def _image(facts: Survey) -> Finding:
    if facts.engine is None:
        return Finding("image", "none", "none without an engine")
    if facts.image is None:
        return Finding("image", "missing", "none to start from", facts.image_missing)
    if facts.docker is None:
        return Finding("image", "missing", f"{facts.image.tag}, which does not start", facts.docker_missing)
    return Finding("image", "good", f"{facts.image.tag}, {facts.image.id[:19]}; a container of it ran")


def _bubblewrap(facts: Survey) -> Finding:
    if facts.bubblewrap is None and facts.docker is not None:
        return Finding("bubblewrap", "none", "not here, and not needed")
    if facts.bubblewrap is None:
        return Finding("bubblewrap", "missing", "does not work", facts.bubblewrap_missing)
    return Finding("bubblewrap", "good", "a probe sandbox ran")


def _seccomp(facts: Survey, backend: str, gives: Capabilities) -> Finding:
    if gives.seccomp:
        return Finding("seccomp", "good", "system calls outside an allow-list are refused")
    if not facts.seccomp:
        return Finding("seccomp", "missing", "this kernel has none", "use a kernel with CONFIG_SECCOMP_FILTER")
    if backend == "bubblewrap":
        return Finding("seccomp", "missing", "no libseccomp to make the filter", "install the package libseccomp2")
    return Finding("seccomp", "missing", "the engine was built without it", "install an engine with seccomp")


def _limits(facts: Survey, gives: Capabilities) -> Finding:
    if "cgroup" in gives.limits:
        return Finding("limits", "good", f"memory, processes and CPU of each whole sandbox, by {gives.limits}")
    step = "use Docker, or start aarctl where this user may make cgroups, such as under `systemd-run --user --scope`"
    here = f"memory of each process alone; no group of {facts.cgroup or 'cgroups'} can be made by this user"
    return Finding("limits", "weak", here, step)


def _disk(gives: Capabilities) -> Finding:
    if gives.quota:
        return Finding("disk", "good", "each workspace has a quota")
    return Finding("disk", "weak", "watched: past its limit, commands are ended", QUOTA)


def _user(facts: Survey, backend: str) -> Finding:
    if facts.user == "plain":
        return Finding("user", "good", "a plain user")
    if backend == "docker":
        return Finding("user", "good", "root; commands are user 1000 in their containers")
    step = "run aarctl as a plain user: what commands write then never belongs to root"
    return Finding("user", "weak", "root, and so what commands write belongs to root outside", step)


def _gpu(facts: Survey, gives: Capabilities | None) -> Finding:
    if not facts.gpus:
        return Finding("gpu", "none", "none: experiments run on the CPU")
    names = ", ".join(sorted(set(facts.gpus)))
    here = f"{len(facts.gpus)} x {names}"
    if not facts.nvml:
        return Finding("gpu", "missing", f"{here}, which no run finds: nvidia-ml-py is not installed", NVML)
    if gives is not None and gives.gpu:
        return Finding("gpu", "good", f"{here}, given to sandboxes by lease")
    if facts.engine is not None and not facts.engine.gpu:
        step = "install the NVIDIA container toolkit and restart the engine, so that sandboxes can be given a GPU"
        return Finding("gpu", "missing", f"{here}; the engine has no NVIDIA runtime", step)
    return Finding("gpu", "missing", f"{here}, which these sandboxes cannot be given", GPU)
