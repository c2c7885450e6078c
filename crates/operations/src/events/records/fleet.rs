//! The same of records about devices and what they get.

use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::ca_certificates::{CaCertificate, Jitp};
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::products::Product;
use olivine_domain::releases::{Phase, PhaseValue, Release};
use olivine_domain::tags::Tags;

use super::super::fields::{Field, Fingerprint, Recorded};

impl Recorded for BundleOverride {
    const KNOWN_BY: &'static [&'static str] = &["name", "bundle_prn"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            name,
            description,
            bundle,
            starts_at,
            ends_at,
            audience,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        let (mut devices, mut tags, mut cohort) = (None, None, None);
        match audience {
            Audience::Devices(all) => devices = Some(all),
            Audience::Tags(any) => tags = Some(any),
            Audience::Cohort(one) => cohort = Some(one.prn(*organization)),
        }
        let device_prns = devices.map(|all| all.iter().map(|id| id.prn(*organization)).collect::<Vec<_>>());
        fields! {
            "name" = name, "description" = description, "bundle_prn" = bundle.prn(*organization),
            "starts_at" = starts_at, "ends_at" = ends_at, "device_prns" = device_prns,
            "device_count" = devices.map(Vec::len), "tags" = tags, "cohort_prn" = cohort,
        }
    }
}

impl Recorded for CaCertificate {
    const KNOWN_BY: &'static [&'static str] = &["fingerprint", "subject", "not_after"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            certificate,
            description,
            jitp,
            renewals,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        let facts = certificate.facts();
        let mut fields = fields! {
            "fingerprint" = Fingerprint(facts.fingerprint), "subject" = facts.subject,
            "not_after" = facts.not_after, "description" = description,
            "renewals" = renewals,
        };
        let jitp = jitp.as_ref();
        let product = jitp.map(|Jitp { product, .. }| product.prn(*organization));
        let cohort = jitp.and_then(|Jitp { cohort, .. }| cohort.map(|cohort| cohort.prn(*organization)));
        fields.extend(fields! {
            "jitp.product_prn" = product, "jitp.cohort_prn" = cohort,
            "jitp.tags" = jitp.map(|Jitp { tags, .. }| tags),
            "jitp.target" = jitp.and_then(|Jitp { target, .. }| target.as_ref()),
            "jitp.description" = jitp.and_then(|Jitp { description, .. }| description.as_ref()),
            "jitp.identifier_from" = jitp.map(|Jitp { identifier, .. }| identifier),
        });
        fields
    }
}

impl Recorded for Cohort {
    const KNOWN_BY: &'static [&'static str] = &["name", "product_prn"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            product,
            name,
            description,
            devices: _,
            archived_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "name" = name, "product_prn" = product.prn(*organization), "description" = description,
            "archived_at" = archived_at,
        }
    }
}

impl Recorded for Device {
    const KNOWN_BY: &'static [&'static str] = &["identifier", "product_prn", "cohort_prn"];

    fn fields(&self) -> Vec<Field> {
        // Reports of devices have events of their own.
        let Self {
            id: _,
            organization,
            product,
            cohort,
            identifier,
            description,
            tags,
            target,
            quarantined,
            reported: _,
            release: _,
            outcome: _,
            offer: _,
            last_connected_at: _,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "identifier" = identifier, "product_prn" = product.prn(*organization),
            "cohort_prn" = cohort.map(|cohort| cohort.prn(*organization)), "description" = description,
            "tags" = tags, "target" = target, "quarantined" = quarantined,
        }
    }
}

impl Recorded for DeviceCertificate {
    const KNOWN_BY: &'static [&'static str] = &["device_prn", "fingerprint"];

    fn fields(&self) -> Vec<Field> {
        let Self { id: _, organization, device, ca_certificate, proof, certificate, inserted_at: _ } = self;
        let facts = certificate.facts();
        fields! {
            "device_prn" = device.prn(*organization), "fingerprint" = Fingerprint(facts.fingerprint),
            "not_after" = facts.not_after, "proof" = proof,
            "ca_certificate_prn" = ca_certificate.map(|ca| ca.prn(*organization)),
        }
    }
}

impl Recorded for Product {
    const KNOWN_BY: &'static [&'static str] = &["name"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization: _,
            name,
            description,
            target,
            archived_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "name" = name, "description" = description, "target" = target, "archived_at" = archived_at,
        }
    }
}

impl Recorded for Release {
    const KNOWN_BY: &'static [&'static str] = &["name", "cohort_prn", "bundle_prn"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            cohort,
            bundle,
            next,
            name,
            description,
            version,
            version_requirement,
            required,
            disabled,
            schedule_date,
            phase,
            claims: _,
            archived_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        let (value, tags) = match phase {
            Phase::Numeric(value) => (Some(PhaseValue::get(*value)), Tags::default()),
            Phase::Tags(tags) => (None, tags.clone()),
        };
        fields! {
            "name" = name, "cohort_prn" = cohort.prn(*organization), "bundle_prn" = bundle.prn(*organization),
            "next_release_prn" = next.map(|next| next.prn(*organization)), "description" = description,
            "version" = version, "version_requirement" = version_requirement, "required" = required,
            "disabled" = disabled, "schedule_date" = schedule_date, "phase_mode" = phase.mode(),
            "phase_value" = value, "phase_tags" = tags, "archived_at" = archived_at,
        }
    }
}
