//! The files of a TLS certificate and of its private key, in whatever form other systems save them. Each problem names the file and the
//! setting that named it. Must never show anything of a key.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use olivine_domain::key_files;
use rustls::InconsistentKeys;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// A file, and the setting that names it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// The setting; `None` for a file that the server made.
    pub setting: Option<&'static str>,
}

impl fmt::Display for File<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        self.setting.map_or(Ok(()), |setting| write!(f, " ({setting})"))
    }
}

impl File<'_> {
    fn read(self, holds: &str) -> anyhow::Result<Vec<u8>> {
        let bytes = std::fs::read(self.path).with_context(|| format!("reading {self}"))?;
        ensure!(!bytes.is_empty(), "{self} is empty: it should have {holds}");
        Ok(bytes)
    }

    /// Says what is wrong, with the file's name in the commands that it advises.
    fn problem(self, problem: &str) -> anyhow::Error {
        anyhow!("{self}: {}", problem.replace("FILE", &self.path.display().to_string()))
    }
}

/// The certificates in a file, the server's own first.
pub(super) fn chain(file: File<'_>) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let bytes = file.read("the server's certificate in PEM")?;
    match key_files::certificates(&bytes) {
        Ok(chain) => Ok(chain.into_iter().map(CertificateDer::from).collect()),
        Err(_) if key_files::is_private_key(&bytes) => {
            Err(file.problem("this is a private key: give the certificate that was made for it"))
        }
        Err(problem) => Err(file.problem(&problem.to_string())),
    }
}

/// The key of the chain's first certificate. Of several in the file the one that fits.
pub(super) fn fitting_key(
    certificate: File<'_>,
    chain: &[CertificateDer<'static>],
    file: File<'_>,
) -> anyhow::Result<PrivateKeyDer<'static>> {
    let provider = default_provider();
    for key in private_keys(file)? {
        let loaded = provider.key_provider.load_private_key(key.clone_key());
        let loaded = loaded.with_context(|| format!("the private key in {file} can't be used"))?;
        match CertifiedKey::new(chain.to_vec(), loaded).keys_match() {
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {}
            // Whether other errors matter is said by who uses it.
            _ => return Ok(key),
        }
    }
    bail!(
        "the private key in {file} is not that of the first certificate in {certificate}: give the key of that certificate; in a file with \
         several certificates, the server's own comes first"
    )
}

/// The private keys in a file: in PEM, as other systems save it, or one in binary form. At least one.
fn private_keys(file: File<'_>) -> anyhow::Result<Vec<PrivateKeyDer<'static>>> {
    let bytes = file.read("the private key in PEM")?;
    if let Ok(key) = PrivateKeyDer::try_from(bytes.as_slice())
        && key_files::is_private_key(&bytes)
    {
        return Ok(vec![key.clone_key()]);
    }
    let text = key_files::pem_text(&bytes).unwrap_or_default();
    let keys: Result<Vec<_>, _> = PrivateKeyDer::pem_slice_iter(text.as_bytes()).collect();
    let keys =
        keys.map_err(|_| file.problem("its PEM text is damaged or incomplete: give the whole file"))?;
    if keys.is_empty() {
        return Err(file.problem(key_files::in_place_of_private_key(&bytes)));
    }
    Ok(keys)
}
