"""The one query that reads events, for the synchronous and the asynchronous reader."""

from __future__ import annotations


def select(
    after: int = 0,
    *,
    upto: int | None = None,
    researcher: str | None = None,
    kinds: tuple[str, ...] = (),
    limit: int = -1,
    newest_first: bool = False,
) -> tuple[str, list[object]]:
    """SQL and parameters for rows with after < seq <= upto; of one researcher, of some kinds, if named."""
    where: list[str] = ["seq > ?"]
    parameters: list[object] = [after]
    if upto is not None:
        where.append("seq <= ?")
        parameters.append(upto)
    if researcher is not None:
        where.append("researcher = ?")
        parameters.append(researcher)
    if kinds:
        where.append(f"kind in ({', '.join('?' * len(kinds))})")
        parameters.extend(kinds)
    order = "desc" if newest_first else "asc"
    rows = f"select seq, at, researcher, body from events where {' and '.join(where)}"
    return f"{rows} order by seq {order} limit ?", [*parameters, limit]
