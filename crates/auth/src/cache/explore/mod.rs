//! Every order of events, one after the other, with the promises checked after each.
//!
//! A run is a sequence of choices: which task is polled next, which one is dropped, what the provider answers. The
//! search repeats the run with another last choice until there is none left (depth first, without a memory of states),
//! so a scenario is small: three or four callers, a fetch of two or three polls. A task is polled when it was woken; a
//! scenario may also allow some polls that nobody asked for. What it cannot see is two threads inside one poll; all
//! shared state is behind locks that a poll holds only briefly, and `tests/cache.rs` runs on two threads.

mod callers;
mod scenarios;

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use self::callers::{ProviderPanics, play};
use super::*;

/// What is tried.
#[derive(Clone)]
struct Scenario {
    /// The cache begins with a credential that was fetched at minute 0 and ends at this one.
    held_until: Option<i64>,
    callers: Vec<Caller>,
    /// How often a fetch pends before it ends in one of `outcomes`.
    pends: usize,
    outcomes: Vec<Outcome>,
    /// How many tasks may be dropped, and how many polled without having been woken.
    drops: usize,
    spurious: usize,
}

/// Asks at this minute; after an answer it may reject what it got and ask once more, as after a 401.
#[derive(Clone, Copy)]
struct Caller {
    at: i64,
    rejects: bool,
}

#[derive(Clone, Copy)]
enum Outcome {
    /// A credential that ends at this minute.
    Until(i64),
    Fails,
    Panics,
}

#[derive(Clone, Debug)]
struct Credential {
    /// The number of its fetch; 0 is what the cache began with.
    fetch: usize,
    end: DateTime<Utc>,
}

impl Expiring for Credential {
    fn expires_at(&self) -> Option<DateTime<Utc>> {
        Some(self.end)
    }
}

type Cache = CredentialCache<Credential>;
type Shared = Rc<RefCell<World>>;

fn minute(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

/// What a run has seen so far.
#[derive(Default)]
struct World {
    choices: Choices,
    step: usize,
    polled: usize,
    calls: Vec<Call>,
    /// The call that each task is in.
    current: Vec<Option<usize>>,
    fetches: Vec<Fetch>,
    fetching: Option<usize>,
    rejected: HashSet<usize>,
}

struct Call {
    at: DateTime<Utc>,
    came: usize,
    /// It pends, and it is the one who fetches or will.
    leads: bool,
    /// It pends, and another one leads.
    waits: bool,
    /// The fetch that ended while it waited, and whether that failed.
    owed: Option<(usize, bool)>,
}

struct Fetch {
    by: usize,
    began: usize,
    ended: Option<usize>,
    end: Option<DateTime<Utc>>,
}

/// The way through the tree of choices, as pairs of what was taken and how many there were.
#[derive(Default)]
struct Choices {
    made: Vec<(usize, usize)>,
    next: usize,
}

impl Choices {
    fn choose(&mut self, of: usize) -> usize {
        assert!(of > 0, "nothing to choose from");
        if self.next == self.made.len() {
            self.made.push((0, of));
        }
        let (taken, count) = self.made[self.next];
        assert_eq!(count, of, "the run is not deterministic");
        self.next += 1;
        taken
    }

    /// Turns to the next way, if there is one.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((taken, of)) = self.made.pop() {
            if taken + 1 < of {
                self.made.push((taken + 1, of));
                return true;
            }
        }
        false
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Task {
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    woken: Arc<Flag>,
    started: bool,
}

enum Action {
    Poll(usize),
    Spurious(usize),
    Drop(usize),
}

/// How many runs there were, and the least and the greatest number of fetches in one.
#[derive(Debug)]
struct Report {
    runs: usize,
    fetches: RangeInclusive<usize>,
}

fn explore(scenario: &Scenario) -> Report {
    let mut choices = Choices::default();
    let (mut runs, mut least, mut most) = (0, usize::MAX, 0);
    loop {
        let world = Rc::new(RefCell::new(World {
            choices,
            ..World::default()
        }));
        let seen = Rc::clone(&world);
        if let Err(failure) = catch_unwind(AssertUnwindSafe(|| run(scenario, &seen))) {
            let made = world
                .try_borrow()
                .map(|world| world.choices.made.clone())
                .unwrap_or_default();
            eprintln!("run {runs}, choices {made:?}");
            resume_unwind(failure);
        }
        let mut world = world.borrow_mut();
        runs += 1;
        least = least.min(world.fetches.len() - 1);
        most = most.max(world.fetches.len() - 1);
        choices = std::mem::take(&mut world.choices);
        if !choices.advance() {
            return Report {
                runs,
                fetches: least..=most,
            };
        }
    }
}

fn run(scenario: &Scenario, world: &Shared) {
    let cache = Rc::new(Cache::new());
    // Fetch 0, so that the numbers of the others are their places.
    world.borrow_mut().fetches.push(Fetch {
        by: usize::MAX,
        began: 0,
        ended: Some(0),
        end: None,
    });
    if let Some(end) = scenario.held_until.map(minute) {
        let held = cache.get(minute(0), || async { Ok(Credential { fetch: 0, end }) });
        assert!(matches!(poll_once(held), Poll::Ready(Ok(_))));
    }
    let mut tasks = Vec::new();
    for (number, caller) in scenario.callers.iter().enumerate() {
        world.borrow_mut().current.push(None);
        tasks.push(Task {
            future: Some(Box::pin(play(
                Rc::clone(&cache),
                Rc::clone(world),
                scenario.clone(),
                number,
                *caller,
            ))),
            woken: Arc::new(Flag(AtomicBool::new(true))),
            started: false,
        });
    }
    let (mut drops, mut spurious) = (scenario.drops, scenario.spurious);
    loop {
        let mut actions = Vec::new();
        let live = |task: &&Task| task.future.is_some();
        if tasks.iter().find(live).is_none() {
            break;
        }
        let woken = |task: &Task| task.woken.0.load(Ordering::SeqCst);
        assert!(
            tasks.iter().filter(live).any(woken),
            "somebody waits and nobody will wake it"
        );
        for (number, task) in tasks.iter().enumerate().filter(|(_, task)| task.future.is_some()) {
            if woken(task) {
                actions.push(Action::Poll(number));
            } else if spurious > 0 {
                actions.push(Action::Spurious(number));
            }
            if drops > 0 && task.started {
                actions.push(Action::Drop(number));
            }
        }
        let chosen = {
            let mut world = world.borrow_mut();
            world.step += 1;
            world.choices.choose(actions.len())
        };
        match actions[chosen] {
            Action::Poll(number) => poll(&cache, world, &mut tasks[number], number),
            Action::Spurious(number) => {
                spurious -= 1;
                poll(&cache, world, &mut tasks[number], number);
            }
            Action::Drop(number) => {
                drops -= 1;
                tasks[number].future = None;
            }
        }
    }
    let flight = cache.lock().flight.clone();
    assert!(
        flight.is_none_or(|flight| !flight.is_led()),
        "somebody who is gone leads"
    );
    assert!(world.borrow().fetching.is_none());
}

fn poll(cache: &Cache, world: &Shared, task: &mut Task, number: usize) {
    let flight = || cache.lock().flight.clone();
    let before = flight();
    let was_led = before.as_ref().is_some_and(|flight| flight.is_led());
    world.borrow_mut().polled = number;
    task.started = true;
    task.woken.0.store(false, Ordering::SeqCst);
    let waker = Waker::from(Arc::clone(&task.woken));
    let Some(future) = &mut task.future else { return };
    let polled = catch_unwind(AssertUnwindSafe(|| {
        future.as_mut().poll(&mut Context::from_waker(&waker))
    }));
    match polled {
        Ok(Poll::Pending) => {}
        Ok(Poll::Ready(())) => task.future = None,
        Err(panic) if panic.is::<ProviderPanics>() => task.future = None,
        Err(panic) => resume_unwind(panic),
    }
    let mut world = world.borrow_mut();
    let (Some(call), Some(after)) = (world.current[number], flight()) else {
        return;
    };
    if task.future.is_none() {
        return;
    }
    let at = world.calls[call].at;
    if let Some((fetch, fails)) = world.calls[call].owed.take() {
        let useless =
            world.fetches[fetch].end.is_some_and(|end| end <= at) || world.rejected.contains(&fetch);
        assert!(!fails && useless, "it goes on waiting, and had its answer");
    }
    let is_new = before.is_none_or(|before| !Arc::ptr_eq(&before, &after));
    let took_lead = after.is_led() && (is_new || !was_led);
    let call = &mut world.calls[call];
    call.leads |= took_lead;
    call.waits = !call.leads;
    let leads = call.leads;
    assert!(
        leads || world.fetching != Some(number),
        "it fetches and does not lead"
    );
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    Box::pin(future)
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}
