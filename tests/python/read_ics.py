"""Reads .ics files with icalendar and vobject and tells what each understood, one JSON object a line.

usage: read_ics.py FILE...
Exit code 3: a library is missing.
"""
import json
import sys
from datetime import timezone

try:
    import icalendar
    import vobject
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)


def utc(moment):
    if moment.tzinfo is None:
        return "floating " + moment.isoformat()
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def text_of(part, name):
    return str(part[name]) if name in part else None


def by_icalendar(text):
    calendar = icalendar.Calendar.from_ical(text)
    event = calendar.walk("VEVENT")[0]
    broken = [str(error) for part in calendar.walk() for error in part.errors]
    params = event["ATTENDEE"].params if "ATTENDEE" in event else {}
    return {
        "reader": "icalendar", "start": utc(event.start), "end": utc(event.end),
        "method": text_of(calendar, "METHOD"), "uid": str(event["UID"]), "sequence": int(event["SEQUENCE"]),
        "status": str(event["STATUS"]), "summary": str(event["SUMMARY"]), "location": str(event["LOCATION"]),
        "description": str(event["DESCRIPTION"]), "attendee": text_of(event, "ATTENDEE"), "cn": params.get("CN"),
        "partstat": params.get("PARTSTAT"), "broken": broken,
    }


def by_vobject(text):
    calendar = vobject.readOne(text)
    event = calendar.vevent
    attendee = event.contents.get("attendee", [None])[0]
    params = attendee.params if attendee else {}
    return {
        "reader": "vobject", "start": utc(event.dtstart.value), "end": utc(event.dtend.value),
        "method": calendar.contents["method"][0].value if "method" in calendar.contents else None,
        "uid": event.uid.value, "sequence": int(event.sequence.value),
        "status": event.status.value, "summary": event.summary.value, "location": event.location.value,
        "description": event.description.value, "attendee": attendee.value if attendee else None,
        "cn": params.get("CN", [None])[0], "partstat": params.get("PARTSTAT", [None])[0], "broken": [],
    }


for path in sys.argv[1:]:
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    print(json.dumps({"file": path, **by_icalendar(text)}))
    # vobject keeps zones by name for the whole process and fails on unknown names with offset 0: known names only.
    if "TZID=Opaque/" not in text:
        print(json.dumps({"file": path, **by_vobject(text)}))
