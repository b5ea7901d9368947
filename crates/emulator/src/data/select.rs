//! Which sessions a filter selects: a window by binary search, the rest by comparing small numbers.

use std::ops::{Bound, Range};

use chrono::{DateTime, Utc};

use super::made::{Made, Session};
use super::{Dataset, State};
use crate::lists::List;

/// What sessions have to be like. An absent part matches every session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Criteria {
    /// Of which list rows are wanted.
    pub(crate) list: List,
    /// The first moment of a session's start.
    pub(crate) begin: DateTime<Utc>,
    /// The last moment of a session's start, or the first one after the window.
    pub(crate) end: Bound<DateTime<Utc>>,
    pub(crate) user_name: Option<Name>,
    pub(crate) app_server_group_id: Option<String>,
    pub(crate) vm_ip: Option<String>,
    pub(crate) public_ip: Option<String>,
    pub(crate) machine_name: Option<String>,
    pub(crate) states: Option<Vec<State>>,
    pub(crate) success: Option<bool>,
    /// What cells of columns have to be like, for a list that is derived from the sessions.
    pub(crate) cells: Vec<(usize, String)>,
}

impl Criteria {
    /// Every session that starts from `begin` to `end`.
    pub(crate) fn window(begin: DateTime<Utc>, end: Bound<DateTime<Utc>>) -> Self {
        Self {
            list: List::Sessions,
            begin,
            end,
            user_name: None,
            app_server_group_id: None,
            vm_ip: None,
            public_ip: None,
            machine_name: None,
            states: None,
            success: None,
            cells: Vec::new(),
        }
    }

    /// Whether a list has a row of the session at a position, and that row is wanted.
    fn takes(&self, data: &Dataset, position: u32) -> bool {
        let Some((session, columns)) = data.row(position).zip(self.list.facts().columns) else {
            return false;
        };
        let is_in_list = self
            .list
            .facts()
            .needs
            .is_none_or(|field| session[field].is_some());
        is_in_list
            && self.cells.iter().all(|(column, wanted)| {
                let column = columns.get(*column);
                column.is_some_and(|column| column.fits(wanted, column.cell(&session).as_deref()))
            })
    }

    fn is_window_only(&self) -> bool {
        *self == Self::window(self.begin, self.end)
    }
}

/// A user name that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    Whole(String),
    /// In lower case.
    Part(String),
}

impl Name {
    pub(crate) fn fits(&self, name: &str) -> bool {
        match self {
            Self::Whole(wanted) => wanted == name,
            Self::Part(wanted) => name.to_lowercase().contains(wanted),
        }
    }
}

/// Some sessions of one [`Dataset`], in its order, as rows of a list. It takes the memory of a filter however many sessions it has: since
/// data never changes, the sessions of a window and how to recognize them among these are as good as a list.
#[derive(Debug)]
pub(crate) struct Selection {
    list: List,
    window: Range<u32>,
    test: Test,
    len: usize,
}

#[derive(Debug)]
enum Test {
    /// The whole window is selected.
    None,
    Made(MadeTest),
    Given(Box<Criteria>),
    /// Of a list that is derived from the sessions.
    Cells(Box<Criteria>),
}

impl Selection {
    /// No session at all.
    pub(crate) fn empty() -> Self {
        Self {
            list: List::Sessions,
            window: 0..0,
            test: Test::None,
            len: 0,
        }
    }

    /// Of which list its rows are.
    pub(crate) fn list(&self) -> List {
        self.list
    }

    /// How many sessions are selected.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The positions of the selected sessions in their data.
    pub(crate) fn positions<'a>(&'a self, data: &'a Dataset) -> impl DoubleEndedIterator<Item = u32> + 'a {
        self.window
            .clone()
            .filter(move |position| match (&self.test, data) {
                (Test::None, _) => true,
                (Test::Made(test), Dataset::Made(made)) => made
                    .sessions
                    .get(*position as usize)
                    .is_some_and(|session| test.passes(session)),
                (Test::Cells(criteria), _) => criteria.takes(data, *position),
                (Test::Given(criteria), Dataset::Given(given)) => given.matches(*position as usize, criteria),
                _ => false,
            })
    }

    /// The positions of one page.
    pub(crate) fn page(&self, data: &Dataset, offset: usize, limit: usize) -> Vec<u32> {
        if let Test::None = self.test {
            // Deep pages of whole windows cost nothing.
            return self.window.clone().skip(offset).take(limit).collect();
        }
        if offset >= self.len {
            return Vec::new();
        }
        self.positions(data)
            .skip(offset)
            .take(limit.min(self.len - offset))
            .collect()
    }
}

#[derive(Debug)]
enum Users {
    Any,
    One(u16),
    /// For each person whether it is wanted.
    Some(Vec<bool>),
}

/// Criteria with indices in place of texts.
#[derive(Debug)]
struct MadeTest {
    users: Users,
    public_ip: Option<u16>,
    /// For each server whether it is wanted.
    servers: Option<Vec<bool>>,
    /// One bit for each wanted state.
    states: u8,
    success: Option<bool>,
}

/// The bit of a state in a [`MadeTest`].
fn bit(state: State) -> u8 {
    1 << state as u8
}

impl MadeTest {
    /// `None` when nothing has such a name or address.
    fn new(criteria: &Criteria, made: &Made) -> Option<Self> {
        let users = match &criteria.user_name {
            None => Users::Any,
            Some(Name::Whole(name)) => Users::One(made.user(name)?),
            Some(part) => {
                let fit = made.directory.users().iter().map(|user| part.fits(&user.name));
                Users::Some(fit.collect())
            }
        };
        let public_ip = match &criteria.public_ip {
            Some(ip) => Some(made.public_ip(ip)?),
            None => None,
        };
        let of_server = [
            &criteria.vm_ip,
            &criteria.machine_name,
            &criteria.app_server_group_id,
        ];
        let servers = of_server.iter().any(|wanted| wanted.is_some()).then(|| {
            let servers = made.directory.servers().iter();
            let wanted = servers.map(|server| {
                let group = made.directory.group(server.group);
                [&server.ip, &server.name, &group.id]
                    .iter()
                    .zip(of_server)
                    .all(|(value, wanted)| wanted.as_ref().is_none_or(|wanted| wanted == *value))
            });
            wanted.collect::<Vec<bool>>()
        });
        Some(Self {
            users,
            public_ip,
            servers,
            states: match &criteria.states {
                Some(states) => states.iter().fold(0, |bits, state| bits | bit(*state)),
                None => u8::MAX,
            },
            success: criteria.success,
        })
    }

    fn passes(&self, session: &Session) -> bool {
        let is_user = || match &self.users {
            Users::Any => true,
            Users::One(user) => *user == session.user,
            Users::Some(wanted) => wanted.get(usize::from(session.user)) == Some(&true),
        };
        self.states & bit(session.state) != 0
            && self.success.is_none_or(|success| success == session.succeeded())
            && self.public_ip.is_none_or(|ip| ip == session.public_ip)
            && is_user()
            && self
                .servers
                .as_ref()
                .is_none_or(|wanted| wanted.get(usize::from(session.server)) == Some(&true))
    }
}

impl Dataset {
    /// The sessions that meet the criteria.
    pub(crate) fn select(&self, criteria: &Criteria) -> Selection {
        let (begin, end) = (criteria.begin, criteria.end);
        let window = match self {
            Self::Made(made) => {
                // Starts are whole milliseconds, and a moment of a filter may lie between two of them.
                let between = |at: DateTime<Utc>| !at.timestamp_subsec_nanos().is_multiple_of(1_000_000);
                let first = begin.timestamp_millis() + i64::from(between(begin));
                let last = match end {
                    Bound::Included(end) => end.timestamp_millis(),
                    Bound::Excluded(end) => end.timestamp_millis() - i64::from(!between(end)),
                    Bound::Unbounded => i64::MAX,
                };
                let sessions = &made.sessions;
                sessions.partition_point(|session| session.started > last)
                    ..sessions.partition_point(|session| session.started >= first)
            }
            Self::Given(given) => given.window(begin, end),
        };
        let test = match self {
            _ if criteria.list.facts().columns.is_some() => Test::Cells(Box::new(criteria.clone())),
            _ if criteria.is_window_only() => Test::None,
            Self::Made(made) => match MadeTest::new(criteria, made) {
                Some(test) => Test::Made(test),
                None => return Selection::empty(),
            },
            Self::Given(_) => Test::Given(Box::new(criteria.clone())),
        };
        // The data has at most two million sessions.
        let bound = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        let window = bound(window.start)..bound(window.end.max(window.start));
        let mut selection = Selection {
            list: criteria.list,
            len: window.len(),
            window,
            test,
        };
        selection.len = match (&selection.test, self) {
            (Test::None, _) => selection.len,
            // The usual case, in the form that runs fastest: a list counts on every call.
            (Test::Made(test), Self::Made(made)) => {
                let sessions = made.sessions.iter();
                let window = sessions.skip(selection.window.start as usize).take(selection.len);
                window.filter(|session| test.passes(session)).count()
            }
            _ => selection.positions(self).count(),
        };
        selection
    }
}
