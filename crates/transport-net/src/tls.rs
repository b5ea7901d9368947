//! Whom TLS trusts, as whom it shows itself, and the configuration made of that.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use crate::build_error::{BrokenPem, Reason};

/// A PEM text, or where it is.
#[derive(Clone)]
pub(crate) enum Pem {
    /// Perhaps a key: cleared when it is dropped.
    Bytes(Zeroizing<Vec<u8>>),
    File(PathBuf),
}

/// What a PEM text is for: the words for it in a file, and given as bytes.
struct Purpose(&'static str, &'static str);

const AUTHORITIES: Purpose = Purpose("CA file", "the given CA certificates");
const CLIENT_CERTIFICATE: Purpose = Purpose("client certificate file", "the given client certificate");
const CLIENT_KEY: Purpose = Purpose("client key file", "the given client key");

#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) authorities: Vec<Pem>,
    pub(crate) client: Option<(Pem, Pem)>,
    pub(crate) provider: Option<Arc<CryptoProvider>>,
}

/// A TLS configuration, and why it trusts nobody if it does.
pub struct Tls {
    config: Arc<ClientConfig>,
    no_roots: Option<String>,
}

impl Tls {
    /// The configuration, in which HTTP/2 is offered before HTTP/1.1.
    pub fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }

    /// Why no certificate authority is trusted, if none is.
    pub(crate) fn no_roots(&self) -> Option<&str> {
        self.no_roots.as_deref()
    }

    pub(crate) fn load(settings: &TlsSettings) -> Result<Self, Reason> {
        let mut roots = RootCertStore::empty();
        for authority in &settings.authorities {
            trust(&mut roots, authority)?;
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
        let provider = settings
            .provider
            .clone()
            .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Reason::Tls)?
            .with_root_certificates(roots);
        let mut config = match &settings.client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(chain(certificate)?, private_key(key)?)
                .map_err(Reason::ClientCertificate)?,
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            no_roots,
        })
    }
}

/// rustls shows much of a configuration; this shows what its reader can change.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field(
                "client_certificate",
                &self.config.client_auth_cert_resolver.has_certs(),
            )
            .field("no_roots", &self.no_roots)
            .finish()
    }
}

impl Pem {
    pub(crate) fn bytes(pem: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(Zeroizing::new(pem.into()))
    }

    /// The text, and what to call it in an error.
    fn read(&self, purpose: &Purpose) -> Result<(Zeroizing<Vec<u8>>, String), Reason> {
        match self {
            Self::Bytes(pem) => Ok((pem.clone(), purpose.1.to_owned())),
            Self::File(path) => {
                let origin = format!("{} {}", purpose.0, path.display());
                match std::fs::read(path) {
                    Ok(pem) => Ok((Zeroizing::new(pem), origin)),
                    Err(source) => Err(Reason::File { origin, source }),
                }
            }
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(pem) => write!(f, "Pem({} bytes)", pem.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

fn trust(roots: &mut RootCertStore, authority: &Pem) -> Result<(), Reason> {
    let (pem, origin) = authority.read(&AUTHORITIES)?;
    for (index, certificate) in certificates(&pem, &origin)?.into_iter().enumerate() {
        roots.add(certificate).map_err(|source| Reason::Certificate {
            origin: origin.clone(),
            number: index + 1,
            source,
        })?;
    }
    Ok(())
}

fn chain(certificate: &Pem) -> Result<Vec<CertificateDer<'static>>, Reason> {
    let (pem, origin) = certificate.read(&CLIENT_CERTIFICATE)?;
    certificates(&pem, &origin)
}

/// At least one certificate.
fn certificates(pem: &[u8], origin: &str) -> Result<Vec<CertificateDer<'static>>, Reason> {
    let all = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| broken(&error, origin))?;
    if all.is_empty() {
        return Err(Reason::NoCertificate {
            origin: origin.to_owned(),
        });
    }
    Ok(all)
}

fn private_key(key: &Pem) -> Result<PrivateKeyDer<'static>, Reason> {
    let (pem, origin) = key.read(&CLIENT_KEY)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        pem::Error::NoItemsFound => Reason::NoKey { origin },
        error => broken(&error, &origin),
    })
}

fn broken(error: &pem::Error, origin: &str) -> Reason {
    let why = match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no END line",
        pem::Error::IllegalSectionStart { .. } => "a BEGIN line holds more than it should",
        pem::Error::Base64Decode(_) => "a section is not valid base64",
        pem::Error::SectionTooLarge => "a section is too large",
        _ => "it cannot be parsed",
    };
    Reason::Pem {
        origin: origin.to_owned(),
        source: BrokenPem(why),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn load(settings: &TlsSettings) -> Result<Tls, Reason> {
        Tls::load(settings)
    }

    fn trusting(pem: &str) -> Result<Tls, Reason> {
        load(&TlsSettings {
            authorities: vec![Pem::bytes(pem)],
            ..TlsSettings::default()
        })
    }

    fn showing(certificate: &str, key: &str) -> Result<Tls, Reason> {
        load(&TlsSettings {
            client: Some((Pem::bytes(certificate), Pem::bytes(key))),
            ..TlsSettings::default()
        })
    }

    fn self_signed() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["a.test".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn says_which_certificate_is_not_usable() {
        let (good, _) = self_signed();
        let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(trusting(&good).is_ok());
        let error = trusting(&format!("{good}{bad}")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the given CA certificates: certificate 2 is not usable"
        );
    }

    #[test]
    fn broken_pem_is_an_error() {
        let error = trusting("-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap_err();
        assert_eq!(error.to_string(), "the given CA certificates: not valid PEM");
        assert_eq!(error.source().unwrap().to_string(), "a section has no END line");
    }

    #[test]
    fn a_client_certificate_needs_its_own_key() {
        let (certificate, key) = self_signed();
        let both = format!("{key}{certificate}");
        for (certificate, key) in [(&certificate, &key), (&both, &both)] {
            let tls = showing(certificate, key).unwrap();
            assert!(format!("{tls:?}").contains("client_certificate: true"), "{tls:?}");
        }
        let (_, another) = self_signed();
        for (certificate, key, expected) in [
            (
                &certificate,
                &another,
                "the client certificate and its key are not usable",
            ),
            (
                &key,
                &key,
                "the given client certificate: no PEM certificate in it",
            ),
            (
                &certificate,
                &certificate,
                "the given client key: no PEM private key in it; an encrypted one must be decrypted first",
            ),
        ] {
            assert_eq!(showing(certificate, key).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn no_part_of_a_key_is_shown() {
        let (certificate, key) = self_signed();
        let secret = key.lines().nth(1).unwrap();
        let one_line = key.replace('\n', "");
        // A key whose line breaks got lost, one cut short, one in which a character was changed, one that is no key.
        let broken = [
            one_line.clone(),
            one_line[..one_line.len() - 8].to_owned(),
            key.replace('\n', " "),
            key.replace("-----END", "----"),
            key.replace(&secret[4..8], "\u{e9}!"),
            key.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
            key.replace("PRIVATE KEY", "CERTIFICATE"),
        ];
        for key in &broken {
            for result in [showing(&certificate, key), showing(key, key), trusting(key)] {
                let mut shown = match &result {
                    Ok(_) => continue,
                    Err(error) => format!("{error} {error:?}"),
                };
                let mut cause = result.as_ref().err().and_then(Error::source);
                while let Some(error) = cause {
                    shown.push_str(&format!(" {error}"));
                    cause = error.source();
                }
                assert!(!shown.contains(&secret[8..24]), "{shown}");
                let as_numbers = format!("{:?}", &secret.as_bytes()[8..24]);
                assert!(!shown.contains(as_numbers.trim_matches(['[', ']'])), "{shown}");
            }
            let pem = Pem::bytes(key.clone());
            assert_eq!(format!("{pem:?}"), format!("Pem({} bytes)", key.len()));
        }
    }

    #[test]
    fn the_crypto_provider_is_the_one_given() {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites.truncate(1);
        let with = |provider| TlsSettings {
            provider: Some(Arc::new(provider)),
            ..TlsSettings::default()
        };
        let tls = load(&with(provider.clone())).unwrap();
        assert_eq!(tls.config().crypto_provider().cipher_suites.len(), 1);

        provider.cipher_suites.clear();
        let error = load(&with(provider)).unwrap_err();
        assert_eq!(error.to_string(), "TLS cannot be set up");
    }

    #[test]
    fn offers_http_2_first() {
        let tls = load(&TlsSettings::default()).unwrap();
        assert_eq!(
            tls.config().alpn_protocols,
            [b"h2".to_vec(), b"http/1.1".to_vec()]
        );
    }
}
