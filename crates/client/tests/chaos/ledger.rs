//! The two sides of the account: what the service did, and what the clients believe.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use futures_util::stream::{self, StreamExt};
use session_export::{Clock, ErrorKind, TaskId};
use sha2::{Digest, Sha256};

use super::export::{End, Found, Story};
use super::service::{Created, Service, export_of};
use crate::common::{names, seconds};

/// How many files are fetched at once for the comparison.
const AT_ONCE: usize = 16;
/// What no fault of the service may lead to.
const NEVER: [&str; 6] = [
    "invalid_request",
    "configuration",
    "sink",
    "journal",
    "too_large",
    // Found out about, or in doubt; never just reported.
    "ambiguous",
];

/// The numbers of a run. Those that have to be 0 stand in [`broken`](Self::broken) too, each with its export.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) done: usize,
    pub(crate) failed: BTreeMap<String, usize>,
    pub(crate) in_doubt: usize,
    pub(crate) found: BTreeMap<Found, usize>,
    pub(crate) created: usize,
    /// More than one task of an export.
    pub(crate) duplicates: usize,
    /// Tasks of which their client does not know, and does not say that it does not know.
    pub(crate) lost: usize,
    /// Tasks that a client believes in and that do not exist.
    pub(crate) made_up: usize,
    /// Tasks that a client takes for its own and that are another's.
    pub(crate) stolen: usize,
    pub(crate) whole: usize,
    pub(crate) partial: usize,
    pub(crate) left_behind: usize,
    pub(crate) requests: BTreeMap<&'static str, usize>,
    pub(crate) faults: usize,
    /// The exports that broke a rule, and which.
    pub(crate) broken: Vec<String>,
}

/// A file as it is without faults.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Whole {
    bytes: u64,
    sha256: [u8; 32],
    export: Option<usize>,
}

/// Compares both sides. From now on nothing goes wrong any more.
pub(crate) async fn settle(service: &Service, stories: &[Story], alone: bool, directory: &Path) -> Account {
    let mut account = Account::default();
    for call in service.emulator.journal().entries() {
        *account.requests.entry(call.operation()).or_default() += 1;
        account.faults += usize::from(call.fault().is_some());
    }
    let created = service.created();
    account.created = created.len();
    service.calm();
    let files = without_faults(service, &created).await;
    let owners = owners(&created, &files, stories, alone);
    let tasks: HashMap<&str, &Created> = created.iter().map(|task| (task.id.as_str(), task)).collect();
    for story in stories {
        account.count(story);
        account.compare(story, &tasks, &owners);
        account.check_file(story, &files, directory);
    }
    for task in &created {
        if !owners.contains_key(task.id.as_str()) {
            account.lost += 1;
            account.broken.push(format!("nobody knows of {}", shown(task)));
        }
    }
    account.check_directory(stories, directory);
    account
}

/// Every file, once more. A task that has none is not in it.
async fn without_faults(service: &Service, created: &[Created]) -> HashMap<String, Whole> {
    // Those that were submitted last are still being made.
    service.clock.sleep(seconds(60)).await;
    let fetch = |task: &'_ Created| {
        let (client, id) = (service.new_client(task.project), task.id.clone());
        async move {
            let task: TaskId = id.parse().unwrap();
            let ready = match client.task(task).ready().await {
                Ok(ready) => ready,
                Err(error) if matches!(error.kind(), ErrorKind::Task(_)) => return None,
                Err(error) => panic!("without a fault: {error}"),
            };
            let mut file = Vec::new();
            ready.download().to_writer(&mut file).await.unwrap();
            let whole = Whole {
                bytes: file.len() as u64,
                sha256: Sha256::digest(&file).into(),
                export: export_of(&file),
            };
            Some((id, whole))
        }
    };
    let fetches: Vec<_> = created.iter().map(fetch).collect();
    stream::iter(fetches)
        .buffer_unordered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await
}

/// Which export each task is of: by its project, or its file. One without a file got a whole answer, so that whoever
/// submitted it knows.
fn owners<'a>(
    created: &'a [Created],
    files: &HashMap<String, Whole>,
    stories: &[Story],
    alone: bool,
) -> HashMap<&'a str, usize> {
    let knows = |task: &Created| {
        let mut stories = stories.iter();
        stories.find(|story| story.own.iter().any(|own| own.as_str() == task.id))
    };
    let owner = |task: &Created| match files.get(&task.id) {
        _ if alone => Some(task.project),
        Some(file) => file.export,
        None => knows(task).map(|story| story.number),
    };
    created
        .iter()
        .filter_map(|task| Some((task.id.as_str(), owner(task)?)))
        .collect()
}

fn shown(task: &Created) -> String {
    format!("task {} (created {}, fault: {})", task.id, task.at, task.fault)
}

impl Account {
    fn count(&mut self, story: &Story) {
        match &story.end {
            End::Done(_) => self.done += 1,
            End::Failed(why) => *self.failed.entry(why.clone()).or_default() += 1,
            End::InDoubt => self.in_doubt += 1,
        }
        for (_, found) in &story.ambiguous {
            *self.found.entry(*found).or_default() += 1;
        }
        if let End::Failed(why) = &story.end
            && NEVER.iter().any(|kind| why.ends_with(kind))
        {
            self.breaks(story, "it ended in a way that no fault of the service explains");
        }
    }

    fn breaks(&mut self, story: &Story, rule: impl AsRef<str>) {
        self.broken
            .push(format!("export {}: {}; {story:?}", story.number, rule.as_ref()));
    }

    fn compare(&mut self, story: &Story, tasks: &HashMap<&str, &Created>, owners: &HashMap<&str, usize>) {
        for own in &story.own {
            match owners.get(own.as_str()) {
                None => {
                    self.made_up += 1;
                    self.breaks(story, format!("it believes in task {own}, which does not exist"));
                }
                Some(owner) if *owner != story.number => {
                    self.stolen += 1;
                    self.breaks(story, format!("it took task {own} of export {owner} for its own"));
                }
                Some(_) => {}
            }
        }
        let is_of = |task: &&&Created| owners.get(task.id.as_str()) == Some(&story.number);
        let mine: Vec<&Created> = tasks.values().filter(is_of).copied().collect();
        if mine.len() > 1 {
            self.duplicates += mine.len() - 1;
            let tasks: Vec<_> = mine.iter().map(|task| shown(task)).collect();
            self.breaks(story, format!("it made {}", tasks.join(" and ")));
        }
        // Who could not get the list says that it does not know, and is right.
        let unknown = |(_, found): &(_, Found)| *found == Found::StillUnknown;
        let excused = matches!(story.end, End::InDoubt) && story.ambiguous.iter().any(unknown);
        for task in mine {
            let named = story
                .own
                .iter()
                .chain(&story.candidates)
                .any(|id| id.as_str() == task.id);
            if !named && !excused {
                self.lost += 1;
                self.breaks(story, format!("it does not know of its {}", shown(task)));
            }
        }
    }

    fn check_file(&mut self, story: &Story, files: &HashMap<String, Whole>, directory: &Path) {
        let End::Done(receipt) = &story.end else { return };
        let bytes = std::fs::read(directory.join(target(story.number))).unwrap_or_default();
        let found = Whole {
            bytes: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            export: export_of(&bytes),
        };
        let told = (
            receipt.bytes,
            receipt.sha256.as_ref().map(|digest| *digest.as_bytes()),
        );
        let task = story.own.last().and_then(|id| files.get(id.as_str()));
        if Some(&found) == task
            && found.export == Some(story.number)
            && told == (found.bytes, Some(found.sha256))
        {
            self.whole += 1;
        } else {
            self.breaks(
                story,
                format!("its file is {found:?}, without faults it is {task:?}"),
            );
        }
    }

    fn check_directory(&mut self, stories: &[Story], directory: &Path) {
        let is_done = |story: &&Story| matches!(story.end, End::Done(_));
        let mut done: Vec<_> = stories
            .iter()
            .filter(is_done)
            .map(|story| target(story.number))
            .collect();
        done.sort();
        for name in names(directory) {
            if done.binary_search(&name).is_ok() {
                continue;
            }
            match name.ends_with(".part") {
                true => self.partial += 1,
                false => self.left_behind += 1,
            }
            self.broken.push(format!("{name} was left behind"));
        }
    }
}

/// The name of an export's file.
pub(crate) fn target(number: usize) -> String {
    format!("{number:06}.csv")
}
