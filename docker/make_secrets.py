"""Write random secrets for docker-compose.yml into ``secrets/``; what is there stays.

Why it exists: nobody types a password twice, and none stands in the repository: RabbitMQ's
logins are those of definitions.json, to which this adds the hashes of passwords that it makes.
It needs nothing but Python, and prints no secret.
"""

import base64
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROLES = ("ingress", "saga", "relay", "console")


def kept(folder: Path, name: str, value: str) -> str:
    """Return what a secret is; ``value`` where it was not there yet."""
    path = folder / name
    if not path.exists():
        path.write_text(f"{value}\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def password_hash(password: str) -> str:
    """Return what RabbitMQ keeps of a password: a salt, and SHA-256 over both, as base64."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def definitions(passwords: dict[str, str]) -> str:
    """Return RabbitMQ's definitions with the hashes of these passwords."""
    made = json.loads((HERE / "definitions.json").read_text(encoding="utf-8"))
    for user in made["users"]:
        user["password_hash"] = password_hash(passwords[user["name"]])
        user["hashing_algorithm"] = "rabbit_password_hashing_sha256"
    return json.dumps(made, indent=1)


def main(folder: Path) -> None:
    """Make what is missing. The folder is its owner's alone; its files are mounted as they are."""
    os.umask(0o022)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    users = json.loads((HERE / "definitions.json").read_text(encoding="utf-8"))["users"]
    names = [user["name"] for user in users]
    passwords = {
        name: kept(folder, f"rabbitmq_password_{name}", secrets.token_hex(24)) for name in names
    }
    for role in ROLES:
        url = f"amqp://{role}:{passwords[role]}@rabbitmq:5672/bridge"
        kept(folder, f"broker_url_{role}", url)
    kept(folder, "rabbitmq_definitions.json", definitions(passwords))
    database = kept(folder, "postgres_password", secrets.token_hex(24))
    kept(folder, "database_url", f"postgresql://bridge:{database}@postgres:5432/bridge")
    for name in ("zzy_sign_key", "channel_demo", "grafana_password"):
        kept(folder, name, secrets.token_hex(24))
    told = " ".join(sorted(path.name for path in folder.iterdir()))
    sys.stdout.write(f"{folder}/ holds: {told}\n")
    sys.stdout.write("put ZZY's sign key and the channels' secrets in their place\n")


if __name__ == "__main__":
    main(Path("secrets"))
