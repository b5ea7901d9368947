"""CPU µs per signed submit of the official Python SDK: official_sdk.py <base URL> <calls>."""

import datetime
import resource
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkworkspaceapp.v1 import ExportSessionsReq, ExportSessionsRequest, WorkspaceAppClient

UTC = datetime.timezone.utc
base, calls = sys.argv[1], int(sys.argv[2])
credentials = BasicCredentials(
    "BENCHACCESSKEY000001", "bench-secret-key-of-40-characters-000001", "a4da8115c9d8464ead3a38309130523f"
)
builder = WorkspaceAppClient.new_builder().with_http_config(HttpConfig.get_default_config())
client = builder.with_credentials(credentials).with_endpoints([base]).build()


def submit():
    body = ExportSessionsReq(
        user_name="user005",
        query_begin_time=datetime.datetime(2024, 2, 27, 3, 47, 51, 182000, UTC),
        query_end_time=datetime.datetime(2024, 3, 1, 11, 47, 51, 0, UTC),
        app_server_group_id="e75fef51bbb748",
        vm_ip="10.0.0.1",
        public_ip="203.0.113.9",
        machine_name="APS-01",
        session_state="Active,Disconnected",
        is_success="true",
    )
    assert client.export_sessions(ExportSessionsRequest(body=body)).task_id


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


for _ in range(20):
    submit()
before = cpu()
for _ in range(calls):
    submit()
print((cpu() - before) / calls * 1e6)
