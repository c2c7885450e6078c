//! A fleet: devices that can be computed from their numbers, and the release graphs that they follow in turn.

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

/// The number of devices in one transaction.
const AT_ONCE: u64 = 10_000;
/// More releases than any release graph has.
const MOST_RELEASES: u64 = 1_000_000;

/// A fleet of one product.
pub(crate) struct Fleet {
    content: Content,
    pub(crate) count: u64,
    /// The number of releases in each release graph. Each graph belongs to a cohort of its own.
    pub(crate) graphs: Vec<u64>,
    devices: Arc<Devices>,
}

/// The release that a device reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The last release of its graph.
    Latest,
    /// The first release of its graph.
    First,
    /// Only a version, which is older than the first release.
    Version,
}

/// The type of the record that an id belongs to. It is written into the last bits of the id.
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
    pub(crate) fn new(content: Content, count: u64, graphs: &[u64], devices: Arc<Devices>) -> Self {
        Self { content, count, graphs: graphs.to_vec(), devices }
    }

    /// Inserts all records of the fleet.
    pub(crate) async fn insert(&self, url: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        let database = Database::open(url, Options::default()).await?;
        let write = database.write().await?;
        products::insert(&write, &self.product()?).await?;
        bundles::insert(&write, &self.bundle(), &self.binaries()).await?;
        for graph in 0..self.graphs.len() as u64 {
            cohorts::insert(&write, &self.cohort(graph)?).await?;
            // The last release comes first, because each release refers to the next one.
            for place in (0..self.length(graph)).rev() {
                releases::insert(&write, &self.release(graph, place)?).await?;
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

    fn cohort(&self, graph: u64) -> anyhow::Result<Cohort> {
        Ok(Cohort {
            id: Self::id(Kind::Cohort, graph),
            organization: self.content.organization,
            product: Self::id(Kind::Product, 0),
            name: format!("release graph of {}", self.length(graph)).parse()?,
            description: None,
            devices: (0..self.count).filter(|number| self.graph_of(*number) == graph).count() as u64,
            archived_at: None,
            revision: Revision::FIRST,
            inserted_at: moment(graph),
            updated_at: moment(graph),
        })
    }

    fn release(&self, graph: u64, place: u64) -> anyhow::Result<Release> {
        Ok(Release {
            id: Self::release_id(graph, place),
            organization: self.content.organization,
            cohort: Self::id(Kind::Cohort, graph),
            bundle: Self::id(Kind::Bundle, 0),
            next: (place + 1 < self.length(graph)).then(|| Self::release_id(graph, place + 1)),
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

    fn release_id(graph: u64, place: u64) -> Id<Release> {
        Self::id(Kind::Release, graph * MOST_RELEASES + place)
    }

    fn length(&self, graph: u64) -> u64 {
        self.graphs.get(usize::try_from(graph).unwrap_or(usize::MAX)).copied().unwrap_or(0)
    }

    fn graph_of(&self, number: u64) -> u64 {
        number % self.graphs.len() as u64
    }

    /// The number of the device that is the `number`th of those that follow this release graph.
    pub(crate) fn follower(&self, graph: u64, number: u64) -> u64 {
        number * self.graphs.len() as u64 + graph
    }

    /// A device that is up to date and was last connected an hour ago.
    fn device(&self, number: u64) -> anyhow::Result<Device> {
        let graph = self.graph_of(number);
        let latest = self.length(graph) - 1;
        let reported = Reported {
            release: Some(Self::release_id(graph, latest)),
            bundle: Some(Self::id(Kind::Bundle, 0)),
            version: Some(version(latest).parse()?),
        };
        Ok(Device {
            id: Self::id(Kind::Device, number),
            organization: self.content.organization,
            product: Self::id(Kind::Product, 0),
            cohort: Some(Self::id(Kind::Cohort, graph)),
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

    /// The whole request of a device.
    pub(crate) fn question(&self, number: u64, standing: Standing, path: &str) -> Vec<u8> {
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: bench\r\n");
        request += &self.report(self.graph_of(number), standing);
        request += "\r\n";
        request.into_bytes()
    }

    /// The same request as a proxy sends it on the device's behalf.
    pub(crate) fn question_by_proxy(&self, number: u64, path: &str, request: &mut Vec<u8>) {
        request.extend_from_slice(&self.question(number, Standing::Latest, path));
        request.truncate(request.len() - 2);
        request.extend_from_slice(b"client-cert: :");
        request.extend_from_slice(STANDARD.encode(self.devices.der(number)).as_bytes());
        request.extend_from_slice(b":\r\n\r\n");
    }

    fn report(&self, graph: u64, standing: Standing) -> String {
        let organization = self.content.organization;
        let place = match standing {
            Standing::Latest => self.length(graph) - 1,
            Standing::First => 0,
            Standing::Version => return "peridio-release-version: 0.9.0\r\n".to_owned(),
        };
        format!(
            "peridio-release-prn: {}\r\nperidio-bundle-prn: {}\r\nperidio-release-version: {}\r\n",
            Self::release_id(graph, place).prn(organization),
            Self::id::<Bundle>(Kind::Bundle, 0).prn(organization),
            version(place)
        )
    }
}

fn version(place: u64) -> String {
    format!("1.{place}.0")
}
