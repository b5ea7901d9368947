//! The emulator of a run, the clients of it, and what each export asks for.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use session_export::{Client, Iam, IamPassword, SessionFilter, TokenAuthenticator, TokenScope, Transport};
use session_export_emulator::{
    Emulator, ExportFormat, FaultScript, ProjectSpec, RowFormat, RowSource, UserSpec,
};
use session_export_transport::test_util::ManualClock;
use session_export_transport_hyper::HyperTransport;
use session_export_transport_reqwest::ReqwestTransport;

use super::time::Traffic;
use crate::common;

const START: &str = "2024-03-01T10:00:00Z";
const USER: &str = "chaos";
const ACCOUNT: &str = "chaos-account";
const SHARED: &str = "shared";
/// How many sessions each export selects.
const SESSIONS: usize = 8;

/// Whose tasks an export sees beside its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Projects {
    /// Nobody's: a project and a client for each.
    OneEach,
    /// Everybody's: one project, and so many clients that know nothing of each other, as processes would.
    Shared { clients: usize },
}

/// Which transport carries the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Reqwest,
    Hyper,
}

impl Carrier {
    fn transport(self) -> Arc<dyn Transport> {
        match self {
            Self::Reqwest => Arc::new(ReqwestTransport::new().unwrap()),
            Self::Hyper => Arc::new(HyperTransport::new().unwrap()),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Hyper => "hyper",
        }
    }
}

pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    pub(crate) clock: ManualClock,
    pub(crate) traffic: Traffic,
    /// With a pool of connections each, of which many exports have a share.
    transport: Arc<dyn Transport>,
    projects: Vec<Project>,
    clients: Vec<Client>,
}

struct Project {
    id: String,
    password: String,
}

impl Service {
    pub(crate) async fn start(projects: Projects, exports: usize, carrier: Carrier) -> Self {
        let clock = ManualClock::new(START.parse().unwrap());
        let time = clock.clone();
        let mut builder = Emulator::builder()
            .sessions(0)
            .export_format(ExportFormat::Csv)
            .clock(move || session_export::Clock::now(&time));
        let names: Vec<String> = match projects {
            Projects::OneEach => (0..exports).map(user_of).collect(),
            Projects::Shared { .. } => vec![SHARED.to_owned()],
        };
        for (number, name) in names.iter().enumerate() {
            let numbers = match projects {
                Projects::OneEach => number..number + 1,
                Projects::Shared { .. } => 0..exports,
            };
            builder = builder.project(
                ProjectSpec::new(name)
                    .domain_name(ACCOUNT)
                    .rows(RowSource::reader(
                        name,
                        RowFormat::Csv,
                        std::io::Cursor::new(rows(numbers)),
                    ))
                    .user(UserSpec::new(USER)),
            );
        }
        let emulator = builder.start().await.unwrap();
        let access = emulator.projects();
        let projects_by_name = names.iter().map(|name| {
            let project = access.iter().find(|project| project.name() == name).unwrap();
            Project {
                id: project.id().to_owned(),
                password: project.user(USER).unwrap().password().to_owned(),
            }
        });
        let traffic = Traffic::default();
        let mut service = Self {
            projects: projects_by_name.collect(),
            transport: traffic.watch(carrier.transport()),
            emulator,
            clock,
            traffic,
            clients: Vec::new(),
        };
        service.clients = match projects {
            Projects::OneEach => (0..exports).map(|number| service.new_client(number)).collect(),
            Projects::Shared { clients } => (0..clients)
                .map(|_| {
                    // A process has connections of its own, too.
                    service.transport = service.traffic.watch(carrier.transport());
                    service.new_client(0)
                })
                .collect(),
        };
        service
    }

    /// The client of an export.
    pub(crate) fn client(&self, number: usize) -> &Client {
        &self.clients[number % self.clients.len()]
    }

    /// A client that has done nothing yet, for the project of an export.
    pub(crate) fn new_client(&self, number: usize) -> Client {
        let project = &self.projects[number % self.projects.len()];
        let base = self.emulator.base_url();
        let login = IamPassword::new(
            Iam::new(Arc::clone(&self.transport), base.parse().unwrap()),
            USER,
            project.password.clone(),
            ACCOUNT,
            TokenScope::project_id(project.id.parse().unwrap()),
        );
        Client::builder(common::endpoint(&base), project.id.parse().unwrap())
            .transport(Arc::clone(&self.transport))
            .authenticator(TokenAuthenticator::new(login))
            .clock(self.clock.clone())
            .build()
            .unwrap()
    }

    /// Nothing goes wrong any more.
    pub(crate) fn calm(&self) {
        self.emulator.set_faults(FaultScript::new()).unwrap();
    }

    /// The exports that were accepted, whatever their clients were told.
    pub(crate) fn created(&self) -> Vec<Created> {
        let journal = self.emulator.journal();
        assert_eq!(
            journal.dropped(),
            0,
            "the journal is too short for so many exports"
        );
        let created: Vec<Created> = journal
            .entries()
            .iter()
            .filter(|call| call.operation() == "export_sessions")
            .flat_map(|call| {
                let project = self
                    .projects
                    .iter()
                    .position(|project| project.id == call.project_id());
                call.task_ids().iter().map(move |id| Created {
                    id: id.clone(),
                    project: project.unwrap(),
                    at: call.at(),
                    fault: call.fault().unwrap_or("none").to_owned(),
                })
            })
            .collect();
        let counted = self
            .projects
            .iter()
            .map(|project| self.emulator.exports_created_in(&project.id));
        assert_eq!(
            counted.sum::<u64>(),
            created.len() as u64,
            "the journal and the count differ"
        );
        created
    }
}

/// A task that the service has taken on.
pub(crate) struct Created {
    pub(crate) id: String,
    pub(crate) project: usize,
    pub(crate) at: DateTime<Utc>,
    /// What went wrong with its submit.
    pub(crate) fault: String,
}

fn user_of(number: usize) -> String {
    format!("chaos-{number:06}")
}

/// What an export asks for: the sessions of a user of its own, by which its file is told from every other.
pub(crate) fn filter_of(number: usize) -> SessionFilter {
    SessionFilter::builder()
        .user_name(user_of(number))
        .build()
        .unwrap()
}

/// The sessions of these exports' users, and one that nobody asks for.
fn rows(numbers: std::ops::Range<usize>) -> String {
    let mut text = "id,login_user,start_time,machine_name\n0,nobody,2024-02-27T00:00:00Z,none\n".to_owned();
    for number in numbers {
        for session in 0..SESSIONS {
            let user = user_of(number);
            writeln!(
                text,
                "{number}-{session},{user},2024-02-27T00:00:{session:02}Z,machine-{session}"
            )
            .unwrap();
        }
    }
    text
}

/// Which export a file is of, if it is whole: it has that user's sessions and nothing else.
pub(crate) fn export_of(file: &[u8]) -> Option<usize> {
    let mut lines = std::str::from_utf8(file).ok()?.lines();
    let column = lines.next()?.split(',').position(|name| name == "login_user")?;
    let users: Vec<&str> = lines
        .map(|line| line.split(',').nth(column))
        .collect::<Option<_>>()?;
    let user = *users.first()?;
    let is_whole = users.len() == SESSIONS && users.iter().all(|other| *other == user);
    is_whole
        .then(|| user.strip_prefix("chaos-")?.parse().ok())
        .flatten()
}
