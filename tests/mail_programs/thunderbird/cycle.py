"""One placement through a real Thunderbird: asked, accepted, moved, called off. Called by run: FOLDER LIBRARY_SWAP SCREENSHOTS."""
import datetime
import pathlib
import sqlite3
import subprocess
import sys
import time
import zoneinfo

from aiosmtpd.controller import Controller

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from marionette import Marionette  # noqa: E402
from programme import Checks, Failed, Programme, calendar_of, field, read, wait_for  # noqa: E402

folder, binary, screenshots = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
smtp_port, web_port, driver_port = (int(port) for port in sys.argv[4:7])
ANN = "ann@council.example"
checks = Checks()
answers = []
UPDATE = "This message contains an update to an existing event."


class Server:
    """The mail server between all: files for mailboxes; what is for the organisers goes into `library-swap inbound`."""

    async def handle_DATA(self, _, session, envelope):
        raw = envelope.original_content
        for recipient in envelope.rcpt_tos:
            if recipient.endswith("@exchange.example"):
                # It believes whoever comes from this machine, as a server would that knows its own users.
                domain = envelope.mail_from.split("@")[1]
                proof = f"Authentication-Results: mx.exchange.example; dmarc=pass header.from={domain}\r\n".encode()
                taken = subprocess.run([binary, "inbound"], input=proof + raw, env=programme.environment,
                                       capture_output=True, check=False)
                answers.append((taken.returncode, (taken.stdout + taken.stderr).decode().strip(), raw))
                if taken.returncode == 75:
                    return "451 4.3.0 later"
            else:
                box = folder / "boxes" / recipient
                box.mkdir(parents=True, exist_ok=True)
                (box / f"{time.monotonic_ns():020}.eml").write_bytes(raw)
        return "250 2.0.0 taken"


def paths(address):
    box = folder / "boxes" / address
    return sorted(box.iterdir()) if box.exists() else []


def invitation(method, least):
    """The newest mail to Ann whose calendar has a method and at least a SEQUENCE: its path and the calendar."""
    for path in reversed(paths(ANN)):
        calendar = calendar_of(read(path))
        if calendar and f"METHOD:{method}\n" in calendar and int(field(calendar, "SEQUENCE")) >= least:
            return path, calendar
    return None


SHOW = r"""
const [path] = args;
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.getAccount("account1").incomingServer;
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(path);
await new Promise((resolve, reject) => MailServices.copy.copyFileMessage(file, inbox, null, false, 0, "", {
  QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
  onStartCopy() {}, onProgress() {}, setMessageKey(key) { this.key = key; }, getMessageId() { return null; },
  onStopCopy(status) { Components.isSuccessCode(status) ? resolve() : reject(status); } }, null));
const pane = gTabmail.currentAbout3Pane;
if (pane.gFolder?.URI != inbox.URI) { pane.displayFolder(inbox.URI); }
let newest = null;
for (const header of inbox.messages) { if (!newest || header.messageKey > newest.messageKey) { newest = header; } }
for (let turn = 0; turn < 100 && pane.gDBView?.findIndexOfMsgHdr(newest, true) === 0xffffffff; turn++) {
  await new Promise(resolve => setTimeout(resolve, 100));
}
pane.threadTree.selectedIndex = pane.gDBView.findIndexOfMsgHdr(newest, true);
"""
LOOK = r"""
const message = gTabmail.currentAboutMessage?.document;
const bar = message?.getElementById("imip-bar");
if (!bar || bar.collapsed) { return null; }
const seen = element => !element.hidden && !element.collapsed && element.getBoundingClientRect().width > 0;
const buttons = [...message.querySelectorAll("#imip-view-toolbar toolbarbutton")].filter(seen).map(b => b.id).filter(id => id);
const body = message.getElementById("messagepane").contentDocument;
const when = body.getElementById("imipHtml-when-content");
const struck = when ? [...when.querySelectorAll("del, .removed")].map(e => e.textContent.trim()) : [];
return { says: bar.textContent.trim(), buttons, when: when?.textContent.trim() ?? null, struck };
"""


def show(name, path, says, button):
    """Puts a mail into the inbox and opens it; gives what Thunderbird shows once it says so and the button is there."""
    thunderbird.run(SHOW, str(path))
    def look():
        seen = thunderbird.run(LOOK)
        return seen if seen and seen["says"] == says and button in seen["buttons"] else None
    try:
        seen = wait_for(f"the button {button}", look, 40)
    except Failed:
        raise Failed(f"not {says!r} with {button}: {thunderbird.run(LOOK)}") from None
    finally:
        picture(name)
    checks.check("it says", seen["says"], says)
    return seen


def picture(name):
    time.sleep(0.5)
    subprocess.run(["import", "-window", "root", screenshots / f"{name}.png"], check=True)


def press(button):
    thunderbird.run("gTabmail.currentAboutMessage.document.getElementById(args[0]).click();", button)


def events():
    """What is in Thunderbird's calendar, from its own database: UID, start in UTC, state."""
    file = folder / "profile" / "calendar-data" / "local.sqlite"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT id, event_start, ical_status FROM cal_events").fetchall()
    instant = lambda micros: datetime.datetime.fromtimestamp(micros / 1e6, datetime.timezone.utc)
    return [(uid, f"{instant(start):%Y-%m-%dT%H:%MZ}", status) for uid, start, status in rows]


def at(hour):
    """An hour of the round's day in London, in UTC."""
    local = datetime.datetime.fromisoformat(f"{programme.day}T{hour}").replace(tzinfo=zoneinfo.ZoneInfo("Europe/London"))
    return f"{local.astimezone(datetime.timezone.utc):%Y-%m-%dT%H:%MZ}"


controller = Controller(Server(), hostname="127.0.0.1", port=smtp_port)
controller.start()
programme = Programme(folder, binary, {
    "LIBRARY_SWAP__MAIL__TRANSPORT": "smtp", "LIBRARY_SWAP__MAIL__SMTP__HOST": "localhost",
    "LIBRARY_SWAP__MAIL__SMTP__PORT": str(smtp_port), "LIBRARY_SWAP__MAIL__SMTP__TLS": "none",
}, lambda address: [read(path) for path in paths(address)], web_port)
try:
    ann = programme.make()["ann"]
    thunderbird = Marionette(driver_port)
    version = thunderbird.run("return Services.appinfo.name + ' ' + Services.appinfo.version;")

    print(f"asked ({version})", flush=True)
    path, calendar = wait_for("the invitation", lambda: invitation("REQUEST", 0))
    uid, sequence = field(calendar, "UID"), int(field(calendar, "SEQUENCE"))
    seen = show("1-asked", path, "This message contains an invitation to an event.", "imipAcceptButton")
    offered = [name for name in ("Accept", "Tentative", "Decline") if f"imip{name}Button" in seen["buttons"]]
    checks.check("buttons", offered, ["Accept", "Tentative", "Decline"])
    press("imipAcceptButton")
    wait_for("the answer by SMTP", lambda: answers)
    checks.check("the answer at `library-swap inbound`", answers[0][:2], (0, "accepted: answered"))
    checks.check("Ann's consent", programme.consent(ann, "participant"), "yes mail")
    wait_for("the event", events)
    checks.check("in Thunderbird's calendar", events(), [(uid, at("09:00"), "TENTATIVE")])
    picture("2-accepted")

    print("confirmed", flush=True)
    programme.press(programme.mail("desk@campus.example", "."), "accept", version=0)
    path, calendar = wait_for("the confirmation", lambda: invitation("REQUEST", sequence + 1))
    checks.check("the same event", field(calendar, "UID"), uid)
    show("3-confirmed", path, UPDATE, "imipAcceptButton")
    press("imipAcceptButton")
    wait_for("the update", lambda: events() == [(uid, at("09:00"), "CONFIRMED")], 30)
    checks.check("in Thunderbird's calendar", events(), [(uid, at("09:00"), "CONFIRMED")])
    wait_for("its answer", lambda: len(answers) == 2)

    print("moved", flush=True)
    sequence = int(field(calendar, "SEQUENCE"))
    programme.ask("PUT", f"/v1/placements/{ann}/times", {"starts": "10:00", "ends": "16:00"})
    path, calendar = wait_for("the change", lambda: invitation("REQUEST", sequence + 1))
    seen = show("4-moved", path, UPDATE, "imipAcceptButton")
    checks.check("the old time is struck out", [("09:00" in text) for text in seen["struck"]], [True])
    press("imipAcceptButton")
    wait_for("the update", lambda: events() == [(uid, at("10:00"), "CONFIRMED")], 30)
    checks.check("in Thunderbird's calendar, once", events(), [(uid, at("10:00"), "CONFIRMED")])
    wait_for("its answer", lambda: len(answers) == 3)

    print("called off", flush=True)
    programme.ask("POST", f"/v1/placements/{ann}/cancel", {"reason": "for the test"})
    path, calendar = wait_for("the cancellation", lambda: invitation("CANCEL", sequence + 2))
    show("5-called-off", path, "This message contains an event cancellation.", "imipDeleteButton")
    press("imipDeleteButton")
    wait_for("an empty calendar", lambda: events() == [], 30)
    checks.check("in Thunderbird's calendar", events(), [])
    picture("6-deleted")
    said = [words for _, words, _ in answers]
    checks.check("what came in", said, ["accepted: answered", "accepted: repeated", "accepted: repeated"])
    print(f"\n{version}: {checks.held} checks held; pictures in {screenshots}")
finally:
    programme.stop()
    controller.stop()
