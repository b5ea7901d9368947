//! What can be exported, and the filter of each.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    AppConnectionFilter, AppConnectionFilterBuilder, AppConnections, ConnectionField, ConnectionList,
    ServiceRules, SessionFilter, SessionFilterBuilder, SessionOperation, UserConnectionFilter,
    UserConnectionFilterBuilder, UserConnections, Violations, Window,
};

/// A list that the service exports.
///
/// It serialises to the name of its operation: `export_sessions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExportKind {
    /// User sessions (`ExportSessions`).
    #[default]
    Sessions,
    /// App connections (`ExportAppConnection`).
    AppConnections,
    /// User connections (`ExportUserConnection`).
    UserConnections,
}

/// What the lists differ in.
struct Facts {
    name: &'static str,
    operation: &'static str,
    path_segment: &'static str,
    path_template: &'static str,
    fields: &'static [ConnectionField],
}

impl ExportKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Sessions, Self::AppConnections, Self::UserConnections];

    const fn facts(self) -> Facts {
        let (name, operation, path_segment, path_template, fields): (_, _, _, _, &[_]) = match self {
            Self::Sessions => (
                "sessions",
                "export_sessions",
                "list-sessions",
                "/v1/{project_id}/session/list-sessions/export",
                &[],
            ),
            Self::AppConnections => (
                "app_connections",
                "export_app_connections",
                "app-connection",
                "/v1/{project_id}/session/app-connection/export",
                AppConnections::FIELDS,
            ),
            Self::UserConnections => (
                "user_connections",
                "export_user_connections",
                "user-connection",
                "/v1/{project_id}/session/user-connection/export",
                UserConnections::FIELDS,
            ),
        };
        Facts {
            name,
            operation,
            path_segment,
            path_template,
            fields,
        }
    }

    /// The name as text that will not change: `sessions`.
    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// The name of the operation that exports it, as text that will not change: `export_sessions`.
    pub fn operation(self) -> &'static str {
        self.facts().operation
    }

    /// Its part of the operation's path, between `session` and `export`: `list-sessions`.
    pub fn path_segment(self) -> &'static str {
        self.facts().path_segment
    }

    /// The operation's path, with a name in place of the project's id: `/v1/{project_id}/session/list-sessions/export`.
    pub fn path_template(self) -> &'static str {
        self.facts().path_template
    }

    /// The table of its filter's fields, in the order of the definition. Empty for [`Sessions`](Self::Sessions), whose
    /// fields have rules of their own.
    pub fn fields(self) -> &'static [ConnectionField] {
        self.facts().fields
    }
}

impl fmt::Display for ExportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ExportKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.operation())
    }
}

impl<'de> Deserialize<'de> for ExportKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = Self::ALL.iter().find(|kind| kind.operation() == name);
        found.copied().ok_or_else(|| {
            serde::de::Error::custom(format_args!("{name:?} is no export that this library knows"))
        })
    }
}

/// The filter of one export, whichever list it is of. It serialises to the body that is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ExportFilter {
    /// Of user sessions.
    Sessions(SessionFilter),
    /// Of app connections.
    AppConnections(AppConnectionFilter),
    /// Of user connections.
    UserConnections(UserConnectionFilter),
}

impl ExportFilter {
    /// The list that is exported.
    pub fn kind(&self) -> ExportKind {
        match self {
            Self::Sessions(_) => ExportKind::Sessions,
            Self::AppConnections(_) => ExportKind::AppConnections,
            Self::UserConnections(_) => ExportKind::UserConnections,
        }
    }

    /// The span of times, if one is given.
    pub fn window(&self) -> Option<Window> {
        match self {
            Self::Sessions(filter) => filter.window(),
            Self::AppConnections(filter) => filter.window(),
            Self::UserConnections(filter) => filter.window(),
        }
    }

    /// Checks the rules that belong to an export. The client calls it before it sends.
    ///
    /// # Errors
    ///
    /// [`Violations`] when the window is longer than 30 days, unless the filter was built with
    /// [`ServiceRules::LetThrough`].
    pub fn check(&self) -> Result<(), Violations> {
        match self {
            Self::Sessions(filter) => filter.check(SessionOperation::Export),
            Self::AppConnections(filter) => filter.check(),
            Self::UserConnections(filter) => filter.check(),
        }
    }

    /// Reads the body of an export of `kind`, and checks it under `rules`.
    ///
    /// # Errors
    ///
    /// The deserialiser's, for what is no such body, an unknown field included; it has the text of [`Violations`] for a
    /// body that breaks a rule.
    pub fn read<'de, D: Deserializer<'de>>(
        kind: ExportKind,
        rules: ServiceRules,
        body: D,
    ) -> Result<Self, D::Error> {
        let filter = match kind {
            ExportKind::Sessions => {
                let builder = SessionFilterBuilder::deserialize(body)?;
                builder.service_rules(rules).build().map(Self::Sessions)
            }
            ExportKind::AppConnections => {
                let builder = AppConnectionFilterBuilder::deserialize(body)?;
                builder.service_rules(rules).build().map(Self::AppConnections)
            }
            ExportKind::UserConnections => {
                let builder = UserConnectionFilterBuilder::deserialize(body)?;
                builder.service_rules(rules).build().map(Self::UserConnections)
            }
        };
        filter.map_err(serde::de::Error::custom)
    }
}

impl From<SessionFilter> for ExportFilter {
    fn from(filter: SessionFilter) -> Self {
        Self::Sessions(filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back_by_the_names_of_their_operations() {
        for kind in ExportKind::ALL {
            let text = serde_json::to_string(kind).unwrap();
            assert_eq!(text, format!("\"export_{kind}\""));
            assert_eq!(serde_json::from_str::<ExportKind>(&text).unwrap(), *kind);
            let template = format!("/v1/{{project_id}}/session/{}/export", kind.path_segment());
            assert_eq!(kind.path_template(), template);
        }
        let error = serde_json::from_str::<ExportKind>(r#""export_desktops""#).unwrap_err();
        assert!(error.to_string().contains("\"export_desktops\""), "{error}");
    }

    #[test]
    fn a_body_is_read_for_its_kind_and_under_the_rules() {
        let read = |rules, body: &str| {
            let mut body = serde_json::Deserializer::from_str(body);
            ExportFilter::read(ExportKind::Sessions, rules, &mut body)
        };
        let body = r#"{"user_name":"user005","session_state":"Active"}"#;
        let filter = read(ServiceRules::Enforce, body).unwrap();
        assert_eq!(serde_json::to_string(&filter).unwrap(), body);
        assert!(read(ServiceRules::Enforce, r#"{"app_name":"Word"}"#).is_err());
        let new_state = r#"{"session_state":"Parked"}"#;
        let refused = read(ServiceRules::Enforce, new_state).unwrap_err();
        assert!(refused.to_string().contains("session_state"), "{refused}");
        assert!(read(ServiceRules::LetThrough, new_state).is_ok());
    }
}
