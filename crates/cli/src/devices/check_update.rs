//! Checking for an update on behalf of a device. The answer is JSON, or on a terminal an explanation of the decision step by step.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use clap::Args;
use olivine_api::devices::{TraceStep, UpdateAnswer, UpdateCheck};

use super::One;
use crate::failure::Failure;
use crate::names;
use crate::output::{Record, print, short, visible};
use crate::session::Session;

impl Record for UpdateAnswer {
    const COLUMNS: &'static [&'static str] = &["status", "source_type", "source", "bundle"];

    fn prn(&self) -> Option<&str> {
        None
    }

    fn cell(&self, column: &str) -> Option<String> {
        // A server of an earlier version does not return names.
        let named = |name: &Option<String>, prn: &Option<String>| {
            name.as_deref().map(visible).or_else(|| prn.as_deref().map(short)).unwrap_or_default()
        };
        match column {
            "source" => Some(named(&self.source_name, &self.source_prn)),
            "bundle" => Some(named(&self.bundle_name, &self.bundle_prn)),
            _ => None,
        }
    }
}

/// A check for an update.
#[derive(Debug, Args)]
pub(crate) struct CheckUpdate {
    #[command(flatten)]
    one: One,
    // These are plain texts, because a device may report anything.
    /// Assume that the device is on this release [default, without the three flags: what it last reported]
    #[arg(long, value_name = "TEXT")]
    release_prn: Option<String>,
    /// Assume that the device runs this bundle
    #[arg(long, value_name = "TEXT")]
    bundle_prn: Option<String>,
    /// Assume that the device runs this version
    #[arg(long, value_name = "VERSION")]
    release_version: Option<String>,
    /// Also record this as the last report of the device
    #[arg(long, conflicts_with = "explain")]
    write: bool,
    /// Explain each step of the decision; nothing is changed, and no place in a phased release is claimed
    #[arg(long)]
    explain: bool,
}

impl CheckUpdate {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { one, release_prn, bundle_prn, release_version, write, explain } = self;
        let check = UpdateCheck { release_prn, bundle_prn, release_version, write, explain };
        let answer = session.client.check_update(&one.prn, &check).await?;
        match &answer.trace {
            Some(trace) if session.printer.is_for_people() => {
                let labels = names::labels(&session.client, named_in(&answer)).await;
                print(&explanation(trace, &answer, &labels))
            }
            _ => session.printer.one(&answer),
        }
    }
}

/// The records that an explanation names.
pub(super) fn named_in(answer: &UpdateAnswer) -> BTreeSet<String> {
    let reasons = answer.trace.iter().flatten().flat_map(|step| names::prns_in(&step.reason));
    let binaries = answer.manifest.iter().flatten().map(|entry| entry.binary_prn.as_str());
    let source = [&answer.bundle_prn, &answer.source_prn].into_iter().flatten().map(String::as_str);
    reasons.chain(binaries).chain(source).map(str::to_owned).collect()
}

/// A line for each step, and the answer at the end, with names in place of PRNs where they are known.
pub(super) fn explanation(
    trace: &[TraceStep],
    answer: &UpdateAnswer,
    labels: &HashMap<String, String>,
) -> String {
    // Prefers a name with its parent, then the name in the answer, then the PRN.
    let name =
        |prn: &str, known: Option<String>| labels.get(prn).cloned().or(known).unwrap_or_else(|| visible(prn));
    let length = |text: &str| text.chars().count();
    let step = trace.iter().map(|line| length(&line.step)).max().unwrap_or(0);
    let outcome = trace.iter().map(|line| length(&line.outcome)).max().unwrap_or(0);
    let mut text = String::new();
    for line in trace {
        let (name, came) = (visible(&line.step), visible(&line.outcome));
        let _ = writeln!(
            text,
            "{name:step$}  {came:outcome$}  {}",
            visible(&names::name_prns(&line.reason, labels))
        );
    }
    let _ = write!(text, "→ {}", visible(&answer.status));
    if let Some(bundle) = &answer.bundle_prn {
        let _ = write!(text, "\n  bundle: {}", name(bundle, answer.bundle_name.as_deref().map(visible)));
    }
    if let (Some(kind), Some(source)) = (&answer.source_type, &answer.source_prn) {
        let _ = write!(
            text,
            "\n  from {}: {}",
            visible(kind),
            name(source, answer.source_name.as_deref().map(visible))
        );
    }
    for entry in answer.manifest.iter().flatten() {
        let (version, target) = (&entry.artifact_version, &entry.target);
        let known = entry.artifact_name.as_ref();
        let known = known.map(|artifact| visible(&format!("{artifact}/{version}/{target}")));
        let _ = write!(text, "\n  binary: {}, {} bytes", name(&entry.binary_prn, known), entry.size);
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: &str, outcome: &str, reason: &str) -> TraceStep {
        TraceStep { step: step.to_owned(), outcome: outcome.to_owned(), reason: reason.to_owned() }
    }

    #[test]
    fn an_explanation_ends_with_the_answer() {
        let answer = UpdateAnswer {
            status: "update".to_owned(),
            source_type: Some("release".to_owned()),
            source_prn: Some("prn:r".to_owned()),
            source_name: Some("first".to_owned()),
            bundle_prn: Some("prn:b".to_owned()),
            bundle_name: Some("not asked for".to_owned()),
            manifest: None,
            trace: None,
        };
        let trace = [
            step("quarantine", "passed", "the device is not quarantined"),
            step("entry", "release", "it is on 'a\u{1b}[31m'"),
        ];
        let expected = "\
quarantine  passed   the device is not quarantined
entry       release  it is on 'a\u{fffd}[31m'
→ update
  bundle: spring
  from release: first
";
        let labels = HashMap::from([("prn:b".to_owned(), "spring".to_owned())]);
        assert_eq!(explanation(&trace, &answer, &labels), expected);
        assert_eq!(answer.cell("source").as_deref(), Some("first"));
        let older = UpdateAnswer { source_name: None, bundle_name: None, ..answer.clone() };
        assert!(explanation(&[], &older, &labels).ends_with("from release: prn:r\n"));
        let nothing =
            UpdateAnswer { status: "no_update".to_owned(), source_type: None, bundle_prn: None, ..answer };
        assert_eq!(explanation(&[], &nothing, &labels), "→ no_update\n");
    }
}
