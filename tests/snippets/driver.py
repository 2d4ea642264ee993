"""Runs the Python snippet on the cases of stdin; the other drivers do the same."""

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "snippets" / "signing"))
import signing  # type: ignore[import-not-found]

for line in sys.stdin:
    what, *fields = line.rstrip("\n").split("\t")
    raw = [base64.b64decode(field) for field in fields]
    text = [field.decode(errors="replace") for field in raw]
    if what == "sign":
        answer = signing.sign(*text)
    elif what == "body":
        key, secret, params, stamp = text
        answer = base64.b64encode(signing.signed_body(key, secret, params, int(stamp))).decode()
    elif what == "envelope":
        secrets, params, stamp, given, now = text
        genuine = signing.is_genuine_envelope(secrets.split(), params, stamp, given, int(now))
        answer = str(genuine).lower()
    else:
        secrets, number, stamp, signature, _, now = text
        genuine = signing.is_genuine_webhook(
            secrets.split(), number, stamp, signature, raw[4], int(now)
        )
        answer = str(genuine).lower()
    sys.stdout.write(answer + "\n")
