//! Checkpoints in an object store with Amazon's S3 interface: `s3://bucket/prefix`.
//!
//! An object appears as a whole or not at all, and outlives a crash once it is there, so a file is an object. Requests
//! that fail for a while are made again, with pauses that grow.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use tokio::runtime::Runtime;
use url::Url;

use super::{CheckpointError, Storage};

type Result<T> = std::result::Result<T, CheckpointError>;

/// Names of URLs that Flink and Hadoop know the same thing by.
pub const SCHEMES: [&str; 3] = ["s3", "s3a", "s3p"];

const CONNECT: Duration = Duration::from_secs(5);
/// What one request may take, and what may pass until the last one is made.
const REQUEST: Duration = Duration::from_secs(60);
const RETRIES: Duration = Duration::from_secs(30);
/// Objects that are larger are sent in pieces of that size (bytes).
const PIECE: usize = 16 << 20;

pub struct ObjectStorage {
    store: AmazonS3,
    prefix: Path,
    /// For messages.
    root: String,
    /// What must not appear in one.
    secrets: Vec<String>,
}

/// What makes requests go on while a thread waits for one.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::result::Result<Runtime, String>> = OnceLock::new();
    let started = RUNTIME.get_or_init(|| {
        // another library of the process may have chosen already
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("flott-objects").enable_all().build().map_err(|error| error.to_string())
    });
    started.as_ref().map_err(|why| CheckpointError::Place { url: "s3:".to_owned(), why: why.clone() })
}

impl ObjectStorage {
    /// `options` are Flink's: `s3.endpoint`, `s3.access-key`, `s3.secret-key`, `s3.path.style.access` and
    /// `s3.endpoint.region`. What they do not say is looked for where Amazon's own programs do: the environment, and what
    /// the machine is given.
    pub fn new(url: &Url, options: &BTreeMap<String, String>) -> Result<Self> {
        let refused = |why: String| CheckpointError::Place { url: url.to_string(), why };
        let bucket = url.host_str().filter(|host| !host.is_empty());
        let bucket = bucket.ok_or_else(|| refused("it names no bucket".to_owned()))?;
        let prefix = Path::from_url_path(url.path()).map_err(|error| refused(error.to_string()))?;
        let option =
            |names: &[&str]| names.iter().find_map(|name| options.get(*name)).filter(|value| !value.is_empty());
        let backoff = BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() };
        let retry = RetryConfig { backoff, max_retries: usize::MAX, retry_timeout: RETRIES };
        let client = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST);
        let mut builder =
            AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).with_client_options(client);
        let mut secrets: Vec<String> =
            ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].iter().filter_map(|name| std::env::var(name).ok()).collect();
        match (option(&["s3.access-key", "s3.access.key"]), option(&["s3.secret-key", "s3.secret.key"])) {
            (Some(key), Some(secret)) => {
                secrets.push(secret.clone());
                builder = builder.with_access_key_id(key).with_secret_access_key(secret);
                if let Some(token) = option(&["s3.session-token", "s3.session.token"]) {
                    secrets.push(token.clone());
                    builder = builder.with_token(token);
                }
            }
            (None, None) => {}
            _ => return Err(refused("of s3.access-key and s3.secret-key only one is set".to_owned())),
        }
        if let Some(region) = option(&["s3.endpoint.region", "s3.region"]) {
            builder = builder.with_region(region);
        }
        let from_env = || ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
        let endpoint = option(&["s3.endpoint"]).cloned();
        let endpoint = endpoint.or_else(|| from_env().iter().find_map(|name| std::env::var(name).ok()));
        let by_path = match option(&["s3.path.style.access", "s3.path-style-access"]).map(String::as_str) {
            None => endpoint.is_some(),
            Some("true") => true,
            Some("false") => false,
            Some(other) => return Err(refused(format!("s3.path.style.access is true or false, not '{other}'"))),
        };
        if let Some(endpoint) = endpoint {
            let mut at = match endpoint.contains("://") {
                true => Url::parse(&endpoint),
                false => Url::parse(&format!("https://{endpoint}")),
            }
            .map_err(|error| refused(format!("s3.endpoint is no URL: {error}")))?;
            if !by_path {
                let host = format!("{bucket}.{}", at.host_str().unwrap_or_default());
                at.set_host(Some(&host)).map_err(|error| refused(format!("s3.endpoint: {error}")))?;
            }
            let plain = at.scheme() == "http";
            builder = builder.with_endpoint(at.as_str().trim_end_matches('/')).with_allow_http(plain);
        }
        runtime()?;
        let store = builder.with_virtual_hosted_style_request(!by_path).build();
        let store = store.map_err(|error| refused(error.to_string()))?;
        let root = format!("{}://{bucket}/{prefix}", url.scheme()).trim_end_matches('/').to_owned();
        secrets.retain(|secret| !secret.is_empty());
        Ok(ObjectStorage { store, prefix, root, secrets })
    }

    fn path(&self, path: &str) -> Path {
        path.split('/').fold(self.prefix.clone(), |whole, part| whole.join(part))
    }

    /// Waits for requests. `path` is what they are for.
    fn wait<T>(
        &self,
        action: &'static str,
        path: &str,
        requests: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T> {
        let failed = |error: object_store::Error| {
            use object_store::Error as E;
            let refused = matches!(error, E::PermissionDenied { .. } | E::Unauthenticated { .. });
            let mut why = root_cause(&error);
            for secret in &self.secrets {
                why = why.replace(secret.as_str(), "***");
            }
            let path = format!("{}/{path}", self.root);
            CheckpointError::Objects { action, path, why, refused }
        };
        runtime()?.block_on(requests).map_err(failed)
    }

    async fn put(&self, path: &Path, contents: &[u8]) -> object_store::Result<()> {
        let contents = Bytes::copy_from_slice(contents);
        if contents.len() <= PIECE {
            return self.store.put(path, PutPayload::from_bytes(contents)).await.map(drop);
        }
        let mut upload = self.store.put_multipart(path).await?;
        let pieces = (0..contents.len()).step_by(PIECE);
        for piece in pieces.map(|at| contents.slice(at..contents.len().min(at + PIECE))) {
            if let Err(error) = upload.put_part(PutPayload::from_bytes(piece)).await {
                // what came of it is paid for until it is aborted
                let _ = upload.abort().await;
                return Err(error);
            }
        }
        upload.complete().await.map(drop)
    }
}

/// What the server or the network said, without the requests that led there.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    let last = texts.last().cloned().unwrap_or_default();
    let tag = |name: &str| {
        let all = texts.iter().find_map(|text| text.split_once(&format!("<{name}>")))?;
        Some(all.1.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    match (tag("Code"), tag("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        _ => crate::error::shorten(&last, 300),
    }
}

impl Storage for ObjectStorage {
    fn write(&self, path: &str, contents: &[u8]) -> Result<()> {
        self.wait("writing", path, self.put(&self.path(path), contents))
    }

    fn read(&self, path: &str) -> Result<Option<Bytes>> {
        let at = self.path(path);
        self.wait("reading", path, async {
            match self.store.get(&at).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(object_store::Error::NotFound { source, .. }) if !source.to_string().contains("NoSuchBucket") => {
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        })
    }

    fn directories(&self) -> Result<Vec<String>> {
        let found = self.wait("listing", "", self.store.list_with_delimiter(Some(&self.prefix)))?;
        let names = found.common_prefixes.iter().filter_map(|path| Some(path.filename()?.to_owned()));
        Ok(names.collect())
    }

    fn remove(&self, directory: &str) -> Result<()> {
        let at = self.path(directory);
        self.wait("removing", directory, async {
            let found: Vec<_> = self.store.list(Some(&at)).map_ok(|object| object.location).try_collect().await?;
            let gone = self.store.delete_stream(stream::iter(found.into_iter().map(Ok)).boxed());
            gone.try_for_each(|_| async { Ok(()) }).await
        })
    }

    fn delete(&self, path: &str) -> Result<()> {
        let at = self.path(path);
        self.wait("removing", path, async {
            match self.store.delete(&at).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                done => done,
            }
        })
    }

    fn root(&self) -> String {
        self.root.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(url: &str, options: &[(&str, &str)]) -> Result<ObjectStorage> {
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ObjectStorage::new(&Url::parse(url).unwrap(), &options)
    }

    #[test]
    fn urls_and_options_are_checked() {
        assert_eq!(storage("s3a://bucket/some/where/", &[]).unwrap().root(), "s3a://bucket/some/where");
        assert_eq!(storage("s3://bucket", &[]).unwrap().root(), "s3://bucket");
        for (url, options, message) in [
            ("s3:///prefix", vec![], "names no bucket"),
            ("s3://b/p", vec![("s3.access-key", "a")], "only one is set"),
            ("s3://b/p", vec![("s3.path.style.access", "yes")], "true or false, not 'yes'"),
        ] {
            let error = storage(url, &options).err().unwrap();
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn a_server_that_is_not_there_is_said_without_secrets() {
        let options = [("s3.endpoint", "http://127.0.0.1:1"), ("s3.access-key", "me"), ("s3.secret-key", "hush")];
        let storage = storage("s3://b/p", &options).unwrap();
        let request = std::future::ready(Err::<(), _>(object_store::Error::Generic {
            store: "S3",
            source: "<Error><Code>Forbidden</Code><Message>not with hush</Message></Error>".into(),
        }));
        let error = storage.wait("writing", "chk-1/_metadata", request).unwrap_err();
        assert_eq!(
            error.to_string(),
            "checkpoint storage: writing 's3://b/p/chk-1/_metadata' failed: Forbidden: not with ***"
        );
    }
}
