// An identity provider for tests/oidc.rs: oidc-provider on loopback, with the pages that it brings to sign in and to agree.
//
// usage: node oidc_provider.js REDIRECT_URI [FOLDER]
// FOLDER: with server.key and server.pem, for https.
// Writes its issuer as a line of its own; ends when its standard input does. Exit code 3: the library is missing;
// NODE_PATH names the folder where it is.
"use strict";
const fs = require("fs");
const http = require("http");
const https = require("https");
const path = require("path");

// Any password will do. Whoever is not here has no groups.
const PEOPLE = {
  hanna: { groups: ["everybody", "hr-council"] },
  hilda: { groups: ["hr-council", "hr-university", "left-organisers"] },
  olga: { groups: ["left-organisers"] },
  paul: { email: "paul@council.example", email_verified: true },
  pia: { email: "paul@council.example", email_verified: false },
};

async function main() {
  let Provider;
  try {
    ({ Provider } = require("oidc-provider"));
  } catch (missing) {
    console.error(missing.message.split("\n")[0]);
    process.exit(3);
  }
  const folder = process.argv[3];
  const read = (name) => fs.readFileSync(path.join(folder, name));
  const server = folder
    ? https.createServer({ key: read("server.key"), cert: read("server.pem") })
    : http.createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const client = (client_id, how) => ({ client_id, redirect_uris: [process.argv[2]], ...how });
  const provider = new Provider(`${folder ? "https" : "http"}://127.0.0.1:${server.address().port}`, {
    clients: [
      client("swap", { client_secret: "what only the two know" }),
      client("public", { token_endpoint_auth_method: "none" }),
      client("hasty", { client_secret: "what only the two know" }),
      client("stranger", { client_secret: "what only the two know" }),
    ],
    claims: { openid: ["sub"], groups: ["groups"], email: ["email", "email_verified"] },
    cookies: { keys: ["of a test"] },
    pkce: { required: () => true },
    ttl: { AuthorizationCode: (_, code) => (code.clientId === "hasty" ? 1 : 60) },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...PEOPLE[accountId] }) }),
  });
  server.on("request", provider.callback());
  console.log(provider.issuer);
  process.stdin.resume().on("end", () => process.exit());
}

main();
