"""Rounds with a limit of rings, solved by others: kep_solver (kidney exchange) and HiGHS (one column for each ring).

usage: limited_rings.py make MOST SEED...       prints for each seed, as a line, a round of the kidney-exchange kind:
                                                one date, one leaver and one visitor for each of at most MOST
                                                libraries, who may go where at random
       limited_rings.py solve SECONDS AUDIT...  prints for each file and solver a line of JSON: {"audit", "solver",
                                                "value", "bound", "seconds", "note"}; kep_solver only for such rounds
AUDIT is an audit file, which has all feasible triples with their scores, but neither rules nor places.
"""
import collections
import json
import random
import sys
import time

DATE = "2027-03-01"
TOPICS = ["archives", "coding", "exhibitions", "maps", "rare-books", "reading-groups"]


def make(seed, most):
    draw = random.Random(seed)
    count, density = draw.randint(8, most), draw.choice([0.08, 0.15, 0.25])
    ids = [f"library-{n}" for n in range(count)]
    libraries = [{
        "id": id, "sectors": ["public"], "employers": [id], "hosting": {DATE: 1}, "release": {DATE: 1},
        "topics": [topic for topic in TOPICS if draw.random() < 0.5],
    } for id in ids]
    staff = [{
        "id": f"person-{n}", "home": id, "dates": [DATE], "max_km": 50.0, "priority": draw.choice([0, 0, 0, 1]),
        "topics": [topic for topic in TOPICS if draw.random() < 0.5],
        "avoid": [other for other in ids if other != id and draw.random() >= density],
    } for n, id in enumerate(ids)]
    rules = {"sectors": "any", "unknown_distance": True, "balance": 0, "max_ring": draw.randint(2, 4)}
    return {"format": "library-swap/round", "version": 1, "name": f"kidney exchange {seed}", "timezone": "Europe/London",
            "dates": [DATE], "rules": rules, "libraries": libraries, "staff": staff}


def trips(audit):
    """By date and home: (person, host, value)."""
    found = collections.defaultdict(list)
    for person in audit["staff"]:
        for host, dates, score in person["feasible"]:
            value = audit["weight"] * (1 + person.get("priority", 0)) + score
            for date in dates:
                found[date, person["home"]].append((person["id"], host, value))
    return found


def rings(audit):
    """Every ring once: date and trips as (person, home, host, value), from its smallest library on."""
    by_home = trips(audit)

    def longer(date, start, way, seen):
        at = way[-1][2] if way else start
        for person, host, value in by_home.get((date, at), ()):
            trip = (person, at, host, value)
            if host == start:
                yield date, [*way, trip]
            elif host > start and host not in seen and len(way) + 1 < audit["max_ring"]:
                yield from longer(date, start, [*way, trip], seen | {host})

    for date, home in sorted(by_home):
        yield from longer(date, home, [], {home})


def highs(audit, seconds):
    import highspy

    begin = time.monotonic()
    solver = highspy.Highs()
    for name, option in {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-6}.items():
        solver.setOptionValue(name, option)
    room = {}
    for library in audit["libraries"]:
        for date in audit["dates"]:
            room["into", library["id"], date] = library.get("hosting", {}).get(date, 0)
            room["out", library["id"], date] = library.get("release", {}).get(date, 0)
        if library.get("hosting_limit") is not None:
            room["limit", library["id"]] = library["hosting_limit"]
    rows, values, columns = collections.defaultdict(list), [], []
    for date, ring in rings(audit):
        if time.monotonic() - begin > seconds:
            return {"value": None, "bound": None, "note": f"more than {len(values):,} rings: not all listed in time"}
        column = solver.addBinary(obj=sum(trip[3] for trip in ring))
        values.append(sum(trip[3] for trip in ring))
        columns.append(column)
        for person, home, host, _ in ring:
            for row in (("person", person), ("into", host, date), ("out", home, date), ("limit", host)):
                if row[0] == "person" or row in room:
                    rows[row].append(column)
    if not columns:
        return {"value": 0, "bound": 0, "note": "no ring"}
    for row, of_row in rows.items():
        solver.addConstr(solver.qsum(of_row) <= room.get(row, 1))
    solver.setOptionValue("time_limit", max(0.0, seconds - (time.monotonic() - begin)))
    solver.maximize()
    info = solver.getInfo()
    shares = solver.getSolution().col_value
    value = sum(v for v, share in zip(values, shares) if share > 0.5) if info.primal_solution_status == 2 else None
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = value if optimal else int(info.mip_dual_bound + 1e-6)
    return {"value": value, "bound": bound, "note": f"{len(values):,} rings; {'optimal' if optimal else 'stopped'}"}


def is_kidney_exchange(audit):
    homes = [person["home"] for person in audit["staff"]]
    one = all(set(library.get(list, {}).values()) <= {1} for library in audit["libraries"] for list in ("hosting", "release"))
    return len(audit["dates"]) == 1 and len(set(homes)) == len(homes) and one


def kep_solver(audit, _seconds):
    import os

    from kep_solver.entities import Donor, Instance, Recipient, Transplant
    from kep_solver.model import Objective, Sense
    from kep_solver.programme import Programme

    class Value(Objective):
        """The sum of the weights."""

        is_integral = True

        def __init__(self):
            pass

        def edgeValue(self, graph, edge, position=None):
            raise NotImplementedError("only for chains")

        def value(self, graph, exchange):
            vertices = list(exchange.vertices)
            pairs = zip(vertices, vertices[1:] + vertices[:1])
            return sum(weight[one.donor.id, other.donor.recipient.id] for one, other in pairs)

        def describe(self):
            return "value"

        @property
        def sense(self):
            return Sense.MAX

    instance = Instance()
    recipients = {library["id"]: Recipient(library["id"]) for library in audit["libraries"]}
    donors = {}
    for person in audit["staff"]:
        donor = donors[person["id"]] = Donor(person["id"])
        donor.recipient = recipients[person["home"]]
        recipients[person["home"]].addDonor(donor)
        instance.addRecipient(recipients[person["home"]])
    weight = {}
    for of_home in trips(audit).values():
        for person, host, value in of_home:
            weight[person, host] = value
            transplant = Transplant(donors[person], recipients[host], float(value))
            donors[person].addTransplant(transplant)
    programme = Programme([Value()], maxCycleLength=audit["max_ring"], maxChainLength=0, description="rings")
    # CBC talks on the standard output, which is ours.
    own = os.dup(1)
    os.dup2(2, 1)
    solution, _ = programme.solve_single(instance)
    os.dup2(own, 1)
    if solution is None:
        return {"value": None, "bound": None, "note": "no word"}
    value = round(solution.values[0])
    return {"value": value, "bound": value, "note": "optimal"}


def solve(path, seconds):
    audit = json.load(open(path))
    solvers = [highs, kep_solver] if is_kidney_exchange(audit) else [highs]
    for solver in solvers:
        begin = time.monotonic()
        row = {"audit": path, "solver": solver.__name__} | solver(audit, seconds)
        print(json.dumps(row | {"seconds": time.monotonic() - begin}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        for seed in sys.argv[3:]:
            print(json.dumps(make(int(seed), int(sys.argv[2]))))
    else:
        for path in sys.argv[3:]:
            solve(path, float(sys.argv[2]))
