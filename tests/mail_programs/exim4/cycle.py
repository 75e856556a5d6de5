"""Lets library-swap send, hear of failures and take answers through two exim4. Called by run: FOLDER EXIM LIBRARY_SWAP."""
import datetime
import pathlib
import smtplib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from programme import Checks, Programme, calendar_of, field, read, wait_for  # noqa: E402

folder, exim, binary = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
checks = Checks()
boxes = ["ann@council.example", "bob@university.example", "head@council.example", "head@university.example",
         "desk@campus.example"]
for box in boxes:
    for part in ("cur", "new", "tmp"):
        (folder / "boxes" / box / part).mkdir(parents=True)


def mails(address):
    """What is in a mailbox, oldest first."""
    new = folder / "boxes" / address / "new"
    return [read(path) for path in sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns)]


def queue(name):
    """How many messages a mail server holds."""
    said = subprocess.run([exim, "-C", folder / f"{name}.conf", "-bpc"], capture_output=True, text=True, check=True)
    return int(said.stdout)


def log(name):
    return (folder / name / "mainlog").read_text(errors="replace")


def reply(calendar, said, address, stamp, more=""):
    """An answer of a calendar program, in the shape of Thunderbird's."""
    organiser = "exchange+answers@exchange.example"
    number = time.monotonic_ns()
    return (
        f"From: {address}\nTo: {organiser}\nMessage-ID: <{number}@{address.split('@')[1]}>\n"
        f"Date: {datetime.datetime.now(datetime.timezone.utc):%a, %d %b %Y %H:%M:%S +0000}\n"
        f"Subject: Answer\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\n"
        f"Content-Type: text/plain; charset=UTF-8\n\n{address} has answered.{more}\n--b\n"
        f"Content-Type: text/calendar; method=REPLY; charset=UTF-8\n\n"
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:{field(calendar, 'UID')}\n"
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}\nSEQUENCE:{field(calendar, 'SEQUENCE')}\nORGANIZER:mailto:{organiser}\n"
        f"ATTENDEE;PARTSTAT={said}:mailto:{address}\nDTSTART:{field(calendar, 'DTSTART')}\nEND:VEVENT\nEND:VCALENDAR\n"
        f"--b--\n")


def send_from_outside(text, sender):
    """Gives a mail to the outside server, as its own user would."""
    command = [exim, "-C", folder / "outside.conf", "-f", sender, "-odf", "-bm", "exchange+answers@exchange.example"]
    subprocess.run(command, input=text.encode(), check=True)


def peak():
    """The most memory that the service has had, in kB."""
    status = pathlib.Path(f"/proc/{programme.service.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


pipe = folder / "inbound"
# A return path for each mail, where this version knows the setting.
verp = "\nverp = " in (pathlib.Path(__file__).parents[3] / "config" / "default.toml").read_text()
programme = Programme(folder, binary, {
    "LIBRARY_SWAP__MAIL__TRANSPORT": "smtp", "LIBRARY_SWAP__MAIL__SMTP__HOST": "localhost",
    "LIBRARY_SWAP__MAIL__SMTP__PORT": "587", "LIBRARY_SWAP__MAIL__SMTP__TLS": "starttls",
    "LIBRARY_SWAP__MAIL__SMTP__USER": "swap", "LIBRARY_SWAP__MAIL__SMTP__PASSWORD": "secret",
    "LIBRARY_SWAP__MAIL__SMTP__CA_FILE": str(folder / "ca.pem"),
} | ({"LIBRARY_SWAP__MAIL__VERP": "true"} if verp else {}), mails)


def write_pipe(database):
    own = {key: value for key, value in programme.environment.items() if key.startswith("LIBRARY_SWAP__")}
    own["LIBRARY_SWAP__DATABASE__URL"] = database
    lines = [f"export {key}='{value}'" for key, value in own.items()]
    pipe.write_text("\n".join(["#!/bin/sh", *lines, f"exec {binary} inbound", ""]))
    pipe.chmod(0o755)


database = programme.environment["LIBRARY_SWAP__DATABASE__URL"]
write_pipe(database)
for name in ("exchange", "outside"):
    subprocess.Popen([exim, "-C", folder / f"{name}.conf", "-bdf", "-q30m"])
    wait_for(f"exim4 ({name})", lambda: "listening" in log(name) if (folder / name / "mainlog").exists() else False)

print("sending", flush=True)
placements = programme.make()
checks.check("people who exchange a day", sorted(placements), ["ann", "bob"])
settled = lambda: programme.ask("GET", "/v1/deliveries/counts")
wait_for("an empty outbox", lambda: not (settled().get("queued") or settled().get("sending")))
delivered = lambda: sum(len(mails(box)) for box in boxes)
sent = sum(count for state, count in settled().items() if state in ("sent", "bounced"))
wait_for("the mails", lambda: delivered() == sent - 1)
checks.check("mails over STARTTLS into maildirs, of those sent all but one", (delivered(), sent), (sent - 1, sent))
checks.check("submissions that were not encrypted", log("exchange").count("P=esmtpa "), 0)

print("a mailbox that does not exist (desk@hive.example: 550)", flush=True)
wait_for("the bounce", lambda: "bounce: bounced" in programme.came())
bounced = [one for one in programme.all("/v1/deliveries") if one["state"] == "bounced"]
checks.check("mails that bounced", [(one["party"], one["kind"]) for one in bounced], [("host", "proposal")])
tasks = lambda: [task["subject"]["about"] for task in programme.all("/v1/me/tasks") if task["kind"] == "look_at_mail"]
checks.check("tasks for the organisers", tasks(), ["proposal to the host (d…@hive.example)"])
print("answers", flush=True)
now = datetime.datetime.now(datetime.timezone.utc)
invitation = calendar_of(programme.mail("ann@council.example", "(?i)worcester|campus|library|visit|day"))
ann = placements["ann"]
forged = ("Authentication-Results: mx.exchange.example; dkim=pass header.d=council.example\n"
          + reply(invitation, "DECLINED", "ann@council.example", now))
with smtplib.SMTP("10.9.0.1") as server:
    server.sendmail("ann@council.example", ["exchange@exchange.example"], forged)
wait_for("the forged answer", lambda: "declined: unproven" in programme.came())
checks.check("a forged no, with a forged header", programme.consent(ann, "participant"), "pending -")
page = programme.mail("ann@council.example", "(?i)answer|reply|calendar")
checks.check("the page goes to the invited", page["Subject"].split(":")[0], "Please confirm your answer")
send_from_outside(reply(invitation, "ACCEPTED", "ann@council.example", now), "ann@council.example")
wait_for("the signed answer", lambda: "accepted: answered" in programme.came())
checks.check("a yes with a DKIM signature", programme.consent(ann, "participant"), "yes mail")

print("a database that is away", flush=True)
write_pipe("sqlite:/nowhere/at/all.db")
host = calendar_of(mails("desk@campus.example")[-1])
send_from_outside(reply(host, "ACCEPTED", "desk@campus.example", now), "desk@campus.example")
wait_for("the answer in the queue", lambda: queue("exchange") >= 1)
checks.check("mails kept by the mail server (75)", queue("exchange"), 1)
write_pipe(database)
subprocess.run([exim, "-C", folder / "exchange.conf", "-qff"], check=True)
wait_for("the kept answer", lambda: programme.came().count("accepted: answered") == 2)
checks.check("a yes that waited", programme.consent(ann, "host"), "yes mail")
state = programme.ask("GET", f"/v1/placements/{ann}")["state"]
checks.check("the day", state, "confirmed")

print("what no answer is", flush=True)
before = len(mails("ann@council.example"))
send_from_outside(reply(invitation, "DECLINED", "ann@council.example", now, "x" * 100 + ("\n" + "x" * 70) * 400_000),
                  "ann@council.example")
back = programme.mail("ann@council.example", "(?i)mail delivery failed", 120)
checks.check("30 MB go back to who sent them (65)", "1048576 bytes" in back.as_string(), True)
token = programme.ask("POST", "/v1/tokens", {"name": "door", "role": "mail_server"})["secret"]
before = peak()
codes = {programme.refusal("POST", "/v1/inbound", b"x" * 30_000_000, token, "message/rfc822") for _ in range(5)}
checks.check("30 MB over HTTP, five times", codes, {413})
checks.check("kB that the service took more for them, at most", min(peak() - before, 8_000), peak() - before)
(folder / "away" / "bob@university.example").touch()
(folder / "full" / "desk@campus.example").touch()
programme.ask("POST", f"/v1/placements/{ann}/cancel", {"reason": "for the test"})
programme.ask("POST", f"/v1/placements/{placements['bob']}/cancel", {"reason": "for the test"})
wait_for("a holiday notice", lambda: "auto_reply: ignored" in programme.came())
checks.check("holiday notices to a return path, ignored", programme.came().count("auto_reply: ignored"), 1)
wait_for("the late bounce", lambda: "bounce: bounced" in programme.came()[-3:])
wait_for("empty queues", lambda: queue("exchange") == 0 and queue("outside") == 0)
bounces = sorted((one["party"], one["kind"]) for one in programme.all("/v1/deliveries") if one["state"] == "bounced")
checks.check("mails that bounced in the end", bounces,
             [("host", "cancelled"), ("host", "cancelled"), ("host", "proposal")])
paths = sum(f"<exchange+bounce-{one['id'].replace('-', '')}@exchange.example> R=organisers" in log("exchange")
            for one in programme.all("/v1/deliveries") if one["state"] == "bounced")
if verp:
    checks.check("bounces that came to the return path of their mail", paths, len(bounces))
else:
    print("  – this version has no return path for each mail: bounces were matched by what they quote", flush=True)
programme.stop()
print(f"\nexim4: {checks.held} checks held")
