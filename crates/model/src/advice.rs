//! One sentence of advice for the error codes that are known.

/// What a person can do about an error code, in one sentence; `None` for a code that is not known.
///
/// The codes are those of the API definitions, the service's and the gateway's error tables and IAM's. The shared
/// gateway writes `APIGW.`, a customer's own gateway `APIG.`; both are alike here.
///
/// ```
/// use session_export_model::advice;
///
/// assert_eq!(advice("APIG.0308"), advice("APIGW.0308"));
/// assert!(advice("WKS.99999999").is_none());
/// ```
pub fn advice(code: &str) -> Option<&'static str> {
    if let Some(number) = code.strip_prefix("APIGW.").or_else(|| code.strip_prefix("APIG.")) {
        return gateway(number);
    }
    if let Some(number) = code.strip_prefix("IAM.") {
        return iam(number);
    }
    code.strip_prefix("WKS.").and_then(workspace)
}

fn gateway(number: &str) -> Option<&'static str> {
    Some(match number {
        "0101" => "Check the region and the endpoint: this host does not serve the API.",
        "0103" | "0104" | "0105" | "0106" => {
            "The service is not reachable behind this gateway; check the endpoint, then ask support."
        }
        "0201" => {
            "The gateway refused the size or the form of the request, or its backend did not answer in time."
        }
        "0202" | "0203" | "0610" => "The service behind the gateway did not answer; try again in a minute.",
        "0204" | "0205" => "Check the TLS version and the client certificate.",
        "0301" => "Check the token or the access key: expired, of another region, or wrong.",
        "0302" | "0802" => "This IAM user may not call the API in this region; ask an administrator.",
        "0303" => "Check the clock of this machine (15 minutes are allowed) and the access key.",
        "0304" | "0306" => "This application is not authorised for the API; ask an administrator.",
        "0305" => "The credentials were refused; get new ones and try again.",
        "0307" => "Get a new token from the IAM endpoint of the same region.",
        "0308" => "Wait a minute, then send fewer requests.",
        "0310" => "The project is not available; check whether it is frozen or of another region.",
        "0401" | "0402" | "0404" | "0405" => "The gateway does not admit requests from this IP address.",
        "0501" | "0502" => "The quota of this application is used up or frozen.",
        "0601" | "0605" | "0606" | "0608" | "0609" | "0611" | "0612" => {
            "The gateway failed inside; try again later, then give support the request id."
        }
        "0602" => "The gateway did not understand the request.",
        "0613" => "IAM is not available for the moment; try again shortly.",
        _ => return None,
    })
}

fn iam(number: &str) -> Option<&'static str> {
    Some(match number {
        "0001" | "0066" | "0067" => "Get a new token: this one is expired or not valid.",
        "0002" | "0003" | "0080" | "0081" | "0082" | "0083" => {
            "The IAM user lacks a permission, or is restricted; ask an administrator."
        }
        "0004" => "IAM does not know what was named; check user, account and project.",
        "0006" => "IAM failed inside; try again later.",
        "0007" | "0011" | "0072" | "0073" | "1101" => {
            "IAM did not understand the request; check the given names."
        }
        "0012" => "IAM throttles; wait before the next log-in.",
        "0061" => "The account or user is locked; wait or ask an administrator.",
        "0062" | "0063" | "0064" => "Check the user name, the account name and the password.",
        "1104" | "1105" | "1106" | "1107" => "The access key is unknown, inactive or expired.",
        "1108" => "The temporary access key has expired; get a new one.",
        "1109" => "IAM does not know the project; check its id or name.",
        _ => return None,
    })
}

fn workspace(number: &str) -> Option<&'static str> {
    Some(match number {
        "0001" => "The service saw no usable request message; check the filter.",
        "00000405" => "This endpoint does not serve the call; check the three base URLs.",
        "00000415" => "A proxy may have changed the Content-Type; it must be application/json.",
        "00010032" => "Another operation is under way; try again later.",
        "00010099" => "The Workspace service is disabled for this project; enable it first.",
        "00050902" => "The service is not available for the moment; try again later.",
        "00081102" => "Ask an administrator for the permission workspace:session:exportSessions.",
        "00129901" | "00139901" | "00149901" | "00169901" | "00211102" => {
            "The service refused a parameter; check the filter, its times above all."
        }
        "00211302" => "Check the token: the service did not accept its user.",
        "00211401" => "The service failed inside; look for the task before you export again.",
        "00211902" => "What the filter names does not exist; check the ids.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn the_samples_of_the_definition_all_have_advice() {
        for code in
            "WKS.00211102 WKS.00211302 WKS.00081102 WKS.00211902 WKS.00000405 WKS.00000415 WKS.00211401 \
            WKS.00050902 APIGW.0301 APIGW.0307 APIGW.0308 APIGW.0613 APIG.0101 IAM.0012 IAM.0062"
                .split_whitespace()
        {
            let sentence = advice(code).unwrap_or_else(|| panic!("{code}"));
            assert!(
                sentence.ends_with('.') && !sentence.contains('\n'),
                "{code}: {sentence}"
            );
        }
    }

    #[test]
    fn an_unknown_code_has_none() {
        for code in [
            "",
            "WKS.",
            "WKS.00000000",
            "APIGW.9999",
            "0301",
            "IAM",
            "apigw.0301",
        ] {
            assert_eq!(advice(code), None, "{code}");
        }
    }
}
