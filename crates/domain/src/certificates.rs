//! X.509 certificates of devices and of their authorities: what they say, who signed them, and what they may be used for.
//!
//! It must never be used as a proof that a device has a certificate's key: only the handshake proves that.

pub(crate) mod certificate;
mod chains;
mod der;
mod fitness;
mod identifiers;
pub(crate) mod invalid;
mod marks;
mod names;
mod signatures;
mod unfit;
mod weakness;

pub use self::certificate::{Certificate, CertificateFacts};
pub use self::chains::{Intermediates, Link, MOST_INTERMEDIATES, links};
pub use self::identifiers::{IdentifierSource, InvalidIdentifierSource, NoIdentifier};
pub use self::invalid::{InvalidCertificate, MAX_BYTES};
pub use self::marks::Marks;
pub use self::names::UnreadableText;
pub use self::signatures::{CannotVerify, SignatureCheck};
pub use self::unfit::Unfit;
pub use self::weakness::Weakness;
