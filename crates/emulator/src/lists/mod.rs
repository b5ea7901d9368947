//! The lists that can be exported: what they are called, and what their rows are made of.

mod app_connections;
mod user_connections;

use std::borrow::Cow;

use app_connections::APP_CONNECTIONS;
use user_connections::USER_CONNECTIONS;

use crate::data::FIELDS;
use crate::faults::FaultOperation;
use crate::permissions::Permission;

/// A list that can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum List {
    #[default]
    Sessions,
    AppConnections,
    UserConnections,
}

/// What the lists differ in.
pub(crate) struct Facts {
    /// What it is called: in the names of files, of sheets, and in the state.
    pub(crate) name: &'static str,
    pub(crate) chinese_name: &'static str,
    pub(crate) permission: Permission,
    pub(crate) operation: FaultOperation,
    /// The fields of the window, which is about the start of the session that a row is of.
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
    /// What its rows are made of. Those of sessions are the sessions.
    pub(crate) columns: Option<&'static [Column]>,
    /// The field that a session must have to be in the list.
    pub(crate) needs: Option<usize>,
}

const SESSIONS: Facts = Facts {
    name: "sessions",
    chinese_name: "会话列表",
    permission: Permission::ExportSessions,
    operation: FaultOperation::ExportSessions,
    begin: "query_begin_time",
    end: "query_end_time",
    columns: None,
    needs: None,
};

impl List {
    pub(crate) const ALL: &'static [Self] = &[Self::Sessions, Self::AppConnections, Self::UserConnections];

    pub(crate) const fn facts(self) -> &'static Facts {
        match self {
            Self::Sessions => &SESSIONS,
            Self::AppConnections => &APP_CONNECTIONS,
            Self::UserConnections => &USER_CONNECTIONS,
        }
    }

    /// The header row of an export.
    pub(crate) fn header(self) -> Vec<&'static str> {
        match self.facts().columns {
            None => FIELDS.to_vec(),
            Some(columns) => columns.iter().map(|column| column.name).collect(),
        }
    }
}

/// A column of a list that is derived from the sessions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) from: From,
    /// The filter of the same name, if there is one.
    pub(crate) filter: Option<ColumnFilter>,
}

/// Where the cells of a column come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// A field of the session.
    Field(usize),
    /// The same text in every row.
    Fixed(&'static str),
    /// Nothing that the emulator knows.
    Nowhere,
}

/// How a filter looks at the cells of a column.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ColumnFilter {
    /// The whole text, of at most so many characters.
    Whole(usize),
    /// A part of the text in either case, of at most so many characters.
    Part(usize),
    /// The moment.
    Moment,
}

impl Column {
    pub(crate) const fn field(name: &'static str, field: &str) -> Self {
        let from = From::Field(index(field));
        let filter = None;
        Self { name, from, filter }
    }

    pub(crate) const fn fixed(name: &'static str, text: &'static str) -> Self {
        let (from, filter) = (From::Fixed(text), None);
        Self { name, from, filter }
    }

    pub(crate) const fn absent(name: &'static str) -> Self {
        let (from, filter) = (From::Nowhere, None);
        Self { name, from, filter }
    }

    pub(crate) const fn filtered(self, filter: ColumnFilter) -> Self {
        let Self { name, from, .. } = self;
        let filter = Some(filter);
        Self { name, from, filter }
    }

    /// The cell of a session with these fields.
    pub(crate) fn cell<'a>(&self, session: &[Option<Cow<'a, str>>]) -> Option<Cow<'a, str>> {
        match self.from {
            From::Field(field) => session.get(field)?.clone(),
            From::Fixed(text) => Some(Cow::Borrowed(text)),
            From::Nowhere => None,
        }
    }

    /// Whether a cell is one that is looked for.
    pub(crate) fn fits(&self, wanted: &str, cell: Option<&str>) -> bool {
        let Some(cell) = cell else {
            return false;
        };
        match self.filter {
            Some(ColumnFilter::Part(_)) => cell.to_lowercase().contains(&wanted.to_lowercase()),
            Some(ColumnFilter::Moment) => {
                let moment = |text| crate::time::parse(text).map(|written| written.at);
                moment(wanted).is_some() && moment(wanted) == moment(cell)
            }
            Some(ColumnFilter::Whole(_)) | None => cell == wanted,
        }
    }
}

/// Where a field of a session is. The emulator does not compile with a name that none has.
#[allow(clippy::panic, reason = "it is called while compiling alone")]
pub(crate) const fn index(name: &str) -> usize {
    let mut at = 0;
    while at < FIELDS.len() {
        if same(FIELDS[at].as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("no session has such a field")
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
