//! The published hosts, region by region.
//!
//! Sessions: the endpoint table of the official SDKs (Python and Go agree) and the API reference, which adds
//! na-mexico-1. Export centre: the API reference. IAM: the endpoint table of the official SDKs.

use session_export_transport::BaseUrl;

/// Regions whose sessions service has a host of its own, `appstream.*`.
const APPSTREAM: [&str; 5] = [
    "cn-north-4",
    "cn-north-9",
    "cn-east-3",
    "cn-south-1",
    "cn-southwest-2",
];

/// Regions whose sessions service shares the host `workspace.*` with the export centre.
const WORKSPACE: [&str; 13] = [
    "cn-east-5",
    "cn-north-11",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "af-south-1",
    "af-north-1",
    "la-north-2",
    "la-south-2",
    "na-mexico-1",
    "sa-brazil-1",
    "me-east-1",
    "tr-west-1",
];

/// A region with an export centre, but without a published host of the sessions service.
const EXPORT_CENTRE_ONLY: &str = "eu-west-101";

/// Regions with an IAM host of their own; every other one uses the global host.
const IAM: [&str; 27] = [
    "cn-north-1",
    "cn-north-2",
    "cn-north-4",
    "cn-north-9",
    "cn-north-12",
    "cn-east-2",
    "cn-east-3",
    "cn-east-4",
    "cn-east-5",
    "cn-south-1",
    "cn-south-2",
    "cn-southwest-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "af-south-1",
    "sa-brazil-1",
    "la-south-2",
    "la-north-2",
    "na-mexico-1",
    "eu-west-0",
    "my-kualalumpur-1",
    "ru-moscow-1",
    "me-east-1",
    "ae-ad-1",
    "tr-west-1",
];

pub(super) fn known() -> impl Iterator<Item = &'static str> {
    APPSTREAM.into_iter().chain(WORKSPACE)
}

pub(super) fn sessions(region: &str) -> Option<BaseUrl> {
    if APPSTREAM.contains(&region) {
        Some(host(&format!("appstream.{region}.myhuaweicloud.com")))
    } else if WORKSPACE.contains(&region) {
        Some(host(&format!("workspace.{region}.myhuaweicloud.com")))
    } else {
        None
    }
}

pub(super) fn export_centre(region: &str) -> Option<BaseUrl> {
    let published = region == EXPORT_CENTRE_ONLY || known().any(|known| known == region);
    published.then(|| host(&format!("workspace.{region}.myhuaweicloud.com")))
}

pub(super) fn iam(region: &str) -> BaseUrl {
    match region {
        "eu-west-101" => host("iam.eu-west-101.myhuaweicloud.eu"),
        _ if IAM.contains(&region) => host(&format!("iam.{region}.myhuaweicloud.com")),
        _ => host("iam.myhuaweicloud.com"),
    }
}

fn host(name: &str) -> BaseUrl {
    format!("https://{name}")
        .parse()
        .expect("the names in these tables are valid hosts")
}
