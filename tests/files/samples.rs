//! Small sound files, each with every part of its format.

/// A round with every part of the format.
pub const ROUND: &str = r#"{
  "format": "library-swap/round", "version": 1,
  "name": "Spring", "timezone": "Europe/London",
  "dates": ["2027-03-01", "2027-03-02"],
  "rules": {"sectors": {"public": ["school"]}, "min_minutes": 60, "balance": 0, "max_ring": 3,
    "placement_weight": 1000, "weights": {"sector": [40, 25], "topic": 10, "topics_max": 4}},
  "employer_groups": [["County", "Trust"]],
  "partners": [["hive", "severn"]],
  "libraries": [
    {"id": "hive", "sectors": ["public", "academic"], "employers": ["County"],
     "latitude": 52.1936, "longitude": -2.2263, "topics": ["maps"], "access": ["step-free"],
     "hosting": {"2027-03-01": 2}, "hosting_limit": 6, "release": {"2027-03-01": 1},
     "hours": {"2027-03-01": ["08:30", "22:00"]}},
    {"id": "severn", "sectors": ["school"], "employers": ["Trust"]}],
  "staff": [
    {"id": "s1", "home": "hive", "dates": ["2027-03-01"], "max_km": 30.0, "priority": 2,
     "origin": {"latitude": 52.2, "longitude": -2.2}, "sectors": ["school", "special"], "topics": ["maps"],
     "needs": ["lift"], "assured_until": "2028-01-31", "visited": ["elsewhere"], "avoid": ["nowhere"]},
    {"id": "s2", "home": "severn", "dates": ["2027-03-02"], "max_km": 5}],
  "locks": [{"staff": "s1", "host": "severn", "date": "2027-03-01", "override": "by telephone"}],
  "forbidden": [{"staff": "s2", "host": "hive", "date": "2027-03-02"}, {"staff": "s2", "host": "hive"}]
}"#;

/// A schedule with every part of the format; it need not be right.
pub const SCHEDULE: &str = r#"{
  "format": "library-swap/schedule", "version": 1,
  "round_sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "placements": [{"staff": "s1", "host": "severn", "date": "2027-03-01", "score": 77, "ring": null}],
  "unplaced": [{"staff": "s2", "reason": "outweighed", "hosts_considered": 1, "excluded": {"distance": 1},
    "change": {"field": "max_km", "to": 31.5, "host": "hive", "date": "2027-03-01", "displaces": 0}}],
  "waived": [{"code": "cover", "library": "hive", "date": "2027-03-01", "reason": "drop-out"}],
  "outcomes": {"placed": 1, "unplaced": 1, "sector_rank": [1, 0], "placed_after_waiting": 1,
    "unplaced_after_waiting": 0},
  "objective": {"value": 3077, "bound": 3077, "bound_prices": 3077, "gap": 0.0, "optimal": true,
    "proof": "prices"},
  "prices": {"staff": {"s1": 12000}, "hosting": [["hive", "2027-03-01", 5]], "hosting_limit": [["hive", 7]],
    "release": [], "balance": [["hive", "2027-03-01", -5]]},
  "run": {"engine": "0.1.0", "seed": 0, "work": 183000, "stopped": "proved", "seconds": 0.04, "threads": 2}
}"#;

/// An audit file with every part of the format.
pub const AUDIT: &str = r#"{
  "format": "library-swap/audit", "version": 1,
  "round_sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "dates": ["2027-03-01", "2027-03-02"], "balance": 0, "max_ring": 3, "weight": 1000,
  "libraries": [{"id": "hive", "hosting": {"2027-03-01": 2}, "hosting_limit": 6, "release": {"2027-03-01": 1}},
    {"id": "severn"}],
  "staff": [{"id": "p1", "home": "hive", "priority": 2, "feasible": [["severn", ["2027-03-01"], 77]]},
    {"id": "p2", "home": "severn", "feasible": []}],
  "locks": [{"staff": "p1", "host": "severn", "date": "2027-03-01", "score": 77, "override": "override"}]
}"#;
