//! What the chain found, with all that belongs to it.

use session_export_model::{ProjectId, Region};
use session_export_transport::BaseUrl;

use super::credential::{Credential, FoundAgency};
use super::report::{Looked, Outcome, Source};

/// A credential, the values that were configured with it, and a report on how it was found.
#[derive(Clone, Debug)]
pub struct Found {
    pub(super) credential: Credential,
    pub(super) context: Context,
    pub(super) report: Vec<Looked>,
}

/// What is configured beside a credential.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    pub(super) project_id: Option<ProjectId>,
    pub(super) project_name: Option<String>,
    pub(super) region: Option<Region>,
    pub(super) iam_endpoint: Option<BaseUrl>,
    pub(super) agency: Option<FoundAgency>,
}

impl Found {
    /// The credential.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The credential alone.
    pub fn into_credential(self) -> Credential {
        self.credential
    }

    /// The project's id.
    pub fn project_id(&self) -> Option<&ProjectId> {
        self.context.project_id.as_ref()
    }

    /// The project's name: a region's id such as `cn-north-4`, perhaps with a suffix.
    pub fn project_name(&self) -> Option<&str> {
        self.context.project_name.as_deref()
    }

    /// The region.
    pub fn region(&self) -> Option<&Region> {
        self.context.region.as_ref()
    }

    /// Where IAM is, without the `/v3` that other tools want. It comes from the credential's own source, because the
    /// secret is sent there.
    pub fn iam_endpoint(&self) -> Option<&BaseUrl> {
        self.context.iam_endpoint.as_ref()
    }

    /// The agency that is to be taken on with the credential. A caller that cannot do that must refuse it.
    pub fn agency(&self) -> Option<&FoundAgency> {
        self.context.agency.as_ref()
    }

    /// Where the credential is from.
    pub fn source(&self) -> Option<&Source> {
        let used = |looked: &&Looked| matches!(looked.outcome(), Outcome::Used(_));
        self.report.iter().find(used).map(Looked::source)
    }

    /// Every place that was looked at, in order, with notes and warnings.
    pub fn report(&self) -> &[Looked] {
        &self.report
    }
}
