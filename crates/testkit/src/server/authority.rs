//! A certificate authority for one test.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// A certificate authority of the test's own, made when it is needed.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

/// What a certificate is to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Certificate {
    /// For `localhost` and `127.0.0.1`, and valid.
    Good,
    /// For another name.
    WrongName,
    /// Past its end.
    Expired,
}

/// A client's certificate and key, as PEM.
#[derive(Clone)]
#[non_exhaustive]
pub struct Identity {
    /// The certificate.
    pub certificate_pem: String,
    /// The private key.
    pub key_pem: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an authority.
    ///
    /// # Panics
    ///
    /// When the random source or the key generation of the platform fails.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "session-export testkit authority");
        let certificate = params.self_signed(&key).expect("a self-signed certificate");
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self {
            issuer: Issuer::new(params, key),
            pem,
            der,
        }
    }

    /// The authority's certificate, as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A server's configuration that offers these protocols by ALPN, HTTP/1.1 if there are none.
    ///
    /// # Panics
    ///
    /// Never with what this type makes.
    pub fn server(&self, certificate: Certificate, protocols: &[&str]) -> ServerConfig {
        let builder = builder().with_no_client_auth();
        self.finish(builder, certificate, protocols)
    }

    /// The same, and a client must show a certificate of this authority.
    ///
    /// # Panics
    ///
    /// Never with what this type makes.
    pub fn server_with_client_auth(&self) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.der.clone())
            .expect("the authority's own certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .expect("one root");
        self.finish(
            builder().with_client_cert_verifier(verifier),
            Certificate::Good,
            &[],
        )
    }

    /// A client's certificate of this authority.
    ///
    /// # Panics
    ///
    /// When the random source or the key generation of the platform fails.
    pub fn client(&self) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["client.example".to_owned()]).expect("a valid name");
        params
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ClientAuth);
        let certificate = params
            .signed_by(&key, &self.issuer)
            .expect("a signed certificate");
        Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    fn finish(
        &self,
        builder: rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>,
        certificate: Certificate,
        protocols: &[&str],
    ) -> ServerConfig {
        let key = KeyPair::generate().expect("a key");
        let names = match certificate {
            Certificate::WrongName => vec!["elsewhere.example".to_owned()],
            Certificate::Good | Certificate::Expired => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        };
        let mut params = CertificateParams::new(names).expect("valid names");
        if certificate == Certificate::Expired {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let signed = params
            .signed_by(&key, &self.issuer)
            .expect("a signed certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = builder
            .with_single_cert(vec![signed.der().clone()], key)
            .expect("a matching key");
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn builder() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions")
}
