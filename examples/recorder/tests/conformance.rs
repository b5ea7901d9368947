//! A recorder changes nothing: around a good transport it keeps every promise that the good one keeps.

use session_export::{BuildTransportError, ReqwestTransport};
use session_export_example_recorder::Recorder;
use session_export_testkit::transport::{Capability, Setup, Suite};

fn make(setup: &Setup) -> Result<Recorder<ReqwestTransport>, Box<dyn std::error::Error + Send + Sync>> {
    let build = || -> Result<ReqwestTransport, BuildTransportError> {
        let mut builder = ReqwestTransport::builder();
        if let Some(pem) = &setup.ca_pem {
            builder = builder.ca_pem(pem.as_bytes());
        }
        if let Some(proxy) = &setup.proxy {
            builder = builder.proxy(proxy);
        }
        if let Some(limit) = setup.connect_limit {
            builder = builder.connect_limit(limit);
        }
        builder.build()
    };
    // Kept until the process ends; the clauses of one run are few.
    let directory = tempfile::tempdir()?.keep();
    Ok(Recorder::new(build()?, directory)?)
}

fn main() {
    Suite::new("recorder (example)", make)
        .declare_all()
        .without(Capability::RawTargets)
        .without(Capability::ClientCertificates)
        .run()
}
