//! `peridio device-certificates`: the certificates with which devices authenticate.

use clap::{Args, Subcommand};
use olivine_api::device_certificates::{DeviceCertificate, DeviceCertificateCreate};
use olivine_client::Query;
use olivine_domain::device_certificates::DeviceCertificate as Named;
use olivine_domain::devices::Device;
use olivine_domain::prn::Prn;

use crate::certificates;
use crate::failure::Failure;
use crate::lists::{Expand, ListOptions, Weak};
use crate::output::record;
use crate::session::Session;

record!(DeviceCertificate, "device:device.identifier", "fingerprint", "expires:not_after"; expand "device");

/// The commands about device certificates.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Registers a certificate for a device
    #[command(after_help = "Examples:\n  \
            peridio device-certificates create --device SN-000042 --certificate device.pem\n  \
            openssl x509 -inform der -in second.crt |\n    \
            peridio device-certificates create --device SN-000042 --certificate -\n\n\
            On a server with several organizations, with a proof that the private key is yours:\n  \
            CODE=$(peridio ca-certificates create-verification-code --output prn)\n  \
            openssl req -new -key third.key -subj \"/CN=$CODE\" |\n    \
            openssl x509 -req -CA third.pem -CAkey third.key -out proof.pem\n  \
            peridio device-certificates create --device SN-000042 --certificate third.pem \\\n    \
            --verification-certificate proof.pem")]
    Create(Create),
    /// Lists device certificates
    #[command(after_help = "Examples:\n  \
            peridio device-certificates list --device SN-000042\n  \
            peridio device-certificates list --with-warnings --all")]
    List(List),
    /// Shows a device certificate
    #[command(after_help = "Example:\n  peridio device-certificates get SN-000042 --expand device")]
    Get(Get),
    /// Removes a device's certificate: the device can no longer authenticate with it, effective immediately
    #[command(after_help = "Example:\n  peridio device-certificates delete SN-000042")]
    Delete(One),
}

/// A certificate to register.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The device that authenticates with the certificate
    #[arg(long, value_name = "PRN")]
    device_prn: Prn<Device>,
    /// The file with the certificate, in PEM or DER form, or - for standard input
    #[arg(long, value_name = "FILE|-", allow_hyphen_values = true)]
    certificate: String,
    /// A proof that you have the private key of the certificate: a file with a certificate that this key signed and whose common name is a
    /// verification code. Only needed on a server with several organizations
    #[arg(long, value_name = "FILE|-", allow_hyphen_values = true)]
    verification_certificate: Option<String>,
}

/// Which certificates to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only certificates of this device
    #[arg(long, value_name = "PRN")]
    device_prn: Option<Prn<Device>>,
    /// Only the certificate with this fingerprint: the SHA-256 of its DER form, in hexadecimal digits
    #[arg(long)]
    fingerprint: Option<String>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    weak: Weak,
    #[command(flatten)]
    options: ListOptions,
}

/// One certificate.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The certificate by its PRN or its device's identifier, instead of the first argument
    #[arg(long, visible_alias = "device-certificate-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// One certificate, with what to embed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    expand: Expand,
}

impl Create {
    fn body(self) -> Result<DeviceCertificateCreate, Failure> {
        let proof = self.verification_certificate.as_deref();
        if self.certificate == "-" && proof == Some("-") {
            return Err(Failure::usage(
                "--certificate and --verification-certificate can't both come from stdin",
            ));
        }
        let proof = proof.map(|file| certificates::read("--verification-certificate", file));
        Ok(DeviceCertificateCreate {
            device_prn: self.device_prn.to_string(),
            certificate: certificates::read("--certificate", &self.certificate)?,
            verification_certificate: proof.transpose()?,
        })
    }
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<DeviceCertificate>(&create.body()?).await,
            Self::List(List { device_prn, fingerprint, expand, weak, options }) => {
                let query = Query::default().with("device_prn", device_prn).with("fingerprint", fingerprint);
                let query = query.expand(&expand.expand);
                session
                    .list_certificates(&options, query, &weak, |certificate: &DeviceCertificate| {
                        &certificate.warnings
                    })
                    .await
            }
            Self::Get(Get { one, expand }) => {
                session.get::<DeviceCertificate>(&one.prn, &expand.expand).await
            }
            Self::Delete(One { prn }) => session.delete::<DeviceCertificate>(&prn).await,
        }
    }
}
