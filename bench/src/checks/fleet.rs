//! A fleet: its devices, each computable from its number, and the channels that they follow by turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_domain::bundles::{Bundle, BundleBinary};
use olivine_domain::certificates::Certificate;
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::{Device, Reported};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Revision;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::releases::{Phase, Release};
use olivine_domain::tags::Tags;
use olivine_records::{
    Database, Options, Write, bundles, cohorts, device_certificates, devices, products, releases,
};

use super::bundle::{Content, TARGET};
use super::certificates::{Devices, identifier};
use crate::numbered::{moment, uuid};
use crate::table::say;

/// How many devices go into one transaction.
const AT_ONCE: u64 = 10_000;
/// More releases than any channel has.
const MOST_RELEASES: u64 = 1_000_000;

/// A fleet of one product.
pub(crate) struct Fleet {
    content: Content,
    pub(crate) count: u64,
    /// How many releases each channel has; each is a cohort's.
    pub(crate) channels: Vec<u64>,
    devices: Arc<Devices>,
}

/// What a device says it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The channel's last release.
    Latest,
    /// Its first.
    First,
    /// A version older than its first, and nothing else.
    Version,
}

/// What an id is for: its last bits.
#[derive(Clone, Copy)]
enum Kind {
    Product = 16,
    Cohort,
    Bundle,
    Release,
    Device,
    Certificate,
}

impl Fleet {
    pub(crate) fn new(content: Content, count: u64, channels: &[u64], devices: Arc<Devices>) -> Self {
        Self { content, count, channels: channels.to_vec(), devices }
    }

    /// Inserts all of it.
    pub(crate) async fn insert(&self, url: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        let database = Database::open(url, Options::default()).await?;
        let write = database.write().await?;
        products::insert(&write, &self.product()?).await?;
        bundles::insert(&write, &self.bundle(), &self.binaries()).await?;
        for channel in 0..self.channels.len() as u64 {
            cohorts::insert(&write, &self.cohort(channel)?).await?;
            // The last one first: what it points to is there.
            for place in (0..self.length(channel)).rev() {
                releases::insert(&write, &self.release(channel, place)?).await?;
            }
        }
        write.commit().await?;
        for start in (0..self.count).step_by(usize::try_from(AT_ONCE)?) {
            let write = database.write().await?;
            self.insert_devices(&write, start..self.count.min(start + AT_ONCE)).await?;
            write.commit().await?;
        }
        database.close().await;
        say(format!("  {} devices inserted in {:.1?}", self.count, began.elapsed()));
        Ok(())
    }

    async fn insert_devices(&self, write: &Write, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
        let made = numbers.clone().map(|number| self.device(number)).collect::<anyhow::Result<Vec<_>>>()?;
        devices::insert_many(write, &made).await?;
        let made = numbers.map(|number| self.certificate(number)).collect::<anyhow::Result<Vec<_>>>()?;
        device_certificates::insert_many(write, &made).await?;
        Ok(())
    }

    fn id<R>(kind: Kind, number: u64) -> Id<R> {
        Id::new(uuid(kind as u8, number))
    }

    fn product(&self) -> anyhow::Result<Product> {
        Ok(Product {
            id: Self::id(Kind::Product, 0),
            organization: self.content.organization,
            name: "bench".parse()?,
            description: None,
            target: Some(TARGET.parse()?),
            archived_at: None,
            revision: Revision::FIRST,
            inserted_at: moment(0),
            updated_at: moment(0),
        })
    }

    fn bundle(&self) -> Bundle {
        Bundle {
            id: Self::id(Kind::Bundle, 0),
            organization: self.content.organization,
            name: None,
            hash: Sha256Digest::of(b"bench"),
            archived_at: None,
            revision: Revision::FIRST,
            inserted_at: self.content.now,
            updated_at: self.content.now,
        }
    }

    fn binaries(&self) -> Vec<BundleBinary> {
        let binaries = self.content.binaries.iter();
        binaries
            .map(|(binary, artifact_version)| BundleBinary {
                binary: *binary,
                artifact_version: *artifact_version,
                custom_metadata: None,
            })
            .collect()
    }

    fn cohort(&self, channel: u64) -> anyhow::Result<Cohort> {
        Ok(Cohort {
            id: Self::id(Kind::Cohort, channel),
            organization: self.content.organization,
            product: Self::id(Kind::Product, 0),
            name: format!("channel of {}", self.length(channel)).parse()?,
            description: None,
            devices: (0..self.count).filter(|number| self.graph_of(*number) == channel).count() as u64,
            archived_at: None,
            revision: Revision::FIRST,
            inserted_at: moment(channel),
            updated_at: moment(channel),
        })
    }

    fn release(&self, channel: u64, place: u64) -> anyhow::Result<Release> {
        Ok(Release {
            id: Self::release_id(channel, place),
            organization: self.content.organization,
            cohort: Self::id(Kind::Cohort, channel),
            bundle: Self::id(Kind::Bundle, 0),
            next: (place + 1 < self.length(channel)).then(|| Self::release_id(channel, place + 1)),
            name: format!("release {place}").parse()?,
            description: None,
            version: Some(version(place).parse()?),
            version_requirement: Some(">= 0.1.0".parse()?),
            required: false,
            disabled: false,
            schedule_date: None,
            phase: Phase::EVERYONE,
            claims: 0,
            archived_at: None,
            revision: Revision::FIRST,
            inserted_at: moment(place),
            updated_at: moment(place),
        })
    }

    fn release_id(channel: u64, place: u64) -> Id<Release> {
        Self::id(Kind::Release, channel * MOST_RELEASES + place)
    }

    fn length(&self, channel: u64) -> u64 {
        self.channels.get(usize::try_from(channel).unwrap_or(usize::MAX)).copied().unwrap_or(0)
    }

    fn graph_of(&self, number: u64) -> u64 {
        number % self.channels.len() as u64
    }

    /// The number of a device that follows this channel.
    pub(crate) fn follower(&self, channel: u64, number: u64) -> u64 {
        number * self.channels.len() as u64 + channel
    }

    /// A device that was there an hour ago, up to date.
    fn device(&self, number: u64) -> anyhow::Result<Device> {
        let channel = self.graph_of(number);
        let latest = self.length(channel) - 1;
        let reported = Reported {
            release: Some(Self::release_id(channel, latest)),
            bundle: Some(Self::id(Kind::Bundle, 0)),
            version: Some(version(latest).parse()?),
        };
        Ok(Device {
            id: Self::id(Kind::Device, number),
            organization: self.content.organization,
            product: Self::id(Kind::Product, 0),
            cohort: Some(Self::id(Kind::Cohort, channel)),
            identifier: identifier(number).parse()?,
            description: None,
            tags: Tags::new(["bench", if number.is_multiple_of(10) { "early" } else { "late" }])?,
            target: None,
            quarantined: false,
            release: reported.release,
            outcome: None,
            offer: None,
            reported,
            last_connected_at: Some(self.content.now.minus(Duration::from_hours(1))),
            revision: Revision::FIRST,
            inserted_at: moment(number),
            updated_at: moment(number),
        })
    }

    fn certificate(&self, number: u64) -> anyhow::Result<DeviceCertificate> {
        Ok(DeviceCertificate {
            id: Self::id(Kind::Certificate, number),
            organization: self.content.organization,
            device: Self::id(Kind::Device, number),
            ca_certificate: None,
            proof: None,
            certificate: Certificate::from_der(&self.devices.der(number))?,
            inserted_at: moment(number),
        })
    }

    /// A device's question, whole.
    pub(crate) fn question(&self, number: u64, standing: Standing, path: &str) -> Vec<u8> {
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: bench\r\n");
        request += &self.report(self.graph_of(number), standing);
        request += "\r\n";
        request.into_bytes()
    }

    /// The same as a proxy asks on its behalf.
    pub(crate) fn question_by_proxy(&self, number: u64, path: &str, request: &mut Vec<u8>) {
        request.extend_from_slice(&self.question(number, Standing::Latest, path));
        request.truncate(request.len() - 2);
        request.extend_from_slice(b"client-cert: :");
        request.extend_from_slice(STANDARD.encode(self.devices.der(number)).as_bytes());
        request.extend_from_slice(b":\r\n\r\n");
    }

    fn report(&self, channel: u64, standing: Standing) -> String {
        let organization = self.content.organization;
        let place = match standing {
            Standing::Latest => self.length(channel) - 1,
            Standing::First => 0,
            Standing::Version => return "peridio-release-version: 0.9.0\r\n".to_owned(),
        };
        format!(
            "peridio-release-prn: {}\r\nperidio-bundle-prn: {}\r\nperidio-release-version: {}\r\n",
            Self::release_id(channel, place).prn(organization),
            Self::id::<Bundle>(Kind::Bundle, 0).prn(organization),
            version(place)
        )
    }
}

fn version(place: u64) -> String {
    format!("1.{place}.0")
}
