//! A transport that answers as it is told.

use async_trait::async_trait;
use mockall::mock;

use crate::{Request, Response, Transport, TransportError};

mock! {
    /// A [`Transport`](crate::Transport) that answers as it is told, and fails the test on a request that nobody expected.
    #[derive(Debug)]
    pub Transport {}

    #[async_trait]
    impl Transport for Transport {
        async fn send(&self, request: Request) -> Result<Response, TransportError>;
    }
}
