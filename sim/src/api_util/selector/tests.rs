use super::*;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn strings_parse_and_print_sorted_by_key() {
    for (text, printed) in [
        ("", ""),
        ("  ", ""),
        ("a=b", "a=b"),
        ("a==b", "a==b"),
        ("z,!y, x != w", "x!=w,!y,z"),
        ("e in (y,x,y)", "e in (x,y)"),
        ("f notin (z)", "f notin (z)"),
        ("e in ()", "e in ()"),
        ("e in (,a)", "e in (,a)"),
        ("a=", "a="),
        ("a=,b", "a=,b"),
        ("a>1,b<2", "a>1,b<2"),
        ("in=in,notin in (in,notin)", "in=in,notin in (in,notin)"),
        ("a=b,c!=d,e in (x,y),f notin (z),g,!h", "a=b,c!=d,e in (x,y),f notin (z),g,!h"),
        ("app.kubernetes.io/name=web", "app.kubernetes.io/name=web"),
    ] {
        let selector = Selector::parse(text).unwrap();
        assert_eq!(selector.to_string(), printed, "{text:?}");
        assert_eq!(Selector::parse(printed).unwrap(), selector, "{text:?} again");
    }
}

#[test]
fn strings_that_do_not_parse() {
    for (text, message) in [
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a==(", "unable to parse requirement: found '(', expected: identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        (
            "a>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
        ),
    ] {
        assert_eq!(Selector::parse(text).unwrap_err().to_string(), message, "{text:?}");
    }
    let bad_key = Selector::parse("-a=b").unwrap_err().to_string();
    assert!(
        bad_key.starts_with(
            "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of"
        ),
        "{bad_key}"
    );
    let bad_value = Selector::parse("a=b/c").unwrap_err().to_string();
    assert!(
        bad_value.starts_with(
            "unable to parse requirement: values[0][a]: Invalid value: \"b/c\": a valid label must be"
        ),
        "{bad_value}"
    );
}

#[test]
fn matching() {
    let pod = labels(&[("app", "web"), ("tier", "front"), ("n", "5"), ("empty", "")]);
    for (text, want) in [
        ("", true),
        ("app=web", true),
        ("app=db", false),
        ("app==web,tier=front", true),
        ("app=web,tier=back", false),
        ("app!=db", true),
        ("app!=web", false),
        ("absent!=x", true),
        ("absent=", false),
        ("empty=", true),
        ("app in (web,db)", true),
        ("absent in (x)", false),
        ("app notin (web,db)", false),
        ("absent notin (x)", true),
        ("app", true),
        ("absent", false),
        ("!app", false),
        ("!absent", true),
        ("n>4", true),
        ("n>5", false),
        ("n<6", true),
        ("app>1", false),
    ] {
        assert_eq!(Selector::parse(text).unwrap().matches(&pod), want, "{text}");
    }
    assert!(!Selector::nothing().matches(&pod) && !Selector::nothing().is_empty());
    assert!(Selector::everything().matches(&pod) && Selector::everything().is_empty());
    assert!(Selector::parse("a=b").unwrap().matches([("a", "b")].as_slice()));
}

#[test]
fn object_form() {
    let selector: LabelSelector = serde_json::from_str(
        r#"{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"NotIn","values":["db"]},{"key":"x","operator":"DoesNotExist"}]}"#,
    )
    .unwrap();
    assert_eq!(selector.to_string(), "app=web,tier notin (db),!x");
    assert!(selector.to_selector().unwrap().matches(&labels(&[("app", "web")])));
    assert!(!selector.to_selector().unwrap().matches(&labels(&[("app", "web"), ("tier", "db")])));
    assert_eq!(
        serde_json::to_string(&selector).unwrap(),
        r#"{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"NotIn","values":["db"]},{"key":"x","operator":"DoesNotExist"}]}"#
    );
    assert_eq!(selector.validate("spec.selector"), Vec::<String>::new());
    assert_eq!(LabelSelector::default().to_string(), "<none>");

    let bad = |operator: &str, values: &[&str]| LabelSelector {
        match_expressions: vec![LabelSelectorRequirement {
            key: "a".into(),
            operator: operator.into(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        }],
        ..LabelSelector::default()
    };
    for (selector, error, validation) in [
        (
            bad("In", &[]),
            "values: Invalid value: []string(nil): for 'in', 'notin' operators, values set can't be empty",
            "s.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        ),
        (
            bad("Exists", &["v"]),
            "values: Invalid value: []string{\"v\"}: values set must be empty for exists and does not exist",
            "s.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
        (
            bad("Near", &["v"]),
            "\"Near\" is not a valid label selector operator",
            "s.matchExpressions[0].operator: Invalid value: \"Near\": not a valid selector operator",
        ),
    ] {
        assert_eq!(selector.to_selector().unwrap_err().to_string(), error);
        assert_eq!(selector.validate("s"), [validation]);
        assert_eq!(selector.to_string(), "<error>");
    }
}

#[test]
fn field_selectors() {
    let parse = |text: &str| FieldSelector::parse(text);
    for (text, printed) in [
        ("", ""),
        ("spec.nodeName=n1", "spec.nodeName=n1"),
        ("a==b,c!=d,", "a=b,c!=d"),
        ("a=", "a="),
        (r"a=b\,c\=d\\e", r"a=b\,c\=d\\e"),
    ] {
        assert_eq!(parse(text).unwrap().to_string(), printed, "{text}");
    }
    assert_eq!(parse("a=b,c").unwrap_err().to_string(), "invalid selector: 'a=b,c'; can't understand 'c'");
    assert_eq!(parse("a!b").unwrap_err().to_string(), "invalid selector: 'a!b'; can't understand 'a!b'");
    assert_eq!(parse(r"a=\x").unwrap_err(), FieldSelectorError::Escape('x'));

    let get = |field: &str| (field == "status.phase").then_some("Running");
    assert!(parse("status.phase=Running").unwrap().matches_by(get));
    assert!(!parse("status.phase!=Running").unwrap().matches_by(get));
    assert!(parse("spec.nodeName=,status.phase!=Failed").unwrap().matches_by(get));
    assert_eq!(parse("x!=y,metadata.name=a").unwrap().exact("metadata.name"), Some("a"));
    assert_eq!(parse("metadata.name!=a").unwrap().exact("metadata.name"), None);

    for (kind, field, want) in [
        ("Pod", "spec.nodeName", ""),
        ("Deployment", "metadata.name", ""),
        ("Job", "status.successful", ""),
        ("Job", "spec.foo", "field label \"spec.foo\" not supported for Job"),
        ("Pod", "spec.foo", "field label not supported: spec.foo"),
        (
            "Deployment",
            "spec.foo",
            "\"spec.foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        ),
    ] {
        let got = parse(&format!("{field}=x"))
            .unwrap()
            .check(kind)
            .map_or_else(|e| e.to_string(), |()| String::new());
        assert_eq!(got, want, "{kind} {field}");
    }
}
