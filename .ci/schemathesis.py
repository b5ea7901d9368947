"""An outside check of the emulator's surface: schemathesis sends what docs/openapi.yaml permits and what it forbids.

Starts the emulator, gets a token, and lets schemathesis judge every answer: no 5xx, no status, header, media type or
body that the description does not have, what is invalid is refused, what is valid is accepted, and without a token
nobody gets in. The description is used as it is, but for what only a running emulator knows: its project and its user.

Needs PyYAML, schemathesis and openapi-spec-validator; `just openapi` installs them. Schemathesis loads this file once
more for the hooks at its end.
"""

import collections
import contextlib
import copy
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = REPOSITORY / "target" / "schemathesis-run"
SEED = 5
EXAMPLES = 60

# An unknown task is answered with 400, as a choice of the emulator: a path may be valid and still be refused.
# What is invalid and still accepted, as the description says: unknown parameters, and media types of bodies that are
# not looked at. Everything else has to be refused; schemathesis 4.32.5 itself overlooks numbers in a query (seen with
# a limit above its maximum), so that it is counted here once more.
HARMLESS = re.compile("additionalProperties|unexpected properties|Content-Type")

CONFIGURATION = """
base-url = {endpoint}
seed = {seed}
continue-on-failure = true
workers = 1
hooks = {hooks}
request-timeout = 20
warnings = false

[output.sanitization]
enabled = false

[headers]
X-Auth-Token = {token}

[generation]
max-examples = {examples}
mode = "all"
database = "none"
with-security-parameters = false

[phases.coverage]
generate-duplicate-query-parameters = true
unexpected-methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"]

# Only the links that the description has: those that are guessed lead from calls that fail to calls that fail.
[phases.stateful.inference]
algorithms = []

[[operations]]
include-operation-id = "DownloadExportFile"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404]
"""


@contextlib.contextmanager
def emulator(*arguments):
    """The emulator in a process of its own; gives the document that it prints."""
    program = pathlib.Path(
        os.environ.get("SESSION_EXPORT_PROGRAM", REPOSITORY / "target" / "release" / "session-export")
    )
    process = subprocess.Popen([program, "emulator", "--json", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline()), process
    finally:
        process.terminate()
        process.wait()


def token_request(document):
    user = {
        "name": document["user_name"],
        "password": document["password"],
        "domain": {"name": document["domain_name"]},
    }
    return {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"id": document["project_id"]}},
        }
    }


def token_of(document):
    request = urllib.request.Request(
        document["iam_endpoint"] + "/v3/auth/tokens",
        data=json.dumps(token_request(document)).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request) as response:
        return response.headers["X-Subject-Token"]


def session_of(document, token):
    """What one of the sessions would be found by."""
    now = datetime.datetime.now(datetime.timezone.utc)
    times = {
        "query_begin_time": (now - datetime.timedelta(days=29)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "query_end_time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    url = f"{document['endpoint']}/v1/{document['project_id']}/session/list-sessions?{urllib.parse.urlencode(times)}"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"X-Auth-Token": token})) as response:
        session = json.load(response)["items"][0]
    shared = ("app_server_group_id", "vm_ip", "public_ip", "machine_name", "session_state")
    is_success = "true" if session["failed_reason"] == "success" else "false"
    filters = {name: session[name] for name in shared}
    return {**times, **filters, "user_name": session["login_user"], "is_success": is_success}


def narrowed(description, document, session):
    """The description with the only project that the token is for, and examples of credentials and filters that work."""
    description = copy.deepcopy(description)
    for parameter in ("ProjectId", "SignedProject"):
        description["components"]["parameters"][parameter]["schema"]["enum"] = [document["project_id"]]
    token_body(description)["example"] = token_request(document)
    list_sessions = description["paths"]["/v1/{project_id}/session/list-sessions"]["get"]
    for parameter in list_sessions["parameters"]:
        if parameter.get("name") in session:
            parameter["example"] = session[parameter["name"]]
    return description


def with_known_user(description, document):
    """The same with a token request that is always granted, so that there are tokens to look at."""
    description = copy.deepcopy(description)
    token_body(description)["schema"] = {"const": token_request(document)}
    return description


def token_body(description):
    create_token = description["paths"]["/v3/auth/tokens"]["post"]
    return create_token["requestBody"]["content"]["application/json"]


def main():
    import yaml

    described = REPOSITORY / "docs" / "openapi.yaml"
    subprocess.run([sys.executable, "-m", "openapi_spec_validator", described], check=True)
    if "SESSION_EXPORT_PROGRAM" not in os.environ:
        subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=REPOSITORY, check=True)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    published = yaml.safe_load(described.read_text())
    # With no delay an export is finished at once, so that the links from it lead to a file.
    with emulator("--sessions", "300", "--export-delay-ms", "0") as (document, process):
        token = token_of(document)
        values = {
            "endpoint": document["endpoint"],
            "hooks": str(pathlib.Path(__file__).resolve()),
            "token": token,
            "seed": SEED,
            "examples": EXAMPLES,
        }
        quoted = {name: json.dumps(value) for name, value in values.items()}
        (SCRATCH / "schemathesis.toml").write_text(CONFIGURATION.format(**quoted))
        description = narrowed(published, document, session_of(document, token))
        tokens = ["--include-operation-id-regex", "^(CreateToken|ShowToken)$"]
        others = ["--exclude-operation-id-regex", "^(CreateToken|ShowToken)$"]
        runs = [
            judge("each", description, ["--phases", "examples,coverage,fuzzing"]),
            # Schemathesis begins where it hopes for success. Both together, it would only ever begin with tokens.
            judge("chained", description, ["--phases", "stateful", *others]),
            judge("strangers", description, ["--phases", "coverage", "--mode", "positive", "-H", "X-Auth-Token: MII"]),
            judge("tokens", with_known_user(description, document), ["--phases", "stateful", *tokens]),
        ]
        alive = process.poll() is None and answers(document, token)
    summarise([events for events, _ in runs], all(ended_well for _, ended_well in runs), alive)


def judge(name, description, arguments):
    """Runs schemathesis; gives its record of what happened, and whether it found nothing."""
    described, events = SCRATCH / f"{name}.json", SCRATCH / f"{name}.ndjson"
    described.write_text(json.dumps(description))
    events.unlink(missing_ok=True)
    command = [pathlib.Path(sys.executable).parent / "schemathesis"]
    command += ["--config-file", SCRATCH / "schemathesis.toml", "run", described, "--checks", "all", "--no-color"]
    command += ["--report", "ndjson", "--report-ndjson-path", events, *arguments]
    run = subprocess.run(command, cwd=SCRATCH, check=False)
    return events, run.returncode == 0


def answers(document, token):
    url = document["iam_endpoint"] + "/v3/projects"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"X-Auth-Token": token})) as response:
            return response.status == 200
    except OSError:
        return False


def records(files):
    """What happened in each scenario."""
    for file in files:
        with file.open() as lines:
            for line in lines:
                recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder")
                if recorder and recorder.get("cases"):
                    yield recorder


def summarise(files, ended_well, alive):
    """Counts what schemathesis did, from its own records; ends the run if anything is not as described."""
    cases, statuses, judged, wrong = collections.Counter(), collections.Counter(), 0, set()
    operations, links = collections.defaultdict(collections.Counter), collections.Counter()
    accepted = []
    for recorder in records(files):
        for name, case in recorder["cases"].items():
            value, answer = case["value"], recorder["interactions"].get(name, {}).get("response")
            status = answer["status_code"] if answer else 0
            meta = value.get("meta") or {"generation": {"mode": "probe"}, "phase": {"name": "authentication"}}
            cases[meta["phase"]["name"], meta["generation"]["mode"]] += 1
            statuses[status] += 1
            about = str(meta["phase"].get("data", {}).get("description"))
            if meta["generation"]["mode"] == "negative" and 200 <= status < 300 and not HARMLESS.search(about):
                accepted.append(f"{value['method']} {value['path']} {value.get('query', '')}: {about}")
            operations[template(value["path"]), value["method"]][status] += 1
            if case.get("is_transition_applied"):
                links[template(value["path"])] += 1
        for checks in recorder["checks"].values():
            judged += len(checks)
            wrong.update(check["name"] for check in checks if check["status"] != "success")
    print()
    for (path, method), seen in sorted(operations.items()):
        if set(seen) != {405}:
            print(f"{method:5}{path}: " + ", ".join(f"{status} x {count}" for status, count in sorted(seen.items())))
    print("any other method: " + ", ".join(f"{status} x {count}" for status, count in sorted(others(operations).items())))
    print("cases: " + ", ".join(f"{phase}/{mode} {count}" for (phase, mode), count in sorted(cases.items())))
    print("by a link: " + ", ".join(f"{path} x {count}" for path, count in sorted(links.items())))
    total = sum(statuses.values())
    wanted = [
        (ended_well, "schemathesis found differences"),
        (not wrong, f"failed checks: {', '.join(sorted(wrong))}"),
        (not accepted, f"accepted although it is invalid: {'; '.join(accepted)}"),
        (not any(status >= 500 for status in statuses), "answers with 5xx"),
        (not statuses[0], f"{statuses[0]} requests without an answer"),
        (alive, "the emulator does not answer any more"),
        (total >= 1000 and len(links) >= 4, "too few cases or links"),
    ]
    bad = [sentence for holds, sentence in wanted if not holds]
    if bad:
        raise SystemExit(f"WRONG  {total} cases: {'; '.join(bad)}")
    print(f"ok     {total} cases, {judged} checks, no 5xx, no undocumented status, header or body")


def others(operations):
    """The statuses of the methods that a path does not have."""
    found = collections.Counter()
    for seen in operations.values():
        if set(seen) == {405}:
            found.update(seen)
    return found


def template(path):
    path = re.sub("/export-tasks/[^/]*/download$", "/export-tasks/{task_id}/download", path)
    return re.sub("^/(v[12])/[^/]*/", r"/\1/{project_id}/", path)


def hooks():
    """What valid requests keep to although a schema cannot say so: the description has it in words."""
    import schemathesis
    from hypothesis import strategies

    now = datetime.datetime.now(datetime.timezone.utc)
    recent = strategies.integers(0, 40 * 24 * 3600 * 1000).map(
        lambda milliseconds: now - datetime.timedelta(milliseconds=milliseconds)
    )
    offsets = strategies.sampled_from([0, 0, 0, 8, -3.5]).map(
        lambda hours: datetime.timezone(datetime.timedelta(hours=hours))
    )
    precisions = strategies.sampled_from(["seconds", "milliseconds", "microseconds"])
    times = strategies.builds(
        lambda at, offset, precision: at.astimezone(offset).isoformat(timespec=precision).replace("+00:00", "Z"),
        recent,
        offsets,
        precisions,
    )
    schemathesis.openapi.format("date-time", times)

    @schemathesis.hook
    def before_call(context, case, kwargs):
        place = case.body if case.operation.method.upper() == "POST" else case.query
        # Invalid requests, too: they have to be refused for what is invalid, and not for this.
        if isinstance(place, dict):
            in_order(place)
            in_pairs(place)
        if case.meta is not None and case.meta.generation.mode.is_positive:
            in_digits(place)


def in_order(place):
    """The first time is before the second one, and not more than 30 days."""
    names = ("query_begin_time", "query_end_time")
    try:
        begin, end = sorted((datetime.datetime.fromisoformat(place[name]), place[name]) for name in names)
    except (KeyError, TypeError, ValueError):
        return
    distance = end[0] - begin[0]
    if not distance or distance > datetime.timedelta(days=30):
        earlier = end[0] - datetime.timedelta(days=29)
        begin = (earlier, earlier.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    place[names[0]], place[names[1]] = begin[1], end[1]


def in_pairs(place):
    """A list of tasks is sorted by both or by none."""
    pair = {"sort_field": "create_time", "sort_type": "ASC"}
    if any(name in place for name in pair):
        for name, value in pair.items():
            place.setdefault(name, value)


def in_digits(place):
    """A duration such as 900.0 is a whole number for a schema."""
    if isinstance(place, dict):
        for name, value in place.items():
            if name == "duration_seconds" and isinstance(value, float) and value.is_integer():
                place[name] = int(value)
            in_digits(value)


if __name__ == "__main__":
    main()
else:
    hooks()
