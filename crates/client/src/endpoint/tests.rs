//! The published hosts, and parts given one by one.

use super::*;

#[test]
fn the_published_hosts() {
    for (region, sessions, iam) in [
        (
            "cn-south-1",
            "appstream.cn-south-1.myhuaweicloud.com",
            "iam.cn-south-1.myhuaweicloud.com",
        ),
        (
            "ap-southeast-3",
            "workspace.ap-southeast-3.myhuaweicloud.com",
            "iam.ap-southeast-3.myhuaweicloud.com",
        ),
        (
            "na-mexico-1",
            "workspace.na-mexico-1.myhuaweicloud.com",
            "iam.na-mexico-1.myhuaweicloud.com",
        ),
        (
            "cn-north-11",
            "workspace.cn-north-11.myhuaweicloud.com",
            "iam.myhuaweicloud.com",
        ),
    ] {
        let endpoint = Endpoint::region(region).unwrap();
        assert_eq!(endpoint.sessions().as_str(), format!("https://{sessions}"));
        assert_eq!(
            endpoint.export_centre().as_str(),
            format!("https://workspace.{region}.myhuaweicloud.com")
        );
        assert_eq!(endpoint.iam().unwrap().as_str(), format!("https://{iam}"));
    }
}

#[test]
fn what_is_not_known_is_said_and_can_be_given() {
    let unknown = Endpoint::region("cn-nort-4").unwrap_err().to_string();
    assert!(
        unknown.contains("\"cn-nort-4\" is not known") && unknown.contains("cn-north-4,"),
        "{unknown}"
    );
    let europe = Endpoint::region("eu-west-101").unwrap_err().to_string();
    assert!(
        europe.contains("no host of the sessions service is published"),
        "{europe}"
    );
    let given = Endpoint::builder()
        .region("eu-west-101")
        .sessions("https://sessions.example.com".parse().unwrap());
    let endpoint = given.build().unwrap();
    assert_eq!(
        endpoint.export_centre().as_str(),
        "https://workspace.eu-west-101.myhuaweicloud.com"
    );
    assert_eq!(
        endpoint.iam().unwrap().as_str(),
        "https://iam.eu-west-101.myhuaweicloud.eu"
    );
    assert!(
        Endpoint::builder()
            .build()
            .unwrap_err()
            .to_string()
            .contains("neither a region nor a base URL")
    );
}

#[test]
fn without_a_region_no_iam_is_guessed() {
    let local: BaseUrl = "http://127.0.0.1:1".parse().unwrap();
    let endpoint = Endpoint::builder()
        .sessions(local.clone())
        .export_centre(local)
        .build()
        .unwrap();
    assert_eq!(endpoint.iam(), None);
}

/// The whole table, once more and by rule: the contract, section 8.
#[test]
fn every_known_region_has_its_three_hosts() {
    const APPSTREAM: &str = "cn-north-4 cn-north-9 cn-east-3 cn-south-1 cn-southwest-2";
    const WORKSPACE: &str = "cn-east-5 cn-north-11 ap-southeast-1 ap-southeast-2 ap-southeast-3 af-south-1 af-north-1 \
         la-north-2 la-south-2 na-mexico-1 sa-brazil-1 me-east-1 tr-west-1";
    const GLOBAL_IAM: &str = "cn-north-11 af-north-1";
    let listed = |list: &str, id: &str| list.split(' ').any(|listed| listed == id);
    let mut count = 0;
    for id in Endpoint::known_regions() {
        let endpoint = Endpoint::region(id).unwrap();
        let (appstream, workspace) = (listed(APPSTREAM, id), listed(WORKSPACE, id));
        assert!(appstream != workspace, "{id}");
        let host = if appstream { "appstream" } else { "workspace" };
        let iam = if listed(GLOBAL_IAM, id) {
            "https://iam.myhuaweicloud.com".to_owned()
        } else {
            format!("https://iam.{id}.myhuaweicloud.com")
        };
        assert_eq!(
            endpoint.sessions().as_str(),
            format!("https://{host}.{id}.myhuaweicloud.com")
        );
        assert_eq!(
            endpoint.export_centre().as_str(),
            format!("https://workspace.{id}.myhuaweicloud.com")
        );
        assert_eq!(endpoint.iam().unwrap().as_str(), iam);
        count += 1;
    }
    assert_eq!(count, 18);
}
