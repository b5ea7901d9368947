//! Choices about the gateway in front of the services, and about IAM.

use super::alternatives;

alternatives! {
    /// What a known path with another method is answered with.
    WrongMethod, "wrong-method", "405 WKS.00000405 is documented for the operations, 404 APIGW.0101 by the gateway for a wrong path, method or host." {
        /// 405 `WKS.00000405` with `Allow`.
        NotAllowed = "405",
        /// 404 `APIGW.0101`.
        NotPublished = "404",
    }
}

alternatives! {
    /// How many requests to Workspace a user may send.
    RateLimit, "rate-limit", "Seen are 200 a minute for GET and 100 a minute for POST, for each user; the row of the exports was not seen." {
        /// Any number.
        None = "none",
        /// 200 `GET` and 100 `POST` for each user and minute of the clock; else 429 `APIGW.0308`. Refused ones count, too.
        Documented = "documented",
    }
}

alternatives! {
    /// Whether a 429 has `Retry-After`, the time until the next minute begins.
    RetryAfter, "retry-after", "No document or report shows it." {
        /// It has not.
        Absent = "absent",
        /// In seconds.
        Seconds = "seconds",
        /// As a date.
        Date = "date",
    }
}

alternatives! {
    /// The error code of an expired token.
    ExpiredToken, "expired-token", "The gateway's manual has both for 401: APIGW.0301 with the message \"token expires\", and APIGW.0307 for a token that must be updated." {
        /// `APIGW.0301`.
        Incorrect = "APIGW.0301",
        /// `APIGW.0307`.
        Outdated = "APIGW.0307",
    }
}

alternatives! {
    /// Whether Workspace's answers have the headers of a customer's own gateway.
    GatewayHeaders, "gateway-headers", "Customers' gateways send X-Apig-Latency and Server: api-gateway; whether the shared one does is unknown." {
        /// They have not.
        Absent = "absent",
        /// They have both.
        Present = "present",
    }
}

alternatives! {
    /// Whether Workspace's error bodies have more than a code and a message.
    ErrorDetail, "error-detail", "Some newer pages have error_detail and encoded_authorization_message; those of the export have not." {
        /// They have not.
        Absent = "absent",
        /// `error_detail`, and with 403 `encoded_authorization_message`.
        Present = "present",
    }
}

alternatives! {
    /// Whether a token can be had for an access key and its secret (`hw_ak_sk`).
    HwAkSk, "hw-ak-sk", "Not in IAM's API definitions, but in guides of other services and in public code." {
        /// 400, as for any unknown method.
        Refused = "refused",
        /// It can, for the permanent keys; a wrong one is answered with 401.
        Accepted = "accepted",
    }
}
