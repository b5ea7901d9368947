//! Export user sessions from Huawei Cloud Workspace: submit, wait, download, read.
