"""Reads a subscribed calendar with icalendar and tells of each event what it understood, one JSON object a line.

usage: read_feed.py FILE
Exit code 3: a library is missing.
"""
import json
import sys
from datetime import timezone

try:
    import icalendar
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)


def utc(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


with open(sys.argv[1], encoding="utf-8", newline="") as file:
    calendar = icalendar.Calendar.from_ical(file.read())
broken = [str(error) for part in calendar.walk() for error in part.errors]
for event in calendar.walk("VEVENT"):
    print(json.dumps({
        "calendar": str(calendar["NAME"]), "method": str(calendar["METHOD"]) if "METHOD" in calendar else None,
        "refresh": calendar["REFRESH-INTERVAL"].dt.total_seconds(), "zones": len(calendar.walk("VTIMEZONE")),
        "uid": str(event["UID"]), "sequence": int(event["SEQUENCE"]), "status": str(event["STATUS"]),
        "busy": str(event["TRANSP"]), "summary": str(event["SUMMARY"]), "changed": utc(event["DTSTAMP"].dt),
        "start": utc(event.start), "end": utc(event.end), "broken": broken,
    }))
