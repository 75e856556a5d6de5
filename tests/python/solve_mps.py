"""Solves models in free MPS with HiGHS and prints one line of JSON for each.

usage: solve_mps.py SECONDS MODEL...
Each line: {"optimal": bool, "value": int, "bound": float}. The value is added up in integers from the rounded columns,
since a tolerance of the solver times a large weight is worth points; null where no solution was found.
"""
import json
import math
import sys

import highspy


def solve(path, seconds):
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", float(seconds))
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 1e-6)
    if highs.readModel(path) == highspy.HighsStatus.kError:
        raise SystemExit(f"{path}: HiGHS cannot read it")
    model = highs.getLp()
    if model.sense_ != highspy.ObjSense.kMaximize:
        raise SystemExit(f"{path}: is no maximisation")
    highs.run()
    status, info = highs.getModelStatus(), highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise SystemExit(f"{path}: HiGHS finds it infeasible")
    value = None
    if info.primal_solution_status == 2:  # feasible
        columns = highs.getSolution().col_value
        if any(abs(x - round(x)) > 1e-4 for x in columns):
            raise SystemExit(f"{path}: a column is not integral")
        value = sum(round(cost) * round(x) for cost, x in zip(model.col_cost_, columns)) + round(model.offset_)
    optimal = status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
    if value is None and optimal:
        value = round(info.objective_function_value)
    bound = info.mip_dual_bound if model.integrality_ else info.objective_function_value
    return {"optimal": optimal, "value": value, "bound": bound if math.isfinite(bound) else 1e300}


for file in sys.argv[2:]:
    print(json.dumps(solve(file, sys.argv[1])), flush=True)
