//! The user's own sessions, as they were read.

use std::borrow::Cow;
use std::ops::{Bound, Range};

use chrono::{DateTime, Utc};

use super::{Criteria, FIELDS, Row, SUCCESS_CODE, State};

/// A session that the user gave: its texts one after the other, and where each ends.
#[derive(Debug)]
pub(super) struct GivenRow {
    started: DateTime<Utc>,
    /// One bit for each field that is there.
    present: u32,
    ends: [u16; FIELDS.len()],
    text: Box<str>,
}

/// Where the fields lie that filters look at.
const ID: usize = 0;
const LOGIN_USER: usize = 4;
const GROUP_ID: usize = 6;
pub(super) const START_TIME: usize = 9;
const MACHINE_NAME: usize = 13;
const SESSION_STATE: usize = 14;
const PUBLIC_IP: usize = 19;
const VM_IP: usize = 23;
const FAILED_CODE: usize = 25;

impl GivenRow {
    /// Packs the fields of a row. `None` when they have more than 65,535 bytes together.
    pub(super) fn new(started: DateTime<Utc>, fields: &[Option<Cow<'_, str>>; FIELDS.len()]) -> Option<Self> {
        let mut text = String::with_capacity(fields.iter().flatten().map(|field| field.len()).sum());
        let (mut present, mut ends) = (0, [0; FIELDS.len()]);
        for (index, field) in fields.iter().enumerate() {
            if let Some(field) = field {
                present |= 1 << index;
                text.push_str(field);
            }
            ends[index] = u16::try_from(text.len()).ok()?;
        }
        Some(Self {
            started,
            present,
            ends,
            text: text.into_boxed_str(),
        })
    }

    fn field(&self, index: usize) -> Option<&str> {
        if self.present & 1 << index == 0 {
            return None;
        }
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(usize::from(start)..usize::from(self.ends[index]))
    }

    /// A session without a code was created: the sample of the API definition has an empty one for it.
    fn succeeded(&self) -> bool {
        matches!(self.field(FAILED_CODE), None | Some("" | SUCCESS_CODE))
    }
}

/// The user's own sessions, newest start first.
#[derive(Debug)]
pub(crate) struct Given(Vec<GivenRow>);

impl Given {
    /// Sorts like made-up sessions are: by start, then by id, then in the order of the file.
    pub(super) fn new(mut rows: Vec<GivenRow>) -> Self {
        rows.sort_by(|a, b| {
            b.started
                .cmp(&a.started)
                .then_with(|| a.field(ID).cmp(&b.field(ID)))
        });
        Self(rows)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn row(&self, position: usize) -> Option<Row<'_>> {
        let row = self.0.get(position)?;
        Some(std::array::from_fn(|index| row.field(index).map(Cow::Borrowed)))
    }

    /// The positions of the sessions that start from `begin` to `end`.
    pub(super) fn window(&self, begin: DateTime<Utc>, end: Bound<DateTime<Utc>>) -> Range<usize> {
        let is_after = |started: DateTime<Utc>| match end {
            Bound::Included(end) => started > end,
            Bound::Excluded(end) => started >= end,
            Bound::Unbounded => false,
        };
        self.0.partition_point(|row| is_after(row.started))
            ..self.0.partition_point(|row| row.started >= begin)
    }

    /// Whether a session meets the criteria besides the window.
    pub(super) fn matches(&self, position: usize, criteria: &Criteria) -> bool {
        let Some(row) = self.0.get(position) else {
            return false;
        };
        let wants = |wanted: &Option<String>, field: usize| {
            wanted
                .as_deref()
                .is_none_or(|wanted| row.field(field) == Some(wanted))
        };
        let state = || row.field(SESSION_STATE);
        let is_user = criteria
            .user_name
            .as_ref()
            .is_none_or(|name| row.field(LOGIN_USER).is_some_and(|user| name.fits(user)));
        is_user
            && wants(&criteria.app_server_group_id, GROUP_ID)
            && wants(&criteria.vm_ip, VM_IP)
            && wants(&criteria.public_ip, PUBLIC_IP)
            && wants(&criteria.machine_name, MACHINE_NAME)
            && criteria.success.is_none_or(|success| success == row.succeeded())
            && criteria.states.as_ref().is_none_or(|states| {
                states
                    .iter()
                    .map(|state: &State| state.name())
                    .any(|name| state() == Some(name))
            })
    }
}
