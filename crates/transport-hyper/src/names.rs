//! Name look-up whose failures can be told from those of connecting.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use tower_service::Service;

/// The system's resolver, asked on the runtime's threads for blocking calls.
#[derive(Clone)]
pub(crate) struct Names {
    system: GaiResolver,
}

/// A name that could not be resolved.
#[derive(Debug, thiserror::Error)]
#[error("the name could not be resolved")]
pub(crate) struct UnknownName(#[from] io::Error);

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            system: GaiResolver::new(),
        }
    }
}

impl Service<Name> for Names {
    type Response = GaiAddrs;
    type Error = UnknownName;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, UnknownName>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), UnknownName>> {
        self.system.poll_ready(cx).map_err(UnknownName)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let looking_up = self.system.call(name);
        Box::pin(async move { Ok(looking_up.await?) })
    }
}
