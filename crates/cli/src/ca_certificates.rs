//! `peridio ca-certificates`: certificate authorities whose devices may connect, and the settings of devices that are created when they first
//! connect.

use clap::{Args, Subcommand};
use olivine_api::ca_certificates::{
    CaCertificate, CaCertificateCreate, CaCertificateUpdate, Jitp, VerificationCode,
};
use olivine_api::flags::{Removable, removable};
use olivine_client::Query;
use olivine_domain::Target;
use olivine_domain::ca_certificates::{CaCertificate as Named, Renewals};
use olivine_domain::certificates::IdentifierSource;
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;

use crate::certificates;
use crate::failure::Failure;
use crate::lists::{ListOptions, Weak};
use crate::output::Record;
use crate::session::Session;

impl Record for CaCertificate {
    const COLUMNS: &'static [&'static str] = &["description", "subject", "new_devices", "expires:not_after"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }

    fn cell(&self, column: &str) -> Option<String> {
        (column == "new_devices").then(|| if self.jitp.is_some() { "created" } else { "refused" }.to_owned())
    }
}

impl Record for VerificationCode {
    const COLUMNS: &'static [&'static str] = &["verification_code", "expires:expires_at"];

    /// A verification code has no PRN. Scripts get the code instead: `$(… --output prn)`.
    fn prn(&self) -> Option<&str> {
        Some(&self.verification_code)
    }
}

/// The commands about CA certificates.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a code with which you prove that you own the private key of a CA
    #[command(after_help = "Example:\n  \
            CODE=$(peridio ca-certificates create-verification-code --output prn)\n  \
            openssl req -new -key any.key -subj \"/CN=$CODE\" |\n    \
            openssl x509 -req -CA ca.pem -CAkey ca.key -out verification.pem")]
    CreateVerificationCode,
    /// Registers a CA certificate, with a proof that you own its private key
    #[command(after_help = "Example:\n  \
            peridio ca-certificates create --certificate ca.pem --verification-certificate verification.pem \\\n    \
            --description factory --jitp-product gateway --jitp-cohort gateway/daily --jitp-tag factory")]
    Create(Box<Create>),
    /// Lists CA certificates
    #[command(after_help = "Example:\n  peridio ca-certificates list")]
    List(List),
    /// Shows a CA certificate
    #[command(after_help = "Example:\n  peridio ca-certificates get factory")]
    Get(One),
    /// Changes which devices of a CA may connect: how new devices are registered, and which renewed certificates are accepted
    #[command(after_help = "Examples:\n  \
            peridio ca-certificates update factory --jitp-product gateway\n  \
            peridio ca-certificates update factory --no-jitp\n  \
            peridio ca-certificates update factory --renewals same_key")]
    Update(Box<Update>),
    /// Deletes a CA certificate; the devices that were registered through it stay
    #[command(after_help = "Example:\n  peridio ca-certificates delete factory")]
    Delete(One),
}

/// Just-in-time provisioning: how the server registers an unknown device with a certificate by this CA.
#[derive(Debug, Args)]
#[command(next_help_heading = "Just-in-time provisioning")]
pub(crate) struct Provisioning {
    /// The product of new devices. Without it, unknown devices are refused
    #[arg(long = "jitp-product-prn", id = "jitp_product_prn", value_name = "PRN")]
    product_prn: Option<Prn<Product>>,
    /// The cohort of new devices; it must belong to the product
    #[arg(
        long = "jitp-cohort-prn",
        id = "jitp_cohort_prn",
        value_name = "PRN",
        requires = "jitp_product_prn"
    )]
    cohort_prn: Option<Prn<Cohort>>,
    /// A tag of new devices; can be repeated
    #[arg(
        long = "jitp-tag",
        id = "jitp_tags",
        alias = "jitp-tags",
        value_name = "TAG",
        value_delimiter = ',',
        requires = "jitp_product_prn"
    )]
    tags: Vec<String>,
    /// The target of new devices [default: the target of the product]
    #[arg(long = "jitp-target", id = "jitp_target", value_name = "TARGET", requires = "jitp_product_prn")]
    target: Option<Target>,
    /// The description of new devices
    #[arg(
        long = "jitp-description",
        id = "jitp_description",
        value_name = "DESCRIPTION",
        requires = "jitp_product_prn"
    )]
    description: Option<String>,
    /// Which name in the certificate becomes the identifier of the device: `common_name`, `serial_number` or `dns_name`
    #[arg(
        long = "jitp-identifier-from",
        id = "jitp_identifier_from",
        value_name = "NAME",
        requires = "jitp_product_prn"
    )]
    identifier_from: Option<IdentifierSource>,
}

/// A CA certificate to register.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The file with the certificate of the CA, in PEM or DER form, or - for standard input
    #[arg(long, value_name = "FILE|-", allow_hyphen_values = true)]
    certificate: String,
    /// The file with a certificate that the CA signed and whose common name is a verification code, or - for standard input
    #[arg(long, value_name = "FILE|-", allow_hyphen_values = true)]
    verification_certificate: String,
    /// A description, for people; it also serves as the name of the CA certificate
    #[arg(long)]
    description: Option<String>,
    /// Which renewed certificates of its devices the server registers automatically, if this CA also signed the device's current
    /// certificate: `refuse` (none), `same_key` (only with the same public key) or `any_key` (also with another key)
    #[arg(long, value_name = "SETTING", value_parser = Renewals::NAMES)]
    renewals: Option<String>,
    #[command(flatten)]
    provisioning: Provisioning,
}

/// Which CA certificates to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the certificate with this fingerprint: the SHA-256 of its DER form, in hexadecimal digits
    #[arg(long)]
    fingerprint: Option<String>,
    #[command(flatten)]
    weak: Weak,
    #[command(flatten)]
    options: ListOptions,
}

/// One CA certificate.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The CA certificate by its PRN or its description, instead of the first argument
    #[arg(long, visible_alias = "ca-certificate-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a CA certificate. New settings of provisioning replace all settings of provisioning.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// A new description, for people: up to 2,000 characters
    #[arg(long, value_parser = removable::<String>)]
    description: Option<Removable<String>>,
    /// Which renewed certificates of its devices the server registers automatically, if this CA also signed the device's current
    /// certificate: `refuse` (none), `same_key` (only with the same public key) or `any_key` (also with another key)
    #[arg(long, value_name = "SETTING", value_parser = Renewals::NAMES)]
    renewals: Option<String>,
    #[command(flatten)]
    provisioning: Provisioning,
    /// Do not register new devices: refuse devices that are unknown
    #[arg(long, conflicts_with = "jitp_product_prn")]
    no_jitp: bool,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::CreateVerificationCode => {
                session.printer.one(&session.client.create_verification_code().await?)
            }
            Self::Create(create) => session.create::<CaCertificate>(&create.body()?).await,
            Self::List(List { fingerprint, weak, options }) => {
                let query = Query::default().with("fingerprint", fingerprint);
                session
                    .list_certificates(&options, query, &weak, |certificate: &CaCertificate| {
                        &certificate.warnings
                    })
                    .await
            }
            Self::Get(One { prn }) => session.get::<CaCertificate>(&prn, &[]).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                session.update::<CaCertificate>(&prn, &update.body()).await
            }
            Self::Delete(One { prn }) => session.delete::<CaCertificate>(&prn).await,
        }
    }
}

impl Provisioning {
    fn body(self) -> Option<Jitp> {
        Some(Jitp {
            product_prn: self.product_prn?.to_string(),
            cohort_prn: self.cohort_prn.map(|prn| prn.to_string()),
            tags: self.tags,
            description: self.description,
            target: self.target.map(|target| target.to_string()),
            identifier_from: self.identifier_from.map(|source| source.to_string()),
        })
    }
}

impl Create {
    fn body(self) -> Result<CaCertificateCreate, Failure> {
        if self.certificate == "-" && self.verification_certificate == "-" {
            return Err(Failure::usage(
                "--certificate and --verification-certificate can't both come from stdin",
            ));
        }
        Ok(CaCertificateCreate {
            certificate: certificates::read("--certificate", &self.certificate)?,
            verification_certificate: certificates::read(
                "--verification-certificate",
                &self.verification_certificate,
            )?,
            description: self.description,
            jitp: self.provisioning.body(),
            renewals: self.renewals,
        })
    }
}

impl Update {
    fn body(self) -> CaCertificateUpdate {
        let jitp = self.provisioning.body().map(Some);
        CaCertificateUpdate {
            description: self.description,
            jitp: jitp.or(self.no_jitp.then_some(None)),
            renewals: self.renewals,
        }
    }
}
