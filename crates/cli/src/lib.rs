//! The session-export program: export user sessions from Huawei Cloud Workspace.
