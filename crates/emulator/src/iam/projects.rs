//! `GET /v3/projects`: the projects of the caller's account.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::admission::Caller;
use crate::app::App;
use crate::reply::{self, Refusal};
use crate::request::Query;
use crate::signing::encode;
use crate::tenancy::Project;

/// The greatest `per_page`, which is also what a page holds when nothing is said.
const PAGE_LIMIT: u32 = 5_000;

/// Lists the projects that fit the filters, in a fixed order.
pub(crate) fn list(app: &App, caller: &Caller, raw_query: &str) -> Result<Response, Refusal> {
    let query = Query::parse(raw_query).map_err(invalid)?;
    let text = |name| query.get(name).map_err(invalid);
    let (name, domain_id, parent_id) = (text("name")?, text("domain_id")?, text("parent_id")?);
    let enabled = match text("enabled")? {
        None | Some("true") => true,
        // There is no disabled project.
        Some("false") => false,
        Some(_) => return Err(invalid("enabled must be true or false.")),
    };
    let page = query.number("page", 1, 1, u32::MAX).map_err(invalid)?;
    let per_page = query
        .number("per_page", PAGE_LIMIT, 1, PAGE_LIMIT)
        .map_err(invalid)?;

    let fits = |project: &Project| {
        enabled
            && name.is_none_or(|name| project.name == name)
            && domain_id.is_none_or(|id| project.account.id == id)
            && parent_id.is_none_or(|id| project.parent_id == id)
    };
    let account = caller.identity.account();
    let found: Vec<_> = app
        .tenancy
        .projects_of(account)
        .filter(|project| project.admits(&caller.identity) && fits(project))
        .collect();
    let skipped = (page - 1).saturating_mul(per_page);
    let projects: Vec<Value> = found
        .iter()
        .skip(skipped)
        .take(per_page)
        .map(|project| describe(app, project))
        .collect();
    let has_next = skipped.saturating_add(per_page) < found.len();
    let mark = if raw_query.is_empty() { "" } else { "?" };
    let links = json!({
        "self": format!("{}/v3/projects{mark}{raw_query}", app.base_url),
        "previous": (page > 1).then(|| link(app, &query, page - 1, per_page)),
        "next": has_next.then(|| link(app, &query, page.saturating_add(1), per_page)),
    });
    Ok(reply::json(
        StatusCode::OK,
        &json!({ "projects": projects, "links": links }),
    ))
}

/// The same query for another page.
fn link(app: &App, query: &Query, page: usize, per_page: usize) -> String {
    let mut text = format!("{}/v3/projects?", app.base_url);
    for (name, value) in query.pairs() {
        if name != "page" && name != "per_page" {
            text.push_str(&format!(
                "{}={}&",
                encode(name.as_bytes()),
                encode(value.as_bytes())
            ));
        }
    }
    text.push_str(&format!("page={page}&per_page={per_page}"));
    text
}

fn describe(app: &App, project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "domain_id": project.account.id,
        "parent_id": project.parent_id,
        "enabled": true,
        "is_domain": false,
        "description": "",
        "links": { "self": format!("{}/v3/projects/{}", app.base_url, project.id) },
    })
}

fn invalid(fault: impl AsRef<str>) -> Refusal {
    Refusal::identity(
        StatusCode::BAD_REQUEST,
        format!("The request query is invalid. {}", fault.as_ref()),
    )
}
