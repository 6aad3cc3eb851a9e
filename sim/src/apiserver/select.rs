//! Selections: which objects of a kind a list or watch is about.
//!
//! Labels and fields as `labelSelector` and `fieldSelector` have them; the fields that each kind knows
//! are those of `pkg/apis/core/v1/conversion.go`.

use super::Status;
use crate::api_util::{FieldSelector, Selector};
use crate::object::{Kind, Obj, Str};
use std::sync::Arc;

/// Which objects of a kind are meant. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Their namespace; empty for all.
    pub ns: Str,
    /// What their labels must be.
    pub labels: Option<Arc<Selector>>,
    /// What their fields must be.
    pub fields: Option<Arc<FieldSelector>>,
}

impl Selection {
    /// All objects in a namespace.
    pub fn in_namespace(ns: Str) -> Selection {
        Selection { ns, ..Selection::default() }
    }

    /// What a kubelet looks at: the pods on its node, or its own node object.
    ///
    /// # Panics
    /// If the name cannot stand in a field selector; names of nodes can.
    pub fn of_node(kind: &Kind, node: &str) -> Selection {
        let field = if *kind == Kind::Pod { "spec.nodeName" } else { "metadata.name" };
        let fields = FieldSelector::parse(&format!("{field}={node}")).expect("a node's name is a plain word");
        Selection { fields: Some(Arc::new(fields)), ..Selection::default() }
    }

    /// The one node (for pods) or name (for nodes) that the fields ask for, if they do: such watches are
    /// found by it instead of being asked one by one.
    pub(super) fn pinned(&self, kind: &Kind) -> Option<&str> {
        let fields = self.fields.as_ref()?;
        match kind {
            Kind::Pod => fields.exact("spec.nodeName"),
            Kind::Node => fields.exact("metadata.name"),
            _ => None,
        }
    }

    /// Refuses fields that objects of a kind cannot be selected by.
    pub(super) fn check(&self, kind: &Kind) -> Result<(), Status> {
        match &self.fields {
            Some(f) => f.check(kind.name()).map_err(|e| Status::bad_request(e.to_string())),
            None => Ok(()),
        }
    }

    /// Whether an object is meant.
    pub fn matches(&self, o: &Obj) -> bool {
        let m = o.meta();
        (self.ns.is_empty() || m.namespace == self.ns)
            && self.labels.as_ref().is_none_or(|s| s.matches_by(|k| m.labels.get(k).map(Str::as_str)))
            && self.fields.as_ref().is_none_or(|f| f.matches_by(|name| field(o, name)))
    }
}

/// The value of a selectable field; an unset one is empty text.
fn field<'a>(o: &'a Obj, name: &str) -> Option<&'a str> {
    let m = o.meta();
    let yes = |b: bool| if b { "true" } else { "false" };
    Some(match (o, name) {
        (_, "metadata.name") => &m.name,
        (_, "metadata.namespace") => &m.namespace,
        (Obj::Pod(p), "spec.nodeName") => &p.node_name,
        (Obj::Pod(p), "spec.restartPolicy") => match p.spec.restart() {
            crate::object::RestartPolicy::Always => "Always",
            crate::object::RestartPolicy::OnFailure => "OnFailure",
            crate::object::RestartPolicy::Never => "Never",
        },
        (Obj::Pod(p), "spec.schedulerName") => &p.spec.scheduler_name,
        (Obj::Pod(p), "spec.serviceAccountName") => &p.spec.service_account_name,
        (Obj::Pod(p), "spec.hostNetwork") => yes(p.spec.host_network),
        (Obj::Pod(p), "status.phase") => p.status.phase.as_str(),
        (Obj::Pod(p), "status.podIP" | "status.podIPs") => &p.status.pod_ip,
        (Obj::Pod(p), "status.nominatedNodeName") => &p.status.nominated_node_name,
        (Obj::Node(n), "spec.unschedulable") => yes(n.spec.unschedulable),
        (Obj::Namespace(n), "status.phase") => &n.status.phase,
        (Obj::Secret(s), "type") => &s.type_,
        (Obj::Event(e), _) => {
            let i = &e.involved_object;
            match name {
                "involvedObject.kind" => &i.kind,
                "involvedObject.namespace" => &i.namespace,
                "involvedObject.name" => &i.name,
                "involvedObject.apiVersion" => &i.api_version,
                "involvedObject.fieldPath" => &i.field_path,
                "reason" => &e.reason,
                "source" | "reportingComponent" => &e.source.component,
                "type" => match e.type_ {
                    crate::object::EventType::Normal => "Normal",
                    crate::object::EventType::Warning => "Warning",
                },
                _ => return None,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_fields_and_namespace_must_all_fit() {
        let pod = Obj::from_value(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "namespace": "x", "labels": {"app": "web", "tier": "front"}},
            "spec": {"nodeName": "n1", "containers": []}, "status": {"phase": "Running"}}))
        .expect("a pod");
        let cases = [
            ("", "", "", true),
            ("x", "", "", true),
            ("y", "", "", false),
            ("", "app=web,tier in (front,back)", "", true),
            ("", "app!=web", "", false),
            ("", "!app", "", false),
            ("", "", "spec.nodeName=n1,status.phase!=Failed", true),
            ("", "", "spec.nodeName=n2", false),
            ("x", "app", "metadata.name==a", true),
            ("x", "app", "spec.hostNetwork=true", false),
        ];
        for (ns, labels, fields, expected) in cases {
            let s = Selection {
                ns: Str::from(ns),
                labels: Some(Arc::new(Selector::parse(labels).expect("labels"))),
                fields: Some(Arc::new(FieldSelector::parse(fields).expect("fields"))),
            };
            assert_eq!(s.matches(&pod), expected, "{ns:?} {labels:?} {fields:?}");
        }
        let unknown = FieldSelector::parse("spec.replicas=3").expect("it parses");
        let s = Selection { fields: Some(Arc::new(unknown)), ..Selection::default() };
        let e = s.check(&Kind::Pod).expect_err("pods have no such field");
        assert_eq!((e.code, e.message.as_str()), (400, "field label not supported: spec.replicas"));
    }
}
