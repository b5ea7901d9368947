//! One walk along the chain.

use std::error::Error;

use super::CredentialChain;
use super::complete::{self, Lenders};
use super::credential::Credential;
use super::error::{NoCredentials, Problem};
use super::families::{FAMILIES, PASSCODE};
use super::file_source::{Content, FileSource};
use super::found::{Context, Found};
use super::report::{Looked, Outcome, Source, SourceKind};
use super::settings::{Field, Settings};
use super::{koocli, profile};
use crate::{AuthError, InstanceMetadata};

/// The chain, its variables sorted by family, and the report so far.
pub(super) struct Search<'a> {
    chain: &'a CredentialChain,
    families: Vec<(SourceKind, Settings)>,
    pub(super) report: Vec<Looked>,
}

/// The end of a walk.
pub(super) enum Searched<'a> {
    Found(Box<Found>),
    /// Nothing, but the metadata service was not asked yet.
    Nothing(Search<'a>),
}

impl<'a> Search<'a> {
    pub(super) fn new(chain: &'a CredentialChain) -> Self {
        let settings = |vocabulary| Settings::of_environment(&chain.environment, vocabulary);
        Self {
            chain,
            families: FAMILIES
                .into_iter()
                .map(|(kind, vocabulary)| (kind, settings(vocabulary)))
                .collect(),
            report: Vec::new(),
        }
    }

    /// Looks everywhere but at the metadata service.
    pub(super) fn run(mut self) -> Result<Searched<'a>, NoCredentials> {
        // Taken out, so that the report can grow while they are read.
        let families = std::mem::take(&mut self.families);
        let chain = self.chain;
        for (kind, own) in families.iter().filter(|(kind, _)| chain.looks_in(*kind)) {
            let lenders = self.lenders(&families, *kind);
            let mut notes = Vec::new();
            let taken = take(own, &lenders, &mut notes);
            let source = Source::new(*kind);
            if let Some(found) = entered(&mut self.report, source, own, taken, notes)? {
                return Ok(Searched::Found(Box::new(found)));
            }
        }
        for kind in [SourceKind::ProfileFile, SourceKind::KooCli] {
            if !chain.looks_in(kind) {
                continue;
            }
            let profile = chain.profile.as_deref();
            let file = match kind {
                SourceKind::ProfileFile => {
                    profile::read(&chain.environment, chain.credentials_file.as_deref(), profile)
                }
                _ => koocli::read(&chain.environment, profile),
            };
            let lenders = self.lenders(&families, kind);
            if let Some(found) = take_file(&mut self.report, file, &lenders)? {
                return Ok(Searched::Found(Box::new(found)));
            }
        }
        self.families = families;
        Ok(Searched::Nothing(self))
    }

    /// Who may lend what to a source of this kind. A region or a project says where, and comes from any variable; an
    /// agency and an endpoint of IAM say who, and come only from places that take part.
    fn lenders<'s>(&self, families: &'s [(SourceKind, Settings)], to: SourceKind) -> Lenders<'s> {
        let family = |wanted| {
            families
                .iter()
                .find(|(kind, _)| *kind == wanted && self.chain.lends(wanted))
                .map(|(_, settings)| settings)
        };
        Lenders {
            values: families
                .iter()
                .filter(|(kind, _)| *kind != to)
                .map(|(_, settings)| settings)
                .collect(),
            // Terraform takes an agency on with whatever it reads itself; the SDKs know no such variable.
            agency: match to {
                SourceKind::OpenStackEnvironment | SourceKind::KooCli | SourceKind::InstanceMetadata => {
                    family(SourceKind::TerraformEnvironment)
                }
                _ => None,
            },
            // The file and the variables are those of the same SDKs.
            endpoint: match to {
                SourceKind::ProfileFile => family(SourceKind::SdkEnvironment),
                _ => None,
            },
            passcode: Settings::of_environment(&self.chain.environment, PASSCODE),
        }
    }

    pub(super) fn without_metadata(self) -> NoCredentials {
        self.nothing(Outcome::Absent("it is not asked unless that is wanted".into()))
    }

    pub(super) fn metadata_failed(self, error: &AuthError) -> NoCredentials {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        self.nothing(Outcome::NotUsed(text))
    }

    fn nothing(mut self, metadata: Outcome) -> NoCredentials {
        let source = Source::new(SourceKind::InstanceMetadata);
        self.report.push(Looked::new(source, metadata));
        NoCredentials::nothing(self.report)
    }

    pub(super) fn with_metadata(mut self, metadata: &InstanceMetadata) -> Result<Found, NoCredentials> {
        let source = Source::new(SourceKind::InstanceMetadata);
        let families = std::mem::take(&mut self.families);
        let lenders = self.lenders(&families, SourceKind::InstanceMetadata);
        let mut notes = Vec::new();
        match complete::context(&Settings::new(&[]), &lenders, &mut notes) {
            Ok(context) => {
                let credential = Credential::InstanceMetadata(metadata.clone());
                Ok(found(self.report, &source, credential, context, notes))
            }
            Err(problem) => Err(NoCredentials::stopped(source, problem, self.report)),
        }
    }
}

/// The credential in these settings and what goes with it; `None` when they hold none.
fn take(
    own: &Settings,
    lenders: &Lenders<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<(Credential, Context)>, Problem> {
    match complete::credential(own, lenders, notes)? {
        Some(credential) => Ok(Some((credential, complete::context(own, lenders, notes)?))),
        None => Ok(None),
    }
}

/// What came of one source: the end of the search, or one more entry in its report.
fn entered(
    report: &mut Vec<Looked>,
    source: Source,
    own: &Settings,
    taken: Result<Option<(Credential, Context)>, Problem>,
    notes: Vec<String>,
) -> Result<Option<Found>, NoCredentials> {
    match taken {
        Ok(Some((credential, context))) => {
            let report = std::mem::take(report);
            Ok(Some(found(report, &source, credential, context, notes)))
        }
        Ok(None) => {
            let nothing = Outcome::Absent(nothing_of(own));
            report.push(Looked::new(source.clone(), nothing));
            note(report, &source, notes);
            Ok(None)
        }
        Err(problem) => Err(stopped(report, source, problem)),
    }
}

fn take_file(
    report: &mut Vec<Looked>,
    file: FileSource,
    lenders: &Lenders<'_>,
) -> Result<Option<Found>, NoCredentials> {
    let FileSource {
        source,
        leftover,
        warning,
        content,
    } = file;
    if let Some(warning) = warning {
        report.push(Looked::new(source.clone(), Outcome::Warning(warning)));
    }
    let problem = match content {
        Content::Unusable(outcome) => {
            report.push(Looked::new(source, outcome));
            return Ok(None);
        }
        Content::Problem(problem) => problem,
        Content::Settings(own, mut notes) => match take(&own, lenders, &mut notes) {
            Err(problem) => problem,
            taken => return entered(report, source, &own, taken, notes),
        },
    };
    if leftover {
        report.push(Looked::new(source, Outcome::NotUsed(problem.text)));
        return Ok(None);
    }
    Err(stopped(report, source, problem))
}

fn note(report: &mut Vec<Looked>, source: &Source, notes: Vec<String>) {
    let notes = notes.into_iter().map(Outcome::Note);
    report.extend(notes.map(|note| Looked::new(source.clone(), note)));
}

fn stopped(report: &mut Vec<Looked>, source: Source, problem: Problem) -> NoCredentials {
    NoCredentials::stopped(source, problem, std::mem::take(report))
}

fn found(
    mut report: Vec<Looked>,
    source: &Source,
    credential: Credential,
    context: Context,
    notes: Vec<String>,
) -> Found {
    let used = Outcome::Used(credential.describe().to_owned());
    report.push(Looked::new(source.clone(), used));
    note(&mut report, source, notes);
    Found {
        credential,
        context,
        report,
    }
}

/// Which settings would have been a credential.
fn nothing_of(settings: &Settings) -> String {
    let secrets = [Field::Token, Field::KeyId, Field::Password];
    let names: Vec<_> = secrets
        .into_iter()
        .filter(|field| settings.knows(*field))
        .map(|field| settings.name_of(field))
        .collect();
    match names.as_slice() {
        [one] => format!("{one} is not set"),
        [all @ .., last] => format!("neither {} nor {last} is set", all.join(", ")),
        [] => "nothing is set".to_owned(),
    }
}
