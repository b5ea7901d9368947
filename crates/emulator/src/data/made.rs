//! Made-up sessions: compact records, from which the 30 fields are derived when they are asked for.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::generate::{self, small};
use super::{Directory, Row, SUCCESS_CODE, State};
use crate::random::Dice;
use crate::time;

/// `session_type` of a session with a whole desktop, and of one with a single application.
const SHARED_DESKTOP: &str = "1";
const APPLICATION: &str = "2";

/// `failed_reason` of a session that was created.
const SUCCESS_REASON: &str = "success";

/// One session in 24 bytes, of which there may be two million. Times are milliseconds since 1970; `user`, `server`
/// and `public_ip` are indices into the [`Directory`]. What no filter looks at follows from the `number`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) started: i64,
    pub(super) number: u32,
    /// Milliseconds until the end, or until the last update of a session that is open: a little over 49 days at most.
    pub(super) lasts: u32,
    pub(super) user: u16,
    pub(super) server: u16,
    pub(super) public_ip: u16,
    pub(super) state: State,
    /// An index into the failures, or [`CREATED`](Self::CREATED).
    pub(super) failure: u8,
}

impl Session {
    /// The `failure` of a session that did not fail.
    pub(super) const CREATED: u8 = u8::MAX;

    /// Whether the session was created: `is_success` of a filter.
    pub(super) fn succeeded(&self) -> bool {
        self.failure == Self::CREATED
    }

    fn is_open(&self) -> bool {
        matches!(self.state, State::Active | State::Disconnected | State::AppcInit)
    }
}

/// Makes ids from numbers. Each half of an id is a mixed number, and mixing maps no two numbers to the same one, so
/// ids are unique without a list of those that are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdKey(u64, u64);

impl IdKey {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let bits = dice.u128();
        Self((bits >> 64) as u64, bits as u64)
    }

    pub(super) fn id(self, number: u32) -> u128 {
        let number = u64::from(number);
        u128::from(mix(self.0 ^ number)) << 64 | u128::from(mix(self.1 ^ number))
    }
}

/// The last step of SplitMix64, a bijection.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Made-up sessions, newest first, and the people and machines that they name.
#[derive(Debug)]
pub(crate) struct Made {
    pub(super) directory: Directory,
    pub(super) sessions: Vec<Session>,
    key: IdKey,
    project_id: String,
}

impl Made {
    pub(super) fn generate(
        seed: u64,
        count: usize,
        days: u32,
        anchor: DateTime<Utc>,
        project_id: &str,
    ) -> Self {
        let (directory, key, sessions) = generate::generate(seed, count, days, anchor);
        Self {
            directory,
            sessions,
            key,
            project_id: project_id.to_owned(),
        }
    }

    pub(super) fn row(&self, position: usize) -> Option<Row<'_>> {
        let session = self.sessions.get(position)?;
        let id = self.key.id(session.number);
        // Bits of the id serve as draws that need no memory.
        let bits = id as u64;
        let user = self.directory.user(usize::from(session.user));
        let server = self.directory.server(usize::from(session.server));
        let group = self.directory.group(server.group);
        // Most sessions are opened from the first of the two devices.
        let device = usize::from(session.user) * 2 + usize::from(bits & 3 == 0);
        let client = self.directory.client(device);
        let failure = (!session.succeeded()).then(|| self.directory.failure(usize::from(session.failure)));
        let app = ((bits >> 2) % 10 >= user.desktops).then(|| {
            // Two of three times it is the favourite one.
            let other = if (bits >> 8).is_multiple_of(3) {
                (bits >> 16) as usize % 6
            } else {
                0
            };
            self.directory.app(user.app + other)
        });
        let connecting = session.started - 300 - (bits >> 32) as i64 % 3_000;
        let updated = session.started + i64::from(session.lasts);
        let moment = |at: i64| Some(Cow::Owned(time::millis(time::from_millis(at))));
        let borrowed = Cow::Borrowed;
        Some([
            Some(Cow::Owned(format!("{id:032x}"))),
            Some(Cow::Owned(format!(
                "{}-{}-HDP-{}",
                server.sid, user.name, session.number
            ))),
            (session.state != State::InitFail).then(|| Cow::Owned((session.number % 500 + 1).to_string())),
            Some(borrowed("HDP")),
            Some(borrowed(&user.name)),
            Some(borrowed(if app.is_some() {
                APPLICATION
            } else {
                SHARED_DESKTOP
            })),
            Some(borrowed(&group.id)),
            Some(borrowed(group.name)),
            moment(connecting),
            moment(session.started),
            if session.is_open() { None } else { moment(updated) },
            Some(Cow::Owned((session.lasts / 1_000).to_string())),
            Some(borrowed(&server.sid)),
            Some(borrowed(&server.name)),
            Some(borrowed(session.state.name())),
            app.map(borrowed),
            Some(borrowed(&client.mac)),
            Some(borrowed(&client.name)),
            Some(borrowed(&client.ip)),
            Some(borrowed(self.directory.public_ip(usize::from(session.public_ip)))),
            Some(borrowed(client.version)),
            Some(borrowed(client.kind)),
            Some(borrowed(server.agent_version)),
            Some(borrowed(&server.ip)),
            Some(borrowed(failure.map_or(SUCCESS_REASON, |failure| failure.reason))),
            Some(borrowed(failure.map_or(SUCCESS_CODE, |failure| failure.code))),
            // Whole seconds, as in the sample of the API definition, so that clients meet both precisions.
            Some(Cow::Owned(time::seconds(time::from_millis(updated)))),
            Some(borrowed(&self.project_id)),
            Some(borrowed(&group.id)),
            group.secondary.as_deref().map(borrowed),
        ])
    }

    /// The index of the person with that name.
    pub(super) fn user(&self, name: &str) -> Option<u16> {
        self.directory
            .users()
            .iter()
            .position(|user| user.name == name)
            .map(small)
    }

    pub(super) fn public_ip(&self, ip: &str) -> Option<u16> {
        self.directory
            .public_ips()
            .iter()
            .position(|known| known == ip)
            .map(small)
    }
}
