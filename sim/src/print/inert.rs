//! Columns and cells of kinds that nothing here acts on, read from their JSON
//! (`pkg/printers/internalversion/printers.go`). `*` marks the columns of `-o wide`.

use super::{age, format_labels, format_selector, or_none};
use crate::api_util::Time;
use crate::api_util::time::human_duration;
use crate::object::{Inert, LabelSelector, Labels};
use serde_json::Value;

/// A kind's columns; kinds without a printer here have a name and an age.
pub(crate) fn header(kind: &str) -> &'static [&'static str] {
    match kind {
        "Service" => &["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "*Selector"],
        "StatefulSet" => &["Name", "Ready", "Age", "*Containers", "*Images"],
        "DaemonSet" => &[
            "Name",
            "Desired",
            "Current",
            "Ready",
            "Up-to-date",
            "Available",
            "Node Selector",
            "Age",
            "*Containers",
            "*Images",
            "*Selector",
        ],
        "Job" => &["Name", "Status", "Completions", "Duration", "Age", "*Containers", "*Images", "*Selector"],
        "CronJob" => &[
            "Name",
            "Schedule",
            "Timezone",
            "Suspend",
            "Active",
            "Last Schedule",
            "Age",
            "*Containers",
            "*Images",
            "*Selector",
        ],
        "Ingress" => &["Name", "Class", "Hosts", "Address", "Ports", "Age"],
        "NetworkPolicy" => &["Name", "Pod-Selector", "Age"],
        "PersistentVolumeClaim" => &[
            "Name",
            "Status",
            "Volume",
            "Capacity",
            "Access Modes",
            "StorageClass",
            "VolumeAttributesClass",
            "Age",
            "*VolumeMode",
        ],
        "PodDisruptionBudget" => &["Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"],
        "HorizontalPodAutoscaler" => {
            &["Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"]
        }
        "PriorityClass" => &["Name", "Value", "Global-Default", "Age", "PreemptionPolicy"],
        _ => &["Name", "Age"],
    }
}

/// The value at a path of field names; null where there is none.
fn at<'a>(o: &'a Inert, path: &str) -> &'a Value {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let start = o.other.get(first).unwrap_or(&Value::Null);
    rest.split('/').filter(|f| !f.is_empty()).fold(start, |v, f| v.get(f).unwrap_or(&Value::Null))
}

/// A string or number as text; empty where there is none.
fn text(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        v => v.to_string(),
    }
}

fn or(v: &Value, default: &str) -> String {
    if v.is_null() { default.to_owned() } else { text(v) }
}

fn number(v: &Value) -> i64 {
    v.as_i64().unwrap_or(0)
}

fn list(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn time(v: &Value) -> Option<Time> {
    v.as_str().and_then(|s| Time::parse(s).ok())
}

fn boolean(v: &Value) -> String {
    match v.as_bool() {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    }
    .to_owned()
}

fn labels(v: &Value) -> Labels {
    serde_json::from_value(v.clone()).unwrap_or_default()
}

fn selector(v: &Value) -> String {
    format_selector(&serde_json::from_value::<LabelSelector>(v.clone()).unwrap_or_default())
}

/// Containers, images (`layoutContainerCells`).
fn containers(template: &Value) -> [String; 2] {
    let all = list(template.pointer("/spec/containers").unwrap_or(&Value::Null));
    let join = |f: &str| all.iter().map(|c| text(&c[f])).collect::<Vec<_>>().join(",");
    [join("name"), join("image")]
}

/// `RWO,ROX` (`GetAccessModesAsString`).
fn access_modes(v: &Value) -> String {
    let short = |m: &Value| match m.as_str().unwrap_or_default() {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    list(v).iter().map(short).collect::<Vec<_>>().join(",")
}

/// Addresses of a load balancer, sorted (`loadBalancerStatusStringer`).
fn load_balancer(o: &Inert) -> String {
    let of = |i: &Value| if i["ip"].is_null() { text(&i["hostname"]) } else { text(&i["ip"]) };
    let mut all: Vec<String> = list(at(o, "status/loadBalancer/ingress")).iter().map(of).collect();
    all.retain(|s| !s.is_empty());
    all.sort();
    all.dedup();
    all.join(",")
}

/// `getServiceExternalIP`.
fn external_ip(o: &Inert) -> String {
    let given: Vec<String> = list(at(o, "spec/externalIPs")).iter().map(text).collect();
    match text(at(o, "spec/type")).as_str() {
        "ExternalName" => text(at(o, "spec/externalName")),
        "LoadBalancer" => {
            let all: Vec<String> =
                Some(load_balancer(o)).filter(|s| !s.is_empty()).into_iter().chain(given).collect();
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        _ => or_none(&given.join(",")).to_owned(),
    }
}

/// `80:30080/TCP,443/TCP` (`makePortString`).
fn ports(o: &Inert) -> String {
    let one = |p: &Value| {
        let protocol = or(&p["protocol"], "TCP");
        match number(&p["nodePort"]) {
            0 => format!("{}/{protocol}", number(&p["port"])),
            node => format!("{}:{node}/{protocol}", number(&p["port"])),
        }
    };
    or_none(&list(at(o, "spec/ports")).iter().map(one).collect::<Vec<_>>().join(",")).to_owned()
}

/// `printJob`: the strongest of its conditions.
fn job_status(o: &Inert) -> &'static str {
    let has = |name: &str| {
        list(at(o, "status/conditions")).iter().any(|c| c["type"] == name && c["status"] == "True")
    };
    if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if o.metadata.deleting() {
        "Terminating"
    } else if has("Suspended") {
        "Suspended"
    } else if has("FailureTarget") {
        "FailureTarget"
    } else if has("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

/// The resource targets of an autoscaler: `cpu: 12%/50%` (`formatHPAMetrics`).
fn hpa_targets(o: &Inert) -> String {
    let current = list(at(o, "status/currentMetrics"));
    let one = |m: &Value| {
        let name = text(&m["resource"]["name"]);
        let target = &m["resource"]["target"];
        let now = current.iter().find(|c| c["resource"]["name"] == m["resource"]["name"]);
        let now = |field: &str| now.map_or(&Value::Null, |c| &c["resource"]["current"][field]);
        if m["type"] != "Resource" {
            "<unknown type>".to_owned()
        } else if !target["averageValue"].is_null() {
            format!("{name}: {}/{}", or(now("averageValue"), "<unknown>"), text(&target["averageValue"]))
        } else {
            let used = now("averageUtilization");
            let used = if used.is_null() { "<unknown>".to_owned() } else { format!("{used}%") };
            format!("{name}: {used}/{}%", number(&target["averageUtilization"]))
        }
    };
    let mut all: Vec<String> = list(at(o, "spec/metrics")).iter().map(one).collect();
    let more = all.len().saturating_sub(2);
    all.truncate(2);
    match (all.is_empty(), more) {
        (true, _) => "<none>".to_owned(),
        (false, 0) => all.join(", "),
        (false, n) => format!("{} + {n} more...", all.join(", ")),
    }
}

/// `formatHosts`.
fn hosts(o: &Inert) -> String {
    let rules = list(at(o, "spec/rules"));
    let all: Vec<String> = rules.iter().map(|r| text(&r["host"])).filter(|h| !h.is_empty()).collect();
    match all.len() {
        0 => "*".to_owned(),
        1..=3 => all.join(","),
        _ => format!("{} + {} more...", all[..3].join(","), rules.len() - 3),
    }
}

/// An object's cells, the wide ones included.
pub(crate) fn row(o: &Inert, now: Time) -> Vec<String> {
    let name = o.metadata.name.to_string();
    let old = age(o.metadata.creation_timestamp, now);
    let template = at(o, "spec/template");
    let [names, images] = containers(template);
    let count = |path: &str| number(at(o, path)).to_string();
    match o.kind.as_str() {
        "Service" => vec![
            name,
            or(at(o, "spec/type"), "ClusterIP"),
            or(at(o, "spec/clusterIP"), "<none>"),
            external_ip(o),
            ports(o),
            old,
            format_labels(&labels(at(o, "spec/selector"))),
        ],
        "StatefulSet" => vec![
            name,
            format!("{}/{}", count("status/readyReplicas"), or(at(o, "spec/replicas"), "1")),
            old,
            names,
            images,
        ],
        "DaemonSet" => vec![
            name,
            count("status/desiredNumberScheduled"),
            count("status/currentNumberScheduled"),
            count("status/numberReady"),
            count("status/updatedNumberScheduled"),
            count("status/numberAvailable"),
            format_labels(&labels(template.pointer("/spec/nodeSelector").unwrap_or(&Value::Null))),
            old,
            names,
            images,
            selector(at(o, "spec/selector")),
        ],
        "Job" => {
            let start = time(at(o, "status/startTime"));
            let end = time(at(o, "status/completionTime")).unwrap_or(now);
            let done = count("status/succeeded");
            let completions = match (at(o, "spec/completions").as_i64(), number(at(o, "spec/parallelism"))) {
                (Some(n), _) => format!("{done}/{n}"),
                (None, p) if p > 1 => format!("{done}/1 of {p}"),
                (None, _) => format!("{done}/1"),
            };
            let duration = start.map_or_else(String::new, |s| human_duration(end.0 - s.0));
            let selector = selector(at(o, "spec/selector"));
            vec![name, job_status(o).to_owned(), completions, duration, old, names, images, selector]
        }
        "CronJob" => {
            let [names, images] = containers(at(o, "spec/jobTemplate/spec/template"));
            vec![
                name,
                text(at(o, "spec/schedule")),
                or(at(o, "spec/timeZone"), "<none>"),
                boolean(at(o, "spec/suspend")),
                list(at(o, "status/active")).len().to_string(),
                time(at(o, "status/lastScheduleTime")).map_or("<none>".to_owned(), |t| age(Some(t), now)),
                old,
                names,
                images,
                selector(at(o, "spec/jobTemplate/spec/selector")),
            ]
        }
        "Ingress" => {
            let tls = list(at(o, "spec/tls")).is_empty();
            vec![
                name,
                or(at(o, "spec/ingressClassName"), "<none>"),
                hosts(o),
                load_balancer(o),
                if tls { "80" } else { "80, 443" }.to_owned(),
                old,
            ]
        }
        "NetworkPolicy" => vec![name, selector(at(o, "spec/podSelector")), old],
        "PersistentVolumeClaim" => {
            let bound = !text(at(o, "spec/volumeName")).is_empty();
            let status =
                if o.metadata.deleting() { "Terminating".to_owned() } else { text(at(o, "status/phase")) };
            let when_bound = |s: String| if bound { s } else { String::new() };
            vec![
                name,
                status,
                text(at(o, "spec/volumeName")),
                when_bound(text(at(o, "status/capacity/storage"))),
                when_bound(access_modes(at(o, "status/accessModes"))),
                text(at(o, "spec/storageClassName")),
                or(at(o, "spec/volumeAttributesClassName"), "<unset>"),
                old,
                or(at(o, "spec/volumeMode"), "<unset>"),
            ]
        }
        "PodDisruptionBudget" => vec![
            name,
            or(at(o, "spec/minAvailable"), "N/A"),
            or(at(o, "spec/maxUnavailable"), "N/A"),
            count("status/disruptionsAllowed"),
            old,
        ],
        "HorizontalPodAutoscaler" => vec![
            name,
            format!(
                "{}/{}",
                text(at(o, "spec/scaleTargetRef/kind")),
                text(at(o, "spec/scaleTargetRef/name"))
            ),
            hpa_targets(o),
            or(at(o, "spec/minReplicas"), "<unset>"),
            count("spec/maxReplicas"),
            count("status/currentReplicas"),
            old,
        ],
        "PriorityClass" => {
            let default = at(o, "globalDefault").as_bool().unwrap_or(false).to_string();
            let policy = or(at(o, "preemptionPolicy"), "PreemptLowerPriority");
            vec![name, number(at(o, "value")).to_string(), default, old, policy]
        }
        _ => vec![name, old],
    }
}
