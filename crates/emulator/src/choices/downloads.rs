//! Choices about the download of a file.

use super::alternatives;

alternatives! {
    /// The `Content-Type` of a download.
    ContentType, "content-type", "Not stated, and no schema is documented." {
        /// That of the file's format.
        Format = "format",
        /// `application/octet-stream`.
        OctetStream = "octet-stream",
        /// None.
        Absent = "absent",
    }
}

alternatives! {
    /// The `Content-Disposition` of a download.
    ContentDisposition, "content-disposition", "Not stated; the list of tasks has the file's name." {
        /// `attachment; filename="…"`, in UTF-8.
        Quoted = "quoted",
        /// `attachment; filename*=UTF-8''…`, percent-encoded.
        Encoded = "encoded",
        /// None.
        Absent = "absent",
    }
}

alternatives! {
    /// How the end of a downloaded body is marked.
    DownloadFraming, "framing", "Not stated." {
        /// By `Content-Length`.
        Length = "length",
        /// By chunked transfer coding.
        Chunked = "chunked",
        /// By the end of the connection, in an answer of HTTP/1.0.
        Close = "close",
    }
}

alternatives! {
    /// Whether a part of a file can be downloaded with `Range`.
    DownloadRanges, "ranges", "Not stated." {
        /// The header is ignored, and nothing says so.
        Ignored = "ignored",
        /// One range of bytes: 206 with `Content-Range`, or 416; with a strong `ETag`, and `If-Range`.
        Bytes = "bytes",
    }
}

alternatives! {
    /// Whether a download is redirected to another place, without credentials.
    DownloadRedirect, "redirect", "Not stated; a redirect to object storage cannot be excluded." {
        /// The file comes at once.
        None = "none",
        /// 302 to a path that gives the file to everybody who knows it, for 15 minutes.
        Location = "location",
    }
}

alternatives! {
    /// When `is_download` of a task turns true.
    DownloadMark, "download-mark", "The name of the field implies it; no page says when." {
        /// When a download begins.
        Begin = "begin",
        /// When the last byte was handed over.
        End = "end",
        /// Never.
        Never = "never",
    }
}

alternatives! {
    /// Whether a file can be downloaded once more.
    RepeatedDownload, "repeated-download", "Not stated; the field is_download implies it." {
        /// It can.
        Allowed = "allowed",
        /// A task whose `is_download` is true has no file any more, see `no-file`.
        Refused = "refused",
    }
}

alternatives! {
    /// The answer to a download for which there is no file: of a task that is unknown, or not `SUCCESS`.
    NoFile, "no-file", "400, 401 and 500 are listed and 404 is not; what is answered when is not stated." {
        /// 400: `WKS.0202` for an unknown task, `WKS.00010032` for any other.
        BadRequest = "400",
        /// 404 `WKS.00211902` for both.
        NotFound = "404",
    }
}
