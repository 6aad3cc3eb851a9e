//! Which lists of which types merge by what key.
//!
//! The `patchStrategy` and `patchMergeKey` tags of `k8s.io/api`. A list that is not named here is
//! replaced whole, and an object is merged member by member.

/// A type of the API, as far as patches must tell it from others.
pub(super) type TypeName = &'static str;

/// How a patch treats one member of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The type of the member, or of its elements.
    pub ty: TypeName,
    /// How a list merges.
    pub list: List,
    /// The patch says which members of the object survive.
    pub retain_keys: bool,
    /// The object is replaced, not merged.
    pub replace: bool,
}

/// How a list merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// The patch's list takes the old one's place.
    Replace,
    /// A set of scalars.
    Set,
    /// Objects, matched by the value of this member.
    Map(&'static str),
}

const OPAQUE: Field = Field { ty: "", list: List::Replace, retain_keys: false, replace: false };

const fn object(ty: TypeName) -> Field {
    Field { ty, ..OPAQUE }
}

const fn map(ty: TypeName, key: &'static str) -> Field {
    Field { ty, list: List::Map(key), ..OPAQUE }
}

/// Kinds of the built-in API groups; all others are custom resources to a strategic merge patch.
const KINDS: &[&str] = &[
    "APIService",
    "Binding",
    "CSIDriver",
    "CSINode",
    "CSIStorageCapacity",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "ControllerRevision",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "DeviceClass",
    "EndpointSlice",
    "Endpoints",
    "Event",
    "HorizontalPodAutoscaler",
    "IPAddress",
    "Ingress",
    "IngressClass",
    "Job",
    "Lease",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PodTemplate",
    "PriorityClass",
    "ReplicaSet",
    "ReplicationController",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceQuota",
    "ResourceSlice",
    "Role",
    "RoleBinding",
    "RuntimeClass",
    "Scale",
    "Secret",
    "Service",
    "ServiceAccount",
    "ServiceCIDR",
    "StatefulSet",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
];

/// True for the kinds of the built-in API groups, which alone take strategic merge patches.
#[must_use]
pub fn supports_strategic(kind: &str) -> bool {
    KINDS.binary_search(&kind).is_ok()
}

/// The built-in kind of this name, as a type.
pub(super) fn root(kind: &str) -> Option<TypeName> {
    KINDS.binary_search(&kind).ok().map(|at| KINDS[at])
}

/// How a patch treats member `name` of type `ty`.
pub(super) fn field(ty: TypeName, name: &str) -> Field {
    let retained = |field: Field| Field { retain_keys: true, ..field };
    match (ty, name) {
        ("ObjectMeta", "ownerReferences") => map("", "uid"),
        ("ObjectMeta", "finalizers") | ("NodeSpec", "podCIDRs") => Field { list: List::Set, ..OPAQUE },

        ("Pod" | "PodTemplateSpec", "spec") => object("PodSpec"),
        ("Pod", "status") => object("PodStatus"),
        ("PodSpec", "containers" | "initContainers" | "ephemeralContainers") => map("Container", "name"),
        ("PodSpec", "volumes" | "resourceClaims") => retained(map("", "name")),
        ("PodSpec", "imagePullSecrets" | "schedulingGates") => map("", "name"),
        ("PodSpec", "hostAliases") => map("", "ip"),
        ("PodSpec", "topologySpreadConstraints") => map("", "topologyKey"),
        ("Container", "env") => map("", "name"),
        ("Container", "ports") => map("", "containerPort"),
        ("Container", "volumeMounts") => map("", "mountPath"),
        ("Container", "volumeDevices") => map("", "devicePath"),
        ("PodStatus", "podIPs" | "hostIPs") => map("", "ip"),
        ("PodStatus", "resourceClaimStatuses") => retained(map("", "name")),

        ("Node", "spec") => object("NodeSpec"),
        ("Node", "status") => object("NodeStatus"),
        ("NodeStatus", "addresses") => map("", "type"),

        ("Service", "spec") => object("ServiceSpec"),
        ("ServiceSpec", "ports") => map("", "port"),
        ("ServiceAccount", "secrets") => map("", "name"),

        ("Deployment", "spec") => object("DeploymentSpec"),
        ("DeploymentSpec", "strategy") => retained(object("")),
        ("ReplicaSet" | "ReplicationController" | "StatefulSet" | "DaemonSet" | "Job", "spec")
        | ("JobTemplateSpec", "spec") => object("WorkloadSpec"),
        ("DeploymentSpec" | "WorkloadSpec" | "PodTemplate", "template") => object("PodTemplateSpec"),
        ("CronJob", "spec") => object("CronJobSpec"),
        ("CronJobSpec", "jobTemplate") => object("JobTemplateSpec"),

        ("PodDisruptionBudget", "spec") => object("PodDisruptionBudgetSpec"),
        ("PodDisruptionBudgetSpec", "selector") => Field { replace: true, ..OPAQUE },
        ("MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration", "webhooks") => map("", "name"),
        ("CSINode", "spec") => object("CSINodeSpec"),
        ("CSINodeSpec", "drivers") => map("", "name"),

        // Every status with conditions merges them by type.
        ("PodStatus" | "NodeStatus" | "Status", "conditions") => map("", "type"),
        (
            "Deployment"
            | "ReplicaSet"
            | "ReplicationController"
            | "StatefulSet"
            | "DaemonSet"
            | "Job"
            | "Service"
            | "Namespace"
            | "PersistentVolumeClaim"
            | "HorizontalPodAutoscaler"
            | "PodDisruptionBudget"
            | "APIService",
            "status",
        ) => object("Status"),
        ("PodTemplateSpec" | "JobTemplateSpec", "metadata") => object("ObjectMeta"),
        (kind, "metadata") if supports_strategic(kind) => object("ObjectMeta"),
        _ => OPAQUE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_for_the_search() {
        assert!(KINDS.is_sorted());
    }

    #[test]
    fn templates_reach_the_pod_spec_in_every_workload() {
        for path in [
            &["Pod", "spec"][..],
            &["PodTemplate", "template", "spec"],
            &["Deployment", "spec", "template", "spec"],
            &["ReplicaSet", "spec", "template", "spec"],
            &["StatefulSet", "spec", "template", "spec"],
            &["DaemonSet", "spec", "template", "spec"],
            &["Job", "spec", "template", "spec"],
            &["CronJob", "spec", "jobTemplate", "spec", "template", "spec"],
        ] {
            let ty = path[1..].iter().fold(path[0], |ty, name| field(ty, name).ty);
            assert_eq!(ty, "PodSpec", "{path:?}");
            assert_eq!(field(ty, "containers").list, List::Map("name"));
        }
        assert_eq!(field("PodSpec", "tolerations").list, List::Replace);
        assert_eq!(field("NodeSpec", "taints").list, List::Replace);
        assert!(field("PodSpec", "volumes").retain_keys);
    }
}
