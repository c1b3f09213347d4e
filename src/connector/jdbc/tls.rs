//! TLS for PostgreSQL through rustls, with libpq's degrees of trust.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// Whom a connection trusts; the string is the file of root certificates (PEM), else the usual public ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Encrypts, and verifies nobody.
    Anyone,
    /// The certificate must be signed by a known authority.
    Authority(Option<String>),
    /// … and be made out to the host.
    Host(Option<String>),
}

/// Makes TLS connections for tokio-postgres.
#[derive(Clone)]
pub struct Connector(tokio_rustls::TlsConnector);

pub fn connector(trust: &Trust) -> Result<Connector, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let verifier = match trust {
        Trust::Anyone => Verifier { provider, inner: None, check_host: false },
        Trust::Authority(root) | Trust::Host(root) => {
            let inner =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots(root.as_deref())?), provider.clone())
                    .build()
                    .map_err(|error| error.to_string())?;
            Verifier { provider, inner: Some(inner), check_host: matches!(trust, Trust::Host(_)) }
        }
    };
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    Ok(Connector(tokio_rustls::TlsConnector::from(Arc::new(config))))
}

fn roots(file: Option<&str>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let Some(file) = file else {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(store);
    };
    let explain = |error: String| format!("the certificates in '{file}' cannot be read: {error}");
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| explain(error.to_string()))? {
        let certificate = certificate.map_err(|error| explain(error.to_string()))?;
        store.add(certificate).map_err(|error| explain(error.to_string()))?;
    }
    if store.is_empty() { Err(explain("there are none".into())) } else { Ok(store) }
}

/// WebPKI's verifier with libpq's weaker degrees.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None` trusts any certificate.
    inner: Option<Arc<WebPkiServerVerifier>>,
    check_host: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(inner) = &self.inner else { return Ok(ServerCertVerified::assertion()) };
        match inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.check_host => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A connection in the making, to one host.
pub struct HostConnector {
    connector: Connector,
    host: ServerName<'static>,
}

impl<S> MakeTlsConnect<S> for Connector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type TlsConnect = HostConnector;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<HostConnector, Self::Error> {
        Ok(HostConnector { connector: self.clone(), host: ServerName::try_from(host.to_owned())? })
    }
}

impl<S> TlsConnect<S> for HostConnector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move { self.connector.0.connect(self.host, stream).await.map(Encrypted) })
    }
}

/// An encrypted stream.
pub struct Encrypted<S>(tokio_rustls::client::TlsStream<S>);

impl<S> TlsStream for Encrypted<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_named() {
        let missing = connector(&Trust::Host(Some("/no/such/ca.pem".into()))).err().unwrap();
        assert!(missing.contains("'/no/such/ca.pem' cannot be read"), "{missing}");
        let empty = tempfile::NamedTempFile::new().unwrap();
        let none = connector(&Trust::Authority(empty.path().to_str().map(str::to_owned))).err().unwrap();
        assert!(none.contains("there are none"), "{none}");
        assert!(connector(&Trust::Host(None)).is_ok());
    }
}
