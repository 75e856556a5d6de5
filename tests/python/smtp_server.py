"""A real mail server on 127.0.0.1 that does what the recipient's address says; prints its port on the first line.

usage: smtp_server.py plain | starttls FOLDER | implicit FOLDER
  unknown@…     550 to RCPT                      busy@…     451 to RCPT
  greylisted@…  451 to RCPT the first time       toobig@…   552 after DATA
  half@…        hangs up in the middle of DATA   dropped@…  hangs up before it answers DATA
  late@…        takes the first message and hangs up before it says so
  silent@…      never answers DATA               anybody else is accepted; each message taken is then one JSON line on
                                                 stdout.
With starttls and implicit, FOLDER gets ca.pem, the authority of the server's certificate; the user is swap, the password
is secret, and nobody is taken while FOLDER holds a file named locked.
Ends when standard input is closed. Exit code 3: a library is missing.
"""
import asyncio
import base64
import email
import json
import os
import ssl
import sys

MODE, FOLDER = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else None)
try:
    from aiosmtpd.smtp import SMTP, AuthResult
    if MODE != "plain":
        import trustme
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

seen = set()


def is_first(address):
    """Whether this address was never asked about before."""
    known = address in seen
    seen.add(address)
    return not known


def took(session, envelope):
    head = envelope.original_content.split(b"\r\n\r\n", 1)[0]
    print(json.dumps({
        "id": email.message_from_bytes(head)["Message-ID"],
        "from": envelope.mail_from, "to": envelope.rcpt_tos[0], "tls": session.ssl is not None or MODE == "implicit",
        "message": base64.b64encode(envelope.original_content).decode(),
    }), flush=True)


class Server(SMTP):
    async def smtp_DATA(self, arg):
        if self.envelope and any(one.startswith("half@") for one in self.envelope.rcpt_tos):
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Judge:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown@"):
            return f"550 5.1.1 <{address}>: no such user"
        if address.startswith("busy@") or (address.startswith("greylisted@") and is_first(address)):
            return f"451 4.7.1 {address} greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        recipient = envelope.rcpt_tos[0]
        if recipient.startswith("dropped@"):
            server.transport.abort()
            return "250 never heard"
        if recipient.startswith("silent@"):
            await asyncio.sleep(60)
        if recipient.startswith("toobig@"):
            return "552 5.3.4 too big"
        took(session, envelope)
        if recipient.startswith("late@") and is_first(recipient):
            server.transport.abort()
        return "250 2.0.0 queued as 42"


def authenticate(server, session, envelope, mechanism, data):
    taken = not os.path.exists(FOLDER + "/locked") and (data.login, data.password) == (b"swap", b"secret")
    # Without `handled=False` nobody would say 535.
    return AuthResult(success=taken, handled=taken)


async def serve():
    options, context = {}, None
    if MODE != "plain":
        authority = trustme.CA()
        authority.cert_pem.write_to_path(FOLDER + "/ca.pem")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
        options = {"auth_required": True, "authenticator": authenticate}
    if MODE == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if MODE == "implicit":
        options |= {"auth_require_tls": False}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(Judge(), **options), host="127.0.0.1", port=0, ssl=context if MODE == "implicit" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)  # connections that are held open on purpose must not keep it alive


asyncio.run(serve())
