//! The callers and the provider of a scenario, and the promises to a caller.

use super::*;

/// What the provider panics with: no message, since nothing is wrong.
pub(super) struct ProviderPanics;

/// A fetch, which is dropped when its caller is.
struct Underway(Shared);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.borrow_mut().fetching = None;
    }
}

async fn provide(
    cache: Rc<Cache>,
    world: Shared,
    scenario: Scenario,
    call: usize,
) -> Result<Credential, AuthError> {
    let number = {
        let mut world = world.borrow_mut();
        let by = world.polled;
        assert!(world.fetching.is_none(), "two fetches at one time");
        world.fetching = Some(by);
        let at = world.calls[call].at;
        // A fetch has a reason: nothing to use, or the last part of a life.
        let state = cache.lock();
        let usable = state.current.as_ref().filter(|entry| entry.value.end > at);
        assert!(
            usable.is_none_or(|entry| entry.last_part.is_some_and(|(begin, _)| at >= begin)),
            "nothing had to be fetched"
        );
        let began = world.step;
        world.fetches.push(Fetch {
            by,
            began,
            ended: None,
            end: None,
        });
        world.fetches.len() - 1
    };
    let underway = Underway(Rc::clone(&world));
    for _ in 0..scenario.pends {
        yield_once().await;
    }
    drop(underway);
    let mut world = world.borrow_mut();
    let outcome = scenario.outcomes[world.choices.choose(scenario.outcomes.len())];
    let (step, at) = (world.step, world.calls[call].at);
    // No two alike, so that an Expired shows whose it is.
    let end = match outcome {
        Outcome::Until(end) => Some(minute(end) + TimeDelta::milliseconds(number as i64)),
        Outcome::Fails | Outcome::Panics => None,
    };
    world.fetches[number].ended = Some(step);
    world.fetches[number].end = end;
    let fails = end.is_none_or(|end| end <= at);
    if !matches!(outcome, Outcome::Panics) {
        // Whoever waits now is to get this, whenever it is polled.
        let current: Vec<_> = world.current.iter().flatten().copied().collect();
        for other in current {
            let other = &mut world.calls[other];
            if other.waits && other.owed.is_none() {
                other.owed = Some((number, fails));
            }
        }
    }
    drop(world);
    match (outcome, end) {
        (Outcome::Panics, _) => resume_unwind(Box::new(ProviderPanics)),
        (_, Some(end)) => Ok(Credential { fetch: number, end }),
        (_, None) => Err(AuthError::other(format!("fetch {number}"))),
    }
}

/// One caller from its coming to its end, and the check of what it got.
pub(super) async fn play(cache: Rc<Cache>, world: Shared, scenario: Scenario, task: usize, caller: Caller) {
    let rounds = if caller.rejects { 2 } else { 1 };
    for round in 0..rounds {
        if round > 0 {
            // The request is under way.
            yield_once().await;
        }
        let at = minute(caller.at);
        let (call, had_one) = {
            let mut world = world.borrow_mut();
            let came = world.step;
            world.calls.push(Call {
                at,
                came,
                leads: false,
                waits: false,
                owed: None,
            });
            let call = world.calls.len() - 1;
            world.current[task] = Some(call);
            let state = cache.lock();
            let usable = state.current.as_ref().filter(|entry| entry.value.end > at);
            (call, usable.map(|entry| entry.value.fetch))
        };
        let result = cache
            .get(at, || {
                provide(Rc::clone(&cache), Rc::clone(&world), scenario.clone(), call)
            })
            .await;
        world.borrow_mut().current[task] = None;
        judge(&world.borrow(), task, call, had_one, &result);
        let Ok((credential, stamp)) = result else { return };
        if round + 1 < rounds {
            yield_once().await;
            cache.rejected(stamp);
            world.borrow_mut().rejected.insert(credential.fetch);
        }
    }
}

/// The promises to one caller, when it has its answer.
fn judge(
    world: &World,
    task: usize,
    call: usize,
    had_one: Option<usize>,
    result: &Result<(Credential, Stamp), AuthError>,
) {
    let call = &world.calls[call];
    match result {
        Ok((credential, _)) => {
            assert!(credential.end > call.at, "it is unusable");
            assert!(
                !world.rejected.contains(&credential.fetch),
                "it was rejected before"
            );
            if let Some((fetch, fails)) = call.owed {
                assert!(!fails, "it waited for a fetch that failed");
                assert!(
                    credential.fetch >= fetch,
                    "it got an older one than it waited for"
                );
            }
            // At once, unless it was the one who renewed.
            if let Some(had) = had_one {
                let own = |fetch: &Fetch| fetch.by == task && fetch.began >= call.came;
                let renewed = world.fetches.iter().any(own);
                assert!(renewed || world.step == call.came, "it waited, and had {had}");
            }
        }
        Err(error) => {
            let fetch = whose(world, error);
            let ended = world.fetches[fetch].ended.expect("it has ended");
            assert!(
                ended >= call.came,
                "it got the failure of a fetch before its time"
            );
            let own = world.fetches[fetch].by == task;
            assert!(
                own && call.owed.is_none() || call.owed == Some((fetch, true)),
                "not what it waited for"
            );
        }
    }
}

/// The fetch that this error comes from.
fn whose(world: &World, error: &AuthError) -> usize {
    let text = match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    };
    let is_it = |(number, fetch): (usize, &Fetch)| match fetch.end {
        Some(end) => text.contains(&format!("{end:?}")),
        None => text == format!("fetch {number}"),
    };
    world
        .fetches
        .iter()
        .enumerate()
        .position(is_it)
        .expect("an error of a fetch")
}
