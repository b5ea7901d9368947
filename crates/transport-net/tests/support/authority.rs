//! A certificate authority of a test's own.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A new authority in PEM, and the configuration of a server whose certificate it signed for `name`.
pub(crate) fn authority(name: &str, alpn: &[&str]) -> (String, ServerConfig) {
    let authority = Authority::new(name);
    (authority.pem().to_owned(), authority.server(name, alpn))
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::new([]).unwrap();
        parameters
            .distinguished_name
            .push(DnType::CommonName, format!("authority of {name}"));
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            pem: parameters.self_signed(&key).unwrap().pem(),
            issuer: Issuer::new(parameters, key),
        }
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate and the key of a client, in PEM.
    pub(crate) fn client(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()])
            .unwrap()
            .signed_by(&key, &self.issuer)
            .unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    pub(crate) fn server(&self, name: &str, alpn: &[&str]) -> ServerConfig {
        self.configure(name, alpn, None)
    }

    /// A server that talks only to clients with a certificate of this authority.
    pub(crate) fn server_demanding_clients(&self, name: &str, alpn: &[&str]) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        self.configure(name, alpn, Some(clients.build().unwrap()))
    }

    fn configure(
        &self,
        name: &str,
        alpn: &[&str],
        clients: Option<Arc<dyn rustls::server::danger::ClientCertVerifier>>,
    ) -> ServerConfig {
        let (certificate, key) = self.client(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            Some(clients) => builder.with_client_cert_verifier(clients),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}
