//! The people, machines and applications that sessions name. All of it is made up.

use super::names;
use crate::random::Dice;

/// Sessions for each server and for each person; 12 servers and 80 people are there for however few sessions.
const SESSIONS_PER_SERVER: usize = 5_000;
const SESSIONS_PER_USER: usize = 100;

/// 12 to 240, a multiple of the number of groups.
const FEWEST_SERVERS: usize = 12;
const MOST_SERVERS: usize = 240;

const MOST_USERS: usize = 20_000;

/// Addresses of offices come first, those of homes and hotels after them.
const OFFICES: usize = 4;
const FEWEST_PUBLIC_IPS: usize = 18;
const MOST_PUBLIC_IPS: usize = 440;

const GROUPS: [&str; 4] = ["office-desktops", "engineering", "华东客服", "training-room"];
const APPS: [&str; 6] = [
    "Calculator",
    "Notepad",
    "Firefox",
    "AutoCAD Viewer",
    "财务报表",
    "LibreOffice Writer",
];
const AGENT_VERSIONS: [&str; 2] = ["23.6.2", "24.1.0"];

/// Client types with the version that each of them reports.
const CLIENT_KINDS: [(&str, &str); 5] = [
    ("Windows", "24.2.1"),
    ("macOS", "24.2.0"),
    ("Linux", "23.12.4"),
    ("Android", "24.1.3"),
    ("Web", "24.2.1"),
];

/// Codes of the API definition, with texts of its samples where it has one.
const FAILURES: [Failure; 4] = [
    Failure {
        code: "WKS.00211401",
        reason: "The requested operation failed. Please try again later.",
    },
    Failure {
        code: "WKS.00050902",
        reason: "The service is now unavailable to process the request.",
    },
    Failure {
        code: "WKS.00010032",
        reason: "The operation conflicts with another one.",
    },
    Failure {
        code: "WKS.0407",
        reason: "The server is busy.",
    },
];

/// Why a session was not created.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
}

/// A person and the habits that sessions follow.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    /// The server of most of the person's sessions; the others are on servers of the same group.
    pub(super) server: usize,
    /// Hours by which the day begins earlier (less than 0) or later than that of others.
    pub(super) shift: i64,
    /// Of ten sessions, how many have a whole desktop.
    pub(super) desktops: u64,
    /// The application that the person opens most.
    pub(super) app: usize,
    pub(super) office_ip: usize,
    pub(super) home_ip: usize,
}

/// An application server group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    /// The group that takes over when this one fails.
    pub(crate) secondary: Option<String>,
}

/// An application server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) sid: String,
    pub(crate) ip: String,
    pub(crate) agent_version: &'static str,
    pub(crate) group: usize,
}

/// A device that sessions are opened from.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) mac: String,
    pub(crate) name: String,
    pub(crate) ip: String,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
}

/// Everything that a session refers to by index. An index is taken modulo the list's length, so none is wrong.
#[derive(Debug)]
pub(crate) struct Directory {
    users: Vec<User>,
    groups: Vec<Group>,
    servers: Vec<Server>,
    clients: Vec<Client>,
    public_ips: Vec<String>,
}

impl Directory {
    /// People and machines for `count` sessions.
    pub(crate) fn new(count: usize, dice: &mut Dice) -> Self {
        let ids: Vec<String> = GROUPS.iter().map(|_| dashed_uuid(dice.u128())).collect();
        let groups = GROUPS.iter().enumerate().map(|(index, name)| Group {
            id: ids[index].clone(),
            name,
            secondary: (index % 2 == 0).then(|| ids[(index + 1) % ids.len()].clone()),
        });
        let servers = (count / SESSIONS_PER_SERVER).clamp(FEWEST_SERVERS, MOST_SERVERS);
        let servers = servers.next_multiple_of(GROUPS.len());
        let users = (count / SESSIONS_PER_USER).clamp(names::FEWEST, MOST_USERS);
        let public_ips = (users / 10).clamp(FEWEST_PUBLIC_IPS, MOST_PUBLIC_IPS);
        Self {
            groups: groups.collect(),
            servers: (0..servers).map(|index| server(index, dice)).collect(),
            // Each person has two devices of their own.
            clients: (0..users * 2).map(|index| client(index, dice)).collect(),
            // Both networks are reserved for documentation, so no address belongs to anybody.
            public_ips: (1..=public_ips.div_ceil(2))
                .flat_map(|n| {
                    [
                        format!("203.0.113.{n}"),
                        format!("198.51.100.{}", n * 7 % 251 + 1),
                    ]
                })
                .collect(),
            users: names::names(users)
                .into_iter()
                .map(|name| user(name, servers, public_ips, dice))
                .collect(),
        }
    }

    pub(crate) fn users(&self) -> &[User] {
        &self.users
    }

    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    pub(crate) fn public_ips(&self) -> &[String] {
        &self.public_ips
    }

    pub(crate) fn user(&self, index: usize) -> &User {
        pick(&self.users, index)
    }

    pub(crate) fn group(&self, index: usize) -> &Group {
        pick(&self.groups, index)
    }

    pub(crate) fn server(&self, index: usize) -> &Server {
        pick(&self.servers, index)
    }

    pub(crate) fn client(&self, index: usize) -> &Client {
        pick(&self.clients, index)
    }

    pub(crate) fn public_ip(&self, index: usize) -> &str {
        pick::<String>(&self.public_ips, index)
    }

    pub(crate) fn app(&self, index: usize) -> &'static str {
        pick::<&'static str>(&APPS, index)
    }

    pub(crate) fn failure(&self, index: usize) -> &'static Failure {
        pick(&FAILURES, index)
    }

    pub(crate) fn failure_count(&self) -> usize {
        FAILURES.len()
    }

    pub(super) fn group_count(&self) -> usize {
        self.groups.len()
    }
}

/// No list here is empty.
fn pick<T>(list: &[T], index: usize) -> &T {
    &list[index % list.len()]
}

fn user(name: String, servers: usize, public_ips: usize, dice: &mut Dice) -> User {
    User {
        name,
        server: dice.index(servers),
        shift: [-1, 0, 0, 1][dice.index(4)],
        desktops: [2, 6, 6, 9][dice.index(4)],
        app: dice.index(APPS.len()),
        office_ip: dice.index(OFFICES),
        home_ip: OFFICES + dice.index(public_ips - OFFICES),
    }
}

fn server(index: usize, dice: &mut Dice) -> Server {
    let mut part = || 1_000_000_000 + dice.below(3_000_000_000);
    Server {
        name: format!("APS-{:04}", index + 1),
        sid: format!("S-1-5-21-{}-{}-{}", part(), part(), part()),
        ip: format!("10.0.{}.{}", index / 4, 10 + index % MOST_SERVERS),
        agent_version: AGENT_VERSIONS[index / GROUPS.len() % AGENT_VERSIONS.len()],
        group: index % GROUPS.len(),
    }
}

fn client(index: usize, dice: &mut Dice) -> Client {
    let (kind, version) = CLIENT_KINDS[dice.weighted(&[60, 15, 10, 8, 7])];
    // The second lowest bit of the first byte marks an address that no vendor assigned.
    let mac = format!(
        "02:00:{:02x}:{:02x}:{:02x}:{:02x}",
        dice.below(256),
        index / 65_536,
        index / 256 % 256,
        index % 256
    );
    let name = format!("{}-{index:03}", kind.to_uppercase());
    Client {
        mac,
        name,
        ip: format!("192.168.{}.{}", index / 200 % 256, 20 + index % 200),
        version,
        kind,
    }
}

fn dashed_uuid(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
