"""Compares library-swap with other solvers on the same rounds, machine and time, and prints one table.

Started by ./run, which makes the virtual environment and builds the program; what the columns mean: ../README.md.
Exits with 1 when a schedule of ours is refused by `verify`, or when somebody's schedule is worth more than somebody's
proven bound: then one of them is wrong.
"""
import argparse
import concurrent.futures
import functools
import json
import multiprocessing
import os
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RINGS = ROOT / "tests" / "python" / "limited_rings.py"
MAKER = ROOT.parent / "shared" / "rounds" / "make_round.py"
PEERS = ["highs-simplex", "highs-ipx", "highs-hipo", "highs-pdlp", "highs-mip", "cp-sat", "scip"]
INEXACT = {"highs-pdlp"}  # its bound is right to a tolerance only
TOO_LARGE = {"xl", "xxl"}  # for a general solver
GROWTH = "small,rural,medium,london,large"
GRACE = 15.0  # seconds that a process may take beyond its limit before it is ended


def say(words):
    print(words, file=sys.stderr, flush=True)


def run_measured(command, limit):
    """Runs a command: its exit code (None when ended at the hard limit), output, errors, seconds and peak megabytes.

    The system's figure for a child begins with what its parent held when it started the child: a peak below that is
    told as "≤". So this is called in a process that stays small (`measure`).
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        begin = time.monotonic()
        child = subprocess.Popen(command, stdout=output, stderr=errors)
        ended = threading.Event()
        timer = threading.Timer(limit + GRACE, lambda: (ended.set(), os.kill(child.pid, signal.SIGKILL)))
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        seconds = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = [(file.seek(0), file.read())[1] for file in (output, errors)]
    own = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
    memory = f"{'≤ ' if usage.ru_maxrss <= own else ''}{usage.ru_maxrss / 1024:.0f}"
    return None if ended.is_set() else child.returncode, *texts, seconds, memory


@functools.cache
def small_process():
    return concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def measure(command, limit):
    return small_process().submit(run_measured, [str(word) for word in command], limit).result()


def last_line(text):
    return (text.strip().splitlines() or ["no word"])[-1]


def make(preset, balance, options):
    """The round file, made unless it is there from the same maker."""
    name = "-".join([preset, balance, *options.make]).replace("--", "")
    file = options.folder / f"{name}.json"
    newest = max(path.stat().st_mtime for path in MAKER.parent.glob("*.py"))
    if not file.exists() or file.stat().st_mtime < newest:
        say(f"making {file.name}")
        part = file.with_suffix(".part")
        subprocess.run(
            [sys.executable, str(MAKER), "--preset", preset, "--balance", balance, *options.make, "--out", part],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        part.rename(file)
    return file


def ours(file, options, limit, gap=None):
    """Solves with library-swap and has the schedule verified."""
    schedule = file.with_suffix(".schedule")
    schedule.unlink(missing_ok=True)
    command = [options.program, "match", file, "-o", schedule, "--time-limit", f"{limit}s", "--threads", options.threads]
    command += ["--gap", gap] if gap is not None else []
    code, _, errors, seconds, memory = measure(command, limit)
    row = {"solver": "ours", "seconds": seconds, "memory": memory}
    if code is None:
        return row | {"note": "ended at the hard limit"}
    if code != 0:
        return row | {"note": last_line(errors)}
    told = json.loads(schedule.read_text())
    objective = told["objective"]
    code, words, errors, took, _ = measure([options.program, "verify", file, schedule], 600.0)
    proof = f"by {objective['proof']}" if objective["optimal"] else f"stopped: {told['run']['stopped']}"
    verified = f"verified in {took:.3f} s" if code == 0 else f"REFUSED by verify: {last_line(words + errors)}"
    return row | {
        "value": objective["value"], "bound": objective["bound"], "note": f"{proof}; {verified}", "refused": code != 0,
    }


def peer(solver, model, options, limit):
    command = [sys.executable, HERE / "peer.py", solver, model, limit, options.threads, options.memory]
    code, output, errors, seconds, memory = measure(command, limit)
    row = {"solver": solver, "seconds": seconds, "memory": memory}
    if code is None:
        return row | {"note": "ended at the hard limit"}
    if code != 0:
        return row | {"note": "failed: " + (last_line(errors) if code > 0 else signal.Signals(-code).name)}
    return row | json.loads(last_line(output))


def write_model(file, options):
    """The model of a round, or None. `match` solves, too: as little as can be."""
    model = file.with_suffix(".mps")
    model.unlink(missing_ok=True)
    command = [options.program, "match", file, "--model", model, "-o", file.with_suffix(".schedule")]
    _, _, errors, _, _ = measure([*command, "--work", "0", "--time-limit", "0s"], 600.0)
    if not model.exists():
        say(f"no model of {file.name}: {last_line(errors)}")
    return model if model.exists() else None


def comparison(options):
    for preset in options.presets:
        for balance in options.balance:
            file = make(preset, balance, options)
            wanted = [solver for solver in options.solvers if solver != "ours"]
            rows = []
            if "ours" in options.solvers:
                for limit in [*options.also_at, options.time_limit]:
                    say(f"{preset}, balance {balance}: ours")
                    rows.append(ours(file, options, limit) | {"solver": f"ours, {limit:g} s"})
                    if rows[-1].get("bound") is not None and rows[-1]["value"] == rows[-1]["bound"]:
                        break  # proven: more time changes nothing
            if wanted and preset in TOO_LARGE:
                say(f"SKIPPED: the peers on {preset}, which they cannot hold")
            elif wanted and (model := write_model(file, options)):
                for solver in wanted:
                    say(f"{preset}, balance {balance}: {solver}")
                    rows.append(peer(solver, model, options, options.time_limit))
            yield from ({"round": f"{preset}, {balance}"} | row for row in rows)


def growth(options):
    for preset in options.growth:
        balance = options.balance[0]
        file = make(preset, balance, options)
        say(f"growth: {preset}, balance {balance}, to a gap of {100 * options.growth_gap:g} %")
        read = json.loads(file.read_text())
        size = f"{len(read['staff']):,} × {len(read['libraries']):,} × {len(read['dates'])}"
        row = ours(file, options, options.growth_limit, options.growth_gap)
        yield {"round": f"{preset}, {balance}", "size": size, "file MB": f"{file.stat().st_size / 1e6:.2f}"} | row


def rings_rounds(options):
    """Rounds with a limit of rings, as files by their names: kidney exchange, then presets."""
    seeds = [str(seed) for seed in range(1, options.kidney + 1)]
    made = subprocess.run([sys.executable, RINGS, "make", "40", *seeds], check=True, capture_output=True, text=True).stdout
    for seed, line in zip(seeds, made.splitlines()):
        file = options.folder / f"kidney-{seed}.json"
        file.write_text(line)
        yield f"kidney {seed}, rings of {json.loads(line)['rules']['max_ring']}", file
    for preset in options.presets:
        round = json.loads(make(preset, "0", options).read_text())
        for most in options.max_ring:
            round["rules"]["max_ring"] = most
            file = options.folder / f"{preset}-rings-{most}.json"
            file.write_text(json.dumps(round))
            yield f"{preset}, rings of {most}", file


def rings(options):
    """Ours beside kep_solver, and HiGHS with a column for each ring, which are given the audit file."""
    for name, file in rings_rounds(options):
        say(name)
        yield {"round": name} | ours(file, options, options.time_limit)
        audit = options.folder / f"{file.stem}-audit"
        subprocess.run([options.program, "audit-file", file, file.with_suffix(".schedule"), "-o", audit],
                       check=True, stdout=subprocess.DEVNULL)
        command = [sys.executable, RINGS, "solve", options.time_limit, audit / "audit.json"]
        code, output, errors, _, memory = measure(command, 2 * options.time_limit)
        rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        for row in rows:
            yield {"round": name, "memory": memory} | row
        if code != 0:
            note = "ended at the hard limit" if code is None else f"failed: {last_line(errors)}"
            yield {"round": name, "solver": "highs" if not rows else "kep_solver", "seconds": 0, "memory": memory, "note": note}


def contradictions(rows):
    """Schedules worth more than a bound on the same round."""
    for round in dict.fromkeys(row["round"] for row in rows):
        of_round = [row for row in rows if row["round"] == round]
        for best in (row for row in of_round if row.get("value") is not None):
            for least in (row for row in of_round if row.get("bound") is not None and row["solver"] not in INEXACT):
                if best["value"] > least["bound"]:
                    yield (f"{round}: {best['solver']} has a schedule of {best['value']:,}, "
                           f"but {least['solver']} claims that none has more than {least['bound']:,}")


def cells(row, columns):
    value, bound = row.get("value"), row.get("bound")
    gap = None if value is None or bound is None else (bound - value) / max(1, bound)
    shown = {
        "value": "–" if value is None else f"{value:,}",
        "bound": "–" if bound is None else f"{bound:,}",
        "gap %": "–" if gap is None else "0" if gap == 0 else f"{100 * gap:.4f}",
        "seconds": f"{row['seconds']:.3f}" if row["seconds"] < 1 else f"{row['seconds']:.1f}",
        "MB": row["memory"],
    }
    return [str(shown.get(column, row.get(column, ""))) for column in columns]


def table(columns, rows, markdown):
    lines = [columns, *(cells(row, columns) for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    numbers = {"value", "bound", "gap %", "seconds", "MB", "file MB"}
    pad = lambda line: [c.rjust(w) if n in numbers else c.ljust(w) for c, w, n in zip(line, widths, columns)]
    if markdown:
        rule = ["-" * (w - 1) + ":" if n in numbers else "-" * w for w, n in zip(widths, columns)]
        print("\n".join("| " + " | ".join(line) + " |" for line in [pad(columns), rule, *map(pad, lines[1:])]))
    else:
        print("\n".join("  ".join(pad(line)).rstrip() for line in lines))


def header(options):
    models = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    cpu = models[0] if models else platform.machine()
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {cpu}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    print(f"library-swap {commit.stdout.strip()}, HiGHS {version('highspy')}, OR-Tools {version('ortools')} "
          f"(CP-SAT, SCIP), kep_solver {version('kep_solver')}; {options.threads} threads, {options.time_limit:g} s each\n")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = lambda text: [name for name in text.split(",") if name]
    numbers = lambda text: [float(number) for number in names(text)]
    parser.add_argument("--presets", type=names, default=names("small,rural,medium"), help="of make_round.py; '' for none")
    parser.add_argument("--balance", type=names, default=["0"], help="e.g. 0,1,off")
    parser.add_argument("--solvers", type=names, default=["ours", *PEERS], help="default: ours,%s" % ",".join(PEERS))
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--also-at", type=numbers, default=[], metavar="SECONDS,…", help="ours with these limits, too")
    parser.add_argument("--growth", type=names, nargs="?", default=[], const=names(GROWTH), metavar="PRESETS",
                        help=f"how we grow; default: {GROWTH}; xl and xxl by name")
    parser.add_argument("--growth-gap", type=float, default=0.001, help="the certified gap to be reached; default: 0.001")
    parser.add_argument("--growth-limit", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--rings", action="store_true", help="rounds with a limit of rings beside kep_solver and HiGHS")
    parser.add_argument("--kidney", type=int, default=10, metavar="N", help="rounds of kidney exchange; default: 10")
    parser.add_argument("--max-ring", type=lambda text: [int(n) for n in names(text)], default=[2, 3, 4], metavar="K,…",
                        help="limits of rings for the presets; default: 2,3,4")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", type=float, default=12.0, metavar="GB", help="what a peer may take; default: 12")
    parser.add_argument("--make", type=str.split, default=[], metavar="OPTIONS", help='more for make_round.py: "--features all --seed 3"')
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--quick", action="store_true", help="tiny and small, every balance, 10 s: for CI")
    parser.add_argument("--target", type=pathlib.Path, default=ROOT / "target", help="where Cargo builds")
    options = parser.parse_args()
    options.program, options.folder = options.target.resolve() / "release/library-swap", options.target.resolve() / "peers"
    if options.quick:
        options.presets, options.balance, options.time_limit = ["tiny", "small"], ["0", "1", "off"], 10.0
        options.growth = ["tiny", "small"]
    if unknown := set(options.solvers) - {"ours", *PEERS}:
        parser.error(f"unknown solvers: {', '.join(sorted(unknown))}; known: ours, {', '.join(PEERS)}")
    return options


def main():
    options = read_options()
    if not MAKER.exists():
        say(f"SKIPPED: the comparison with peers, for {MAKER} is not here")
        return 0
    rows = list(rings(options) if options.rings else comparison(options))
    grown = list(growth(options))
    header(options)
    columns = ["value", "bound", "gap %", "seconds", "MB", "note"]
    if rows:
        table(["round", "solver", *columns], rows, options.markdown)
    if grown:
        print(f"\nHow we grow: time to a certified gap of {100 * options.growth_gap:g} %, at most {options.growth_limit:g} s\n")
        table(["round", "size", "file MB", *columns], grown, options.markdown)
    wrong = list(contradictions(rows))
    for words in wrong:
        say(f"CONTRADICTION: {words}")
    refused = [row for row in rows + grown if row.get("refused")]
    return 1 if wrong or refused else 0


if __name__ == "__main__":
    sys.exit(main())
