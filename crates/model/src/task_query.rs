//! What to list from the export centre.

use std::borrow::Cow;

use crate::violation::{check_text, shown};
use crate::{TaskId, TaskStatus, Violation, ViolationCode, Violations, limits};

/// The order of the export centre's list, by creation time.
///
/// The definition knows these two values, and ascending as its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
pub enum SortDirection {
    /// The oldest task first.
    OldestFirst,
    /// The newest task first.
    NewestFirst,
}

/// Which tasks of the export centre to list. Without a setting it is the service's first 20.
///
/// Setters never fail; [`check`](Self::check) reports everything at once, and the client calls it before it sends.
///
/// ```
/// use session_export_model::{SortDirection, TaskQuery, TaskStatus};
///
/// let query = TaskQuery::new().status(TaskStatus::Success).sort(SortDirection::NewestFirst).limit(100);
/// query.check()?;
/// let pairs: Vec<_> = query.pairs().map(|(name, value)| format!("{name}={value}")).collect();
/// assert_eq!(pairs, ["status=SUCCESS", "sort_field=create_time", "sort_type=DESC", "limit=100"]);
/// # Ok::<(), session_export_model::Violations>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct TaskQuery {
    file_name: Option<String>,
    task_id: Option<TaskId>,
    status: Option<TaskStatus>,
    is_download: Option<bool>,
    sort: Option<SortDirection>,
    offset: Option<u32>,
    limit: Option<u32>,
}

impl TaskQuery {
    /// Every task, in the service's own order and page size.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only tasks with this file name. How the service matches it is not documented.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Only this task.
    pub fn task_id(mut self, id: TaskId) -> Self {
        self.task_id = Some(id);
        self
    }

    /// Only tasks with this status.
    pub fn status(mut self, status: TaskStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Only tasks that have, or have not, been downloaded.
    ///
    /// The page says "default false"; whether that hides downloaded tasks when nothing is sent is not documented.
    pub fn downloaded(mut self, downloaded: bool) -> Self {
        self.is_download = Some(downloaded);
        self
    }

    /// The order, by creation time.
    pub fn sort(mut self, direction: SortDirection) -> Self {
        self.sort = Some(direction);
        self
    }

    /// How many tasks to skip: 0 to 2,147,483,647; the service's default is 0.
    pub fn offset(mut self, offset: u32) -> Self {
        self.offset = Some(offset);
        self
    }

    /// How many tasks to return: 1 to 100; the service's default is 20.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Checks everything at once.
    ///
    /// # Errors
    ///
    /// [`Violations`] for an empty file name, an unknown status, a limit outside 1 to 100 or an offset that is too large.
    pub fn check(&self) -> Result<(), Violations> {
        let mut found = Vec::new();
        if let Some(name) = &self.file_name {
            // The definition gives no length; 255 is what file systems take.
            check_text("file_name", name, 255, &mut found);
        }
        if let Some(TaskStatus::Unknown(name)) = &self.status {
            let problem = format!(
                "{} is not one of CREATING, SUCCESS, FAIL, EXPIRED",
                shown(name.as_str())
            );
            found.push(Violation::new("status", ViolationCode::UnknownState, problem));
        }
        check_offset(self.offset, &mut found);
        check_limit(self.limit, &mut found);
        Violations::check(found)
    }

    /// The query parameters, in the order of the definition; an absent one is not there.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let sort = self.sort.map(|direction| match direction {
            SortDirection::OldestFirst => "ASC",
            SortDirection::NewestFirst => "DESC",
        });
        [
            ("file_name", self.file_name.as_deref().map(Cow::Borrowed)),
            ("task_id", self.task_id.as_ref().map(|id| id.as_str().into())),
            (
                "status",
                self.status.as_ref().map(|status| status.as_str().into()),
            ),
            (
                "is_download",
                self.is_download
                    .map(|flag| if flag { "true" } else { "false" }.into()),
            ),
            ("sort_field", sort.map(|_| "create_time".into())),
            ("sort_type", sort.map(Cow::Borrowed)),
            ("offset", self.offset.map(|offset| offset.to_string().into())),
            ("limit", self.limit.map(|limit| limit.to_string().into())),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

fn check_limit(limit: Option<u32>, found: &mut Vec<Violation>) {
    if let Some(limit) = limit
        && !(1..=limits::PAGE).contains(&limit)
    {
        let problem = format!("{limit} rows a page; 1 to {} are allowed", limits::PAGE);
        found.push(Violation::new("limit", ViolationCode::OutOfRange, problem));
    }
}

fn check_offset(offset: Option<u32>, found: &mut Vec<Violation>) {
    if let Some(offset) = offset
        && offset > limits::OFFSET
    {
        let problem = format!("{offset} is too far; 0 to {} are allowed", limits::OFFSET);
        found.push(Violation::new("offset", ViolationCode::OutOfRange, problem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parameters_in_the_order_of_the_definition() {
        let query = TaskQuery::new()
            .limit(1)
            .offset(limits::OFFSET)
            .sort(SortDirection::OldestFirst)
            .downloaded(true)
            .status(TaskStatus::Creating)
            .task_id("a".parse().unwrap())
            .file_name("会话.xlsx");
        query.check().unwrap();
        let pairs: Vec<_> = query
            .pairs()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            pairs.join("&"),
            "file_name=会话.xlsx&task_id=a&status=CREATING&is_download=true&sort_field=create_time&sort_type=ASC\
             &offset=2147483647&limit=1"
        );
        assert_eq!(TaskQuery::new().pairs().count(), 0);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let refused = TaskQuery::new()
            .file_name("")
            .status("success".into())
            .limit(101)
            .offset(limits::OFFSET + 1)
            .check()
            .unwrap_err();
        let fields: Vec<_> = refused.iter().map(Violation::field).collect();
        assert_eq!(fields, ["file_name", "status", "offset", "limit"]);
        assert!(TaskQuery::new().limit(0).check().is_err());
        assert!(TaskQuery::new().limit(100).check().is_ok());
    }
}
