"""The program against an IAM of another make: OpenStack Keystone.

Sets up a Keystone with SQLite and fernet tokens that live a few seconds, serves it on loopback in a process of its own,
and lets `session-export token` log in, find the project, exchange a token, and look at an expired and a revoked one.

Run it with the Python that Keystone and waitress are installed in; `just keystone` does that.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = REPOSITORY / "target" / "release" / "session-export"
BIN = pathlib.Path(sys.executable).parent
LIFE = 8

SERVER = """
import sys, waitress
sys.argv = ["keystone"]
from keystone.server.wsgi import initialize_public_application
waitress.serve(initialize_public_application(), host="127.0.0.1", port={port}, threads=2)
"""

checks = 0


def check(name, holds, seen):
    """Ends the run at the first thing that is not so."""
    global checks
    if not holds:
        sys.exit(f"WRONG  {name}: {seen}")
    checks += 1
    print(f"ok     {name}: {seen}")


def set_up(directory, port):
    """Writes Keystone's configuration and fills its database."""
    for name in ("fernet", "credential"):
        (directory / name).mkdir()
    configuration = directory / "keystone.conf"
    configuration.write_text(
        f"""[DEFAULT]
log_dir = {directory}
use_stderr = false
[database]
connection = sqlite:///{directory}/keystone.db
[token]
provider = fernet
expiration = {LIFE}
allow_expired_window = 0
[fernet_tokens]
key_repository = {directory}/fernet
[credential]
key_repository = {directory}/credential
[cache]
enabled = false
"""
    )
    manage = [BIN / "keystone-manage", "--config-file", configuration]
    base = f"http://127.0.0.1:{port}"
    for step in (
        ["db_sync"],
        ["fernet_setup", "--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())],
        ["bootstrap", "--bootstrap-password", "planted-admin", "--bootstrap-public-url", base + "/v3"],
    ):
        subprocess.run([*manage, *step], check=True, capture_output=True, timeout=120)
    return configuration


def call(base, method, path, body=None, headers=None):
    """One request of the administrator; returns the answer's body and headers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
        return (json.loads(text) if text else {}), answer.headers


def administrator(base):
    """A token for the administrator. It lives as short as everybody's."""
    user = {"name": "admin", "password": "planted-admin", "domain": {"name": "Default"}}
    scope = {"project": {"name": "admin", "domain": {"name": "Default"}}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    _, headers = call(base, "POST", "/v3/auth/tokens", body)
    return {"X-Auth-Token": headers["X-Subject-Token"]}


def populate(base):
    """A project named like a region, and a user in it, with the same role in the domain."""
    admin = administrator(base)
    project, _ = call(base, "POST", "/v3/projects", {"project": {"name": "cn-north-4", "domain_id": "default"}}, admin)
    user = {"name": "user005", "password": "planted-password", "domain_id": "default"}
    user, _ = call(base, "POST", "/v3/users", {"user": user}, admin)
    roles, _ = call(base, "GET", "/v3/roles?name=member", headers=admin)
    role, project_id, user_id = roles["roles"][0]["id"], project["project"]["id"], user["user"]["id"]
    call(base, "PUT", f"/v3/projects/{project_id}/users/{user_id}/roles/{role}", headers=admin)
    call(base, "PUT", f"/v3/domains/default/users/{user_id}/roles/{role}", headers=admin)
    return project_id


def program(base, *arguments, **environment):
    """Runs the program with this environment and no other, and returns its exit code and its JSON document."""
    home = {"HOME": "/nonexistent"}
    done = subprocess.run(
        [PROGRAM, *arguments, "--json", "--iam-endpoint", base],
        env={**home, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    for secret in ("planted-password", environment.get("OS_AUTH_TOKEN", "planted-password")):
        if secret in done.stderr:
            sys.exit(f"WRONG  a secret is on standard error: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def run(base, project_id):
    """What the program can do with this IAM."""
    login = {
        "OS_USERNAME": "user005",
        "OS_PASSWORD": "planted-password",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_NAME": "cn-north-4",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }
    code, issued = program(base, "token", **login)
    check("a password gives a token", code == 0 and issued["token"], f"exit {code}, until {issued['expires_at']}")
    check("the token knows its project", issued["project_id"] == project_id, issued["project_id"])

    held = {"OS_AUTH_TOKEN": issued["token"]}
    code, found = program(base, "token", "--check", **held)
    check("Keystone describes the token", (code, found["user"], found["project_id"]) == (0, "user005", project_id), found["methods"])

    code, exchanged = program(base, "token", "--exchange-token", **held, OS_PROJECT_ID=project_id)
    check("a token is exchanged for another", code == 0 and exchanged["token"] != issued["token"], exchanged["project_id"])

    code, wrong = program(base, "token", **{**login, "OS_PASSWORD": "planted-wrong"})
    check("a wrong password", (code, wrong["error"]["status"]) == (3, 401), wrong["error"]["message"])

    code, unknown = program(base, "token", **{**login, "OS_PROJECT_NAME": "cn-north-5"})
    check("an unknown project", (code, unknown["error"]["status"]) == (3, 401), unknown["error"]["message"])

    _, fresh = program(base, "token", **login)
    subject = {"X-Subject-Token": fresh["token"]}
    call(base, "DELETE", "/v3/auth/tokens", headers={**administrator(base), **subject})
    code, revoked = program(base, "token", "--check", OS_AUTH_TOKEN=fresh["token"])
    check("a revoked token", code == 3 and revoked["error"]["status"] in (401, 404), revoked["error"]["message"])

    _, fresh = program(base, "token", **login)
    deadline = time.monotonic() + LIFE + 2
    while time.monotonic() < deadline:
        time.sleep(0.5)
    code, expired = program(base, "token", "--check", OS_AUTH_TOKEN=fresh["token"])
    check("an expired token", code == 3 and expired["error"]["status"] in (401, 404), expired["error"]["message"])


def main():
    subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=REPOSITORY, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as directory:
        configuration = set_up(pathlib.Path(directory), port)
        environment = {**os.environ, "OS_KEYSTONE_CONFIG_FILES": str(configuration)}
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER.format(port=port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            for _ in range(300):
                if server.poll() is not None:
                    sys.exit("Keystone did not start")
                try:
                    call(base, "GET", "/v3")
                    break
                except OSError:
                    time.sleep(0.1)
            run(base, populate(base))
        finally:
            server.terminate()
            server.wait(timeout=30)
    print(f"keystone: {checks} passed")


if __name__ == "__main__":
    main()
