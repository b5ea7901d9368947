//! What a token is for.

use session_export_model::ProjectId;

use super::wire::{Named, Project, Reference, Scope};

/// The project or the account that a token is for.
///
/// Workspace is a regional service, so calls to it need a token for a project. A token for an account (IAM calls it
/// *domain*) is what an agency's holder shows to IAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenScope(By);

#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    ProjectId(ProjectId),
    ProjectName { name: String, domain: Option<String> },
    DomainId(String),
    DomainName(String),
}

impl TokenScope {
    /// The project with this id.
    pub fn project_id(id: ProjectId) -> Self {
        Self(By::ProjectId(id))
    }

    /// The project with this name: the region's id, such as `cn-north-4`, or `cn-north-4_sub` for a sub-project.
    pub fn project_name(name: impl Into<String>) -> Self {
        Self(By::ProjectName {
            name: name.into(),
            domain: None,
        })
    }

    /// The same, in the account of this name; an IAM of another make insists on it.
    pub fn project_name_in(name: impl Into<String>, domain: impl Into<String>) -> Self {
        Self(By::ProjectName {
            name: name.into(),
            domain: Some(domain.into()),
        })
    }

    /// The account with this id.
    pub fn domain_id(id: impl Into<String>) -> Self {
        Self(By::DomainId(id.into()))
    }

    /// The account with this name.
    pub fn domain_name(name: impl Into<String>) -> Self {
        Self(By::DomainName(name.into()))
    }

    pub(super) fn to_wire(&self) -> Scope<'_> {
        match &self.0 {
            By::ProjectId(id) => Scope::Project(Project {
                id: Some(id.as_str()),
                name: None,
                domain: None,
            }),
            By::ProjectName { name, domain } => Scope::Project(Project {
                id: None,
                name: Some(name),
                domain: domain.as_deref().map(|name| Named { name }),
            }),
            By::DomainId(id) => Scope::Domain(Reference::Id(id)),
            By::DomainName(name) => Scope::Domain(Reference::Name(name)),
        }
    }
}
