//! Choices about times and the window of a query.

use super::alternatives;

alternatives! {
    /// What "only data within 30 days can be exported" limits.
    ThirtyDays, "thirty-days", "Allows more than one reading. A sibling export limits both the length and the age, and without a window the last month is exported; yet all samples have dates of 2024." {
        /// The length of the window: a longer one is refused.
        Length = "length",
        /// The age of the data: a window that begins more than 30 days ago is refused.
        Age = "age",
        /// The rows: older ones are left out without a word, and every window is accepted.
        Cut = "cut",
    }
}

alternatives! {
    /// Whether exactly 30 × 24 hours pass.
    ThirtyDaysBoundary, "thirty-days-boundary", "Not stated." {
        /// They do.
        Passes = "passes",
        /// They are refused; one millisecond less passes.
        Refused = "refused",
    }
}

alternatives! {
    /// What an export without a window covers.
    DefaultWindow, "default-window", "\"Data from the last month\", without a length or a clock." {
        /// The 30 days before the request.
        Days = "30-days",
        /// One month by the calendar before the request.
        Month = "month",
    }
}

alternatives! {
    /// What an export with one of the two times is answered with.
    HalfWindow, "half-window", "\"Must both be present or both absent\"; the sanction is not stated." {
        /// 400.
        Refused = "refused",
        /// 200: the window is open on the other side, up to 30 days away and never after the request.
        Open = "open",
    }
}

alternatives! {
    /// What a window that ends before it begins is answered with, by exports and lists.
    ReversedWindow, "reversed-window", "Not stated." {
        /// 400.
        Refused = "refused",
        /// 200, and no session matches.
        Empty = "empty",
    }
}

alternatives! {
    /// What a window that begins and ends at the same moment is answered with, by exports and lists.
    EqualTimes, "equal-times", "The sample request of the definition has two equal times, so that they are presumably accepted." {
        /// 200.
        Accepted = "accepted",
        /// 400.
        Refused = "refused",
    }
}

alternatives! {
    /// Which ends belong to a window.
    WindowEnds, "window-ends", "Not stated." {
        /// Both.
        Closed = "closed",
        /// The beginning, and not the end.
        HalfOpen = "half-open",
    }
}

alternatives! {
    /// The error code of an export whose window is half, reversed, refused as equal, or too long or old.
    WindowError, "window-error", "No code for times was found. WKS.00211102 is the sample of the export's 400, WKS.00139901 that of the list's, WKS.0001 a general one." {
        /// The parameter is invalid.
        Parameter = "WKS.00211102",
        /// The request message is invalid.
        Message = "WKS.00139901",
        /// The request message is empty, also used for other faults.
        General = "WKS.0001",
    }
}

alternatives! {
    /// How a time without a zone is read.
    ZonelessTime, "zoneless-time", "The official Python SDK sends it for a naive datetime; what the service does is unknown." {
        /// As UTC.
        Utc = "utc",
        /// As China standard time, eight hours ahead of UTC.
        China = "utc+8",
        /// Not at all: 400.
        Refused = "refused",
    }
}

alternatives! {
    /// Whether a time may have a blank instead of the T.
    BlankInTime, "blank-in-time", "The definition says date-time, which has a T; answers of a sibling operation have a blank." {
        /// It may.
        Accepted = "accepted",
        /// It is refused with 400.
        Refused = "refused",
    }
}
