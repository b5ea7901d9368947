//! The published kit, through the same door as anybody's transport.

use session_export_testkit::transport::{Setup, Suite};
use session_export_transport_hyper::{BuildTransportError, HyperTransport};

fn make(setup: &Setup) -> Result<HyperTransport, BuildTransportError> {
    let mut builder = HyperTransport::builder();
    if let Some(pem) = &setup.ca_pem {
        builder = builder.ca_pem(pem.as_bytes());
    }
    if let Some(identity) = &setup.identity {
        builder = builder.client_cert_pem(identity.certificate_pem.as_bytes(), identity.key_pem.as_bytes());
    }
    if let Some(proxy) = &setup.proxy {
        builder = builder.proxy(proxy);
    }
    if let Some(limit) = setup.connect_limit {
        builder = builder.connect_limit(limit);
    }
    builder.build()
}

fn main() {
    Suite::new("hyper", make).declare_all().run()
}
