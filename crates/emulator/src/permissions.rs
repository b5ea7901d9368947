//! What a user may do in a project.

/// An operation on a project that a user can be kept from. Each is an action of the services' identity policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// `workspace:session:listSessions`
    ListSessions,
    /// `workspace:session:exportSessions`
    ExportSessions,
    /// `workspace:session:exportAppConnection`
    ExportAppConnections,
    /// `workspace:session:exportUserConnection`
    ExportUserConnections,
    /// `workspace:tenants:listExportTasks`
    ListExportTasks,
    /// `workspace:tenants:exportData`
    DownloadExportFile,
    /// `workspace:tenants:deleteExportTasks`
    DeleteExportTasks,
}

impl Permission {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::ListSessions,
        Self::ExportSessions,
        Self::ExportAppConnections,
        Self::ExportUserConnections,
        Self::ListExportTasks,
        Self::DownloadExportFile,
        Self::DeleteExportTasks,
    ];

    /// The action's name in an identity policy.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::ListSessions => "workspace:session:listSessions",
            Self::ExportSessions => "workspace:session:exportSessions",
            Self::ExportAppConnections => "workspace:session:exportAppConnection",
            Self::ExportUserConnections => "workspace:session:exportUserConnection",
            Self::ListExportTasks => "workspace:tenants:listExportTasks",
            Self::DownloadExportFile => "workspace:tenants:exportData",
            Self::DeleteExportTasks => "workspace:tenants:deleteExportTasks",
        }
    }
}
