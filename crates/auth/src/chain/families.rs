//! What each family of environment variables calls its settings.

use super::report::SourceKind;
use super::settings::{Field, Vocabulary};

/// The families, in the order of the chain.
pub(super) const FAMILIES: [(SourceKind, Vocabulary); 4] = [
    (SourceKind::OwnEnvironment, OWN),
    (SourceKind::SdkEnvironment, SDK),
    (SourceKind::TerraformEnvironment, TERRAFORM),
    (SourceKind::OpenStackEnvironment, OPENSTACK),
];

/// The passcode goes with a password of whatever source.
pub(super) const PASSCODE: Vocabulary = &[(Field::Passcode, &["SESSION_EXPORT_TOTP_PASSCODE"])];

const OWN: Vocabulary = &[(Field::Token, &["SESSION_EXPORT_TOKEN"])];

const SDK: Vocabulary = &[
    (Field::KeyId, &["HUAWEICLOUD_SDK_AK"]),
    (Field::KeySecret, &["HUAWEICLOUD_SDK_SK"]),
    (Field::SecurityToken, &["HUAWEICLOUD_SDK_SECURITY_TOKEN"]),
    (Field::DomainId, &["HUAWEICLOUD_SDK_DOMAIN_ID"]),
    (Field::ProjectId, &["HUAWEICLOUD_SDK_PROJECT_ID"]),
    (Field::IamEndpoint, &["HUAWEICLOUD_SDK_IAM_ENDPOINT"]),
    (Field::IdpId, &["HUAWEICLOUD_SDK_IDP_ID"]),
    (Field::IdToken, &["HUAWEICLOUD_SDK_ID_TOKEN_FILE"]),
];

const TERRAFORM: Vocabulary = &[
    (Field::Token, &["HW_AUTH_TOKEN"]),
    (Field::KeyId, &["HW_ACCESS_KEY"]),
    (Field::KeySecret, &["HW_SECRET_KEY"]),
    (Field::SecurityToken, &["HW_SECURITY_TOKEN"]),
    (Field::UserName, &["HW_USER_NAME"]),
    (Field::UserId, &["HW_USER_ID"]),
    (Field::Password, &["HW_USER_PASSWORD"]),
    (Field::DomainName, &["HW_DOMAIN_NAME"]),
    (Field::DomainId, &["HW_DOMAIN_ID"]),
    (Field::ProjectId, &["HW_PROJECT_ID"]),
    (Field::ProjectName, &["HW_PROJECT_NAME"]),
    (Field::Region, &["HW_REGION_NAME"]),
    (Field::IamEndpoint, &["HW_AUTH_URL"]),
    (Field::IdpId, &["HW_ASSUME_ROLE_IDP_ID"]),
    (
        Field::IdToken,
        &["HW_ASSUME_ROLE_ID_TOKEN", "HW_ASSUME_ROLE_ID_TOKEN_FILE"],
    ),
    (Field::AgencyName, &["HW_ASSUME_ROLE_AGENCY_NAME"]),
    (Field::AgencyDomainName, &["HW_ASSUME_ROLE_DOMAIN_NAME"]),
    (Field::AgencyDomainId, &["HW_ASSUME_ROLE_DOMAIN_ID"]),
    (Field::AgencyDuration, &["HW_ASSUME_ROLE_DURATION"]),
];

const OPENSTACK: Vocabulary = &[
    (Field::Token, &["OS_AUTH_TOKEN"]),
    (Field::KeyId, &["OS_ACCESS_KEY"]),
    (Field::KeySecret, &["OS_SECRET_KEY"]),
    (Field::UserName, &["OS_USERNAME"]),
    (Field::UserId, &["OS_USER_ID"]),
    (Field::Password, &["OS_PASSWORD"]),
    (
        Field::DomainName,
        &["OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME"],
    ),
    (
        Field::DomainId,
        &["OS_DOMAIN_ID", "OS_USER_DOMAIN_ID", "OS_PROJECT_DOMAIN_ID"],
    ),
    (Field::ProjectId, &["OS_PROJECT_ID", "OS_TENANT_ID"]),
    (Field::ProjectName, &["OS_PROJECT_NAME", "OS_TENANT_NAME"]),
    (Field::Region, &["OS_REGION_NAME"]),
    (Field::IamEndpoint, &["OS_AUTH_URL"]),
    (Field::AgencyName, &["OS_AGENCY_NAME"]),
    (Field::AgencyDomainName, &["OS_AGENCY_DOMAIN_NAME"]),
    (Field::AgencyProject, &["OS_DELEGATED_PROJECT"]),
];
