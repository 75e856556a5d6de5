"""Keys for DKIM, and dkimpy as the judge of signatures.

usage: dkim_judge.py make FOLDER     writes rsa.key, ed25519.key and what the DNS would say, rsa.txt and ed25519.txt
       dkim_judge.py judge TXT DOMAIN
                                     reads messages from standard input, one base64 line each; says for each line
                                     `pass` or `fail`, with the headers that are signed
Exit code 3: a library is missing.
"""
import base64
import sys

try:
    import dkim
    import nacl.signing
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)


def make(folder):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signing = nacl.signing.SigningKey.generate()
    files = {
        "rsa.key": pem,
        "rsa.txt": b"v=DKIM1; k=rsa; p=" + base64.b64encode(public),
        "ed25519.key": base64.b64encode(bytes(signing)),
        "ed25519.txt": b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(signing.verify_key)),
    }
    for name, content in files.items():
        with open(f"{folder}/{name}", "wb") as file:
            file.write(content)


def judge(txt, domain):
    with open(txt, "rb") as file:
        record = file.read()

    def dns(name, timeout=5):
        return record if name == f"swap._domainkey.{domain}.".encode() else None

    for line in sys.stdin:
        message = base64.b64decode(line)
        judged = dkim.DKIM(message)
        try:
            passes = judged.verify(dnsfunc=dns)
        except Exception as error:  # a signature that is none raises errors of three libraries
            passes, judged.signed_headers = False, [str(error)]
        names = [name.decode() if isinstance(name, bytes) else name for name in judged.include_headers or []]
        print("pass" if passes else "fail", ":".join(names), flush=True)


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    judge(*sys.argv[2:])
