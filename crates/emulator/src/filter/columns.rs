//! The filters of the lists whose rows are derived from sessions: texts that the cells of a column have to match.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::window::{Window, moment};
use super::{FilterFault, body_text, check_fields, limited};
use crate::choices::Choices;
use crate::data::Criteria;
use crate::lists::{Column, ColumnFilter, List};

/// The body of an export of `list`, whose rows have these `columns`: strings only, and a window of 30 days or none.
pub(crate) fn criteria(
    list: List,
    columns: &[Column],
    body: &Map<String, Value>,
    now: DateTime<Utc>,
    choices: &Choices,
) -> Result<Criteria, FilterFault> {
    let facts = list.facts();
    let filters = || {
        let columns = columns.iter().enumerate();
        columns.filter_map(|(at, column)| Some((at, column.name, column.filter.as_ref()?)))
    };
    let mut fields: Vec<&str> = filters().map(|(_, name, _)| name).collect();
    fields.extend([facts.begin, facts.end]);
    check_fields(body, &fields, choices)?;
    let text = |field: &str| body_text(body, field, choices);
    let window = Window::for_export(list, text, now, choices)?;
    let mut cells = Vec::new();
    for (at, name, filter) in filters() {
        let wanted = match filter {
            ColumnFilter::Whole(limit) | ColumnFilter::Part(limit) => {
                limited(text(name)?, name, *limit, choices)?
            }
            ColumnFilter::Moment => {
                let text = text(name)?;
                moment(text, name, choices)?;
                text.map(str::to_owned)
            }
        };
        cells.extend(wanted.map(|wanted| (at, wanted)));
    }
    Ok(Criteria {
        list,
        cells,
        ..Criteria::window(window.begin, window.end())
    })
}
