"""Does to Radicale, a CalDAV server, what calendar programs do on invitations, and tells what stands there afterwards.

usage: radicale_replay.py < SCRIPT
A line of the script is a JSON object: `calendar` (user/name), `uid`, and `put`, the event to be stored; without `put` it is
deleted. The first line of the answer counts; each of the others is an event.
Exit code 3: a library is missing.
"""
import base64
import http.client
import json
import multiprocessing
import socket
import sys
import tempfile
import time
from urllib.parse import quote

try:
    import icalendar
    import radicale.config
    import radicale.server
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)


def serve(port, folder):
    configuration = radicale.config.load()
    configuration.update({
        "server": {"hosts": f"127.0.0.1:{port}"}, "auth": {"type": "none"}, "rights": {"type": "authenticated"},
        # Nothing here has to outlive a power cut.
        "storage": {"filesystem_folder": folder, "_filesystem_fsync": "False"}, "logging": {"level": "critical"},
    }, "replay", privileged=True)
    radicale.server.serve(configuration)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self, folder):
        self.port = free_port()
        self.process = multiprocessing.Process(target=serve, args=(self.port, folder), daemon=True)
        self.process.start()
        for _ in range(300):
            if not self.process.is_alive():
                raise SystemExit("radicale has ended")
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.connection.connect()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("radicale does not answer")

    def ask(self, method, path, body=None, headers=None, accepted=(200, 201, 204, 207)):
        user = path.split("/")[1]
        headers = {"Authorization": basic(user), **(headers or {})}
        for attempt in (1, 2):
            try:
                self.connection.request(method, quote(path), body, headers)
                answer = self.connection.getresponse()
                text = answer.read().decode()
                break
            except (http.client.HTTPException, ConnectionError):
                # The server ends a connection when it likes.
                self.connection.close()
                if attempt == 2:
                    raise
        if answer.status not in accepted:
            raise SystemExit(f"{method} {path}: {answer.status} {text}")
        return text


def basic(user):
    return "Basic " + base64.b64encode(f"{user}:".encode()).decode()


def moment(event, name):
    value = event[name]
    return f"{value.dt.strftime('%Y-%m-%d %H:%M:%S')} {value.params.get('TZID', 'UTC')}"


def main():
    steps = [json.loads(line) for line in sys.stdin if line.strip()]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            known, puts, deletions = set(), 0, 0
            for step in steps:
                calendar = step["calendar"]
                if calendar not in known:
                    server.ask("MKCALENDAR", f"/{calendar}/")
                    known.add(calendar)
                path = f"/{calendar}/{step['uid']}.ics"
                if "put" in step:
                    server.ask("PUT", path, step["put"].encode(), {"Content-Type": "text/calendar; charset=utf-8"})
                    puts += 1
                else:
                    server.ask("DELETE", path)
                    deletions += 1
            print(f"{puts} PUT, {deletions} DELETE, {len(known)} calendars")
            for calendar in sorted(known):
                whole = icalendar.Calendar.from_ical(server.ask("GET", f"/{calendar}/"))
                for event in whole.walk("VEVENT"):
                    print(json.dumps({
                        "calendar": calendar, "start": moment(event, "DTSTART"), "end": moment(event, "DTEND"),
                        "status": str(event["STATUS"]), "location": str(event["LOCATION"]),
                    }))
        finally:
            server.process.terminate()
            server.process.join()


main()
