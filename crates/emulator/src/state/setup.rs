//! What a later start must have in common with the first one: the options from which sessions and ids follow.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::event::{Header, HeaderEvent, VERSION};
use crate::builder::EmulatorBuilder;
use crate::error::EmulatorError;
use crate::projects::ProjectSpec;
use crate::tenancy::Tenancy;

/// The options as the first line of a log has them. Whether rows were given is one; what they are, the data says.
pub(crate) fn options(builder: &EmulatorBuilder) -> BTreeMap<String, Value> {
    let options = &builder.options;
    let projects: Vec<Value> = builder.projects.iter().map(project).collect();
    [
        ("seed", json!(builder.seed)),
        ("sessions", json!(builder.sessions)),
        ("days", json!(builder.days)),
        ("rows", json!(builder.rows.is_some())),
        ("project_id", json!(options.project_id)),
        ("user_name", json!(options.user_name)),
        ("domain_name", json!(options.domain_name)),
        ("agency", json!(options.agency)),
        ("projects", json!(projects)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn project(project: &ProjectSpec) -> Value {
    let users: Vec<&str> = project.users.iter().map(|user| user.name.as_str()).collect();
    json!({
        "name": project.name,
        "id": project.project_id(),
        "domain_name": project.account_name(),
        "sessions": project.sessions,
        "seed": project.seed,
        "days": project.days,
        "rows": project.rows.is_some(),
        "users": users,
    })
}

/// The first line of a log for these sessions.
pub(super) fn header(options: BTreeMap<String, Value>, anchor: DateTime<Utc>, tenancy: &Tenancy) -> Header {
    let data = tenancy
        .projects()
        .map(|project| (project.id.clone(), project.data.fingerprint()));
    Header {
        event: HeaderEvent::Begin,
        version: VERSION,
        anchor,
        options,
        data: data.collect(),
    }
}

/// Refuses options that give other sessions or ids than those of the kept state.
pub(super) fn compare_options(
    path: &Path,
    kept: &BTreeMap<String, Value>,
    given: &BTreeMap<String, Value>,
) -> Result<(), EmulatorError> {
    let other = given.iter().find(|(name, value)| kept.get(*name) != Some(*value));
    match other {
        None => Ok(()),
        Some((name, value)) => Err(EmulatorError::StateOption {
            path: path.to_owned(),
            option: name.clone(),
            kept: kept.get(name).unwrap_or(&Value::Null).to_string(),
            given: value.to_string(),
        }),
    }
}

/// Refuses sessions that are not those of the kept state: rows that were changed, or made up in another way.
pub(super) fn compare_data(path: &Path, kept: &Header, given: &Header) -> Result<(), EmulatorError> {
    let other = given
        .data
        .iter()
        .find(|(project, data)| kept.data.get(*project) != Some(*data));
    match other {
        None => Ok(()),
        Some((project, data)) => Err(EmulatorError::StateOption {
            path: path.to_owned(),
            option: format!("set of sessions in project {project}"),
            kept: kept.data.get(project).cloned().unwrap_or_default(),
            given: data.clone(),
        }),
    }
}
