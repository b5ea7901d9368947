//! Signals that end a command. Each ends it the same way, so that nothing half done stays behind.

/// Who ended the command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM: a supervisor, or `kill`.
    #[cfg_attr(not(unix), allow(dead_code, reason = "a signal of unix"))]
    Terminated,
    /// SIGHUP: the terminal is gone.
    #[cfg_attr(not(unix), allow(dead_code, reason = "a signal of unix"))]
    HungUp,
}

/// Completes on the first signal after it was first polled. A command that handles SIGTERM by itself keeps it.
#[cfg(unix)]
pub(crate) async fn stop(keeps_sigterm: bool) -> Stop {
    use std::task::Poll;

    use tokio::signal::unix::{SignalKind, signal};

    let mut wanted = vec![(SignalKind::interrupt(), Stop::Interrupted)];
    if !keeps_sigterm {
        wanted.push((SignalKind::terminate(), Stop::Terminated));
    }
    if !hang_up_is_ignored() {
        wanted.push((SignalKind::hangup(), Stop::HungUp));
    }
    let mut heard: Vec<_> = wanted
        .into_iter()
        .filter_map(|(kind, stop)| Some((signal(kind).ok()?, stop)))
        .collect();
    // Not before the first one is listened for, or it would only be counted.
    end_at_once_on_the_second(keeps_sigterm);
    std::future::poll_fn(|cx| {
        heard
            .iter_mut()
            .find_map(|(signal, stop)| signal.poll_recv(cx).is_ready().then_some(*stop))
            .map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// From the second signal on, the program ends at once, also where it stands in a call that nothing interrupts.
#[cfg(unix)]
fn end_at_once_on_the_second(keeps_sigterm: bool) {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;

    let is_second = Arc::new(AtomicBool::new(false));
    let signals = [(SIGINT, 130), (SIGTERM, 143)];
    let count = if keeps_sigterm { 1 } else { signals.len() };
    for (signal, exit_code) in signals.into_iter().take(count) {
        // In this order: the first signal finds the flag down and puts it up. Where that cannot be set up, the first signal
        // still ends the command.
        let _ = flag::register_conditional_shutdown(signal, exit_code, Arc::clone(&is_second));
        let _ = flag::register(signal, Arc::clone(&is_second));
    }
}

#[cfg(not(unix))]
pub(crate) async fn stop(_keeps_sigterm: bool) -> Stop {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Stop::Interrupted,
        Err(_) => std::future::pending().await,
    }
}

/// `nohup` ignores SIGHUP for the program, and listening for it would undo that.
#[cfg(unix)]
fn hang_up_is_ignored() -> bool {
    use std::io::IsTerminal;

    let ignored = std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        });
    match ignored {
        // SIGHUP is signal 1, and signal n is bit n - 1.
        Some(mask) => mask & 1 == 1,
        // Elsewhere the kernel does not tell; `nohup` leaves no terminal to write to.
        None => !std::io::stdout().is_terminal() && !std::io::stderr().is_terminal(),
    }
}
