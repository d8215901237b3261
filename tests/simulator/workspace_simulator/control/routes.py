# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of the control API. No authentication: for a machine of one's own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from starlette.responses import Response

from .. import __version__
from ..estate import EstateError, explain, read_estate
from ..faults import FaultRule, Faults
from ..registry import OPERATIONS
from ..simulation import Simulation
from ..state.clock import iso_millis, moment
from ..state.dialect import Dialect, readings
from ..state.failures import FailureRule, Failures
from ..throttle import Throttle, ThrottleSettings
from .dump import dump
from .poke import Change, apply


class ClockChange(BaseModel):
    """How the clock is to run; what is absent stays. ``now`` can only be later than the present."""

    model_config = ConfigDict(extra="forbid")

    factor: float | None = Field(None, gt=0)
    mode: Literal["factor", "polls"] | None = None
    seconds_per_poll: float | None = Field(None, ge=0)
    wall_offset: float | None = Field(None, ge=-1e8, le=1e8)
    date_header: bool | None = None
    now: str | None = None


class Advance(BaseModel):
    """How far to move the clock."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(ge=0)


class Changes(BaseModel):
    """Changes of the state."""

    model_config = ConfigDict(extra="forbid")

    changes: list[Change]


def control_app(simulation: Simulation) -> FastAPI:
    """Return the application that looks at ``simulation`` and changes it; ``/docs`` shows it in a browser."""
    app = FastAPI(title="Control of the Workspace simulator", version=__version__)
    _add_whole(app, simulation)
    _add_clock(app, simulation)
    _add_journal(app, simulation)
    _add_rules(app, simulation)
    return app


def _json(content: Any) -> Response:
    return Response(to_json(content), media_type="application/json")


def _add_whole(app: FastAPI, simulation: Simulation) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.get("/operations")
    async def operations() -> dict[str, Any]:
        rows = [{"name": item.name, "method": item.method, "path": item.path} for item in OPERATIONS.values()]
        return {"operations": rows}

    @app.post("/reset", status_code=204)
    async def reset() -> None:
        simulation.reset()

    @app.post("/seed", status_code=204)
    async def seed(request: Request) -> None:
        try:
            simulation.seed(read_estate((await request.body()).decode()))
        except (EstateError, UnicodeDecodeError) as problem:
            raise HTTPException(422, str(problem)) from problem

    @app.get("/estate")
    async def show_estate(pool: str | None = None) -> Response:
        simulation.world.settle()
        return _json(dump(simulation.world, pool))

    @app.patch("/estate", status_code=204)
    async def poke(changes: Changes) -> None:
        simulation.world.settle()
        try:
            apply(simulation.world, changes.changes)
        except EstateError as problem:
            raise HTTPException(422, str(problem)) from problem
        except ValidationError as problem:
            raise HTTPException(422, explain(problem)) from problem


def _add_clock(app: FastAPI, simulation: Simulation) -> None:
    def state() -> dict[str, Any]:
        clock = simulation.world.clock
        return {
            "now": iso_millis(clock.now()),
            "factor": clock.factor,
            "mode": clock.mode,
            "seconds_per_poll": clock.seconds_per_poll,
            "wall_offset": clock.wall_offset,
            "date_header": clock.date_header,
        }

    @app.get("/clock")
    async def show_clock() -> dict[str, Any]:
        return state()

    @app.put("/clock")
    async def set_clock(change: ClockChange) -> dict[str, Any]:
        clock = simulation.world.clock
        try:
            if change.now is not None:
                clock.jump_to(moment(change.now))
        except ValueError as problem:
            raise HTTPException(422, str(problem)) from problem
        clock.configure(change.factor, change.mode, change.seconds_per_poll, change.wall_offset, change.date_header)
        simulation.world.settle()
        return state()

    @app.post("/clock/advance")
    async def advance_clock(advance: Advance) -> dict[str, Any]:
        simulation.world.clock.advance(advance.seconds)
        simulation.world.settle()
        return state()


def _add_journal(app: FastAPI, simulation: Simulation) -> None:
    @app.get("/journal")
    async def show_journal(
        operation: str | None = None,
        method: str | None = None,
        mutating: bool | None = None,
        since: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        return _json({"entries": list(simulation.journal.entries(operation, method, mutating, since))})

    @app.delete("/journal", status_code=204)
    async def clear_journal() -> None:
        simulation.journal.clear()


def _add_rules(app: FastAPI, simulation: Simulation) -> None:
    @app.get("/faults")
    async def show_faults() -> dict[str, Any]:
        faults = simulation.faults
        rules = [{**rule.model_dump(), "seen": seen} for rule, seen in zip(faults.rules, faults.seen, strict=True)]
        return {"faults": rules}

    @app.put("/faults", status_code=204)
    async def set_faults(faults: Annotated[list[FaultRule], Body(embed=True)]) -> None:
        simulation.faults = Faults(faults)

    @app.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        simulation.faults = Faults([])

    @app.get("/failures")
    async def show_failures() -> dict[str, Any]:
        return {"failures": [rule.model_dump() for rule in simulation.world.failures.rules]}

    @app.post("/failures", status_code=204)
    async def set_failures(failures: Annotated[list[FailureRule], Body(embed=True)]) -> None:
        simulation.world.failures = Failures(failures, simulation.world.ids)

    @app.get("/dialect")
    async def show_dialect() -> dict[str, Any]:
        rows = {name: {"readings": choices, "meaning": text} for name, choices, text in readings()}
        return {"dialect": simulation.world.dialect.model_dump(), "settings": rows}

    @app.put("/dialect")
    async def set_dialect(change: dict[str, Any]) -> dict[str, Any]:
        simulation.world.settle()
        try:
            dialect = Dialect.model_validate({**simulation.world.dialect.model_dump(), **change})
        except ValidationError as problem:
            raise HTTPException(422, explain(problem)) from problem
        simulation.world.dialect = dialect
        return {"dialect": dialect.model_dump()}

    @app.get("/throttle")
    async def show_throttle() -> dict[str, Any]:
        return simulation.throttle.settings.model_dump()

    @app.put("/throttle")
    async def set_throttle(settings: ThrottleSettings) -> dict[str, Any]:
        simulation.throttle = Throttle(settings)
        return settings.model_dump()
