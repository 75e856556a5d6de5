"""A small programme on a real library-swap, made from outside: by its command, its API and the links in its mails.

Two people, Ann of a public library and Bob of a university library, exchange one day. Used by `exim4/` and
`thunderbird/`; the standard library is enough.
"""
import datetime
import email
import email.policy
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).parent
ORGANISER = "exchange@exchange.example"


class Failed(Exception):
    """What should be is not."""


def wait_for(what, look, seconds=60):
    """Looks again and again until something is there; gives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise Failed(f"waited {seconds} s for {what}")


class Checks:
    """Counts what holds and says it."""

    def __init__(self):
        self.held = 0

    def check(self, what, got, wanted):
        if got != wanted:
            raise Failed(f"{what}: {got!r} instead of {wanted!r}")
        self.held += 1
        print(f"  ✓ {what}: {got}", flush=True)


def read(path):
    """A mail from its file."""
    return email.message_from_bytes(pathlib.Path(path).read_bytes(), policy=email.policy.default)


def link_of(mail):
    """The secret of the link in a mail."""
    text = mail.get_body(("plain",)).get_content()
    found = re.search(r"/links/([A-Za-z0-9_-]+)", text)
    if not found:
        raise Failed(f"no link in {mail['Subject']}")
    return found.group(1)


def calendar_of(mail):
    """The calendar of an invitation, unfolded; none where there is none."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            return part.get_content().replace("\r\n", "\n").replace("\n ", "")
    return None


def field(calendar, name):
    """A property of the calendar's event."""
    event = calendar.split("BEGIN:VEVENT", 1)[1]
    return re.search(rf"^{name}(?:;[^:\n]*)?:(.*)$", event, re.MULTILINE).group(1).strip()


class Programme:
    """The service, and what is entered in it. `settings` are those of the mail; `mails(address)` gives what has come."""

    def __init__(self, folder, binary, settings, mails, port=8080):
        self.base, self.mails, self.binary = f"http://127.0.0.1:{port}", mails, binary
        self.folder = pathlib.Path(folder)
        self.environment = os.environ | {
            "LIBRARY_SWAP__DATABASE__URL": f"sqlite:{self.folder}/library-swap.db",
            "LIBRARY_SWAP__SERVER__LISTEN": f"127.0.0.1:{port}",
            "LIBRARY_SWAP__SERVER__PUBLIC_URL": self.base,
            "LIBRARY_SWAP__MAIL__ORGANISER_ADDRESS": ORGANISER,
            "LIBRARY_SWAP__MAIL__DOMAIN": "exchange.example",
            "LIBRARY_SWAP__MAIL__AUTHSERV_ID": "mx.exchange.example",
            # Nobody waits here for what might overtake a mail.
            "LIBRARY_SWAP__MAIL__COALESCE_SECONDS": "0", "LIBRARY_SWAP__MAIL__DIGEST": "off",
            "LIBRARY_SWAP__LOG__LEVEL": "info",
        } | settings
        said = subprocess.run([binary, "init"], env=self.environment, capture_output=True, text=True, check=True)
        self.token = re.search(r"lsw_[A-Za-z0-9_-]+", said.stdout + said.stderr).group(0)
        self.log = open(self.folder / "service.log", "wb")
        self.service = subprocess.Popen([binary, "serve"], env=self.environment, stdout=self.log, stderr=self.log)
        wait_for("the service", self.is_up)

    def is_up(self):
        try:
            return urllib.request.urlopen(f"{self.base}/readyz", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            if self.service.poll() is not None:
                sys.exit(f"the service ended: see {self.folder}/service.log")
            return False

    def stop(self):
        self.service.terminate()
        self.service.wait(40)

    def ask(self, method, path, body=None, token=None):
        """Asks the API; None: with the organiser's token, "": with none."""
        token = self.token if token is None else token
        head = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}{path}", data, head, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            raise Failed(f"{method} {path}: {refused.code} {refused.read().decode()}") from None

    def refusal(self, method, path, body, token, kind):
        """The status of a request that is refused."""
        head = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
        try:
            urllib.request.urlopen(urllib.request.Request(f"{self.base}{path}", body, head, method=method), timeout=60)
        except urllib.error.HTTPError as refused:
            return refused.code
        raise Failed(f"{method} {path} was not refused")

    def all(self, path):
        """A whole list."""
        return self.ask("GET", f"{path}?limit=200")["data"]

    def mail(self, address, subject, seconds=60):
        """The newest mail to an address whose subject matches."""
        def look():
            found = [mail for mail in self.mails(address) if re.search(subject, mail["Subject"] or "")]
            return found[-1] if found else None
        return wait_for(f"a mail {subject!r} to {address}", look, seconds)

    def press(self, mail, deed, **more):
        """Presses a button of the page behind a mail's link."""
        return self.ask("POST", f"/v1/links/{link_of(mail)}", {"deed": deed} | more, token="")

    def make(self):
        """Enters everything up to a publication whose mails have been let go; gives the placements by participant."""
        employer = lambda name, domain: self.ask(
            "POST", "/v1/employers", {"name": name, "domains": [domain], "managers": [f"head@{domain}"]})["id"]
        employers = [employer("County Council", "council.example"), employer("University", "university.example")]
        library = lambda reference, name, sector, own: self.ask("POST", "/v1/libraries", {
            "reference": reference, "name": name, "sectors": [sector], "employers": [own],
            "point": {"latitude": 52.19, "longitude": -2.22}, "time_zone": "Europe/London",
            "address": "The Butts, Worcester", "welcome": {"contact": {"email": f"desk@{reference}.example"}}})["id"]
        libraries = [library("hive", "Hive Public Library", "public", employers[0]),
                     library("campus", "Campus Library", "academic", employers[1])]
        today = datetime.date.today()
        day = today + datetime.timedelta(days=70)
        day -= datetime.timedelta(days=day.weekday())
        self.day = day.isoformat()
        round = self.ask("POST", "/v1/rounds", {
            "name": "Spring", "time_zone": "Europe/London", "dates": [self.day],
            "sign_up_until": (today + datetime.timedelta(days=10)).isoformat(),
            "answer_until": (today + datetime.timedelta(days=40)).isoformat()})["id"]
        self.ask("POST", f"/v1/rounds/{round}/open")
        for own in libraries:
            self.ask("PUT", f"/v1/rounds/{round}/libraries/{own}", {
                "hosting": {self.day: 1}, "release": {self.day: 1}, "hours": {self.day: ["09:00", "17:00"]}})
        for who, home, domain, sector in (("ann", "hive", "council.example", "academic"),
                                          ("bob", "campus", "university.example", "public")):
            self.ask("POST", f"/v1/rounds/{round}/applications", {
                "name": f"{who.title()} Reader", "email": f"{who}@{domain}", "home_library": home,
                "dates": [self.day], "max_km": 30, "manager_email": f"head@{domain}", "sectors": [sector],
                "role_title": "Librarian", "objectives": "How others work"}, token="")
            self.press(self.mail(f"{who}@{domain}", "."), "verify")
            self.press(self.mail(f"head@{domain}", "."), "release")
        self.ask("POST", f"/v1/rounds/{round}/close", {"early_reason": "everybody is here"})
        run = self.ask("POST", f"/v1/rounds/{round}/runs", {"time_limit_seconds": 10})["id"]
        wait_for("the schedule", lambda: self.ask("GET", f"/v1/runs/{run}")["state"] == "finished")
        self.ask("POST", f"/v1/runs/{run}/publish")
        self.ask("POST", f"/v1/runs/{run}/release-mails")
        applications = {one["id"]: one["email"].split("@")[0] for one in self.all(f"/v1/rounds/{round}/applications")}
        placements = self.all(f"/v1/rounds/{round}/placements")
        return {applications[one["application"]]: one["id"] for one in placements}

    def consent(self, placement, party):
        """What a party has said, and through what."""
        consents = self.ask("GET", f"/v1/placements/{placement}")["consents"]
        own = next(one for one in consents if one["party"] == party)
        return f"{own['answer']} {own.get('channel') or '-'}"

    def came(self):
        """What came in, as kind and outcome."""
        return [f"{mail['kind']}: {mail['outcome']}" for mail in self.all("/v1/inbound")]
