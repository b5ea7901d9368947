"""Exports of the emulator, converted, and read back by openpyxl, pandas and DuckDB: all see the same.

    .ci/rows.py PROGRAM [ROWS]                        the round trips, and 1.1 million rows on two sheets
    .ci/rows.py PROGRAM --speed [ROWS [ROWS OF XLSX]]  a million rows: CPU, time and memory beside DuckDB and pandas

Needs openpyxl, pandas, pyarrow and duckdb. Fails when anything differs, or is slower or larger than it may be.
"""

import csv
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb
import openpyxl
import pandas
from openpyxl.utils.escape import unescape

FIELDS = """id session_stamp os_session_id protocol_type login_user session_type app_server_group_id
    app_server_group_name pre_conn_time start_time end_time status_continue_time machine_sid machine_name session_state
    app_name client_mac client_name client_ip public_ip client_version client_type agent_version vm_ip failed_reason
    failed_code last_update_status_time tenant_id primary_server_group_id secondary_server_group_id""".split()
TIMES = [name for name in FIELDS if name.endswith("_time") and name != "status_continue_time"]
SHEET = 1_048_575
PEAK_MIB, OF_DUCKDB, OF_PANDAS = 64, 2.0, 0.3


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def environment(directory):
    """Nothing of whoever runs this; numbers and sessions as they are."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(directory), "TMPDIR": str(directory),
            "SESSION_EXPORT_METADATA_ENDPOINT": "off"}


def odd_rows():
    """What files trip over, one trouble each; most fields of most rows are absent."""
    texts = ["张三", "😀👩\u200d💻", 'a "quoted" one', "two\nlines", "a,b;c\td", "00042", "1e5", "TRUE", "=1+1", " x ",
             "\u00e9", "_x0041_", "<&>'", "x" * 4_096, "长" * 4_096, "-5", "0.10", "null"]
    rows = []
    for number, text in enumerate(texts):
        row = {"id": f"{number:032}", "login_user": text, "machine_name": text[::-1], "session_state": "Active",
               "start_time": f"2024-02-{number % 28 + 1:02}T03:47:51.{number:03}Z"}
        if number % 2:
            row["end_time"] = "2024-03-01T00:00:00Z"
            row["session_state"] = "SignedOut"
        rows.append(row)
    return rows


class Emulator:
    def __init__(self, program, directory, form, rows=None, sessions=None):
        given = ["--rows", str(rows)] if rows else ["--sessions", str(sessions), "--days", "28"]
        self.process = subprocess.Popen([program, "--json", "emulator", "--export-format", form, *given],
                                        stdout=subprocess.PIPE, env=environment(directory))
        self.document = json.loads(self.process.stdout.readline())

    def export(self, program, directory, path, *window):
        says = self.document
        login = environment(directory) | {"HW_USER_NAME": says["user_name"], "HW_USER_PASSWORD": says["password"],
                                          "HW_DOMAIN_NAME": says["domain_name"]}
        run(program, "export", "--endpoint", says["endpoint"], "--export-endpoint", says["export_endpoint"],
            "--iam-endpoint", says["iam_endpoint"], "--project-id", says["project_id"], *window, "-o", path, env=login)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def expected(rows, more=()):
    """Rows as every reader is to see them: absent is None, times are moments."""
    table = []
    for row in rows:
        values = [row.get(name) or None for name in [*FIELDS, *more]]
        table.append(tuple(moment(value) if name in TIMES else value
                           for name, value in zip([*FIELDS, *more], values)))
    return sorted(table, key=lambda row: row[0])


def of_csv(path, encoding="utf-8-sig"):
    with path.open(newline="", encoding=encoding) as file:
        return list(csv.DictReader(file))


def of_pandas(path):
    frame = pandas.read_parquet(path) if path.suffix == ".parquet" else pandas.read_csv(
        path, dtype=str, keep_default_na=False, na_values=[""])
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{name: value.isoformat() if name in TIMES and hasattr(value, "isoformat") else value
             for name, value in row.items()} for row in rows]


def of_duckdb(path):
    reader = {".csv": "read_csv(?, header = true, all_varchar = true)", ".parquet": "read_parquet(?)",
              ".jsonl": "read_json(?, format = 'newline_delimited', convert_strings_to_integers = false, "
                        "auto_detect = false, columns = {" + ", ".join(f"'{name}': 'VARCHAR'" for name in FIELDS) + "})"}
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    result = connection.execute(f"SELECT * FROM {reader[path.suffix]}", [str(path)])
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, row)) for row in result.fetchall()]
    return [{name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
            for row in rows]


def of_openpyxl(path):
    """The spreadsheet before it was converted, by another reader."""
    book = openpyxl.load_workbook(path, read_only=True)
    rows = []
    for sheet in book.worksheets:
        lines = sheet.iter_rows(values_only=True)
        header = next(lines)
        # It leaves `_x005F_`, which stands for `_`, as it is.
        rows += [dict(zip(header, [unescape(value) if isinstance(value, str) else value for value in line]))
                 for line in lines]
    return rows


def same(what, found, wanted):
    found = expected(found)
    if found != wanted:
        for ours, theirs in zip(wanted, found):
            if ours != theirs:
                sys.exit(f"{what}: {[(name, a, b) for name, a, b in zip(FIELDS, ours, theirs) if a != b]}")
        sys.exit(f"{what}: {len(found)} rows in place of {len(wanted)}")
    print(f"same: {what}, {len(found)} rows")


def round_trips(program, directory):
    rows = odd_rows()
    given = directory / "rows.jsonl"
    given.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    wanted = expected(rows)
    for form in ["xlsx", "csv"]:
        emulator = Emulator(program, directory, form, rows=given)
        source = directory / f"sessions.{form}"
        emulator.export(program, directory, source, "--begin", "2024-02-01", "--end", "2024-02-28", "--utc")
        emulator.stop()
        sources = [source]
        if form == "xlsx":
            same("xlsx as openpyxl reads it", of_openpyxl(source), wanted)
        else:
            text = source.read_bytes().decode()
            chinese = directory / "gb18030.csv"
            chinese.write_bytes(text.encode("gb18030"))
            marked = directory / "utf-16.csv"
            marked.write_bytes(text.encode("utf-16"))
            sources += [chinese, marked]
        for source in sources:
            for suffix in ["csv", "jsonl", "parquet"]:
                target = directory / f"{source.stem}-{form}.{suffix}"
                document = json.loads(run(program, "--json", "convert", source, target,
                                          env=environment(directory)).stdout)
                if (document["rows"], document["columns"], document["not_understood"]) != (len(rows), 30, []):
                    sys.exit(f"{source}: {document}")
                what = f"{source.name} -> {suffix}"
                same(f"{what} by DuckDB", of_duckdb(target), wanted)
                if suffix == "jsonl":
                    lines = target.read_text(encoding="utf-8").split("\n")
                    same(f"{what} by json", [json.loads(line) for line in lines if line], wanted)
                else:
                    same(f"{what} by pandas", of_pandas(target), wanted)
                if suffix == "csv":
                    same(f"{what} by csv", of_csv(target), wanted)
                if suffix != "parquet":
                    again = directory / "again.parquet"
                    run(program, "convert", target, again, "--force", env=environment(directory))
                    same(f"{what} -> parquet by DuckDB", of_duckdb(again), wanted)


def excel_dates(program, directory):
    """A spreadsheet as a person makes it: Chinese headers, real dates, a column that nobody knows, two sheets."""
    path = directory / "by-hand.xlsx"
    book = openpyxl.Workbook()
    begun = datetime.datetime(2024, 2, 27, 11, 47, 51, 182000)
    book.active.append(["用户名", "开始时间", "结束时间", "会话状态", "成本中心"])
    book.active.append(["张三", begun, None, "Active", 4711])
    other = book.create_sheet("其他")
    other.append(["User Name", "Start Time", "成本中心"])
    longest = "长" * 32_767
    other.append(["李四", "2024/2/27 11:47", longest])
    book.save(path)
    target = directory / "by-hand.parquet"
    run(program, "convert", path, target, "--time-zone", "+08:00", env=environment(directory))
    found = duckdb.sql(f"SELECT login_user, epoch_ms(start_time), end_time, 成本中心 FROM '{target}'").fetchall()
    if found != [("张三", 1709005671182, None, "4711"), ("李四", 1709005620000, None, longest)]:
        sys.exit(f"by hand: {str(found):.500}")
    print("same: a spreadsheet made by openpyxl, with dates, two sheets, the longest cell there can be")


def of_one_day(start):
    """An emulator for each format. They make up the sessions before the day on which they start: that must be one day."""
    while True:
        day = datetime.datetime.now(datetime.timezone.utc).date()
        emulators = [(form, start(form)) for form in ["csv", "xlsx"]]
        if datetime.datetime.now(datetime.timezone.utc).date() == day:
            return emulators
        for _, emulator in emulators:
            emulator.stop()


def many(program, directory, sessions):
    """More rows than a sheet has. The same sessions as the emulator's own csv are what DuckDB is to see."""
    sources = {}
    for form, emulator in of_one_day(lambda form: Emulator(program, directory, form, sessions=sessions)):
        sources[form] = directory / f"source.{form}"
        emulator.export(program, directory, sources[form], "--last", "30d")
        emulator.stop()
    source = sources["xlsx"]
    targets = {suffix: directory / f"many.{suffix}" for suffix in ["csv", "jsonl", "parquet"]}
    for target in targets.values():
        line = run(program, "convert", source, target, env=environment(directory)).stdout
        if f"{sessions} rows, 30 columns, 0 not understood" not in line:
            sys.exit(f"many: {line}")
    sheets = len(openpyxl.load_workbook(source, read_only=True).sheetnames)
    if sheets != 1 + (sessions - 1) // SHEET:
        sys.exit(f"many: {sheets} sheets")
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in FIELDS)
    stamps = ", ".join(f"CAST({name} AS TIMESTAMPTZ) AS {name}" for name in TIMES)
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{directory}'")
    readers = {"source": f"read_csv('{sources['csv']}', all_varchar = true, header = true)",
               "csv": f"read_csv('{targets['csv']}', all_varchar = true, header = true)",
               "jsonl": f"read_json('{targets['jsonl']}', format = 'newline_delimited', columns = {{{columns}}})",
               "parquet": f"'{targets['parquet']}'"}
    digests = {}
    for suffix, reader in readers.items():
        digests[suffix] = connection.execute(
            f"SELECT count(*), count(DISTINCT id), count(end_time), bit_xor(hash(t)), sum(hash(t) % 1000003) "
            f"FROM (SELECT * REPLACE ({stamps}) FROM {reader}) t").fetchone()
    if len(set(digests.values())) != 1 or digests["csv"][:2] != (sessions, sessions):
        sys.exit(f"many: {digests}")
    print(f"same: {sessions} rows on {sheets} sheets as csv, JSON Lines and Parquet, by DuckDB: {digests['csv']}")


# A process begins with the peak of the one that started it, so it is started by one that has loaded nothing.
LAUNCHER = """
import json, os, sys, time
began = time.monotonic()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, used = os.wait4(process, 0)
print(json.dumps([used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024,
                  os.waitstatus_to_exitcode(status)]))
"""


def measured(command, directory):
    """CPU in seconds, seconds, and the most memory in MiB of one command."""
    done = run(sys.executable, "-S", "-c", LAUNCHER, *command, env=environment(directory))
    cpu, wall, peak, code = json.loads(done.stdout)
    if code:
        sys.exit(f"{command}: {code}\n{done.stderr}")
    return cpu, wall, peak


def python(text):
    return [sys.executable, "-c", text]


def others(source, target):
    """The same conversion by DuckDB, or by pandas for a spreadsheet. Times become moments, as they do for us."""
    if source.suffix == ".csv":
        stamps = ", ".join(f"CAST({name} AS TIMESTAMPTZ) AS {name}" for name in TIMES)
        form = "FORMAT parquet, COMPRESSION snappy" if target.suffix == ".parquet" else "FORMAT csv, HEADER"
        return "DuckDB", python(
            f"import duckdb; duckdb.sql(\"SET TimeZone='UTC'\"); duckdb.sql(\"COPY (SELECT * REPLACE ({stamps}) "
            f"FROM read_csv('{source}', header = true, all_varchar = true)) TO '{target}' ({form})\")")
    write = "to_parquet" if target.suffix == ".parquet" else "to_csv"
    return "pandas", python(
        f"import pandas; pandas.read_excel({str(source)!r}, dtype=str).{write}({str(target)!r}, index=False)")


def speed(program, directory, sessions):
    sources = {}
    for form in ["csv", "xlsx"]:
        emulator = Emulator(program, directory, form, sessions=sessions[form])
        sources[form] = directory / f"speed.{form}"
        emulator.export(program, directory, sources[form], "--last", "30d")
        emulator.stop()
    failures = []
    print(f"{sessions['csv']} rows of csv and {sessions['xlsx']} of xlsx, {sources['csv'].stat().st_size / 1e6:.0f} MB of csv, "
          f"{sources['xlsx'].stat().st_size / 1e6:.0f} MB of xlsx")
    print(f"{'conversion':18}{'by':16}{'CPU s':>9}{'wall s':>9}{'peak MiB':>10}{'CPU, ratio':>12}")
    for form, limit in [("csv", OF_DUCKDB), ("xlsx", OF_PANDAS)]:
        for suffix in ["csv", "parquet"]:
            what = f"{form} -> {suffix}"
            target = directory / f"ours.{suffix}"
            ours = measured([program, "convert", sources[form], target, "--force"], directory)
            name, command = others(sources[form], directory / f"theirs.{suffix}")
            theirs = measured(command, directory)
            ratio = ours[0] / theirs[0]
            for by, (cpu, wall, peak), shown in [("session-export", ours, f"{ratio:.2f}"), (name, theirs, "1")]:
                print(f"{what:18}{by:16}{cpu:9.2f}{wall:9.2f}{peak:10.0f}{shown:>12}", flush=True)
            if ratio > limit:
                failures.append(f"{what}: {ratio:.2f} times the CPU of {name}, {limit} are allowed")
            if form == "csv" and ours[2] > PEAK_MIB:
                failures.append(f"{what}: {ours[2]:.0f} MiB, {PEAK_MIB} are allowed")
    return failures


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    counts = [int(word) for word in sys.argv[2:] if word.isdigit()]
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        if "--speed" in sys.argv:
            counts = counts or [1_000_000]
            failures = speed(program, directory, {"csv": counts[0], "xlsx": counts[-1]})
            if failures:
                sys.exit("\n".join(failures))
            return
        round_trips(program, directory)
        excel_dates(program, directory)
        many(program, directory, counts[0] if counts else 1_100_000)


if __name__ == "__main__":
    main()
