//! `peridio device-certificates`: the certificates that devices are known by.

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

/// What can be done with device certificates.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Registers a certificate for a device
    #[command(
        after_help = "Examples:\n  peridio device-certificates create --device-prn $DEVICE_PRN --certificate device.pem\n  openssl \
                            x509 -inform der -in device.crt | peridio device-certificates create --device-prn $DEVICE_PRN --certificate -\n  \
                            CODE=$(peridio ca-certificates create-verification-code --output prn)\n  openssl req -new -key device.key -subj \
                            \"/CN=$CODE\" |\n    openssl x509 -req -CA device.pem -CAkey device.key -out proof.pem\n  peridio \
                            device-certificates create --device-prn $DEVICE_PRN --certificate device.pem --verification-certificate proof.pem"
    )]
    Create(Create),
    /// Lists device certificates
    #[command(
        after_help = "Examples:\n  peridio device-certificates list --device-prn $DEVICE_PRN\n  peridio device-certificates list --with-warnings --all"
    )]
    List(List),
    /// Shows a device certificate
    #[command(
        after_help = "Example:\n  peridio device-certificates get --prn $DEVICE_CERTIFICATE_PRN --expand device"
    )]
    Get(Get),
    /// Lets a device be known by a certificate no more, at once
    #[command(after_help = "Example:\n  peridio device-certificates delete --prn $DEVICE_CERTIFICATE_PRN")]
    Delete(One),
}

/// A certificate to register.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The device
    #[arg(long, value_name = "PRN")]
    device_prn: Prn<Device>,
    /// A file with the certificate in PEM form, or - for stdin
    #[arg(long, value_name = "FILE|-", allow_hyphen_values = true)]
    certificate: String,
    /// A proof that you have the certificate's key: a file with a certificate that it signed, whose common name is a verification code.
    /// Needed where the server has several organizations and another one might have the certificate, too
    #[arg(long, value_name = "FILE|-", allow_hyphen_values = true)]
    verification_certificate: Option<String>,
}

/// Which certificates to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those of this device
    #[arg(long, value_name = "PRN")]
    device_prn: Option<Prn<Device>>,
    /// Only the one with this fingerprint: the SHA-256 of its DER in hexadecimal digits
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
    /// Its PRN
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
