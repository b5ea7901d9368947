"""The figures of `session-export summary`, beside the same figures computed by DuckDB's SQL: equal.

    .ci/report.py PROGRAM [SESSIONS...]     100 and 1,000,000 by default

The emulator's sessions are exported to csv, converted to Parquet for DuckDB, and summarised by the program from the csv.
Also says how much memory and CPU the summary took; fails over 200 MiB, or when its page is larger than 300 KB.
Needs duckdb.
"""

import datetime
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time

import duckdb

PEAK_MIB, PAGE_BYTES, TOP = 200, 300_000, 10
ZONES = {"UTC": 0, "+08:00": 8}


def environment(directory):
    """Nothing of whoever runs this."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(directory), "TMPDIR": str(directory),
            "SESSION_EXPORT_METADATA_ENDPOINT": "off"}


# A small process starts the program: the most memory of a process counts what it was forked from.
LAUNCHER = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump([code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], sys.stderr)
"""


def measured(command, directory):
    """What it printed, its CPU seconds, and the most memory it had, in MiB."""
    done = subprocess.run([sys.executable, "-c", LAUNCHER, *map(str, command)], capture_output=True, text=True,
                          env=environment(directory))
    code, cpu, peak = json.loads(done.stderr)
    if code:
        sys.exit(f"{command}: {code}\n{done.stdout}")
    return done.stdout, cpu, peak


class Emulator:
    def __init__(self, program, directory, sessions):
        self.program, self.directory = program, directory
        options = ["--sessions", str(sessions), "--days", "28", "--export-format", "csv"]
        self.process = subprocess.Popen([program, "--json", "emulator", *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=environment(directory))
        self.document = json.loads(self.process.stdout.readline())

    def export(self, path):
        says = self.document
        login = environment(self.directory) | {"HW_USER_NAME": says["user_name"], "HW_USER_PASSWORD": says["password"],
                                               "HW_DOMAIN_NAME": says["domain_name"]}
        today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        form = "%Y-%m-%dT%H:%M:%SZ"
        window = [(today - datetime.timedelta(days=29)).strftime(form), (today + datetime.timedelta(days=1)).strftime(form)]
        subprocess.run([self.program, "export", "--endpoint", says["endpoint"], "--export-endpoint",
                        says["export_endpoint"], "--iam-endpoint", says["iam_endpoint"], "--project-id",
                        says["project_id"], "--begin", window[0], "--end", window[1], "-o", path], check=True,
                       env=login, capture_output=True)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


VIEWS = """
CREATE VIEW rows AS SELECT *,
    CASE WHEN coalesce(failed_code, '') = 'WKS.00000000' THEN 'succeeded'
         WHEN coalesce(failed_code, '') <> '' THEN 'failed'
         WHEN lower(failed_reason) = 'success' THEN 'succeeded'
         WHEN coalesce(failed_reason, '') <> '' OR session_state = 'InitFail' THEN 'failed'
         ELSE 'unknown' END AS outcome,
    epoch_ms(start_time) AS s, epoch_ms(end_time) AS e, epoch_ms(last_update_status_time) AS u
FROM read_parquet($path);
CREATE VIEW horizon AS SELECT greatest(max(s), max(e), max(u)) AS h FROM rows;
CREATE VIEW stays AS SELECT login_user, coalesce(machine_name, vm_ip) AS server, s,
    CASE WHEN e IS NOT NULL THEN CASE WHEN e >= s THEN e END
         WHEN session_state IN ('SignedOut', 'InitFail') THEN CASE WHEN u >= s THEN u END
         ELSE h END AS until
FROM rows, horizon WHERE s IS NOT NULL;
"""


def by_sql(path, hours):
    """The same document, as far as SQL says it."""
    base = duckdb.connect()
    base.execute("SET TimeZone = 'UTC'")
    for statement in VIEWS.replace("$path", f"'{path}'").split(";"):
        base.execute(statement)

    def all_of(query):
        return base.execute(query).fetchall()

    def one(query):
        return all_of(query)[0]

    def counts(column):
        rows = all_of(f"SELECT {column}, count(*) FROM rows WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1")
        return {"distinct": len(rows), "missing": one(f"SELECT count(*) FROM rows WHERE {column} IS NULL")[0],
                "others": sum(count for _, count in rows[TOP:]),
                "top": [{"name": name, "sessions": count} for name, count in rows[:TOP]]}

    def usage(column):
        shares = all_of(f"""SELECT name, n, coalesce(t, 0)::BIGINT FROM
            (SELECT {column} AS name, count(*) AS n FROM (SELECT login_user, coalesce(machine_name, vm_ip) AS server FROM rows)
             WHERE {column} IS NOT NULL GROUP BY 1)
            LEFT JOIN (SELECT {column} AS name, sum(until - s) AS t FROM stays GROUP BY 1) USING (name)""")
        share = lambda row: {"name": row[0], "sessions": row[1], "time_ms": row[2]}
        order = lambda at: [share(row) for row in sorted(shares, key=lambda row: (-row[at], row[0].encode()))[:TOP]]
        return {"distinct": len(shares), "by_sessions": order(1), "by_time": order(2)}

    day = f"CAST(make_timestamp((s + {hours} * 3600000) * 1000) AS DATE)"
    failures = all_of("""SELECT nullif(failed_code, ''), nullif(failed_reason, ''), count(*) FROM rows
        WHERE outcome = 'failed' GROUP BY 1, 2""")
    failures.sort(key=lambda row: (-row[2], (row[0] or "").encode(), (row[1] or "").encode()))
    # Ends before starts, and of the sums at one moment only the last.
    peak, at = one("""WITH changes AS (
            SELECT s AS t, 1 AS d FROM stays WHERE until > s UNION ALL SELECT until, -1 FROM stays WHERE until > s),
        moments AS (SELECT t, sum(d) AS d FROM changes GROUP BY 1),
        levels AS (SELECT t, sum(d) OVER (ORDER BY t) AS level FROM moments)
        SELECT max(level), min(t) FILTER (level = (SELECT max(level) FROM levels)) FROM levels""")
    lasted, median, p95, longest = one("""SELECT count(*), quantile_cont(e - s, 0.5), quantile_cont(e - s, 0.95), max(e - s)
        FROM rows WHERE e >= s""")
    outcome = dict(all_of("SELECT outcome, count(*) FROM rows GROUP BY 1"))
    return {
        "sessions": one("SELECT count(*) FROM rows")[0],
        "first_start": one("SELECT min(s) FROM rows")[0], "last_start": one("SELECT max(s) FROM rows")[0],
        "known_until": one("SELECT h FROM horizon")[0],
        "outcome": {key: outcome.get(key, 0) for key in ["succeeded", "failed", "unknown"]},
        "days": [{"day": str(of), "sessions": n, "failed": failed} for of, n, failed in all_of(
            f"SELECT {day}, count(*), count(*) FILTER (outcome = 'failed') FROM rows WHERE s IS NOT NULL GROUP BY 1 ORDER BY 1")],
        "failures": {"distinct": len(failures), "others": sum(row[2] for row in failures[TOP:]),
                     "top": [{"code": code, "reason": reason, "sessions": n} for code, reason, n in failures[:TOP]]},
        "states": counts("session_state"), "session_types": counts("session_type"),
        "client_types": counts("client_type"), "client_versions": counts("client_version"),
        "users": usage("login_user"), "servers": usage("server"),
        "concurrency": {"peak": int(peak), "at": at},
        "durations": {"sessions": lasted, "median_ms": float(median), "p95_ms": float(p95), "longest_ms": longest},
        "without_end": {
            "open": one("""SELECT count(*) FROM rows WHERE s IS NOT NULL AND e IS NULL
                AND coalesce(session_state, '') NOT IN ('SignedOut', 'InitFail')""")[0],
            "over": one("""SELECT count(*) FROM rows WHERE s IS NOT NULL AND e IS NULL
                AND session_state IN ('SignedOut', 'InitFail')""")[0]},
    }


def millis(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(moment.timestamp() * 1000)


def compare(found, expected, place=""):
    """How many numbers are equal; ends at the first that is not."""
    if isinstance(expected, dict):
        return sum(compare(found[key], value, f"{place}.{key}") for key, value in expected.items())
    if isinstance(expected, list):
        if len(found) != len(expected):
            sys.exit(f"{place}: {len(found)} entries, DuckDB has {len(expected)}")
        return sum(compare(one, other, f"{place}[{at}]") for at, (one, other) in enumerate(zip(found, expected)))
    if isinstance(expected, int) and isinstance(found, str) and found.endswith("Z"):
        found = millis(found)
    same = math.isclose(found, expected, rel_tol=1e-12) if isinstance(expected, float) else found == expected
    if not same:
        sys.exit(f"{place}: {found!r}, DuckDB says {expected!r}")
    return 1


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    for sessions in [int(text) for text in sys.argv[2:]] or [100, 1_000_000]:
        with tempfile.TemporaryDirectory() as directory:
            files = [pathlib.Path(directory) / f"sessions.{suffix}" for suffix in ["csv", "parquet", "html"]]
            given, parquet, page = files
            emulator = Emulator(program, directory, sessions)
            emulator.export(given)
            emulator.stop()
            subprocess.run([program, "convert", given, parquet], check=True, env=environment(directory),
                           capture_output=True)
            for zone, hours in ZONES.items():
                began = time.monotonic()
                command = [program, "--json", "summary", given, "--time-zone", zone, "--html", page, "--force"]
                output, cpu, peak = measured(command, directory)
                took = time.monotonic() - began
                found = json.loads(output)
                if found["sessions"] != sessions:
                    sys.exit(f"{found['sessions']} sessions in place of {sessions}")
                equal = compare(found, by_sql(parquet, hours))
                size = page.stat().st_size
                print(f"{sessions:,} sessions, days in {zone}: {equal} figures as DuckDB has them; {cpu:.2f} s of CPU, "
                      f"{took:.1f} s, {peak:.0f} MiB at most, page of {size / 1000:.0f} KB", flush=True)
                if peak > PEAK_MIB or size > PAGE_BYTES:
                    sys.exit(f"more than {PEAK_MIB} MiB, or a page of more than {PAGE_BYTES} bytes")


if __name__ == "__main__":
    main()
