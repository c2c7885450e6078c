use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

static TABLE: FieldTable = &[
    Field { name: "description", kind: FieldKind::Text },
    Field { name: "size", kind: FieldKind::Integer },
    Field { name: "destroyed", kind: FieldKind::Boolean },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "state", kind: FieldKind::Enum(&["signable", "signed"]) },
    Field { name: "artifact_version_prn", kind: FieldKind::Prn },
    Field { name: "custom_metadata.x", kind: FieldKind::Text },
];

const PRN: &str = "prn:1:0190163d-8694-739b-aea5-966c26f8ad91:binary:0190163d-8694-739b-aea5-966c26f8ad92";

fn shown(text: &str) -> String {
    list(
        parse(text, TABLE)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str),
    )
}

#[test]
fn reads_the_documented_example() {
    let clauses = parse("inserted_at>='2026-01-01T00:00:00Z' and description~'east blue'", TABLE).unwrap();
    let [first, second] = clauses.as_slice() else { panic!("{clauses:?}") };
    assert_eq!((first.field.name, first.operator), ("inserted_at", Operator::MoreOrEqual));
    assert_eq!(first.value, Value::DateTime("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!((second.field.name, second.operator), ("description", Operator::Contains));
    assert_eq!(second.value, Value::Text("east blue".to_owned()));
}

#[test]
fn reads_each_kind_and_operator() {
    for text in [
        "description:''",
        "description-'EAST'",
        r"description~'it\'s a \\ and \\\' and '",
        "size:-5",
        "size<0",
        "size<=1",
        "size>1",
        "size>=9223372036854775807",
        "destroyed:false",
        "state:'signed'",
        "custom_metadata.x:'1'",
        &format!("artifact_version_prn:'{PRN}'"),
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn space_is_free_between_words() {
    assert_eq!(
        shown("  size  >  1\tAND\n description : 'x'and destroyed:true "),
        "size>1, description:'x', destroyed:true"
    );
    assert_eq!(shown("size:1 and size:2 and size:3 and size:4 and size:5").matches("size").count(), 5);
}

/// Each text with the position that its error must point at, and words that it must contain.
#[test]
fn errors_point_at_the_offence() {
    let long = format!("description:'{}'", "x".repeat(1_990));
    for (text, position, words) in [
        ("", 0, "a key is expected here, one of: description, size"),
        ("  ", 2, "a key is expected"),
        (
            "description:'ü' and colour:'red'",
            20,
            "'colour' is not a key of this resource; its keys are: desc",
        ),
        ("Size:1", 0, "'Size' is not a key"),
        ("size", 4, "an operator is expected after 'size', one of: :, <, <=, >, >="),
        ("size=1", 4, "an operator is expected"),
        ("size~1", 4, "'~' does not go with 'size', which takes: :, <"),
        ("destroyed>=true", 9, "'>=' does not go with 'destroyed', which takes: :"),
        ("size:", 5, "'size' takes a whole number without quotes"),
        ("size:'1'", 5, "'size' takes a whole number"),
        ("size:1.5", 5, "'size' takes a whole number"),
        ("size:9223372036854775808", 5, "'size' takes a whole number"),
        ("size:1and size:2", 5, "'size' takes a whole number"),
        ("destroyed:'true'", 10, "true or false, without quotes"),
        ("description:red", 12, "a text in single quotes"),
        ("description:\"red\"", 12, "a text in single quotes"),
        ("inserted_at>2026-01-01T00:00:00Z", 12, "a date-time in single quotes"),
        ("inserted_at>'yesterday'", 12, "a date-time in single quotes"),
        ("state:'sogned'", 6, "'sogned' is not a value of 'state', which is one of: signable, signed"),
        ("artifact_version_prn:'main'", 21, "a PRN in single quotes"),
        ("size:1 and description:'east", 23, "no closing quote"),
        ("description:'east\\", 12, "no closing quote"),
        ("description:'a\\n'", 14, "a backslash is followed by"),
        ("description:'ab\0'", 15, "NUL"),
        ("size:1 or size:2", 7, "'and' or the end is expected"),
        ("size:1 andsize:2", 7, "'and' or the end is expected"),
        ("size:1 and ", 11, "a key is expected"),
        ("description:'it's'", 16, "'and' or the end is expected"),
        ("size:1 and size:1 and size:1 and size:1 and size:1 and size:1", 55, "at most 5 clauses"),
        (&long, 2_000, "at most 2000 characters; this one has 2004"),
    ] {
        let error = parse(text, TABLE).unwrap_err();
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}

fn clause() -> impl Strategy<Value = Clause> {
    let prn = Just(Value::Prn(PRN.to_owned()));
    let moment = (-1_000_000_000_000_i64..2_000_000_000_000_000).prop_filter_map("", Timestamp::from_micros);
    (0..TABLE.len(), 0..5_usize, "[^\0]{0,20}", any::<i64>(), any::<bool>(), moment, prn).prop_map(
        |(field, operator, text, number, truth, moment, prn)| {
            let field = &TABLE[field];
            let operators = field.kind.operators();
            let value = match field.kind {
                FieldKind::Text => Value::Text(text),
                FieldKind::Integer => Value::Integer(number),
                FieldKind::Boolean => Value::Boolean(truth),
                FieldKind::DateTime => Value::DateTime(moment),
                FieldKind::Enum(words) => Value::Text(words[usize::from(truth)].to_owned()),
                FieldKind::Prn => prn,
            };
            Clause { field, operator: operators[operator % operators.len()], value }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(clauses in prop::collection::vec(clause(), 1..=MAX_CLAUSES)) {
        let text = clauses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        prop_assert_eq!(parse(&text, TABLE), Ok(clauses));
    }

    #[test]
    fn no_input_is_too_strange(text in "\\PC{0,60}|((size|state|description|x)[:~<>=-]{0,2}['\\\\a-z0-9é \0]{0,9}( and )?){0,7}") {
        match parse(&text, TABLE) {
            Ok(clauses) => prop_assert!((1..=MAX_CLAUSES).contains(&clauses.len())),
            Err(error) => prop_assert!(error.position <= text.chars().count()),
        }
    }
}
