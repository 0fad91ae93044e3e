"""The Docker backend: containers that outlive their supervisor, found again by name and labels.

A new supervisor attaches: the keeper inside goes on with its commands, or froze them when nobody spoke to it for a
while. What was half made when a supervisor died is removed by the next `create` of that name, or by the janitor.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aarctl.sandbox.bridge import Bridge
from aarctl.sandbox.docker import container as box
from aarctl.sandbox.docker import volumes
from aarctl.sandbox.docker.abilities import Abilities, try_out
from aarctl.sandbox.docker.engine import Engine, EngineDown
from aarctl.sandbox.docker.link import ExecLink
from aarctl.sandbox.docker.profile import profile
from aarctl.sandbox.docker.sandbox import DockerSandbox
from aarctl.sandbox.protocol import (
    BadRequest,
    Busy,
    CannotStart,
    Capabilities,
    Fenced,
    NotFound,
    Owned,
    SandboxError,
    SandboxLost,
    SandboxSpec,
)

if TYPE_CHECKING:
    from docker import DockerClient

START_PATIENCE_S = 60.0  # only a keeper that hangs takes so long, not one on a busy machine
HALF_MADE_S = 30.0  # that a name may be taken by what is not there yet, or not there any more
ENGINE_PATIENCE_S = 60.0  # how long an engine may be away, being restarted, before its sandboxes count as lost
LOOK_AGAIN_S = 0.25
LAST_LINES = 5


class DockerBackend:
    """Makes sandboxes in containers of one engine, from one image."""

    name = "docker"

    def __init__(self, engine: Engine, image: str, abilities: Abilities, home: str = "") -> None:
        self.engine, self.image, self._abilities, self.home = engine, image, abilities, home
        self._live: dict[tuple[str, str], DockerSandbox] = {}
        self.capabilities = Capabilities(
            isolated=True,
            freeze="signals, then cgroup",
            quota=abilities.quota,
            kernel_isolation=False,
            gpu=engine.info.gpu,
            seccomp=engine.info.seccomp,
            limits=engine.info.cgroup,
            engine=engine.info.words,
        )

    def __repr__(self) -> str:
        return f"DockerBackend({self.engine.info.words}, {self.image}, {len(self._live)} alive)"

    @classmethod
    async def start(cls, engine: Engine, image: str, home: str = "") -> DockerBackend:
        """The backend, once it is known what this engine can do. `image` is an id or tag that it has."""
        tried = await engine.call(lambda client: try_out(client, engine.info, image, home))
        return cls(engine, image, tried, home)

    async def create(self, spec: SandboxSpec) -> DockerSandbox:
        """See Backend.create."""
        name = box.container_name(spec.home, spec.run, spec.name)
        if (spec.run, spec.name) in self._live:
            raise BadRequest(f"sandbox {spec.run}/{spec.name} is alive; attach to it, or remove it first")
        made: list[str] = []
        try:
            try:
                await self._make_in_time(spec, name, made)
            except SandboxError as error:
                if not (hollow := box.hollow_volume(spec, str(error))):
                    raise
                await self.engine.call(lambda client: client.api.remove_volume(hollow))
                await self._make_in_time(spec, name, made)
            return await self._connect(spec, made[0])
        except (NotFound, Busy) as error:
            raise CannotStart(f"docker: the sandbox {spec.run}/{spec.name} did not start: {error}") from None
        except BaseException:
            for one in made:
                await asyncio.shield(self._discard(one))
            raise

    async def attach(self, run: str, name: str, *, epoch: int = 0) -> DockerSandbox:
        """See Backend.attach: also one that another supervisor made, as long as its container runs."""
        if live := self._live.get((run, name)):
            return live
        found = await self._inspect(box.container_name(self.home, run, name))
        if found is None or not found["State"]["Running"]:
            raise NotFound(f"no live sandbox {run}/{name}; create it again with the same workspace and spool")
        spec = box.unpack(found["Config"]["Labels"][box.SPEC])
        if found["State"]["Paused"]:
            await self.engine.call(lambda client: client.api.unpause(found["Id"]))
        return await self._connect(spec, found["Id"], epoch=epoch)

    async def list_owned(self, run: str) -> list[Owned]:
        """See Backend.list_owned: the keeper of each running container; pids are those of the engine's machine."""
        filters = {"label": [f"{box.RUN}={run}", f"{box.HOME}={self.home}"], "status": ["running", "paused"]}
        ids = await self.engine.call(lambda client: client.api.containers(filters=filters))
        seen = await asyncio.gather(*(self._inspect(one["Id"]) for one in ids))
        return [Owned(run, one["Config"]["Labels"][box.NAME], one["State"]["Pid"]) for one in seen if one]

    async def clear(self, run: str) -> None:
        """See Backend.clear."""
        for live in [live for (owner, _), live in self._live.items() if owner == run]:
            await live.remove()
        filters = {"label": [f"{box.RUN}={run}", f"{box.HOME}={self.home}"]}
        for one in await self.engine.call(lambda client: client.api.containers(all=True, filters=filters)):
            await self._discard(one["Id"])

    async def wipe(self, spec: SandboxSpec) -> None:
        """See Backend.wipe."""
        if await self._inspect(box.container_name(spec.home, spec.run, spec.name)) is not None:
            raise BadRequest(f"sandbox {spec.run}/{spec.name} is alive; remove it first")
        for volume in (box.workspace_volume(spec), box.spool_volume(spec)):
            try:
                await self.engine.call(lambda client, volume=volume: client.api.remove_volume(volume))  # type: ignore[misc]
            except NotFound:
                continue
            except Busy as error:
                raise BadRequest(f"{volume} is in use by another sandbox; remove that first ({error})") from None

    async def close(self) -> None:
        """See Backend.close."""
        self.engine.close()

    # making

    async def _make_in_time(self, spec: SandboxSpec, name: str, made: list[str]) -> None:
        """Put the id of the container, made and started, into `made`.

        What a killed supervisor asked for goes on in the engine, beside us: its name is taken before there is a
        container to look at, and as long as one is being removed. That comes to an end, so it is waited for.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + HALF_MADE_S
        while True:
            try:
                await self.engine.call(lambda client: made.append(self._make(client, spec, name)))
                return
            except Busy:
                if loop.time() > until:
                    raise
            await asyncio.sleep(LOOK_AGAIN_S)

    def _make(self, client: DockerClient, spec: SandboxSpec, name: str) -> str:
        """Create and start the container, in the place of a dead one of that name; its id. Blocks.

        Raises BadRequest where one of that name runs, and a conflict where it can be neither seen nor replaced.
        """
        import docker.errors

        shown = volumes.shown(client, spec, self.image, visible=self._abilities.visible)
        able = self._abilities
        body = box.options(spec, self.image, shown, quota=able.quota, seccomp=profile(by_file=able.by_file))
        try:
            made = client.api.create_container_from_config(body, name)["Id"]
        except docker.errors.APIError as taken:
            if taken.status_code != 409:
                raise
            try:
                alive = client.api.inspect_container(name)["State"]["Running"]
                if not alive:
                    client.api.remove_container(name, force=True)
            except docker.errors.NotFound:
                raise taken from None
            if alive:
                raise BadRequest(f"sandbox {spec.run}/{spec.name} is alive; attach to it, or remove it first") from None
            made = client.api.create_container_from_config(body, name)["Id"]
        try:
            client.api.start(made)
        except BaseException:
            client.api.remove_container(made, force=True)
            raise
        return str(made)

    async def _connect(self, spec: SandboxSpec, made: str, epoch: int | None = None) -> DockerSandbox:
        label, key = f"sandbox {spec.run}/{spec.name}", (spec.run, spec.name)
        link = await self.engine.call(lambda client: ExecLink.open(client, made))
        bridge = Bridge(link, label, epoch=spec.epoch if epoch is None else epoch, again=lambda: self._again(made))
        try:
            async with asyncio.timeout(START_PATIENCE_S):
                await bridge.ready()
        except Fenced:
            await asyncio.shield(bridge.close())
            raise
        except (SandboxError, TimeoutError) as error:
            await asyncio.shield(bridge.close())
            said = await self._said(made) or bridge.last_words() or str(error)
            said = said or f"no answer in {START_PATIENCE_S:g} s"
            raise CannotStart(f"docker: the {label} did not start: {said}") from None
        except BaseException:
            await asyncio.shield(bridge.close())
            raise
        live = DockerSandbox(self.engine, made, spec, self.capabilities, bridge, lambda: self._forget(key))
        self._live[key] = live
        return live

    def _forget(self, key: tuple[str, str]) -> None:
        self._live.pop(key, None)

    async def _again(self, made: str) -> ExecLink:
        """A new link to a container that lives, waiting for an engine that is away. Raises SandboxLost when it died."""
        loop = asyncio.get_running_loop()
        until = loop.time() + ENGINE_PATIENCE_S
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            try:
                seen = await self._inspect(made)
                if seen is None:
                    raise SandboxLost("its container is gone")
                state = seen["State"]
                if not state["Running"]:
                    raise SandboxLost(await self._died(made, state))
                if state["Paused"]:
                    until = loop.time() + ENGINE_PATIENCE_S
                    continue
                return await self.engine.call(lambda client: ExecLink.open(client, made))
            except (EngineDown, Busy, NotFound) as error:
                if loop.time() > until:
                    raise SandboxLost(f"{error}, for {ENGINE_PATIENCE_S:g} s") from None

    async def _died(self, made: str, state: dict[str, Any]) -> str:
        """How a container ended, in words. The engine's exit code is its own: commands' outcomes stay unknown."""
        memory = ", out of memory" if state.get("OOMKilled") else ""
        words = await self._said(made)
        return f"its container has ended (exit code {state['ExitCode']}{memory})" + (f": {words}" if words else "")

    async def _said(self, made: str) -> str:
        """The keeper's last lines, when the engine still has them."""
        try:
            raw = await self.engine.call(lambda client: client.api.logs(made, tail=LAST_LINES))
        except SandboxError:
            return ""
        return " / ".join(line.strip() for line in raw.decode(errors="replace").splitlines() if line.strip())[:1000]

    async def _inspect(self, made: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = await self.engine.call(lambda client: client.api.inspect_container(made))
        except NotFound:
            return None
        return found

    async def _discard(self, made: str) -> None:
        try:
            await self.engine.call(lambda client: client.api.remove_container(made, force=True))
        except SandboxError:
            pass  # there is none, or the engine is away: the next create of this name, or the janitor, clears it
