//! What names an object: its kind, namespace and name.

use super::Str;
use crate::manifest::schema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// A kind of object. The listed ones are acted on; all others are stored inert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Kind {
    Namespace,
    Node,
    Lease,
    Pod,
    ReplicaSet,
    Deployment,
    ConfigMap,
    Secret,
    ServiceAccount,
    /// `apiVersion/Kind` of a kind that nothing acts on, such as `v1/Service`.
    Other(Str),
    /// Last, so that all that the API server caches is one range of keys.
    Event,
}

impl Kind {
    /// The kinds that the cluster acts on.
    pub const ALL: [Kind; 10] = [
        Kind::Namespace,
        Kind::Node,
        Kind::Lease,
        Kind::Pod,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::ConfigMap,
        Kind::Secret,
        Kind::ServiceAccount,
        Kind::Event,
    ];

    /// The kind of that API version and name.
    pub fn of(api_version: &str, kind: &str) -> Kind {
        Self::ALL
            .into_iter()
            .find(|k| k.name() == kind && k.api_version() == api_version)
            .unwrap_or_else(|| Kind::other(api_version, kind))
    }

    /// A kind that nothing acts on.
    pub fn other(api_version: &str, kind: &str) -> Kind {
        Kind::Other(Str::from(format!("{api_version}/{kind}")))
    }

    /// The kind's name, such as `Deployment`.
    pub fn name(&self) -> &str {
        match self {
            Kind::Namespace => "Namespace",
            Kind::Node => "Node",
            Kind::Lease => "Lease",
            Kind::Pod => "Pod",
            Kind::ReplicaSet => "ReplicaSet",
            Kind::Deployment => "Deployment",
            Kind::ConfigMap => "ConfigMap",
            Kind::Secret => "Secret",
            Kind::ServiceAccount => "ServiceAccount",
            Kind::Event => "Event",
            Kind::Other(s) => s.rsplit('/').next().unwrap_or(s),
        }
    }

    /// The API version, such as `apps/v1`.
    pub fn api_version(&self) -> &str {
        match self {
            Kind::Deployment | Kind::ReplicaSet => "apps/v1",
            Kind::Lease => "coordination.k8s.io/v1",
            Kind::Other(s) => s.rsplit_once('/').map_or("", |(v, _)| v),
            Kind::Namespace
            | Kind::Node
            | Kind::Pod
            | Kind::ConfigMap
            | Kind::Secret
            | Kind::ServiceAccount
            | Kind::Event => "v1",
        }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version().rsplit_once('/').map_or("", |(g, _)| g)
    }

    /// The resource name in URLs and messages, such as `deployments`.
    pub fn plural(&self) -> Str {
        match self {
            Kind::Namespace => super::lit!("namespaces"),
            Kind::Node => super::lit!("nodes"),
            Kind::Lease => super::lit!("leases"),
            Kind::Pod => super::lit!("pods"),
            Kind::ReplicaSet => super::lit!("replicasets"),
            Kind::Deployment => super::lit!("deployments"),
            Kind::ConfigMap => super::lit!("configmaps"),
            Kind::Secret => super::lit!("secrets"),
            Kind::ServiceAccount => super::lit!("serviceaccounts"),
            Kind::Event => super::lit!("events"),
            Kind::Other(_) => match schema::lookup(self.api_version(), self.name()) {
                Some(k) => Str::from(k.plural),
                // A custom resource: English plurals, as code generators make them.
                None => {
                    let n = self.name().to_lowercase();
                    let vowel_before_y = ["ay", "ey", "oy", "uy"].iter().any(|e| n.ends_with(e));
                    Str::from(if n.ends_with('s') || n.ends_with("ch") || n.ends_with('x') {
                        format!("{n}es")
                    } else if n.ends_with('y') && !vowel_before_y {
                        format!("{}ies", &n[..n.len() - 1])
                    } else {
                        format!("{n}s")
                    })
                }
            },
        }
    }

    /// Resource and group as they stand in error messages: `pods`, `deployments.apps`.
    pub fn resource(&self) -> String {
        match self.group() {
            "" => self.plural().to_string(),
            g => format!("{}.{g}", self.plural()),
        }
    }

    /// Whether objects of this kind live in a namespace.
    pub fn namespaced(&self) -> bool {
        match self {
            Kind::Namespace | Kind::Node => false,
            // Custom resources are taken to be namespaced, as most are.
            Kind::Other(_) => {
                schema::lookup(self.api_version(), self.name()).is_none_or(|k| k.namespaced)
                    && self.name() != "CustomResourceDefinition"
            }
            _ => true,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What names an object. Ordered by kind, then namespace, then name: etcd's key order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for kinds that live in none.
    pub ns: Str,
    /// The name.
    pub name: Str,
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        // Most keys of a search share their namespace's text: then it need not be read.
        let ns = if Str::ptr_eq(&self.ns, &other.ns) { Ordering::Equal } else { self.ns.cmp(&other.ns) };
        self.kind.cmp(&other.kind).then(ns).then_with(|| self.name.cmp(&other.name))
    }
}
impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Key {
    /// A key from its parts.
    pub fn new(kind: Kind, ns: impl Into<Str>, name: impl Into<Str>) -> Key {
        Key { kind, ns: ns.into(), name: name.into() }
    }
}

/// `pod/web-1`; the namespace leads unless it is `default` or empty: `kube-system/pod/dns`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.ns.is_empty() && self.ns != "default" {
            write!(f, "{}/", self.ns)?;
        }
        write!(f, "{}/{}", self.kind.name().to_lowercase(), self.name)
    }
}
