//! Which certificate authorities are trusted, and the TLS configuration made of them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::build_error::Reason;

/// Where certificate authorities are given.
#[derive(Clone)]
pub(crate) enum Authority {
    Pem(Vec<u8>),
    File(PathBuf),
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(pem) => write!(f, "Pem({} bytes)", pem.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// A TLS configuration, and why it trusts nobody if it does.
pub(crate) struct Tls {
    pub(crate) config: ClientConfig,
    pub(crate) no_roots: Option<String>,
}

impl Tls {
    pub(crate) fn load(given: &[Authority]) -> Result<Self, Reason> {
        let mut roots = RootCertStore::empty();
        for authority in given {
            add(&mut roots, authority)?;
        }
        let system = rustls_native_certs::load_native_certs();
        // A system store commonly holds a few certificates that no longer parse; they are nobody's mistake here.
        roots.add_parsable_certificates(system.certs);

        let no_roots = roots.is_empty().then(|| match system.errors.first() {
            Some(error) => format!(
                "no certificate authority is trusted: none was given, and the system's cannot be read ({error})"
            ),
            None => "no certificate authority is trusted: none was given, and the system has none".to_owned(),
        });
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Reason::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // reqwest leaves a configuration that it did not make as it is.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config, no_roots })
    }
}

fn add(roots: &mut RootCertStore, authority: &Authority) -> Result<(), Reason> {
    let read;
    let (pem, origin) = match authority {
        Authority::Pem(pem) => (pem, "the given CA certificates".to_owned()),
        Authority::File(path) => {
            read = std::fs::read(path).map_err(|source| Reason::CaFile {
                path: path.clone(),
                source,
            })?;
            (&read, format!("CA file {}", path.display()))
        }
    };
    let before = roots.len();
    for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let certificate = certificate.map_err(|source| Reason::Pem {
            origin: origin.clone(),
            source,
        })?;
        roots.add(certificate).map_err(|source| Reason::Certificate {
            origin: origin.clone(),
            number: index + 1,
            source,
        })?;
    }
    if roots.len() == before {
        return Err(Reason::NoCertificate { origin });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pem: &str) -> Result<Tls, Reason> {
        Tls::load(&[Authority::Pem(pem.into())])
    }

    #[test]
    fn says_which_certificate_is_not_usable() {
        let good = rcgen::generate_simple_self_signed(["a.test".to_owned()])
            .unwrap()
            .cert
            .pem();
        let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(load(&good).is_ok());
        let error = load(&format!("{good}{bad}")).err().unwrap();
        assert_eq!(
            error.to_string(),
            "the given CA certificates: certificate 2 is not usable"
        );
    }

    #[test]
    fn broken_pem_is_an_error() {
        let error = load("-----BEGIN CERTIFICATE-----\nAAAA\n").err().unwrap();
        assert_eq!(error.to_string(), "the given CA certificates: not valid PEM");
    }

    #[test]
    fn offers_http_2_first() {
        let tls = Tls::load(&[]).ok().unwrap();
        assert_eq!(tls.config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }
}
