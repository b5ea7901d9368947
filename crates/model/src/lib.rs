//! Domain types, validation and JSON shapes of the Huawei Cloud Workspace user-session export.
