//! Tests of the drawings.

use super::*;

fn release(name: &str, next: Option<&str>) -> Release {
    serde_json::from_value(serde_json::json!({
        "prn": name, "organization_prn": "", "cohort_prn": "", "bundle_prn": "", "next_release_prn": next, "name": name,
        "description": null, "version": null, "version_requirement": null, "required": false, "disabled": false,
        "schedule_date": null, "phase_mode": "numeric", "phase_value": 1.0, "phase_tags": [], "claims": 0,
        "affected_by": [], "inserted_at": "", "updated_at": "",
    }))
    .unwrap()
}

fn step(release: Release) -> Step {
    Step { release, devices: None }
}

fn graph(releases: &[(&str, Option<&str>)]) -> Vec<Step> {
    releases.iter().map(|(name, next)| step(release(name, *next))).collect()
}

fn chain() -> Vec<Step> {
    let version = |version: &str| Some(version.to_owned());
    let first = Release { version: version("1.0.0"), ..release("first", Some("spring")) };
    let spring = Release { version: version("2.0.0"), required: true, ..release("spring", Some("summer")) };
    let summer =
        Release { version: version("3.0.0"), phase_value: Some(50.0), claims: 37, ..release("summer", None) };
    [(first, 120), (spring, 40), (summer, 1)]
        .into_iter()
        .map(|(release, devices)| Step { release, devices: Some(devices) })
        .collect()
}

#[test]
fn a_chain() {
    let expected = "\
1.0.0 first                                 120 devices
  ↓
2.0.0 spring  required                       40 devices
  ↓
3.0.0 summer  phased 50 of 200, 37 claimed    1 device   ← latest
";
    assert_eq!(text(&chain(), 200), expected);
    let expected = "\
digraph releases {
  node [shape=box];
  r0 [label=\"1.0.0 first\\n120 devices\"];
  r1 [label=\"2.0.0 spring\\nrequired\\n40 devices\"];
  r2 [label=\"3.0.0 summer\\nphased 50 of 200, 37 claimed\\n1 device\"];
  r0 -> r1;
  r1 -> r2;
}
";
    assert_eq!(dot(&chain(), 200), expected);
    let expected = "\
flowchart TD
  r0[\"1.0.0 first<br>120 devices\"]
  r1[\"2.0.0 spring<br>required<br>40 devices\"]
  r2[\"3.0.0 summer<br>phased 50 of 200, 37 claimed<br>1 device\"]
  r0 --> r1
  r1 --> r2
";
    assert_eq!(mermaid(&chain(), 200), expected);
}

#[test]
fn a_name_equal_to_the_version_is_shown_once() {
    let called = |name: &str| Release { version: Some("1.0.0".to_owned()), ..release(name, None) };
    let names = ["1.0.0", "1.0", "v1.0.0"].map(|name| marks::name(&called(name)));
    assert_eq!(names, ["1.0.0", "1.0.0 1.0", "1.0.0 v1.0.0"]);
}

#[test]
fn branches() {
    let steps = graph(&[
        ("short", Some("last")),
        ("a", Some("b")),
        ("b", Some("last")),
        ("x", Some("b")),
        ("other", Some("b")),
        ("odd", Some("other")),
        ("last", None),
    ]);
    let expected = "\
odd
  ↓
other
  │  a
  ├──┘
  │  x
  ├──┘
  ↓
b
  │  short
  ├──┘
  ↓
last        ← latest
";
    let drawn = text(&steps, 0);
    assert!(drawn == expected, "{drawn}");
    assert_eq!(edges(&steps).collect::<Vec<_>>(), [(0, 6), (1, 2), (2, 6), (3, 2), (4, 2), (5, 4)]);
}

#[test]
fn branches_of_equal_length_are_drawn_side_by_side() {
    let steps = graph(&[
        ("c1", Some("c2")),
        ("c2", Some("c3")),
        ("c3", None),
        ("d1", Some("d2")),
        ("d2", Some("c3")),
    ]);
    let expected = "\
c1
  ↓
c2
  │  d1
  │    ↓
  │  d2
  ├──┘
  ↓
c3       ← latest
";
    let drawn = text(&steps, 0);
    assert!(drawn == expected, "{drawn}");
}

#[test]
fn a_cohort_without_releases() {
    assert_eq!(text(&[], 5), "no releases\n");
    assert_eq!(dot(&[], 5), "digraph releases {\n  node [shape=box];\n}\n");
    assert_eq!(mermaid(&[], 5), "flowchart TD\n");
}

#[test]
fn names_do_not_break_out_of_their_places() {
    let evil = "a\"];\nr9 --> r0 \\ <b> `#amp;`\u{1b}[2J";
    let steps = [step(Release { name: evil.to_owned(), ..release("r", None) })];
    assert_eq!(text(&steps, 0), "a\"];\u{fffd}r9 --> r0 \\ <b> `#amp;`\u{fffd}[2J  ← latest\n");
    let expected = "  r0 [label=\"a\\\"];\u{fffd}r9 --> r0 \\\\ <b> `#amp;`\u{fffd}[2J\"];";
    assert_eq!(dot(&steps, 0).lines().nth(2).unwrap(), expected);
    let expected =
        "  r0[\"a#34;#93;#59;\u{fffd}r9 --#62; r0 #92; #60;b#62; #96;#35;amp#59;#96;\u{fffd}#91;2J\"]";
    assert_eq!(mermaid(&steps, 0).lines().nth(1).unwrap(), expected);
}

#[test]
fn marks_say_why_devices_do_not_get_a_release() {
    let all = Release {
        affected_by: vec!["a".to_owned(), "b".to_owned()],
        disabled: true,
        required: true,
        schedule_date: Some("2026-12-01T00:00:00.000000Z".to_owned()),
        phase_value: Some(0.07),
        claims: 3,
        version_requirement: Some("~> 2.1".to_owned()),
        ..release("r", None)
    };
    let expected = [
        "affected by 2 destroyed binaries",
        "disabled",
        "required",
        "scheduled 2026-12-01T00:00:00Z",
        "phased 7% of 60, 3 claimed",
        "for ~> 2.1",
    ];
    assert_eq!(marks::of(&all, 60), expected);
    let tags = Release {
        phase_mode: "tags".to_owned(),
        phase_value: None,
        phase_tags: vec!["beta".to_owned(), "eu".to_owned()],
        ..release("r", None)
    };
    assert_eq!(marks::of(&tags, 60), ["phased to beta eu"]);
    assert!(marks::of(&release("r", None), 60).is_empty());
}

#[test]
fn a_long_graph_is_drawn_without_recursion() {
    let names: Vec<_> = (0..20_000).map(|index| index.to_string()).collect();
    let next = |index: usize| names.get(index + 1).map(String::as_str);
    let steps: Vec<_> =
        names.iter().enumerate().map(|(index, name)| step(release(name, next(index)))).collect();
    let drawn = text(&steps, 0);
    assert_eq!(drawn.lines().count(), 39_999);
    assert!(drawn.starts_with("0\n  ↓\n1\n") && drawn.ends_with("19999  ← latest\n"));
}
