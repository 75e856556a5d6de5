// Reads a subscribed calendar with ical.js and tells of each event what it understood, one JSON object a line.
//
// usage: node read_feed.js FILE
// Exit code 3: a library is missing; NODE_PATH names the folder where it is.
"use strict";
const fs = require("fs");
let ICAL;
try {
  ICAL = require("ical.js");
  ICAL = ICAL.default || ICAL;
} catch (missing) {
  console.error(missing.message.split("\n")[0]);
  process.exit(3);
}

const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(process.argv[2], "utf8")));
const lines = calendar.getAllSubcomponents("vevent").map((event) => {
  const start = event.getFirstPropertyValue("dtstart");
  const instant = new Date(start.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");
  return JSON.stringify({ uid: event.getFirstPropertyValue("uid"), start: instant });
});
console.log(lines.join("\n"));
