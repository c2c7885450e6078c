//! Why a certificate is not taken.

use super::weakness::Weakness;

/// Why a certificate can't be used for the intended purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It has several forms.
    #[error("it is not strict DER ({0}): have it issued anew")]
    NotDer(&'static str),
    /// What stands outside of the signed part contradicts it.
    #[error(
        "its signature algorithm is not the same inside and outside of the signed part: have it issued anew"
    )]
    AlgorithmsDiffer,
    /// It proves nothing.
    #[error("it is too weak: {0}")]
    Weak(Weakness),
    /// An extension is no value of its kind, or is there twice.
    #[error("its extension {0} can't be read: have it issued anew")]
    Broken(String),
    /// It asks for something that is not known here.
    #[error(
        "its critical extension {0} is not known here, and a critical one must not be ignored: have it issued without it"
    )]
    UnknownCritical(String),
    /// It restricts names, which is not checked here.
    #[error("it has name constraints, which are not supported: use an authority without them")]
    NameConstraints,
    /// It is not a device's.
    #[error("it is a CA certificate (CA:TRUE): a device needs one of its own")]
    IsAuthority,
    /// It is not an authority's.
    #[error("it is not a CA certificate: it needs the basic constraint CA:TRUE")]
    NotAnAuthority,
    /// Its key has another use.
    #[error("its key usage has no {0}")]
    KeyUsage(&'static str),
    /// Its key has another purpose.
    #[error("its extended key usage has no clientAuth: it is for another purpose")]
    ExtendedKeyUsage,
    /// Too many certificates are below it.
    #[error("its path length is {allowed}, but {found} CA certificates are below it")]
    PathLength {
        /// How many may be.
        allowed: u32,
        /// How many are.
        found: u32,
    },
}
