//! The containers of a pod or a template (`describeContainers`).

use super::rfc1123;
use crate::object::{Container, ContainerPort, ContainerState, ContainerStatus, Pod, Probe, ResourceList};
use crate::print::or_none;
use crate::print::tab::{Out, w};
use serde_json::Value;

/// One list of containers. `pod` resolves environment variables; a template has none.
pub(super) fn describe(
    out: &mut Out,
    title: &str,
    containers: &[Container],
    statuses: &[ContainerStatus],
    pod: Option<&Pod>,
    space: &str,
) {
    w!(out, 0, "{space}{title}:{}", if containers.is_empty() { " <none>" } else { "" });
    let name_indent = if space.is_empty() { "" } else { " " };
    for c in containers {
        let status = statuses.iter().find(|s| s.name == c.name);
        w!(out, 1, "{name_indent}{}:", c.name);
        if let Some(s) = status {
            w!(out, 2, "Container ID:\t{}", s.container_id);
        }
        w!(out, 2, "Image:\t{}", c.image);
        if let Some(s) = status {
            w!(out, 2, "Image ID:\t{}", s.image_id);
        }
        ports(out, "Port", &c.ports, |p| p.container_port);
        ports(out, "Host Port", &c.ports, |p| p.host_port);
        words(out, "Command", &c.command);
        words(out, "Args", &c.args);
        if let Some(s) = status {
            state(out, "State", &s.state);
            if matches!(s.last_state, ContainerState::Terminated(_)) {
                state(out, "Last State", &s.last_state);
            }
            w!(out, 2, "Ready:\t{}", if s.ready { "True" } else { "False" });
            w!(out, 2, "Restart Count:\t{}", s.restart_count);
        }
        resources(out, "Limits", &c.resources.limits);
        resources(out, "Requests", &c.resources.requests);
        for (name, probe) in [
            ("Liveness", &c.liveness_probe),
            ("Readiness", &c.readiness_probe),
            ("Startup", &c.startup_probe),
        ] {
            if let Some(probe) = probe {
                w!(out, 2, "{name}:\t{}", probe_text(probe));
            }
        }
        environment_from(out, list(c, "envFrom"));
        environment(out, c, pod);
        mounts(out, c);
    }
}

fn list<'a>(c: &'a Container, field: &str) -> &'a [Value] {
    c.other.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(v: &'a Value, field: &str) -> &'a str {
    v.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn ports(out: &mut Out, title: &str, ports: &[ContainerPort], number: fn(&ContainerPort) -> i64) {
    let all: Vec<String> = ports.iter().map(|p| format!("{}/{}", number(p), p.protocol)).collect();
    let plural = if all.len() > 1 { "s" } else { "" };
    w!(out, 2, "{title}{plural}:\t{}", or_none(&all.join(", ")));
}

fn words(out: &mut Out, title: &str, words: &[crate::object::Str]) {
    if !words.is_empty() {
        w!(out, 2, "{title}:");
        for line in words.iter().flat_map(|word| word.split('\n')) {
            w!(out, 3, "{line}");
        }
    }
}

fn resources(out: &mut Out, title: &str, amounts: &ResourceList) {
    if !amounts.is_empty() {
        w!(out, 2, "{title}:");
    }
    for (name, amount) in amounts {
        w!(out, 3, "{name}:\t{amount}");
    }
}

/// `describeStatus`.
fn state(out: &mut Out, title: &str, state: &ContainerState) {
    match state {
        ContainerState::Running(since) => {
            w!(out, 2, "{title}:\tRunning");
            w!(out, 3, "Started:\t{}", rfc1123(Some(*since)));
        }
        ContainerState::Waiting(waiting) => {
            w!(out, 2, "{title}:\tWaiting");
            if !waiting.reason.is_empty() {
                w!(out, 3, "Reason:\t{}", waiting.reason);
            }
        }
        ContainerState::Terminated(t) => {
            w!(out, 2, "{title}:\tTerminated");
            if !t.reason.is_empty() {
                w!(out, 3, "Reason:\t{}", t.reason);
            }
            if !t.message.is_empty() {
                w!(out, 3, "Message:\t{}", t.message);
            }
            w!(out, 3, "Exit Code:\t{}", t.exit_code);
            if t.signal > 0 {
                w!(out, 3, "Signal:\t{}", t.signal);
            }
            w!(out, 3, "Started:\t{}", rfc1123(t.started_at));
            w!(out, 3, "Finished:\t{}", rfc1123(t.finished_at));
        }
        ContainerState::None => w!(out, 2, "{title}:\tWaiting"),
    }
}

/// `DescribeProbe`.
fn probe_text(p: &Probe) -> String {
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        p.initial_delay_seconds,
        p.timeout_seconds,
        p.period_seconds,
        p.success_threshold,
        p.failure_threshold
    );
    let any = |v: Option<&Value>| match v {
        Some(Value::String(s)) => s.clone(),
        Some(v) => v.to_string(),
        None => String::new(),
    };
    if let Some(exec) = &p.action.exec {
        let words = exec.get("command").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        format!("exec [{}] {attributes}", words.join(" "))
    } else if let Some(get) = &p.action.http_get {
        let host = get.other.get("host").and_then(Value::as_str).unwrap_or_default();
        let port = get.port.as_ref().map_or_else(|| "0".to_owned(), ToString::to_string);
        let scheme = get.scheme.to_lowercase();
        let colon = if scheme.is_empty() { "" } else { ":" };
        let slash = if get.path.is_empty() || get.path.starts_with('/') { "" } else { "/" };
        format!("http-get {scheme}{colon}//{host}:{port}{slash}{} {attributes}", get.path)
    } else if let Some(tcp) = &p.action.tcp_socket {
        format!("tcp-socket {}:{} {attributes}", any(tcp.get("host")), any(tcp.get("port")))
    } else if let Some(grpc) = &p.action.grpc {
        format!("grpc <pod>:{} {} {attributes}", any(grpc.get("port")), any(grpc.get("service")))
    } else {
        format!("unknown {attributes}")
    }
}

fn optional(v: &Value) -> bool {
    v.get("optional").and_then(Value::as_bool).unwrap_or(false)
}

fn environment_from(out: &mut Out, sources: &[Value]) {
    if !sources.is_empty() {
        w!(out, 2, "Environment Variables from:");
    }
    for s in sources {
        let (from, what) = match (s.get("configMapRef"), s.get("secretRef")) {
            (Some(v), _) => ("ConfigMap", v),
            (None, Some(v)) => ("Secret", v),
            (None, None) => ("", &Value::Null),
        };
        let prefix = text(s, "prefix");
        let with = if prefix.is_empty() { String::new() } else { format!(" with prefix '{prefix}'") };
        w!(out, 3, "{}\t{from}{with}\tOptional: {}", text(what, "name"), optional(what));
    }
}

/// `describeContainerEnvVars`.
fn environment(out: &mut Out, c: &Container, pod: Option<&Pod>) {
    let env = list(c, "env");
    w!(out, 2, "Environment:{}", if env.is_empty() { "\t<none>" } else { "" });
    for e in env {
        let name = text(e, "name");
        let Some(from) = e.get("valueFrom") else {
            for (i, line) in text(e, "value").split('\n').enumerate() {
                if i == 0 {
                    w!(out, 3, "{name}:\t{line}");
                } else {
                    w!(out, 3, "\t{line}");
                }
            }
            continue;
        };
        if let Some(field) = from.get("fieldRef") {
            let version = field.get("apiVersion").and_then(Value::as_str).unwrap_or("v1");
            let path = text(field, "fieldPath");
            let value = pod.map_or_else(String::new, |p| field_of(p, path));
            w!(out, 3, "{name}:\t{value} ({version}:{path})");
        } else if let Some(r) = from.get("resourceFieldRef") {
            let resource = text(r, "resource");
            let divisor = r.get("divisor").and_then(|d| serde_json::from_value(d.clone()).ok());
            w!(out, 3, "{name}:\t{} ({resource})", resource_of(c, resource, divisor));
        } else if let Some(r) = from.get("secretKeyRef") {
            let (key, of) = (text(r, "key"), text(r, "name"));
            w!(out, 3, "{name}:\t<set to the key '{key}' in secret '{of}'>\tOptional: {}", optional(r));
        } else if let Some(r) = from.get("configMapKeyRef") {
            let (key, of) = (text(r, "key"), text(r, "name"));
            w!(out, 3, "{name}:\t<set to the key '{key}' of config map '{of}'>\tOptional: {}", optional(r));
        }
    }
}

/// What the downward API gives for a field (`fieldpath.ExtractFieldPathAsString`).
fn field_of(pod: &Pod, path: &str) -> String {
    let of = |labels: &crate::object::Labels, prefix: &str| {
        let key = path.strip_prefix(prefix).and_then(|p| p.strip_suffix("']"));
        key.and_then(|k| labels.get(k)).map_or_else(String::new, ToString::to_string)
    };
    match path {
        "metadata.name" => pod.metadata.name.to_string(),
        "metadata.namespace" => pod.metadata.namespace.to_string(),
        "metadata.uid" => pod.metadata.uid.to_string(),
        p if p.starts_with("metadata.labels['") => of(&pod.metadata.labels, "metadata.labels['"),
        p if p.starts_with("metadata.annotations['") => {
            of(&pod.metadata.annotations, "metadata.annotations['")
        }
        // The real one resolves metadata only; the rest is known to the kubelet alone.
        _ => String::new(),
    }
}

/// `resourcehelper.ExtractContainerResourceValue`.
fn resource_of(c: &Container, resource: &str, divisor: Option<crate::api_util::Quantity>) -> String {
    let Some((which, name)) = resource.split_once('.') else { return String::new() };
    let list = if which == "limits" { &c.resources.limits } else { &c.resources.requests };
    let milli = name == "cpu";
    let amount = list.get(name).map_or(0, |q| if milli { q.milli() } else { q.value() });
    let one = if milli { 1000 } else { 1 };
    let divisor = divisor.map_or(one, |q| if milli { q.milli() } else { q.value() });
    let divisor = if divisor == 0 { one } else { divisor };
    let value = amount / divisor + i64::from(amount % divisor > 0);
    if value == 0 && matches!(resource, "limits.cpu" | "limits.memory") {
        return "node allocatable".to_owned();
    }
    value.to_string()
}

fn mounts(out: &mut Out, c: &Container) {
    let mut mounts: Vec<&Value> = list(c, "volumeMounts").iter().collect();
    mounts.sort_by_key(|m| text(m, "mountPath"));
    w!(out, 2, "Mounts:{}", if mounts.is_empty() { "\t<none>" } else { "" });
    for m in mounts {
        let mut flags =
            if m.get("readOnly").and_then(Value::as_bool) == Some(true) { "ro" } else { "rw" }.to_owned();
        let sub = text(m, "subPath");
        if !sub.is_empty() {
            flags.push_str(&format!(",path={sub:?}"));
        }
        w!(out, 3, "{} from {} ({flags})", text(m, "mountPath"), text(m, "name"));
    }
}
