//! The three services, and what the official SDKs call them.

use std::fmt;

/// A service that has a base URL of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    Sessions,
    ExportCentre,
    Iam,
}

impl Service {
    const ALL: [Self; 3] = [Self::Sessions, Self::ExportCentre, Self::Iam];

    /// The name in a regions file, where upper and lower case are the same, and in upper case in a variable's name.
    pub(super) fn sdk_name(self) -> &'static str {
        match self {
            Self::Sessions => "WorkspaceApp",
            Self::ExportCentre => "Workspace",
            Self::Iam => "IAM",
        }
    }

    pub(super) fn by_sdk_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.sdk_name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sessions => "the sessions service",
            Self::ExportCentre => "the export centre",
            Self::Iam => "IAM",
        })
    }
}
