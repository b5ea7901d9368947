//! Every setting of the program: what it is called in a profile, as a flag, and as a variable.

use std::fmt;

use super::value::Kind;

/// A setting. The order is that of the configuration file's template and of `config show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Region,
    ProjectId,
    ProjectName,
    Endpoint,
    ExportEndpoint,
    IamEndpoint,
    Credentials,
    CredentialsFile,
    CredentialsProfile,
    ExchangeToken,
    Transport,
    Proxy,
    CaFile,
    ClientCert,
    ClientKeyFile,
    OutputDir,
    MaxBytes,
    Delete,
    Last,
    Utc,
    WaitTimeout,
    Timeout,
    Json,
}

/// What there is to know about a setting.
pub(crate) struct Row {
    pub(crate) key: Key,
    /// In a profile; in upper case behind `SESSION_EXPORT_` it is the variable.
    pub(crate) name: &'static str,
    pub(crate) flag: &'static str,
    pub(crate) kind: Kind,
    /// What counts when nobody says anything.
    pub(crate) default: Option<&'static str>,
    /// Variables of other tools that say the same.
    pub(crate) others: &'static [&'static str],
    pub(crate) help: &'static str,
    /// As it stands in a profile.
    pub(crate) example: &'static str,
}

const ROWS: [Row; 23] = [
    Row {
        key: Key::Region,
        name: "region",
        flag: "--region",
        kind: Kind::Region,
        default: None,
        others: &["HW_REGION_NAME", "OS_REGION_NAME"],
        help: "The region. Endpoints and the project are derived from it.",
        example: "\"cn-north-4\"",
    },
    Row {
        key: Key::ProjectId,
        name: "project_id",
        flag: "--project-id",
        kind: Kind::ProjectId,
        default: None,
        others: &[
            "HUAWEICLOUD_SDK_PROJECT_ID",
            "HW_PROJECT_ID",
            "OS_PROJECT_ID",
            "OS_TENANT_ID",
        ],
        help: "The project's id. Without one it is found by its name.",
        example: "\"a4da8115c9d8464ead3a38309130523f\"",
    },
    Row {
        key: Key::ProjectName,
        name: "project_name",
        flag: "--project-name",
        kind: Kind::Text,
        default: None,
        others: &["HW_PROJECT_NAME", "OS_PROJECT_NAME", "OS_TENANT_NAME"],
        help: "The project's name. Without one it is the region's.",
        example: "\"cn-north-4_team-a\"",
    },
    Row {
        key: Key::Endpoint,
        name: "endpoint",
        flag: "--endpoint",
        kind: Kind::Url,
        default: None,
        others: &[],
        help: "The base URL of the sessions service, instead of the region's.",
        example: "\"https://appstream.cn-north-4.myhuaweicloud.com\"",
    },
    Row {
        key: Key::ExportEndpoint,
        name: "export_endpoint",
        flag: "--export-endpoint",
        kind: Kind::Url,
        default: None,
        others: &[],
        help: "The base URL of the export centre, instead of the region's.",
        example: "\"https://workspace.cn-north-4.myhuaweicloud.com\"",
    },
    Row {
        key: Key::IamEndpoint,
        name: "iam_endpoint",
        flag: "--iam-endpoint",
        kind: Kind::IamUrl,
        default: None,
        others: &[],
        help: "The base URL of IAM, instead of the region's. Passwords are sent there.",
        example: "\"https://iam.cn-north-4.myhuaweicloud.com\"",
    },
    Row {
        key: Key::Credentials,
        name: "credentials",
        flag: "--credentials",
        kind: Kind::OneOf(&["environment", "file", "koocli", "metadata"]),
        default: None,
        others: &[],
        help: "Where credentials are looked for, and nowhere else: environment, file, koocli, metadata.",
        example: "\"file\"",
    },
    Row {
        key: Key::CredentialsFile,
        name: "credentials_file",
        flag: "--credentials-file",
        kind: Kind::Path,
        default: None,
        others: &["HUAWEICLOUD_SDK_CREDENTIALS_FILE"],
        help: "The credentials file, instead of ~/.huaweicloud/credentials.",
        example: "\"~/.huaweicloud/credentials\"",
    },
    Row {
        key: Key::CredentialsProfile,
        name: "credentials_profile",
        flag: "--credentials-profile",
        kind: Kind::Text,
        default: None,
        others: &[],
        help: "The section of the credentials file, or the profile of KooCLI.",
        example: "\"basic\"",
    },
    Row {
        key: Key::ExchangeToken,
        name: "exchange_token",
        flag: "--exchange-token",
        kind: Kind::Bool,
        default: Some("false"),
        others: &[],
        help: "Whether a token of an account, or of a federated log-in, is exchanged for one of the project.",
        example: "false",
    },
    Row {
        key: Key::Transport,
        name: "transport",
        flag: "--transport",
        kind: Kind::OneOf(&["reqwest", "hyper"]),
        default: Some("reqwest"),
        others: &[],
        help: "The HTTP stack: reqwest or hyper.",
        example: "\"reqwest\"",
    },
    Row {
        key: Key::Proxy,
        name: "proxy",
        flag: "--proxy",
        kind: Kind::Proxy,
        default: None,
        others: &["HTTPS_PROXY", "https_proxy"],
        help: "The HTTP proxy, without a password: one that needs a password belongs in SESSION_EXPORT_PROXY.",
        example: "\"http://proxy.example:3128\"",
    },
    Row {
        key: Key::CaFile,
        name: "ca_file",
        flag: "--ca-file",
        kind: Kind::Path,
        default: None,
        others: &[],
        help: "Certificate authorities (PEM) that are trusted besides the system's.",
        example: "\"company-ca.pem\"",
    },
    Row {
        key: Key::ClientCert,
        name: "client_cert",
        flag: "--client-cert",
        kind: Kind::Path,
        default: None,
        others: &[],
        help: "The certificate (PEM) that is shown to servers that ask for one.",
        example: "\"client.pem\"",
    },
    Row {
        key: Key::ClientKeyFile,
        name: "client_key",
        flag: "--client-key",
        kind: Kind::Path,
        default: None,
        others: &[],
        help: "Where the private key (PEM) of client_cert is.",
        example: "\"client-key.pem\"",
    },
    Row {
        key: Key::OutputDir,
        name: "output_dir",
        flag: "--output",
        kind: Kind::Path,
        default: None,
        others: &[],
        help: "The directory for files, which get the server's names there.",
        example: "\"~/exports\"",
    },
    Row {
        key: Key::MaxBytes,
        name: "max_bytes",
        flag: "--max-bytes",
        kind: Kind::Number,
        default: None,
        others: &[],
        help: "Give up when a file has more bytes than this.",
        example: "1000000000",
    },
    Row {
        key: Key::Delete,
        name: "delete",
        flag: "--delete",
        kind: Kind::Bool,
        default: Some("false"),
        others: &[],
        help: "Whether `export` deletes its task once the file is here.",
        example: "true",
    },
    Row {
        key: Key::Last,
        name: "last",
        flag: "--last",
        kind: Kind::Time,
        default: None,
        others: &[],
        help: "Sessions that started within this time until now, where neither --begin nor --end is given.",
        example: "\"7d\"",
    },
    Row {
        key: Key::Utc,
        name: "utc",
        flag: "--utc",
        kind: Kind::Bool,
        default: Some("false"),
        others: &[],
        help: "Whether dates and times without a zone are read as UTC, and times are shown in UTC, instead of local time. Files are read as UTC anyway.",
        example: "true",
    },
    Row {
        key: Key::WaitTimeout,
        name: "wait_timeout",
        flag: "--wait-timeout",
        kind: Kind::Time,
        default: None,
        others: &[],
        help: "Give up waiting for a task after this time.",
        example: "\"30m\"",
    },
    Row {
        key: Key::Timeout,
        name: "timeout",
        flag: "--timeout",
        kind: Kind::Time,
        default: None,
        others: &[],
        help: "Give up a whole command after this time.",
        example: "\"1h\"",
    },
    Row {
        key: Key::Json,
        name: "json",
        flag: "--json",
        kind: Kind::Bool,
        default: Some("false"),
        others: &[],
        help: "Whether results are JSON documents.",
        example: "false",
    },
];

impl Key {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.key)
    }

    /// The setting of this name in a profile.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.key)
    }

    pub(crate) fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    /// The program's own variable for it.
    pub(crate) fn variable(self) -> String {
        format!("SESSION_EXPORT_{}", self.name().to_ascii_uppercase())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_own_row() {
        for (index, row) in ROWS.iter().enumerate() {
            assert_eq!(row.key as usize, index, "{}", row.name);
            assert_eq!(Key::named(row.name), Some(row.key));
        }
    }
}
