"""The official Python SDK, unchanged, against the emulator.

Submits an export with all nine filters, lists tasks with every parameter, downloads and deletes, lists sessions page by
page and with each way that the SDK can send a time, and looks at its exceptions for a wrong key, a skewed clock and a
bad parameter. Every result is compared with what another part of the emulator says.

Needs the packages huaweicloudsdkworkspaceapp, huaweicloudsdkworkspace and openpyxl; `just official-sdk` installs them.
"""

import contextlib
import datetime
import io
import json
import pathlib
import subprocess
import tempfile
import time
from unittest import mock

import openpyxl
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkworkspace.v2 import (
    DeleteExportTaskRequestBody,
    DeleteExportTasksRequest,
    DownloadExportFileRequest,
    ListExportTasksRequest,
    WorkspaceClient,
)
from huaweicloudsdkworkspaceapp.v1 import (
    ExportSessionsReq,
    ExportSessionsRequest,
    ListSessionsRequest,
    WorkspaceAppClient,
)

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
UTC = datetime.timezone.utc
checks = 0


def check(name, holds, seen=""):
    """Ends the run at the first thing that is not so."""
    global checks
    if not holds:
        raise SystemExit(f"WRONG  {name}: {seen}")
    checks += 1
    print(f"ok     {name}{': ' if seen != '' else ''}{seen}")


@contextlib.contextmanager
def emulator(*arguments):
    """The emulator in a process of its own; gives the document that it prints."""
    program = REPOSITORY / "target" / "release" / "session-export"
    process = subprocess.Popen([program, "emulator", "--json", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=30)


def client(kind, document, secret=None):
    """A client of the SDK, as its documentation builds one."""
    credentials = BasicCredentials(document["access_key"], secret or document["secret_key"], document["project_id"])
    config = HttpConfig.get_default_config()
    builder = kind.new_builder().with_http_config(config).with_credentials(credentials)
    return builder.with_endpoints([document["endpoint"]]).build()


def refused(call, status, code):
    """The SDK's own exception for an answer with this status and this code."""
    try:
        call()
    except ClientRequestException as error:
        check(
            f"{status} {code} is the SDK's ClientRequestException",
            (error.status_code, error.error_code) == (status, code) and error.error_msg and error.request_id,
            error.error_msg[:100],
        )
        return error
    raise SystemExit(f"WRONG  {status} {code}: no exception")


def every_session(sessions, **filters):
    """Pages through a list."""
    items, offset = [], 0
    while True:
        page = sessions.list_sessions(ListSessionsRequest(limit=100, offset=offset, **filters))
        items += page.items
        offset += len(page.items)
        if not page.items or offset >= page.count:
            return items, page.count


def wait(centre, task_id):
    """Until the task has left CREATING."""
    for _ in range(200):
        (task,) = centre.list_export_tasks(ListExportTasksRequest(task_id=task_id)).export_tasks
        if task.status != "CREATING":
            return task
        time.sleep(0.05)
    raise SystemExit("the task is never ready")


def rows_of(centre, task_id):
    """The rows of a task's file, as another library reads them."""
    response = centre.download_export_file(DownloadExportFileRequest(task_id=task_id))
    sheet = openpyxl.load_workbook(io.BytesIO(response.raw_content), read_only=True).active
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row)) for row in rows]


def listing(sessions, begin, end):
    """Sessions page by page, and each form of a time."""
    window = {"query_begin_time": begin.isoformat(), "query_end_time": end.isoformat()}
    items, count = every_session(sessions, **window)
    check("paging gives every session once", len({item.id for item in items}) == len(items) == count > 100, count)
    stamp = "%Y-%m-%dT%H:%M:%S"
    forms = {
        "whole seconds": (begin.strftime(stamp) + "Z", end.strftime(stamp) + "Z"),
        "milliseconds": (begin.strftime(stamp) + ".000Z", end.strftime(stamp) + ".000Z"),
        "microseconds with an offset": (
            begin.replace(microsecond=1).isoformat().replace("000001", "000000"),
            end.replace(microsecond=1).isoformat().replace("000001", "000000"),
        ),
        "an offset of eight hours": tuple(
            moment.astimezone(datetime.timezone(datetime.timedelta(hours=8))).isoformat() for moment in (begin, end)
        ),
        "no zone": (begin.strftime(stamp), end.strftime(stamp)),
    }
    for name, (first, last) in forms.items():
        page = sessions.list_sessions(ListSessionsRequest(query_begin_time=first, query_end_time=last))
        check(f"a time with {name}", page.count == count, first)
    return items


def exporting(sessions, centre, items, begin, end):
    """All nine filters, chosen so that they select something."""
    one = next(item for item in items if item.end_time and item.public_ip and item.app_server_group_id)
    nine = {
        "user_name": one.login_user,
        "query_begin_time": begin,
        "query_end_time": end,
        "app_server_group_id": one.app_server_group_id,
        "vm_ip": one.vm_ip,
        "public_ip": one.public_ip,
        "machine_name": one.machine_name,
        "session_state": f"{one.session_state},Disconnected",
        "is_success": "true" if one.failed_code == "WKS.00000000" else "false",
    }
    submitted = sessions.export_sessions(ExportSessionsRequest(body=ExportSessionsReq(**nine)))
    task = wait(centre, submitted.task_id)
    rows = rows_of(centre, submitted.task_id)
    texts = {**nine, "query_begin_time": begin.isoformat(), "query_end_time": end.isoformat()}
    expected, _ = every_session(sessions, **texts)
    check(
        "an export with all nine filters has the rows that the list has",
        sorted(row["id"] for row in rows) == sorted(item.id for item in expected) and one.id in {row["id"] for row in rows},
        f"{len(rows)} of {len(items)}",
    )
    everything = sessions.export_sessions(
        ExportSessionsRequest(body=ExportSessionsReq(query_begin_time=begin, query_end_time=end))
    )
    wait(centre, everything.task_id)
    rows = rows_of(centre, everything.task_id)
    check("an export without further filters has every row", len(rows) == len(items), len(rows))
    bare = sessions.export_sessions(ExportSessionsRequest(body=ExportSessionsReq()))
    check("an export without a window", wait(centre, bare.task_id).status == "SUCCESS")
    return task, [submitted.task_id, everything.task_id, bare.task_id]


def centre_parameters(centre, task, ids):
    """Every parameter of the list of tasks, then a deletion."""

    def listed(**parameters):
        page = centre.list_export_tasks(ListExportTasksRequest(**parameters))
        return [item.task_id for item in page.export_tasks], page.count

    check("tasks without parameters", sorted(listed()[0]) == sorted(ids))
    check("by task_id", listed(task_id=ids[1]) == ([ids[1]], 1))
    check("by file_name", listed(file_name=task.file_name) == ([ids[0]], 1), task.file_name)
    check("by status", listed(status="SUCCESS")[1] == 3 and listed(status="CREATING") == ([], 0))
    check("by is_download", sorted(listed(is_download=True)[0]) == sorted(ids[:2]) and listed(is_download=False)[0] == ids[2:])
    ascending = listed(sort_field="create_time", sort_type="ASC")[0]
    check("sorted", ascending == ids and listed(sort_field="create_time", sort_type="DESC")[0] == ids[::-1])
    check("paged", listed(sort_field="create_time", sort_type="ASC", offset=1, limit=1) == ([ids[1]], 3))
    check("the task's fields", task.create_time and task.end_time and task.status == "SUCCESS" and not task.fail_reason)
    refused(lambda: listed(limit=101), 400, "WKS.00139901")
    body = DeleteExportTaskRequestBody(task_ids=ids[:2])
    deleted = centre.delete_export_tasks(DeleteExportTasksRequest(body=body))
    check("deleted", deleted.status_code == 200 and listed()[0] == ids[2:])


def failing(document, begin, end):
    """What the SDK makes of refusals."""
    window = {"query_begin_time": begin.isoformat(), "query_end_time": end.isoformat()}
    sessions = client(WorkspaceAppClient, document)
    refused(lambda: sessions.list_sessions(ListSessionsRequest(**window, limit=1000)), 400, "WKS.00139901")
    half = ExportSessionsRequest(body=ExportSessionsReq(query_begin_time=begin))
    refused(lambda: sessions.export_sessions(half), 400, "WKS.00211102")
    wrong = client(WorkspaceAppClient, document, secret="wrong")
    refused(lambda: wrong.list_sessions(ListSessionsRequest(**window)), 401, "APIGW.0301")

    class Late(datetime.datetime):
        """A clock that is twenty minutes behind."""

        @classmethod
        def utcnow(cls):
            return datetime.datetime.now(UTC).replace(tzinfo=None) - datetime.timedelta(minutes=20)

    with mock.patch("huaweicloudsdkcore.signer.signer.datetime", Late):
        refused(lambda: sessions.list_sessions(ListSessionsRequest(**window)), 401, "APIGW.0303")


def main():
    subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=REPOSITORY, check=True)
    today = datetime.datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin, end = today - datetime.timedelta(days=20), today
    with tempfile.TemporaryDirectory(), emulator("--sessions", "2000", "--export-delay-ms", "200") as document:
        sessions, centre = client(WorkspaceAppClient, document), client(WorkspaceClient, document)
        items = listing(sessions, begin, end)
        task, ids = exporting(sessions, centre, items, begin, end)
        centre_parameters(centre, task, ids)
        failing(document, begin, end)
    print(f"official-sdk: {checks} passed")


if __name__ == "__main__":
    main()
