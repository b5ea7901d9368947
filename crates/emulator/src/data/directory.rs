//! The people, machines and applications that sessions name. All of it is made up.

use crate::random::Dice;

/// Names in scripts and with characters that trip naive clients: Han, accents, a blank, an apostrophe.
const NAMES: [&str; 48] = [
    "张三",
    "李四",
    "王伟",
    "王芳",
    "李娜",
    "刘洋",
    "陈静",
    "杨帆",
    "赵磊",
    "黄丽",
    "周杰",
    "吴敏",
    "徐强",
    "孙悦",
    "马超",
    "朱婷",
    "胡斌",
    "郭晓明",
    "何雨桐",
    "欧阳雪",
    "诸葛亮",
    "林志远",
    "罗欣",
    "高建国",
    "zoë.müller",
    "josé.garcía",
    "françois.lefèvre",
    "björn.åkesson",
    "søren.ødegård",
    "łukasz.wiśniewski",
    "jiří.dvořák",
    "ağustos.çelik",
    "nuño.peña",
    "anaïs.noël",
    "jürgen.weiß",
    "márta.szőke",
    "ștefan.ionescu",
    "Ana María",
    "inês.gonçalves",
    "o'brien",
    "andré.côté",
    "renée.béland",
    "émile.zamor",
    "agnès.rivière",
    "götz.bäcker",
    "petr.šimůnek",
    "živa.kovač",
    "dilara.öztürk",
];

/// How many plain names (`user001` and so on) follow the others.
const PLAIN_NAMES: usize = 32;

const SERVERS: usize = 12;
const CLIENTS: usize = 96;

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
    users: Vec<String>,
    groups: Vec<Group>,
    servers: Vec<Server>,
    clients: Vec<Client>,
    public_ips: Vec<String>,
}

impl Directory {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let plain = (1..=PLAIN_NAMES).map(|number| format!("user{number:03}"));
        let ids: Vec<String> = GROUPS.iter().map(|_| dashed_uuid(dice.u128())).collect();
        let groups = GROUPS.iter().enumerate().map(|(index, name)| Group {
            id: ids[index].clone(),
            name,
            secondary: (index % 2 == 0).then(|| ids[(index + 1) % ids.len()].clone()),
        });
        Self {
            users: NAMES.iter().map(|name| (*name).to_owned()).chain(plain).collect(),
            groups: groups.collect(),
            servers: (0..SERVERS).map(|index| server(index, dice)).collect(),
            clients: (0..CLIENTS).map(|index| client(index, dice)).collect(),
            // Both networks are reserved for documentation, so no address belongs to anybody.
            public_ips: (1..=9)
                .flat_map(|n| [format!("203.0.113.{n}"), format!("198.51.100.{}", n * 7)])
                .collect(),
        }
    }

    pub(crate) fn user(&self, index: usize) -> &str {
        pick::<String>(&self.users, index)
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

    pub(crate) fn user_count(&self) -> usize {
        self.users.len()
    }

    pub(crate) fn server_count(&self) -> usize {
        self.servers.len()
    }

    pub(crate) fn client_count(&self) -> usize {
        self.clients.len()
    }

    pub(crate) fn public_ip_count(&self) -> usize {
        self.public_ips.len()
    }

    pub(crate) fn app_count(&self) -> usize {
        APPS.len()
    }

    pub(crate) fn failure_count(&self) -> usize {
        FAILURES.len()
    }
}

/// No list here is empty.
fn pick<T>(list: &[T], index: usize) -> &T {
    &list[index % list.len()]
}

fn server(index: usize, dice: &mut Dice) -> Server {
    let mut part = || 1_000_000_000 + dice.below(3_000_000_000);
    Server {
        name: format!("APS-{:04}", index + 1),
        sid: format!("S-1-5-21-{}-{}-{}", part(), part(), part()),
        ip: format!("10.0.{}.{}", index / 4, 10 + index),
        agent_version: AGENT_VERSIONS[index % AGENT_VERSIONS.len()],
        group: index % GROUPS.len(),
    }
}

fn client(index: usize, dice: &mut Dice) -> Client {
    let (kind, version) = CLIENT_KINDS[dice.weighted(&[60, 15, 10, 8, 7])];
    // The second lowest bit of the first byte marks an address that no vendor assigned.
    let mac = format!(
        "02:00:{:02x}:{:02x}:{:02x}:{index:02x}",
        dice.below(256),
        dice.below(256),
        dice.below(256)
    );
    let name = format!("{}-{index:03}", kind.to_uppercase());
    Client {
        mac,
        name,
        ip: format!("192.168.{}.{}", dice.below(16), 20 + index),
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
