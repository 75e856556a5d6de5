"""Solves a model with one peer and prints what came of it as one line of JSON.

usage: peer.py SOLVER MODEL.mps SECONDS THREADS GIGABYTES
SOLVER: highs-simplex, highs-ipx, highs-hipo, highs-pdlp (the relaxation), highs-mip, cp-sat, scip
JSON: value (of the best schedule, null without one), bound (null without one), seconds (from before the model is
read, modules loaded), note. Values are integers, so bounds are rounded down.
"""
import json
import math
import resource
import sys
import time

NEARLY = 1e-6  # what solvers in floating point take for equal; of sums a share of NEARLY_SUM
NEARLY_SUM = 1e-8


def highs(method, model, seconds, threads):
    import highspy
    import numpy

    begin = time.monotonic()
    solver = highspy.Highs()
    options = {"output_flag": False, "threads": threads, "mip_rel_gap": 0.0, "mip_abs_gap": NEARLY}
    if method != "mip":
        options |= {"solve_relaxation": True, "solver": method}
    for name, option in options.items():
        if solver.setOptionValue(name, option) != highspy.HighsStatus.kOk:
            sys.exit(f"HiGHS does not take {name} = {option}")
    if solver.readModel(model) == highspy.HighsStatus.kError:
        sys.exit(f"HiGHS cannot read {model}")
    sign = 1
    if method == "pdlp":
        # After a maximisation HiGHS takes the prices of PDLP with the wrong sign and calls the optimum unknown.
        sign, columns = -1, numpy.arange(solver.getNumCol(), dtype=numpy.int32)
        solver.changeColsCost(len(columns), columns, -numpy.array(solver.getLp().col_cost_))
        solver.changeObjectiveSense(highspy.ObjSense.kMinimize)
    solver.setOptionValue("time_limit", max(0.0, seconds - (time.monotonic() - begin)))
    solver.run()
    status = solver.modelStatusToString(solver.getModelStatus())
    info = solver.getInfo()
    found = info.primal_solution_status == 2  # feasible
    if method == "mip":
        value = info.objective_function_value if found else None
        return begin, value, info.mip_dual_bound, status
    if status != "Optimal":
        return begin, None, None, status
    columns = solver.getSolution().col_value
    whole = found and all(abs(x - round(x)) < NEARLY for x in columns)
    relaxation = sign * info.objective_function_value
    words = f"relaxation {relaxation:.1f}" + (", whole: a schedule" if whole else "")
    tolerance = NEARLY * abs(relaxation) if method == "pdlp" else 0.0
    return begin, relaxation if whole else None, relaxation + tolerance, words


def read(model):
    """The model, and what gives its coefficients."""
    from ortools.linear_solver.python import model_builder

    read = model_builder.Model()
    if not read.import_from_mps_file(model):
        sys.exit(f"OR-Tools cannot read {model}")
    return read


def cp_sat(model, seconds, threads):
    from ortools.linear_solver.python import model_builder  # noqa: F401 loaded before the clock starts
    from ortools.sat.python import cp_model

    begin = time.monotonic()
    linear = read(model).helper
    problem = cp_model.CpModel()
    columns = range(linear.num_variables())
    x = [problem.new_int_var(round(linear.var_lower_bound(c)), round(linear.var_upper_bound(c)), "") for c in columns]
    for row in range(linear.num_constraints()):
        of_row = [x[c] for c in linear.constraint_var_indices(row)]
        cells = [round(cell) for cell in linear.constraint_coefficients(row)]
        ends = (linear.constraint_lower_bound(row), linear.constraint_upper_bound(row))
        low, high = (round(end) if math.isfinite(end) else int(math.copysign(2**62, end)) for end in ends)
        problem.add_linear_constraint(cp_model.LinearExpr.weighted_sum(of_row, cells), low, high)
    values = [round(linear.var_objective_coefficient(c)) for c in columns]
    problem.maximize(cp_model.LinearExpr.weighted_sum(x, values))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = threads
    solver.parameters.max_time_in_seconds = max(0.0, seconds - (time.monotonic() - begin))
    status = solver.solve(problem)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    known = found or status == cp_model.UNKNOWN
    value = solver.objective_value if found else None
    return begin, value, solver.best_objective_bound if known else None, solver.status_name(status).capitalize()


def scip(model, seconds):
    from ortools.linear_solver.python import model_builder

    begin = time.monotonic()
    problem = read(model)
    solver = model_builder.Solver("scip")
    solver.set_solver_specific_parameters("limits/gap = 0")
    solver.set_time_limit_in_seconds(max(0.0, seconds - (time.monotonic() - begin)))
    status = solver.solve(problem)
    found = status in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE)
    value, bound = (solver.objective_value, solver.best_objective_bound) if found else (None, None)
    return begin, value, bound, status.name.capitalize() + ", one thread"


def main():
    solver, model, seconds, threads, gigabytes = sys.argv[1:]
    # A peer that takes more falls alone, not the machine with it.
    resource.setrlimit(resource.RLIMIT_AS, (int(float(gigabytes) * 2**30),) * 2)
    seconds, threads = float(seconds), int(threads)
    if solver == "cp-sat":
        begin, value, bound, note = cp_sat(model, seconds, threads)
    elif solver == "scip":
        begin, value, bound, note = scip(model, seconds)
    else:
        begin, value, bound, note = highs(solver.removeprefix("highs-"), model, seconds, threads)
    finite = bound is not None and abs(bound) < 1e15
    print(json.dumps({
        "value": None if value is None else round(value),
        "bound": math.floor(bound + NEARLY + NEARLY_SUM * abs(bound)) if finite else None,
        "seconds": time.monotonic() - begin,
        "note": note,
    }))


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        sys.exit("out of memory")
