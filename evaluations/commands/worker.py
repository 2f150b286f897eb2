"""`python -m evaluations worker`: processes that compute what is queued."""

from __future__ import annotations

import argparse

from evaluations.commands import DONE
from evaluations.commands.options import choice, whole
from evaluations.errors import EvaluationError, RefusedOption
from evaluations.ray_engine import RayEngine
from evaluations.settings import Settings
from evaluations.wording import Language, say
from evaluations.worker import STOP_SECONDS, Engine, LocalEngine, stop_worker, supervise

ENGINES = ("local", "ray")


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `worker`."""

    def help_of(option: str) -> str:
        return say(f"command.worker.{option}", language)

    processes = whole("--processes")
    parser.add_argument("--processes", type=processes, metavar="N", help=help_of("processes"))
    parser.add_argument("--until-idle", action="store_true", help=help_of("until_idle"))
    parser.add_argument(
        "--engine", type=choice("--engine", ENGINES), default="local", help=help_of("engine")
    )
    parser.add_argument("--address", metavar="HOST:PORT", help=help_of("address"))
    parser.add_argument("--unless-running", action="store_true", help=help_of("unless_running"))
    parser.add_argument("--with-parent", action="store_true", help=help_of("with_parent"))
    parser.add_argument("--stop", action="store_true", help=help_of("stop"))
    port = whole("--metrics-port", most=65_535)
    parser.add_argument("--metrics-port", type=port, metavar="PORT", help=help_of("metrics_port"))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Keep them running until told to stop, or until nothing is left."""
    if arguments.stop:
        return _stop(settings)
    if arguments.metrics_port is not None:
        _serve_figures(settings, arguments.metrics_port)
    return supervise(
        settings,
        processes=arguments.processes,
        until_idle=arguments.until_idle,
        unless_running=arguments.unless_running,
        with_parent=arguments.with_parent,
        engine=_engine(arguments.engine, arguments.address),
    )


def _stop(settings: Settings) -> int:
    stopped = stop_worker(settings)
    if stopped is False:
        raise EvaluationError("command.worker.stop_failed", seconds=int(STOP_SECONDS))
    key = "command.worker.none_to_stop" if stopped is None else "command.worker.stopped"
    print(say(key, settings.language))
    return DONE


def _serve_figures(settings: Settings, port: int) -> None:
    from evaluations.telemetry import Telemetry  # only here: other workers do without its imports

    try:
        Telemetry(settings).serve(port)
    except OSError as error:
        raise RefusedOption("command.worker.port_in_use", port=port) from error


def _engine(name: str, address: str | None) -> Engine:
    if name == "ray":
        return RayEngine(address)
    if address is not None:
        raise RefusedOption("command.worker.address_without_ray")
    return LocalEngine()
