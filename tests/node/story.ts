// Lives a round, from the first employer to HR's schedule, by a client that openapi-typescript has made of the OpenAPI document
// (schema.ts) and openapi-fetch; tests/clients.rs compiles and runs it.
//
// usage: node story.js URL ORGANISER_TOKEN
// What is no affair of the API it asks on standard output, a line of JSON each, and reads the answer from standard input:
// "mails" brings the mails that are due, "solve" solves the run. The last line is what it found.
import { createInterface } from "node:readline";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Mail = { to: string; kind: string; secret: string | null };

const [url, token] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask<T>(what: "mails" | "solve"): Promise<T> {
  console.log(JSON.stringify(what));
  return JSON.parse((await lines.next()).value);
}

function client(secret?: string) {
  const headers: Record<string, string> = secret ? { Authorization: `Bearer ${secret}` } : {};
  const patient = (request: Request) => fetch(request, { signal: AbortSignal.timeout(60_000) });
  return createClient<paths>({ baseUrl: url, headers, fetch: patient });
}

/** What a request gave; a problem ends the story. */
function given<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (error !== undefined || data === undefined) {
    throw new Error(`${response.status} ${response.url}: ${JSON.stringify(error)}`);
  }
  return data;
}

function is(what: string, found: unknown, wanted: unknown) {
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
}

const DAY = "2027-03-01";
const organiser = client(token);
const anyone = client();

// Two employers, each with a library.
const libraries: components["schemas"]["Library"][] = [];
for (const [name, sector] of [["town", "public"], ["campus", "academic"]] as const) {
  const body = { name: `${name} trust`, domains: [`${name}.example`] };
  const employer = given(await organiser.POST("/v1/employers", { body }));
  const library = {
    reference: name, name: `The ${name} library`, sectors: [sector], employers: [employer.id],
    point: { latitude: 52.19, longitude: -2.22 }, time_zone: "Europe/London",
  };
  libraries.push(given(await organiser.POST("/v1/libraries", { body: library })));
}

// Who replaces what others may change says what they looked at.
for (const library of libraries) {
  const params = { path: { id: library.id } };
  const body = { contact: { email: `desk@${library.reference}.example` } };
  const blind = await organiser.PUT("/v1/libraries/{id}/welcome", { params, body });
  is("without If-Match", blind.error?.code, "if-match-required");
  const tag = (await organiser.GET("/v1/libraries/{id}", { params })).response.headers.get("etag");
  const seen = { ...params, header: { "If-Match": tag ?? "" } };
  const welcomed = given(await organiser.PUT("/v1/libraries/{id}/welcome", { params: seen, body }));
  is("the contact", welcomed.welcome.contact?.email, body.contact.email);
  const late = await organiser.PUT("/v1/libraries/{id}/welcome", { params: seen, body });
  is("with an old tag", late.response.status, 412);
}

// A round in which each takes and releases one.
const round = given(await organiser.POST("/v1/rounds", {
  body: {
    name: "Spring 2027", time_zone: "Europe/London", sign_up_until: "2027-01-31", answer_until: "2027-02-14",
    dates: [DAY], rules: { balance: 0 },
  },
}));
const ofRound = { path: { id: round.id } };
is("a new round", round.state, "draft");
given(await organiser.POST("/v1/rounds/{id}/open", { params: ofRound }));
for (const library of libraries) {
  const params = { path: { id: round.id, library: library.id } };
  const body = { hosting: { [DAY]: 1 }, release: { [DAY]: 1 }, hours: { [DAY]: ["10:00", "16:00"] as [string, string] } };
  given(await organiser.PUT("/v1/rounds/{id}/libraries/{library}", { params, body }));
}

// Two people sign up, prove their address, and are released.
for (const { reference } of libraries) {
  const body = {
    name: `Ann of ${reference}`, email: `ann@${reference}.example`, home_library: reference, dates: [DAY], max_km: 30,
    manager_email: `boss@${reference}.example`,
  };
  is("a sign-up", (await anyone.POST("/v1/rounds/{id}/applications", { params: ofRound, body })).response.status, 202);
}

async function press(kind: string, deed: "verify" | "release" | "accept") {
  const mails = (await ask<Mail[]>("mails")).filter((mail) => mail.kind === kind);
  for (const mail of mails) {
    const params = { path: { secret: mail.secret ?? "" } };
    const link = given(await anyone.GET("/v1/links/{secret}", { params }));
    const version = deed === "accept" ? { version: link.placement?.version } : {};
    given(await anyone.POST("/v1/links/{secret}", { params, body: { deed, ...version } }));
  }
  return mails.length;
}
is("proven", await press("verify_address", "verify"), 2);
is("released", await press("release_request", "release"), 2);

// Matched, published, accepted by all.
given(await organiser.POST("/v1/rounds/{id}/close", { params: ofRound, body: { early_reason: "all are here" } }));
const started = given(await organiser.POST("/v1/rounds/{id}/runs", { params: ofRound, body: { seed: 1 } }));
await ask("solve");
const ofRun = { path: { id: started.id } };
const run = given(await organiser.GET("/v1/runs/{id}", { params: ofRun }));
is("the run", run.state, "finished");
given(await organiser.POST("/v1/runs/{id}/publish", { params: ofRun }));
given(await organiser.POST("/v1/runs/{id}/release-mails", { params: ofRun }));
is("accepted", await press("proposal", "accept"), 4);
const placements = given(await organiser.GET("/v1/rounds/{id}/placements", {
  params: { ...ofRound, query: { state: "confirmed", limit: 200 } },
})).data;
is("confirmed", placements.length, 2);

// HR takes the schedule of its own staff.
const hr = given(await organiser.POST("/v1/tokens", {
  body: { name: "HR", role: "hr", employers: [libraries[0].employers[0]] },
}));
const staff = client(hr.secret);
const schedule = given(await staff.GET("/v1/rounds/{id}/schedule", { params: ofRound }));
const csv = given(await staff.GET("/v1/rounds/{id}/schedule.csv", { params: ofRound, parseAs: "text" }));
console.log(JSON.stringify({ schedule, csv }));
process.exit(0);
