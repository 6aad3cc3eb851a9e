//! What every namespace has from the start: a service account `default`, and the cluster's certificate.
//!
//! Source: `pkg/controller/serviceaccount/serviceaccounts_controller.go` and
//! `pkg/controller/certificates/rootcacertpublisher/publisher.go`, two controllers upstream.

use super::cache::Seen;
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::{Answer, Reconciler, Verdict};
use crate::apiserver::Verb;
use crate::object::{ConfigMap, Key, Kind, Labels, Obj, ObjectMeta, ServiceAccount, Str, lit};
use std::sync::Arc;

const NAME: Str = lit!("serviceaccount-controller");
const ACCOUNT: Str = lit!("default");
const CERTIFICATE: Str = lit!("kube-root-ca.crt");

/// See the module.
#[derive(Clone, Debug)]
pub struct ServiceAccountController;

impl Reconciler for ServiceAccountController {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        &[Kind::Namespace, Kind::ServiceAccount, Kind::ConfigMap]
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }

    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        let ns = match seen.key.kind {
            Kind::Namespace if seen.new.is_some() && seen.old.is_none() => &seen.key.name,
            Kind::ServiceAccount if seen.new.is_none() && seen.key.name == ACCOUNT => &seen.key.ns,
            Kind::ConfigMap if seen.new.is_none() && seen.key.name == CERTIFICATE => &seen.key.ns,
            _ => return,
        };
        let key = Key { kind: Kind::Namespace, ns: lit!(""), name: ns.clone() };
        io.add(key, Weight::Heavy);
    }

    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        if io.cache.get(key).is_none_or(|n| n.meta().deleting()) {
            return Outcome::Done;
        }
        let meta = |name: Str| ObjectMeta { name, namespace: key.name.clone(), ..Default::default() };
        let account = ServiceAccount { metadata: meta(ACCOUNT), ..Default::default() };
        let mut map = ConfigMap { metadata: meta(CERTIFICATE), ..Default::default() };
        map.data = Labels::from_iter([(
            lit!("ca.crt"),
            lit!("-----BEGIN CERTIFICATE-----\n(simulated)\n-----END CERTIFICATE-----\n"),
        )]);
        for obj in [Obj::ServiceAccount(Arc::new(account)), Obj::ConfigMap(Arc::new(map))] {
            if io.cache.get(&obj.key()).is_none() {
                io.send(key, Verb::Create(obj), 0, None);
            }
        }
        Outcome::Done
    }

    fn answered(&mut self, answer: &Answer<'_>, _: &mut Io<'_, '_>) -> Verdict {
        match answer.result {
            // There already, or the namespace goes or is gone.
            Err(e) if matches!(e.code, 403 | 404 | 409) => Verdict::Fine,
            _ => Verdict::ByResult,
        }
    }
}
