//! Choices about export tasks.

use super::alternatives;

alternatives! {
    /// Whether the export centre knows the tasks of session exports.
    ExportCentre, "export-centre", "Only spelled out for a sibling export; no page says so for this one, which is on another host." {
        /// It lists them and has their files.
        Shows = "shows",
        /// It does not: a submitted task is never seen again.
        Hides = "hides",
    }
}

alternatives! {
    /// How many exports of a project may be `CREATING` at the same time.
    ConcurrentExports, "concurrent-exports", "No limit and no error code for it was found." {
        /// Any number.
        Unlimited = "unlimited",
        /// One: another is refused with 409 `WKS.00211103`.
        One = "one",
    }
}

alternatives! {
    /// The name of the file, before its extension.
    FileName, "file-name", "Not stated." {
        /// `sessions_`, the time of submission in UTC, and the first eight characters of the task's id.
        Timestamp = "timestamp",
        /// `sessions`, the same for every task.
        Fixed = "fixed",
        /// `会话列表_` and the time of submission in UTC.
        Chinese = "chinese",
    }
}

alternatives! {
    /// Whether tasks may be deleted while they are `CREATING`.
    CreatingDeletion, "creating-deletion", "Not stated." {
        /// They may.
        Allowed = "allowed",
        /// Nothing of the request is deleted: 400 `WKS.00010032`.
        Refused = "refused",
    }
}

alternatives! {
    /// What a deletion with ids that no task has is answered with.
    UnknownDeletion, "unknown-deletion", "Not stated." {
        /// 200: the others are deleted.
        Ignored = "ignored",
        /// 400 `WKS.0202`, and nothing is deleted.
        Refused = "refused",
        /// 400 `WKS.0202`, and the others are deleted.
        Partial = "partial",
    }
}
