"""What tests/contract.rs knows, handed to schemathesis: most ids that it makes up become ids of things that exist.

LIBRARY_SWAP_KNOWN is a JSON file: lists of values by the name of a path parameter or of a member of a body, and for `id`
by the part of the path before it; `spare` are ids that must not be touched, such as the credential's own.
"""

import json
import os
import zlib

import schemathesis

with open(os.environ["LIBRARY_SWAP_KNOWN"], encoding="utf-8") as file:
    KNOWN = json.load(file)
SPARE = set(KNOWN.get("spare", []))
NOBODY = "00000000-0000-0000-0000-000000000000"


def instead(name, value):
    """A known value for three of four made-up ones, the same for the same."""
    known = KNOWN.get(name)
    drawn = zlib.crc32(repr(value).encode())
    return known[drawn // 4 % len(known)] if known and drawn % 4 else value


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    parts = ctx.operation.path.strip("/").split("/") if ctx.operation else []
    for name, value in (path_parameters or {}).items():
        at = parts.index("{%s}" % name) if "{%s}" % name in parts else 0
        path_parameters[name] = instead(parts[at - 1] if name == "id" and at else name, value)
    return path_parameters


@schemathesis.hook
def map_body(ctx, body):
    def known(name, thing):
        if isinstance(thing, dict):
            return {key: known(key, value) for key, value in thing.items()}
        if isinstance(thing, list):
            return [known(name, one) for one in thing]
        return instead(name, thing) if isinstance(thing, str) else thing

    return known("", body) if isinstance(body, (dict, list)) else body


@schemathesis.hook
def map_headers(ctx, headers):
    """Most changes of what several people may change say that they have looked; the others learn that they have to."""
    for name, value in (headers or {}).items():
        if name.lower() == "if-match" and zlib.crc32(repr(value).encode()) % 4:
            headers[name] = "*"
    return headers


@schemathesis.serializer("message/rfc822")
def mail(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_call(ctx, case, kwargs):
    for name, value in (case.path_parameters or {}).items():
        if value in SPARE:
            case.path_parameters[name] = NOBODY
