//! Choices about both lists.

use super::alternatives;

alternatives! {
    /// The order of a list of sessions.
    SessionOrder, "session-order", "Not stated." {
        /// The newest start first, then by id.
        NewestFirst = "newest-first",
        /// The reverse.
        OldestFirst = "oldest-first",
        /// By id.
        Id = "id",
    }
}

alternatives! {
    /// What `count` in a list of sessions counts.
    ListCount, "list-count", "Described as \"total\" only." {
        /// All matching sessions.
        Total = "total",
        /// Those on the page.
        Page = "page",
    }
}

alternatives! {
    /// What `offset` of a list of sessions counts.
    ListOffset, "list-offset", "Not stated." {
        /// Rows.
        Rows = "rows",
        /// Pages of `limit` rows.
        Pages = "pages",
    }
}

alternatives! {
    /// The order of a list of tasks without `sort_field` and `sort_type`.
    TaskOrder, "task-order", "Not stated; ASC is the default of sort_type, which belongs to sort_field." {
        /// The newest first.
        NewestFirst = "newest-first",
        /// The oldest first.
        OldestFirst = "oldest-first",
    }
}

alternatives! {
    /// What a list of tasks with only one of `sort_field` and `sort_type` is answered with.
    SortAlone, "sort-alone", "\"Must be used together\", yet sort_type has a default." {
        /// 400.
        Refused = "refused",
        /// 200: the other is `create_time` or ASC.
        Completed = "completed",
    }
}

alternatives! {
    /// How `file_name` of a list of tasks is compared.
    TaskFileName, "task-file-name", "Not stated." {
        /// Exactly, with case.
        Exact = "exact",
        /// As a part of the name, without case.
        Fuzzy = "fuzzy",
    }
}

alternatives! {
    /// Which tasks a list without `is_download` has.
    DownloadedOmitted, "is-download-omitted", "The parameter has the default false; whether that hides downloaded tasks is not stated." {
        /// All.
        All = "all",
        /// Those that were not downloaded, also when it is asked for one by its id: it disappears when downloaded.
        NotDownloaded = "not-downloaded",
    }
}

alternatives! {
    /// How `create_time` and `end_time` of a task end.
    TaskTimes, "task-times", "The pattern ends in SSSZ, which is a letter or, in Java, a zone." {
        /// In the letter Z.
        Letter = "Z",
        /// In the zone +0000.
        Zone = "+0000",
    }
}
