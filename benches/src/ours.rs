//! The same calls, made with the library.

use session_export::{
    AccessKey, AccessKeyAuthenticator, BaseUrl, Client, Endpoint, HyperTransport, ListSessions,
    ReqwestTransport, SessionFilter, SessionOperation, StaticAccessKey, StaticToken, Token,
    TokenAuthenticator,
};

use crate::cases::{Carrier, Operation};
use crate::{Failure, wire};

/// Makes the calls with a client.
#[derive(Clone, Debug)]
pub struct Ours {
    client: Client,
    filter: SessionFilter,
    list: std::sync::Arc<ListSessions>,
}

impl Ours {
    /// A client for calls of this kind.
    ///
    /// # Errors
    ///
    /// When a part is unusable, and for a carrier that is only a floor.
    pub fn new(carrier: Carrier, operation: Operation, base: &str) -> Result<Self, Failure> {
        let client = client(carrier, operation, base)?;
        let list = client
            .list_sessions(wire::filter(SessionOperation::List))
            .page_size(100);
        Ok(Self {
            filter: wire::filter(SessionOperation::Export),
            list: list.into(),
            client,
        })
    }

    /// Makes a call.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub async fn call(&self, operation: Operation) -> Result<(), Failure> {
        match operation {
            Operation::Submit | Operation::SubmitSigned => {
                self.client.export_sessions(self.filter.clone()).submit().await?;
            }
            Operation::Poll => {
                self.client.task(wire::task(wire::CREATING)).check().await?;
            }
            Operation::List => {
                self.list.page(0).await?;
            }
        }
        Ok(())
    }
}

/// A client over `carrier`, with a token or, for a signed submit, an access key.
///
/// # Errors
///
/// When a part is unusable, and for a carrier that is only a floor.
pub fn client(carrier: Carrier, operation: Operation, base: &str) -> Result<Client, Failure> {
    let base: BaseUrl = base.parse()?;
    let endpoint = Endpoint::builder()
        .sessions(base.clone())
        .export_centre(base)
        .build()?;
    let client = Client::builder(endpoint, wire::project());
    let client = match operation {
        Operation::SubmitSigned => {
            let key = StaticAccessKey::new(AccessKey::new(wire::ACCESS_KEY, wire::SECRET_KEY)?);
            client.authenticator(AccessKeyAuthenticator::for_project(key, wire::project()))
        }
        _ => client.authenticator(TokenAuthenticator::new(StaticToken::new(Token::new(
            wire::token(),
        )?))),
    };
    Ok(match carrier {
        Carrier::Hyper => client.transport(HyperTransport::new()?).build()?,
        Carrier::Reqwest => client.transport(ReqwestTransport::new()?).build()?,
        Carrier::Connection => return Err("a bare connection is a floor only".into()),
    })
}
