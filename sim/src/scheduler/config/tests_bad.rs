//! Configurations that are wrong: every mistake is found at its line and column, in words that say what to do.

use super::tests::config;
use super::*;

/// The findings, each in one line: `line:column message | expected | help`.
pub(super) fn findings(source: &Arc<SourceText>) -> Vec<String> {
    let found = match read_with(source, IN_TREE) {
        Ok((_, warnings)) => warnings,
        Err(found) => found,
    };
    let line = |d: &Diagnostic| {
        let (line, column) = d.line_col();
        let more =
            [&d.expected, &d.help].into_iter().flatten().map(|t| format!(" | {t}")).collect::<String>();
        format!("{line}:{column} {}{more}", d.message)
    };
    found.iter().map(line).collect()
}

/// `rest` comes after two lines of head; the finding begins so, and the rest of it holds the words.
pub(super) fn bad(rest: &str, begins: &str, words: &str) {
    let source = config(rest);
    assert!(read(&source).is_err(), "{rest}");
    check(&source, rest, begins, words);
}

fn check(source: &Arc<SourceText>, rest: &str, begins: &str, words: &str) {
    let found = findings(source);
    let right = found.len() == 1 && found[0].starts_with(begins) && found[0].contains(words);
    assert!(right, "{rest}\nexpected: {begins} … {words}\nfound: {found:#?}");
}

#[test]
fn the_head() {
    let v = |version: &str, kind: &str| {
        SourceText::new("x", format!("apiVersion: {version}\nkind: {kind}\nnonsense: 1\n"))
    };
    let group = "kubescheduler.config.k8s.io";
    for (version, release) in [("v1beta1", "1.23"), ("v1beta2", "1.28"), ("v1beta3", "1.29")] {
        let begins = format!("1:13 `{group}/{version}` was removed in Kubernetes {release}");
        check(
            &v(&format!("{group}/{version}"), KIND),
            version,
            &begins,
            "write `apiVersion: kubescheduler.config.k8s.io/v1`",
        );
    }
    check(
        &v("v1", KIND),
        "",
        "1:13 there is no KubeSchedulerConfiguration in `v1`",
        "write `apiVersion: kube",
    );
}

#[test]
fn the_document() {
    let at = |text: &str| SourceText::new("x", text);
    check(&at(""), "", "1:1 there is no configuration", "begin it with `apiVersion:");
    check(&at("- a\n"), "", "1:1 the configuration has the wrong type: this is a list", "a mapping");
    check(
        &at("kind: KubeSchedulerConfiguration\n"),
        "",
        "1:1 the configuration lacks the field `apiVersion`",
        "add",
    );
    let pod = at("apiVersion: kubescheduler.config.k8s.io/v1\nkind: Pod\n");
    check(
        &pod,
        "",
        "2:7 the kind `Pod` is not a scheduler's configuration",
        "write `kind: KubeSchedulerConfiguration`",
    );
    bad("---\na: 1\n", "4:1 a scheduler has one configuration", "a file of its own");
}

/// What is wrong on the third line or below.
#[test]
fn fields_of_the_root() {
    for (rest, begins, words) in [
        ("profile: []\n", "3:1 unknown field `profile` in the configuration", "did you mean `profiles`?"),
        ("Profiles: []\n", "3:1 unknown field `Profiles`", "did you mean `profiles`?"),
        ("frobnicate: 1\n", "3:1 unknown field `frobnicate`", "one of `apiVersion`, `kind`, `parallelism`"),
        ("healthzBindAddress: ':0'\n", "3:1 unknown field `healthzBindAddress`", "v1 has it no more"),
        ("percentageOfPlacementsToScore: 5\n", "3:1 unknown field", "later than 1.34"),
        ("plugins: {}\n", "3:1 unknown field `plugins`", "belongs into an item of `profiles`"),
        (
            "parallelism: 0\n",
            "3:14 `parallelism` must be at least 1, but this is `0`",
            "a whole number, at least 1",
        ),
        ("parallelism: '16'\n", "3:14 `parallelism` has the wrong type", "write `16`, without quotes"),
        ("parallelism: 99999999999\n", "3:14 `parallelism` must be at most 2147483647", ""),
        ("parallelism: 1.5\n", "3:14 `parallelism` must be a whole number, but this is `1.5`", ""),
        (
            "percentageOfNodesToScore: 101\n",
            "3:27 `percentageOfNodesToScore` must be at most 100",
            "from 0 to 100",
        ),
        (
            "percentageOfNodesToScore: -1\n",
            "3:27 `percentageOfNodesToScore` must be at least 0",
            "from 0 to 100",
        ),
        ("podInitialBackoffSeconds: 0\n", "3:27 `podInitialBackoffSeconds` must be at least 1", ""),
        (
            "podInitialBackoffSeconds: 20\n",
            "3:27 the longest back-off (10 s) is shorter than the first (20 s)",
            "",
        ),
        ("podMaxBackoffSeconds: 0\n", "3:23 the longest back-off (0 s) is shorter than the first (1 s)", ""),
        (
            "enableProfiling: yes\n",
            "3:18 `enableProfiling` has the wrong type",
            "write `true`, without quotes",
        ),
        ("leaderElection: {leaderElected: true}\n", "3:18 unknown field `leaderElected`", "`leaderElect`?"),
        ("leaderElection: {leaseDuration: 15}\n", "3:33 `leaseDuration` has the wrong type", "such as `15s`"),
        (
            "leaderElection: {leaseDuration: 15x}\n",
            "3:33 `leaseDuration`: \"15x\" is not a duration",
            "`1m30s`",
        ),
        (
            "leaderElection: {leaseDuration: 9s}\n",
            "3:33 `leaseDuration` must be longer than `renewDeadline`",
            "",
        ),
        (
            "leaderElection: {resourceLock: endpoints}\n",
            "3:32 `resourceLock` cannot be `endpoints`",
            "`leases`",
        ),
        ("clientConnection: {burst: -1}\n", "3:27 `burst` must be at least 0", ""),
        (
            "clientConnection: {qps: many}\n",
            "3:25 `qps` has the wrong type: this is the string \"many\"",
            "a number",
        ),
        ("extenders:\n- urlPrefix: http://x\n", "4:3 extenders are HTTP servers", "delete `extenders`"),
        ("extenders: {}\n", "3:1 `extenders` has the wrong type: this is a mapping", "a list"),
        (
            "profiles: {}\n",
            "3:1 `profiles` has the wrong type: this is a mapping",
            "begin each item with `- `",
        ),
        ("profiles: [a]\n", "3:12 `profiles[0]` has the wrong type: this is the string \"a\"", "a mapping"),
    ] {
        bad(rest, begins, words);
    }
    bad("parallelism: 1\nparallelism: 2\n", "4:1 ", "parallelism");
}

#[test]
fn profiles() {
    for (rest, begins, words) in [
        ("profiles:\n- schedulerName: ''\n", "4:18 `schedulerName` is empty", "a name"),
        (
            "profiles:\n- schedulerName: a\n- percentageOfNodesToScore: 1\n",
            "5:3 of 2 profiles each needs a",
            "add `schedulerName",
        ),
        (
            "profiles:\n- schedulerName: a\n- schedulerName: a\n",
            "5:18 profiles[0] is called `a`, too",
            "of its own",
        ),
        (
            "profiles:\n- percentageOfNodesToScore: 200\n",
            "4:29 `percentageOfNodesToScore` must be at most 100",
            "",
        ),
        (
            "profiles:\n- pluginsConfig: []\n",
            "4:3 unknown field `pluginsConfig` in `profiles[0]`",
            "`pluginConfig`?",
        ),
        ("profiles:\n- score: {}\n", "4:3 unknown field `score`", "it belongs into `plugins`"),
        (
            "profiles:\n- plugins: {postfilter: {}}\n",
            "4:13 unknown field `postfilter` in `plugins`",
            "`postFilter`?",
        ),
        (
            "profiles:\n- plugins: {placementScore: {}}\n",
            "4:13 unknown field `placementScore`",
            "later than 1.34",
        ),
        (
            "profiles:\n- plugins: {score: {enable: []}}\n",
            "4:21 unknown field `enable` in `score`",
            "`enabled`?",
        ),
        (
            "profiles:\n- plugins: {score: [NodeName]}\n",
            "4:13 `score` has the wrong type: this is a list",
            "a mapping",
        ),
        (
            "profiles:\n- schedulerName: a\n- schedulerName: b\n  plugins:\n    queueSort: {enabled: [{name: PrioritySort}]}\n",
            "7:5 `queueSort` must be the same in all profiles",
            "as in the first profile",
        ),
    ] {
        bad(rest, begins, words);
    }
}

#[test]
fn plugin_lists() {
    for (plugins, begins, words) in [
        (
            "score: {enabled: [{name: NodeResourceFit}]}",
            "4:38 there is no plugin `NodeResourceFit`",
            "did you mean `NodeResourcesFit`?",
        ),
        (
            "score: {enabled: [{name: NodeAffinityArgs}]}",
            "4:38 there is no plugin",
            "did you mean `NodeAffinity`?",
        ),
        (
            "score: {disabled: [{name: TaintTolerations}]}",
            "4:39 there is no plugin",
            "did you mean `TaintToleration`?",
        ),
        (
            "filter: {enabled: [{name: EBSLimits}]}",
            "4:39 there is no plugin `EBSLimits`",
            "it was removed from Kubernetes; NodeVolumeLimits",
        ),
        ("filter: {enabled: [{name: Frob}]}", "4:39 there is no plugin `Frob`", "one of `SchedulingGates`, "),
        (
            "filter: {enabled: [{name: ImageLocality}]}",
            "4:39 `filter` cannot ask ImageLocality",
            "one of the points of ImageLocality: `score`",
        ),
        ("filter: {enabled: [{name: '*'}]}", "4:39 `*` stands for all plugins", "name the plugins to enable"),
        (
            "score: {enabled: [{name: NodeAffinity}, {name: NodeAffinity}]}",
            "4:54 `score` enables NodeAffinity twice",
            "delete one",
        ),
        ("score: {enabled: [{weight: 3}]}", "4:32 `enabled[0]` lacks the field `name`", "add `name: …`"),
        ("score: {enabled: [{name: NodeAffinity, weight: -1}]}", "4:60 `weight` must be at least 0", ""),
        ("score: {enabled: [{name: NodeAffinity, weight: heavy}]}", "4:60 `weight` has the wrong type", ""),
        (
            "score: {enabled: [{name: NodeAffinity, wieght: 1}]}",
            "4:52 unknown field `wieght` in `enabled[0]`",
            "did you mean `weight`?",
        ),
        ("score: {enabled: [NodeAffinity]}", "4:31 `enabled[0]` has the wrong type", "a mapping"),
        (
            "queueSort: {disabled: [{name: PrioritySort}]}",
            "4:13 the profile default-scheduler needs exactly one plugin at `queueSort`, but it has none",
            "leave PrioritySort",
        ),
        (
            "bind: {disabled: [{name: '*'}]}",
            "4:13 the profile default-scheduler has no plugin at `bind`",
            "leave DefaultBinder",
        ),
        (
            "multiPoint: {disabled: [{name: DefaultBinder}]}",
            "4:13 the profile default-scheduler has no plugin at `bind`",
            "",
        ),
    ] {
        bad(&format!("profiles:\n- plugins: {{{plugins}}}\n"), begins, words);
    }
}

/// There is only one plugin of upstream's that sorts the queue, so that this takes another.
#[test]
fn one_plugin_sorts_the_queue() {
    let mut registry = IN_TREE.to_vec();
    registry.push(Registered { name: "Fifo", points: Point::QueueSort.bits(), weight: 0, by_default: false });
    let say = |rest: &str| match read_with(&config(rest), &registry) {
        Ok(_) => String::new(),
        Err(found) => {
            found.iter().map(|d| format!("{}:{} {}", d.line_col().0, d.line_col().1, d.message)).collect()
        }
    };
    let two = "profiles:\n- plugins:\n    queueSort: {enabled: [{name: Fifo}]}\n";
    assert!(say(two).starts_with(
        "5:5 the profile default-scheduler needs exactly one plugin at `queueSort`, but it has"
    ));
    let instead = "queueSort: {enabled: [{name: Fifo}], disabled: [{name: PrioritySort}]}";
    let multi = "multiPoint: {enabled: [{name: Fifo}], disabled: [{name: PrioritySort}]}";
    let profile = |name: &str, plugins: &str, args: &str| {
        format!("- schedulerName: {name}\n  plugins: {{{plugins}}}\n  pluginConfig: [{args}]\n")
    };
    let both = |a: String, b: String| say(&format!("profiles:\n{a}{b}"));
    assert_eq!(both(profile("a", instead, ""), profile("b", instead, "")), "");
    let differ = "`queueSort` must be the same in all profiles: they share one queue";
    assert_eq!(both(profile("a", "", ""), profile("b", instead, "")), format!("8:13 {differ}"));
    // Also by way of `multiPoint`.
    assert_eq!(both(profile("a", "", ""), profile("b", multi, "")), format!("8:13 {differ}"));
    let args = |n| format!("{{name: Fifo, args: {{n: {n}}}}}");
    assert_eq!(both(profile("a", instead, &args(1)), profile("b", instead, &args(1))), "");
    let said = both(profile("a", instead, &args(1)), profile("b", instead, &args(2)));
    assert_eq!(said, "9:31 the arguments of the `queueSort` plugin must be the same in all profiles");
}

/// Upstream takes these, too, and they do nothing.
#[test]
fn warnings() {
    for (plugins, begins) in [
        (
            "filter: {enabled: [{name: NodeName, weight: 2}]}",
            "4:57 a weight has no effect here: at `filter` NodeName does not score",
        ),
        ("multiPoint: {enabled: [{name: NodeName, weight: 2}]}", "4:61 a weight has no effect here"),
        (
            "filter: {disabled: [{name: ImageLocality}]}",
            "4:40 this has no effect: ImageLocality does not implement `filter`",
        ),
        (
            "filter: {disabled: [{name: EBSLimits}]}",
            "4:40 this has no effect: the plugin EBSLimits was removed",
        ),
    ] {
        let source = config(&format!("profiles:\n- plugins: {{{plugins}}}\n"));
        assert!(read(&source).is_ok(), "{plugins}");
        check(&source, plugins, begins, "");
    }
}

#[test]
fn all_mistakes_are_found_in_one_go() {
    let source = config(
        "parallelism: 0\nprofiles:\n- plugins: {score: {enabled: [{name: X}]}}\n  pluginConfig: [{name: Y}]\nfoo: 1\n",
    );
    let found = findings(&source);
    let places: Vec<&str> = found.iter().map(|f| f.split(' ').next().unwrap_or("")).collect();
    assert_eq!(places, ["3:14", "5:38", "6:25", "7:1"], "{found:#?}");
    let many = config(&(0..500).map(|n| format!("f{n}: 1\n")).collect::<String>());
    assert!((1..=100).contains(&findings(&many).len()));
}

#[test]
fn a_finding_is_printed_with_its_line() {
    let source = config("profiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodeResourceFit\n");
    let found = read(&source).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "scheduler.yaml:7:15: error: there is no plugin `NodeResourceFit`\n  7 |       - name: NodeResourceFit\n    |               \
         ^^^^^^^^^^^^^^^\n  in: profiles[0].plugins.score.enabled[0].name\n  help: did you mean `NodeResourcesFit`?"
    );
    // In a value that came without a text, the places are those of its text.
    let value = serde_json::json!({"apiVersion": API_VERSION, "kind": KIND, "profiles": 1});
    assert_eq!(from_value(&value).unwrap_err()[0].line_col(), (4, 15));
}
