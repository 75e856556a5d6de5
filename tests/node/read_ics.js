// Reads .ics files with ical.js and node-ical and tells what each understood, one JSON object a line.
//
// usage: node read_ics.js FILE...
// Exit code 3: a library is missing; NODE_PATH names the folder where they are.
"use strict";
const fs = require("fs");
let ICAL, nodeIcal;
try {
  ICAL = require("ical.js");
  ICAL = ICAL.default || ICAL;
  nodeIcal = require("node-ical");
} catch (missing) {
  console.error(missing.message.split("\n")[0]);
  process.exit(3);
}

const utc = (date) => date.toISOString().replace(".000Z", "Z");

function byIcalJs(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const event = calendar.getFirstSubcomponent("vevent");
  const value = (name) => event.getFirstPropertyValue(name);
  const instant = (name) => {
    const time = value(name);
    return time.zone === ICAL.Timezone.localTimezone ? "floating " + time : utc(new Date(time.toUnixTime() * 1000));
  };
  const attendee = event.getFirstProperty("attendee");
  return {
    reader: "ical.js", start: instant("dtstart"), end: instant("dtend"),
    method: calendar.getFirstPropertyValue("method"), uid: value("uid"), sequence: value("sequence"),
    status: value("status"), summary: value("summary"), location: value("location"),
    description: value("description"), attendee: attendee && attendee.getFirstValue(),
    cn: attendee && attendee.getParameter("cn"), partstat: (attendee && attendee.getParameter("partstat")) || null,
    broken: [],
  };
}

function byNodeIcal(text) {
  const event = Object.values(nodeIcal.sync.parseICS(text)).find((one) => one.type === "VEVENT");
  return {
    reader: "node-ical", start: utc(event.start), end: utc(event.end), uid: event.uid,
    sequence: Number(event.sequence), status: event.status, broken: [],
  };
}

for (const file of process.argv.slice(2)) {
  const text = fs.readFileSync(file, "utf8");
  console.log(JSON.stringify({ file, ...byIcalJs(text) }));
  // node-ical does not look into VTIMEZONE: known names only.
  if (!text.includes("TZID=Opaque/")) console.log(JSON.stringify({ file, ...byNodeIcal(text) }));
}
