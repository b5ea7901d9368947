//! The table's rows for variables.

use session_export_auth::SourceKind;

use crate::table::{Case, Group, Set::Variables};

pub(crate) const OWN: Group = Group {
    kind: SourceKind::OwnEnvironment,
    title: "`SESSION_EXPORT_TOKEN`",
    cases: &[
        Case {
            given: "a token",
            set: Variables(&[("SESSION_EXPORT_TOKEN", "MIIsesame\n")]),
            outcome: "used, a token",
        },
        Case {
            given: "a token with a blank in it",
            set: Variables(&[("SESSION_EXPORT_TOKEN", "MII sesame")]),
            outcome: "error: environment SESSION_EXPORT_TOKEN: SESSION_EXPORT_TOKEN: the token holds \
                      blanks, line breaks or non-ASCII characters; check how it was copied",
        },
        Case {
            given: "a blank value",
            set: Variables(&[("SESSION_EXPORT_TOKEN", "  ")]),
            outcome: "goes on: SESSION_EXPORT_TOKEN is not set",
        },
        Case {
            given: "nothing",
            set: Variables(&[]),
            outcome: "goes on: SESSION_EXPORT_TOKEN is not set",
        },
    ],
};

pub(crate) const SDK: Group = Group {
    kind: SourceKind::SdkEnvironment,
    title: "Variables of the official SDKs",
    cases: &[
        Case {
            given: "`_AK`, `_SK`",
            set: Variables(&[("HUAWEICLOUD_SDK_AK", "AK"), ("HUAWEICLOUD_SDK_SK", "sesame")]),
            outcome: "used, an access key",
        },
        Case {
            given: "the same with `_SECURITY_TOKEN`, `_PROJECT_ID`, `_IAM_ENDPOINT`",
            set: Variables(&[
                ("HUAWEICLOUD_SDK_AK", "AK"),
                ("HUAWEICLOUD_SDK_SK", "sesame"),
                ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "sesame"),
                ("HUAWEICLOUD_SDK_PROJECT_ID", "p1"),
                ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam.example.com/v3/"),
            ]),
            outcome: "used, a temporary access key; project id p1; IAM at https://iam.example.com",
        },
        Case {
            given: "`_AK` alone",
            set: Variables(&[("HUAWEICLOUD_SDK_AK", "AK")]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_AK is set, but not \
                      HUAWEICLOUD_SDK_SK; set what is missing, or remove HUAWEICLOUD_SDK_AK to use another \
                      credential",
        },
        Case {
            given: "`_SK` alone",
            set: Variables(&[("HUAWEICLOUD_SDK_SK", "sesame")]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_SK is set, but not \
                      HUAWEICLOUD_SDK_AK; set what is missing, or remove HUAWEICLOUD_SDK_SK to use another \
                      credential",
        },
        Case {
            given: "`_SECURITY_TOKEN` alone",
            set: Variables(&[("HUAWEICLOUD_SDK_SECURITY_TOKEN", "sesame")]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_SECURITY_TOKEN is set, but not \
                      HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; set what is missing, or remove \
                      HUAWEICLOUD_SDK_SECURITY_TOKEN to use another credential",
        },
        Case {
            given: "an `_SK` with a line break in it",
            set: Variables(&[("HUAWEICLOUD_SDK_AK", "AK"), ("HUAWEICLOUD_SDK_SK", "5e\ncret")]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_SK: the secret access key \
                      holds blanks, line breaks or non-ASCII characters; check how it was copied",
        },
        Case {
            given: "a `_SECURITY_TOKEN` with a blank in it",
            set: Variables(&[
                ("HUAWEICLOUD_SDK_AK", "AK"),
                ("HUAWEICLOUD_SDK_SK", "sesame"),
                ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "A sesame"),
            ]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_SECURITY_TOKEN: the security \
                      token holds blanks, line breaks or non-ASCII characters; check how it was copied",
        },
        Case {
            given: "an `_IAM_ENDPOINT` that is no URL",
            set: Variables(&[
                ("HUAWEICLOUD_SDK_AK", "AK"),
                ("HUAWEICLOUD_SDK_SK", "sesame"),
                ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "iam:sesame"),
            ]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: the value of HUAWEICLOUD_SDK_IAM_ENDPOINT is \
                      not a usable URL; write it like https://iam.cn-north-4.myhuaweicloud.com",
        },
        Case {
            given: "a `_PROJECT_ID` that is none",
            set: Variables(&[
                ("HUAWEICLOUD_SDK_AK", "AK"),
                ("HUAWEICLOUD_SDK_SK", "sesame"),
                ("HUAWEICLOUD_SDK_PROJECT_ID", ".."),
            ]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: the value of HUAWEICLOUD_SDK_PROJECT_ID is not \
                      a project's id",
        },
        Case {
            given: "`_IDP_ID` and `_ID_TOKEN_FILE`, with a key",
            set: Variables(&[
                ("HUAWEICLOUD_SDK_AK", "AK"),
                ("HUAWEICLOUD_SDK_SK", "sesame"),
                ("HUAWEICLOUD_SDK_IDP_ID", "idp"),
                ("HUAWEICLOUD_SDK_ID_TOKEN_FILE", "token"),
            ]),
            outcome: "error: environment HUAWEICLOUD_SDK_*: HUAWEICLOUD_SDK_IDP_ID and \
                      HUAWEICLOUD_SDK_ID_TOKEN_FILE ask for a log-in with an ID token, which is not \
                      supported here; get a token with another tool and set SESSION_EXPORT_TOKEN, or \
                      remove the two to use another credential",
        },
        Case {
            given: "`_IDP_ID` alone, with a key",
            set: Variables(&[
                ("HUAWEICLOUD_SDK_AK", "AK"),
                ("HUAWEICLOUD_SDK_SK", "sesame"),
                ("HUAWEICLOUD_SDK_IDP_ID", "idp"),
            ]),
            outcome: "used, an access key; note: HUAWEICLOUD_SDK_IDP_ID is passed over: alone it is no \
                      credential",
        },
        Case {
            given: "`_PROJECT_ID` alone",
            set: Variables(&[("HUAWEICLOUD_SDK_PROJECT_ID", "p1")]),
            outcome: "goes on: HUAWEICLOUD_SDK_AK is not set",
        },
    ],
};

pub(crate) const TERRAFORM: Group = Group {
    kind: SourceKind::TerraformEnvironment,
    title: "Variables of the Terraform provider",
    cases: &[
        Case {
            given: "`HW_AUTH_TOKEN`, `HW_REGION_NAME`, `HW_PROJECT_NAME`",
            set: Variables(&[
                ("HW_AUTH_TOKEN", "MIIsesame"),
                ("HW_REGION_NAME", "cn-north-4"),
                ("HW_PROJECT_NAME", "cn-north-4_sub"),
            ]),
            outcome: "used, a token; project cn-north-4_sub; region cn-north-4",
        },
        Case {
            given: "`HW_ACCESS_KEY`, `HW_SECRET_KEY`, `HW_SECURITY_TOKEN`",
            set: Variables(&[
                ("HW_ACCESS_KEY", "AK"),
                ("HW_SECRET_KEY", "sesame"),
                ("HW_SECURITY_TOKEN", "sesame"),
            ]),
            outcome: "used, a temporary access key",
        },
        Case {
            given: "`HW_USER_NAME`, `HW_USER_PASSWORD`, `HW_DOMAIN_NAME`, `HW_AUTH_URL`",
            set: Variables(&[
                ("HW_USER_NAME", "user005"),
                ("HW_USER_PASSWORD", "sesame"),
                ("HW_DOMAIN_NAME", "account-a"),
                ("HW_AUTH_URL", "https://iam.cn-north-4.myhuaweicloud.com/v3"),
            ]),
            outcome: "used, a password; IAM at https://iam.cn-north-4.myhuaweicloud.com",
        },
        Case {
            given: "`HW_USER_ID`, `HW_USER_PASSWORD`, `SESSION_EXPORT_TOTP_PASSCODE`",
            set: Variables(&[
                ("HW_USER_ID", "0a1b"),
                ("HW_USER_PASSWORD", "sesame"),
                ("SESSION_EXPORT_TOTP_PASSCODE", "123456"),
            ]),
            outcome: "used, a password and a one-time passcode",
        },
        Case {
            given: "a user name, a password, a domain and a passcode, but no user id",
            set: Variables(&[
                ("HW_USER_NAME", "user005"),
                ("HW_USER_PASSWORD", "sesame"),
                ("HW_DOMAIN_ID", "d1"),
                ("SESSION_EXPORT_TOTP_PASSCODE", "123456"),
            ]),
            outcome: "error: environment HW_*: SESSION_EXPORT_TOTP_PASSCODE is set, but there is no user \
                      id, and IAM wants one with a passcode; set HW_USER_ID or OS_USER_ID",
        },
        Case {
            given: "a passcode that is not digits",
            set: Variables(&[
                ("HW_USER_ID", "0a1b"),
                ("HW_USER_PASSWORD", "sesame"),
                ("SESSION_EXPORT_TOTP_PASSCODE", "sesame"),
            ]),
            outcome: "error: environment HW_*: SESSION_EXPORT_TOTP_PASSCODE holds something other than \
                      digits",
        },
        Case {
            given: "a token and half an access key",
            set: Variables(&[("HW_AUTH_TOKEN", "MIIsesame"), ("HW_ACCESS_KEY", "AK")]),
            outcome: "used, a token; note: the access key that is there too is passed over: HW_ACCESS_KEY \
                      is set, but not HW_SECRET_KEY",
        },
        Case {
            given: "an access key and a whole password",
            set: Variables(&[
                ("HW_ACCESS_KEY", "AK"),
                ("HW_SECRET_KEY", "sesame"),
                ("HW_USER_ID", "0a1b"),
                ("HW_USER_PASSWORD", "sesame"),
            ]),
            outcome: "used, an access key; note: the password that is there too is passed over",
        },
        Case {
            given: "half an access key and a whole password",
            set: Variables(&[
                ("HW_ACCESS_KEY", "AK"),
                ("HW_USER_ID", "0a1b"),
                ("HW_USER_PASSWORD", "sesame"),
            ]),
            outcome: "error: environment HW_*: HW_ACCESS_KEY is set, but not HW_SECRET_KEY; set what is \
                      missing, or remove HW_ACCESS_KEY to use another credential",
        },
        Case {
            given: "a password without a user",
            set: Variables(&[("HW_USER_PASSWORD", "sesame"), ("HW_DOMAIN_NAME", "account-a")]),
            outcome: "error: environment HW_*: HW_USER_PASSWORD is set, but neither HW_USER_NAME nor \
                      HW_USER_ID; set what is missing, or remove HW_USER_PASSWORD to use another credential",
        },
        Case {
            given: "a password without a domain",
            set: Variables(&[("HW_USER_NAME", "user005"), ("HW_USER_PASSWORD", "sesame")]),
            outcome: "error: environment HW_*: HW_USER_PASSWORD is set, but neither HW_DOMAIN_NAME nor \
                      HW_DOMAIN_ID; set what is missing, or remove HW_USER_PASSWORD to use another \
                      credential",
        },
        Case {
            given: "a user and a domain without a password",
            set: Variables(&[("HW_USER_NAME", "user005"), ("HW_DOMAIN_NAME", "account-a")]),
            outcome: "goes on: neither HW_AUTH_TOKEN, HW_ACCESS_KEY nor HW_USER_PASSWORD is set",
        },
        Case {
            given: "a key and an agency: `HW_ASSUME_ROLE_AGENCY_NAME`, `_DOMAIN_NAME`, `_DURATION`",
            set: Variables(&[
                ("HW_ACCESS_KEY", "AK"),
                ("HW_SECRET_KEY", "sesame"),
                ("HW_ASSUME_ROLE_AGENCY_NAME", "reader"),
                ("HW_ASSUME_ROLE_DOMAIN_NAME", "account-b"),
                ("HW_ASSUME_ROLE_DURATION", "3600"),
            ]),
            outcome: "used, an access key; with an agency",
        },
        Case {
            given: "a key and an agency without an account",
            set: Variables(&[
                ("HW_ACCESS_KEY", "AK"),
                ("HW_SECRET_KEY", "sesame"),
                ("HW_ASSUME_ROLE_AGENCY_NAME", "reader"),
            ]),
            outcome: "error: environment HW_*: HW_ASSUME_ROLE_AGENCY_NAME is set, but neither \
                      HW_ASSUME_ROLE_DOMAIN_NAME nor HW_ASSUME_ROLE_DOMAIN_ID; set what is missing, or \
                      remove HW_ASSUME_ROLE_AGENCY_NAME to use no agency",
        },
        Case {
            given: "a key and an agency's account without its name",
            set: Variables(&[
                ("HW_ACCESS_KEY", "AK"),
                ("HW_SECRET_KEY", "sesame"),
                ("HW_ASSUME_ROLE_DOMAIN_ID", "d2"),
            ]),
            outcome: "error: environment HW_*: HW_ASSUME_ROLE_DOMAIN_ID is set, but not \
                      HW_ASSUME_ROLE_AGENCY_NAME; set what is missing, or remove HW_ASSUME_ROLE_DOMAIN_ID \
                      to use no agency",
        },
        Case {
            given: "a key and an agency for a minute",
            set: Variables(&[
                ("HW_ACCESS_KEY", "AK"),
                ("HW_SECRET_KEY", "sesame"),
                ("HW_ASSUME_ROLE_AGENCY_NAME", "reader"),
                ("HW_ASSUME_ROLE_DOMAIN_ID", "d2"),
                ("HW_ASSUME_ROLE_DURATION", "60"),
            ]),
            outcome: "error: environment HW_*: the value of HW_ASSUME_ROLE_DURATION is not a number of \
                      seconds from 900 to 86400",
        },
        Case {
            given: "`HW_ASSUME_ROLE_IDP_ID` and `HW_ASSUME_ROLE_ID_TOKEN`",
            set: Variables(&[
                ("HW_ASSUME_ROLE_IDP_ID", "idp"),
                ("HW_ASSUME_ROLE_ID_TOKEN", "sesame"),
            ]),
            outcome: "error: environment HW_*: HW_ASSUME_ROLE_IDP_ID and HW_ASSUME_ROLE_ID_TOKEN ask for a \
                      log-in with an ID token, which is not supported here; get a token with another tool \
                      and set SESSION_EXPORT_TOKEN, or remove the two to use another credential",
        },
    ],
};

pub(crate) const OPENSTACK: Group = Group {
    kind: SourceKind::OpenStackEnvironment,
    title: "Variables of OpenStack's tools",
    cases: &[
        Case {
            given: "`OS_AUTH_TOKEN`, `OS_TENANT_ID`",
            set: Variables(&[("OS_AUTH_TOKEN", "MIIsesame"), ("OS_TENANT_ID", "p1")]),
            outcome: "used, a token; project id p1",
        },
        Case {
            given: "`OS_ACCESS_KEY`, `OS_SECRET_KEY`, `OS_REGION_NAME`",
            set: Variables(&[
                ("OS_ACCESS_KEY", "AK"),
                ("OS_SECRET_KEY", "sesame"),
                ("OS_REGION_NAME", "cn-north-4"),
            ]),
            outcome: "used, an access key; region cn-north-4",
        },
        Case {
            given: "`OS_USERNAME`, `OS_PASSWORD`, `OS_USER_DOMAIN_NAME`, `OS_AUTH_URL`",
            set: Variables(&[
                ("OS_USERNAME", "user005"),
                ("OS_PASSWORD", "sesame"),
                ("OS_USER_DOMAIN_NAME", "account-a"),
                ("OS_AUTH_URL", "https://iam.example.com/v3"),
            ]),
            outcome: "used, a password; IAM at https://iam.example.com",
        },
        Case {
            given: "a key and an agency: `OS_AGENCY_NAME`, `OS_AGENCY_DOMAIN_NAME`",
            set: Variables(&[
                ("OS_ACCESS_KEY", "AK"),
                ("OS_SECRET_KEY", "sesame"),
                ("OS_AGENCY_NAME", "reader"),
                ("OS_AGENCY_DOMAIN_NAME", "account-b"),
            ]),
            outcome: "used, an access key; with an agency",
        },
        Case {
            given: "a key and an agency without an account",
            set: Variables(&[
                ("OS_ACCESS_KEY", "AK"),
                ("OS_SECRET_KEY", "sesame"),
                ("OS_AGENCY_NAME", "reader"),
            ]),
            outcome: "error: environment OS_*: OS_AGENCY_NAME is set, but not OS_AGENCY_DOMAIN_NAME; set \
                      what is missing, or remove OS_AGENCY_NAME to use no agency",
        },
        Case {
            given: "`OS_SECRET_KEY` alone",
            set: Variables(&[("OS_SECRET_KEY", "sesame")]),
            outcome: "error: environment OS_*: OS_SECRET_KEY is set, but not OS_ACCESS_KEY; set what is \
                      missing, or remove OS_SECRET_KEY to use another credential",
        },
        Case {
            given: "`OS_USERNAME` alone",
            set: Variables(&[("OS_USERNAME", "user005")]),
            outcome: "goes on: neither OS_AUTH_TOKEN, OS_ACCESS_KEY nor OS_PASSWORD is set",
        },
    ],
};
