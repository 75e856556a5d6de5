"""A real mail server on 127.0.0.1 that does what the recipient's address says; prints its port on the first line.

usage: smtp_server.py plain | starttls FOLDER
  unknown@…    550 to RCPT          busy@…     451 to RCPT
  toobig@…     552 after DATA       dropped@…  hangs up before it answers DATA
  silent@…     never answers DATA   anybody else is accepted; each message is then one JSON line on stdout.
With starttls, FOLDER gets ca.pem, the authority of the server's certificate; the user is swap, the password is secret.
Ends when standard input is closed. Exit code 3: a library is missing.
"""
import asyncio
import base64
import json
import os
import ssl
import sys

try:
    from aiosmtpd.smtp import SMTP, AuthResult
    if sys.argv[1] == "starttls":
        import trustme
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)


class Judge:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown@"):
            return f"550 5.1.1 <{address}>: no such user"
        if address.startswith("busy@"):
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
        print(json.dumps({
            "from": envelope.mail_from, "to": recipient, "tls": session.ssl is not None,
            "message": base64.b64encode(envelope.original_content).decode(),
        }), flush=True)
        return "250 2.0.0 queued as 42"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"swap", b"secret"))


async def serve():
    options = {}
    if sys.argv[1] == "starttls":
        authority = trustme.CA()
        authority.cert_pem.write_to_path(sys.argv[2] + "/ca.pem")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
        options = {"tls_context": context, "require_starttls": True, "auth_required": True,
                   "authenticator": authenticate}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Judge(), **options), host="127.0.0.1", port=0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)  # connections that are held open on purpose must not keep it alive


asyncio.run(serve())
