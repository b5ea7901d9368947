//! Where credentials were looked for, and what was there.

use std::fmt;

/// A kind of place where credentials can be. The order of [`ALL`](Self::ALL) is the order of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// The variable `SESSION_EXPORT_TOKEN`: a token for this program alone.
    OwnEnvironment,
    /// The variables of the official SDKs, `HUAWEICLOUD_SDK_*`.
    SdkEnvironment,
    /// The variables of the Terraform provider, `HW_*`.
    TerraformEnvironment,
    /// The variables of OpenStack's tools, `OS_*`.
    OpenStackEnvironment,
    /// The profile file of the official SDKs, `~/.huaweicloud/credentials`.
    ProfileFile,
    /// The settings of KooCLI (`hcloud`), `~/.hcloud/config.json`.
    KooCli,
    /// The agency of the machine that this runs on, from its metadata service.
    InstanceMetadata,
}

impl SourceKind {
    /// All of them, first to last.
    pub const ALL: &'static [Self] = &[
        Self::OwnEnvironment,
        Self::SdkEnvironment,
        Self::TerraformEnvironment,
        Self::OpenStackEnvironment,
        Self::ProfileFile,
        Self::KooCli,
        Self::InstanceMetadata,
    ];

    /// A short name, for a flag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OwnEnvironment => "own",
            Self::SdkEnvironment => "sdk",
            Self::TerraformEnvironment => "terraform",
            Self::OpenStackEnvironment => "openstack",
            Self::ProfileFile => "profile",
            Self::KooCli => "koocli",
            Self::InstanceMetadata => "metadata",
        }
    }

    /// What a report calls it as long as nothing more exact is known.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::OwnEnvironment => "environment SESSION_EXPORT_TOKEN",
            Self::SdkEnvironment => "environment HUAWEICLOUD_SDK_*",
            Self::TerraformEnvironment => "environment HW_*",
            Self::OpenStackEnvironment => "environment OS_*",
            Self::ProfileFile => "file ~/.huaweicloud/credentials",
            Self::KooCli => "file ~/.hcloud/config.json",
            Self::InstanceMetadata => "instance metadata",
        }
    }
}

/// One place where credentials were looked for. `Display`: `file ~/.huaweicloud/credentials [basic]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    kind: SourceKind,
    place: String,
}

impl Source {
    pub(super) fn new(kind: SourceKind) -> Self {
        Self::at(kind, kind.place())
    }

    pub(super) fn at(kind: SourceKind, place: impl Into<String>) -> Self {
        Self {
            kind,
            place: place.into(),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> SourceKind {
        self.kind
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// One line of the report: a place, and what was there. It never shows a value.
///
/// `Display`: `environment HW_*: used, a temporary access key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    source: Source,
    outcome: Outcome,
}

/// What was there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// This is the credential; the text says which kind.
    Used(String),
    /// No credential, and why.
    Absent(String),
    /// Something that cannot be used, and why.
    NotUsed(String),
    /// Something about the credential that is used: a value of another family, or what was passed over.
    Note(String),
    /// Something to put right.
    Warning(String),
}

impl Looked {
    pub(super) fn new(source: Source, outcome: Outcome) -> Self {
        Self { source, outcome }
    }

    /// The place.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What was there.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Used(what) => write!(f, "used, {what}"),
            Self::Absent(why) => f.write_str(why),
            Self::NotUsed(why) => write!(f, "not usable: {why}"),
            Self::Note(text) => write!(f, "note: {text}"),
            Self::Warning(text) => write!(f, "warning: {text}"),
        }
    }
}

/// A name out of a file or a path, on one line and not too long.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 200;
    let mut shown: String = name
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if name.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}
