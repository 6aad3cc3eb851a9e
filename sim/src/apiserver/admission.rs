//! Admission: what the API server's built-in plugins set on the way in.
//!
//! Modelled: ServiceAccount (the name), DefaultTolerationSeconds, NamespaceLifecycle (in `write`),
//! Priority (from the class). Left out: LimitRanger, ResourceQuota, PodSecurity, the token volume.

use super::defaults;
use crate::object::{PodSpec, Str, TaintEffect, Toleration, lit};
use std::sync::Arc;

/// The latest specs that came in and what became of them: the replicas of a template share both.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo(std::collections::VecDeque<(Arc<PodSpec>, Arc<PodSpec>)>);

/// How many templates are remembered.
const MEMORY: usize = 256;

impl Memo {
    /// The spec with defaults and admission applied; the same result is shared by equal inputs.
    pub(super) fn admit(&mut self, spec: &Arc<PodSpec>, toleration_s: i64, priority: i32) -> Arc<PodSpec> {
        if let Some((_, to)) = self.0.iter().find(|(from, _)| Arc::ptr_eq(from, spec)) {
            return to.clone();
        }
        let mut s = PodSpec::clone(spec);
        defaults::pod_spec(&mut s);
        s.other.entry("enableServiceLinks".into()).or_insert_with(|| true.into());
        if s.service_account_name.is_empty() {
            s.service_account_name = lit!("default");
        }
        if s.priority.is_none() {
            s.priority = Some(priority);
        }
        s.other.entry("preemptionPolicy".into()).or_insert_with(|| "PreemptLowerPriority".into());
        // The deprecated name of the same field, which the server still fills in.
        let account = s.service_account_name.as_str().into();
        s.other.entry("serviceAccount".into()).or_insert(account);
        for key in [lit!("node.kubernetes.io/not-ready"), lit!("node.kubernetes.io/unreachable")] {
            let covered = s.tolerations.iter().any(|t| {
                (t.key == key || t.key.is_empty()) && t.effect.is_none_or(|e| e == TaintEffect::NoExecute)
            });
            if !covered {
                s.tolerations.push(Toleration {
                    key,
                    operator: lit!("Exists"),
                    value: Str::new(),
                    effect: Some(TaintEffect::NoExecute),
                    toleration_seconds: Some(toleration_s),
                });
            }
        }
        let to = if s == **spec { spec.clone() } else { Arc::new(s) };
        if self.0.len() == MEMORY {
            self.0.pop_front();
        }
        self.0.push_back((spec.clone(), to.clone()));
        to
    }
}
