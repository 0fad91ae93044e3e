"""`aarctl baselines`: every shipped method on every domain of a recipe's task, five student seeds each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import figures, shapes, speak
from .command import AsJson
from .validate import RecipePath, Settings

if TYPE_CHECKING:
    from ..home import TaskPaths

KEPT = "baselines.json"


def baselines(recipe: RecipePath, settings: Settings = None, as_json: AsJson = False) -> None:
    """Measure what researchers have to beat.

    Every shipped method on every domain, five students each, paired by seed. Builds the task when it is missing. The
    figures are kept beside the task too. Progress goes to stderr.
    """
    from ..recipe import load
    from . import task

    paths, _ = task.make(load(recipe, settings or ()))
    found = shape(paths.name, task.domains(paths), _measure(paths))
    _keep(paths, found)
    return speak.dump(found) if as_json else _show(found)


def _measure(paths: TaskPaths) -> list[dict[str, Any]]:
    from ..lab.baselines import run_baselines
    from .progress import display

    with display(err=True) as shown:
        return run_baselines(
            paths.root, on_done=lambda done, total: shown.update(f"baselines: {done} of {total} students")
        )


def shape(name: str, facts: Iterable[shapes.DomainRow], rows: Iterable[dict[str, Any]]) -> shapes.Baselines:
    """The lab's rows (one per domain and method) as --json gives them."""
    rows = list(rows)
    return shapes.Baselines(
        task=name,
        seeds=list(rows[0]["seeds"]) if rows else [],
        domains={
            each.domain: shapes.BaselineDomain(
                weak=each.weak,
                ceiling=each.ceiling,
                methods={row["method"]: _figures(row) for row in rows if row["domain"] == each.domain},
            )
            for each in facts
        },
    )


def _figures(row: dict[str, Any]) -> shapes.MethodFigures:
    pgr, against = row["pgr"], row["versus_vanilla"]
    return shapes.MethodFigures(
        pgr=shapes.SeedFigures(per_seed=pgr["per_seed"], mean=pgr["mean"], interval=tuple(pgr["interval"])),
        accuracy=row["accuracy"],
        versus_vanilla=against and shapes.Difference(mean=against["mean"], interval=tuple(against["interval"])),
        cpu_s=row["cpu_s"],
    )


def _keep(paths: TaskPaths, found: shapes.Baselines) -> None:
    """baselines.json beside task.json, whole or not at all."""
    import msgspec

    draft = paths.root / f".{KEPT}.new"
    draft.write_text(json.dumps(msgspec.to_builtins(found), indent=1) + "\n")
    draft.rename(paths.root / KEPT)


def _show(found: shapes.Baselines) -> None:
    speak.say(f"task {found.task}, PGR with 95% intervals, {figures.count(len(found.seeds), 'student seed')}")
    for name, domain in found.domains.items():
        speak.say()
        speak.say(f"{name}: weak {domain.weak:.3f}, ceiling {domain.ceiling:.3f}")
        best_first = sorted(domain.methods.items(), key=lambda item: -item[1].pgr.mean)
        speak.table(
            ("method", "#PGR", "#above vanilla", "#CPU seconds"),
            [
                (
                    method,
                    figures.pgr(each.pgr.mean, each.pgr.interval),
                    figures.pgr(each.versus_vanilla.mean, each.versus_vanilla.interval) if each.versus_vanilla else "-",
                    f"{each.cpu_s:.1f}",
                )
                for method, each in best_first
            ],
        )
