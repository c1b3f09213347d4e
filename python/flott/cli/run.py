"""``flott run``: runs a program written for PyFlink as it is, with the flags of ``flink run``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from flott.cli._program_options import add_program_options, check_program, import_paths, settings_of, split
from flott.cli._restore import restore_settings

if TYPE_CHECKING:
    from flott.cli._parser import CommandParser

#: Targets of ``flink run`` that are clusters.
_CLUSTERS = (
    "remote", "yarn-session", "yarn-application", "yarn-per-job", "kubernetes-session", "kubernetes-application"
)  # fmt: skip
_TARGETS = ("local", "flink")

#: Flags of ``flink run`` that mean nothing here, and why. All but the last take a value.
_WITHOUT_EFFECT = {
    ("-m", "--jobmanager"): "there is no cluster: the program runs in this process",
    ("-pyexec", "--pyExecutable"): "functions run in this process, in this Python",
    ("-pyclientexec", "--pyClientExecutable"): "the program runs in this process, in this Python",
    ("-j", "--jarfile"): "there is no JVM: connectors are part of Flott",
    ("-C", "--classpath"): "there is no JVM: connectors are part of Flott",
    ("-rm", "--restoreMode"): "what a job goes on from stays as it is (NO_CLAIM)",
    ("-sae", "--shutdownOnAttachedExit"): "a job ends with its process",
}
_SWITCHES = ("-sae",)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "run",
        help="run a PyFlink program without changing it",
        usage="flott run [OPTIONS] PROGRAM.py [ARGUMENTS]\n       flott run [OPTIONS] -pym MODULE [ARGUMENTS]",
        description="Runs a program that imports pyflink, as it is: pyflink is Flott while it runs. The options are "
        "those of 'flink run' for Python programs.",
        epilog="What follows PROGRAM.py, or the first word that is no option of 'flott run', is for the program. "
        "Options that 'flink run' has and that mean nothing here are accepted, and it is said why: "
        + ", ".join(long for _, long in _WITHOUT_EFFECT)
        + ".\nexamples:\n"
        "  flott run job.py --input orders\n"
        "  flott run -p 4 -D pipeline.max-parallelism=16 job.py\n"
        "  flott run --detached -pym shop.job\n",
    )
    parser.leaves_rest = True
    program = parser.add_mutually_exclusive_group()
    program.add_argument("-py", "--python", metavar="FILE", help="the program; the same as PROGRAM.py")
    add_program_options(parser, program)
    parser.add_argument("-pypath", "--pyPythonPath", default="", metavar="PATHS", help="put in front of PYTHONPATH")
    parser.add_argument(
        "-pyarch", "--pyArchives", type=split, default=[], metavar="FILES",
        help="archives whose content functions find in the folder named behind '#': data.zip#data",
    )  # fmt: skip
    parser.add_argument(
        "-pyreq", "--pyRequirements", metavar="FILE[#FOLDER]",
        help="a requirements.txt whose packages functions import, and a folder to install them from",
    )  # fmt: skip
    parser.add_argument(
        "-d", "--detached", action="store_true", help="run in the background and return; says where its output goes"
    )
    parser.add_argument(
        "-t", "--target", type=_target, default="local", metavar="TARGET",
        help="local (this process, the default) or flink (PyFlink, if it is installed)",
    )  # fmt: skip
    parser.add_argument(
        "-s",
        "--fromSavepoint",
        metavar="PATH",
        help="go on from this checkpoint or savepoint: a directory chk-<number> or savepoint-<id>, or its URL",
    )
    parser.add_argument(
        "-n", "--allowNonRestoredState", action="store_true",
        help="with -s: drop state of operators that the program no longer has",
    )  # fmt: skip
    for names in _WITHOUT_EFFECT:
        if names[0] in _SWITCHES:
            parser.add_argument(*names, action="store_true", help=argparse.SUPPRESS)
        else:
            parser.add_argument(*names, help=argparse.SUPPRESS)
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Runs the program. What it raises, it raises."""
    words: list[str] = options.rest
    if options.python is None and options.pyModule is None:
        if words and words[0].startswith("-") and words[0] != "-":
            options.parser.error(f"unknown option {words[0]}; options of the program go behind its name")
        if not words:
            options.parser.error("which program? Give its file, or a module with -pym")
        options.python, *words = words
    if options.python is not None:
        check_program(options.parser, options.python)
    settings = settings_of(options)
    if options.target == "flink":
        from flott.cli._on_flink import run_on_flink

        return run_on_flink(options, words, settings)
    if options.fromSavepoint is not None:
        try:
            settings |= restore_settings(options.fromSavepoint, options.allowNonRestoredState)
        except ValueError as missing:
            options.parser.error(f"--fromSavepoint: {missing}")
    elif options.allowNonRestoredState:
        _say("--allowNonRestoredState has no effect: it goes with --fromSavepoint")
    if options.target in _CLUSTERS:
        _say(f"--target {options.target} has no effect: there is no cluster, the program runs in this process")
    for (_, long), reason in _WITHOUT_EFFECT.items():
        if getattr(options, long[2:]):
            _say(f"{long} has no effect: {reason}")
    if options.detached:
        from flott.cli._detached import run_detached

        own = [word for word in options.own if word not in ("-d", "--detached")]
        return run_detached(options.python or options.pyModule, own, options.rest)

    from flott.cli._program import run_program
    from flott.datastream import _defaults

    _defaults.SETTINGS.update(settings)
    run_program(options.python, options.pyModule, words, import_paths(settings))
    return 0


def _say(what: str) -> None:
    print(f"flott run: {what}", file=sys.stderr)


def _target(text: str) -> str:
    if text not in _TARGETS and text not in _CLUSTERS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a target: {' or '.join(_TARGETS)}")
    return text
