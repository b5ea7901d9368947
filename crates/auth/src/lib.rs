//! Token providers and request authentication for session-export.
