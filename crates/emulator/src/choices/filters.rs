//! Choices about the other filters and about bodies.

use super::alternatives;

alternatives! {
    /// How `user_name` is compared, by exports and lists.
    UserNameMatch, "user-name", "Not stated; a sibling export calls its own user_name a fuzzy match." {
        /// Exactly, with case.
        Exact = "exact",
        /// As a part of the name, without case.
        Fuzzy = "fuzzy",
    }
}

alternatives! {
    /// Whether `public_ip` filters a list of sessions.
    ListPublicIp, "list-public-ip", "The list's definition has the parameter, but its gateway mapping passes every parameter on except this one." {
        /// It does.
        Works = "works",
        /// It is dropped at the gateway, unread.
        Dropped = "dropped",
    }
}

alternatives! {
    /// What an empty text means in a filter whose shortest length is 0, of exports and of both lists.
    EmptyText, "empty-text", "Valid for the definition, whose least length is 0; the meaning is not stated." {
        /// No filter.
        NoFilter = "no-filter",
        /// It is compared like any other text, and no session has it.
        Compared = "compared",
        /// 400.
        Refused = "refused",
    }
}

alternatives! {
    /// How the names in `session_state` are read.
    SessionStates, "session-state", "Five names, separated by commas; nothing about blanks, case, unknown or empty names." {
        /// Known names in their own case, without blanks and empty names; else 400.
        Strict = "strict",
        /// Case, blanks around a name and empty names do not matter; unknown names are refused with 400.
        Lenient = "lenient",
        /// Every name is accepted; one that is not exactly a known one matches no session.
        Any = "any",
    }
}

alternatives! {
    /// Whether `session_state` may repeat a name.
    RepeatedStates, "session-state-repeats", "Not stated." {
        /// It may.
        Accepted = "accepted",
        /// It is refused with 400.
        Refused = "refused",
    }
}

alternatives! {
    /// How `is_success` fits its pattern.
    IsSuccess, "is-success", "The pattern (true|false) has no anchors, so that a search would find it inside a text." {
        /// As a whole: `true` or `false`, else 400.
        Whole = "whole",
        /// Anywhere in a text of at most 32 characters; the first of both counts.
        Anywhere = "anywhere",
    }
}

alternatives! {
    /// Whether an export takes a JSON boolean for `is_success`.
    JsonBoolean, "json-boolean", "The type is string; the official Python SDK sends a boolean if it is given one." {
        /// 400.
        Refused = "refused",
        /// It is read like its name.
        Accepted = "accepted",
    }
}

alternatives! {
    /// What JSON `null` means in the body of an export.
    JsonNull, "json-null", "The type is string, so that null is not valid; no official SDK can send it." {
        /// 400.
        Refused = "refused",
        /// As if the field was absent.
        Absent = "absent",
    }
}

alternatives! {
    /// What an export does with fields that it does not know.
    UnknownFields, "unknown-fields", "The definition does not forbid them." {
        /// They are ignored.
        Ignored = "ignored",
        /// 400.
        Refused = "refused",
    }
}

alternatives! {
    /// What the lengths of texts count.
    TextLength, "text-length", "A JSON schema counts characters; whether the service does is unknown." {
        /// Characters.
        Characters = "characters",
        /// Bytes of UTF-8.
        Bytes = "bytes",
    }
}

alternatives! {
    /// Which media types a submitted export and a deletion may have.
    MediaType, "media-type", "415 is documented for the export, which consumes application/json; the deletion declares a charset and does not list 415." {
        /// `application/json` with any parameters, else 415.
        Json = "json",
        /// For an export `application/json` without parameters, else 415; as above for a deletion.
        Exact = "exact",
        /// Any, and none.
        Any = "any",
    }
}

alternatives! {
    /// What an export without a body is answered with.
    EmptyBody, "empty-body", "The body is required and all of its fields are optional; the official Python and Go SDKs send an empty one if they are given none." {
        /// 400 `WKS.0001`.
        Refused = "refused",
        /// As `{}` is.
        Accepted = "accepted",
    }
}
