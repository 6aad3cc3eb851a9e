//! How the workloads of a cluster stand: what there is to say of a run of which nothing is demanded.

use podium_sim::object::{Key, Obj, ObjectSet, PodPhase};
use podium_sim::print::pod_summary;
use podium_sim::scenario::Scenario;

/// So many are named.
const NAMED: usize = 5;

/// How they stand.
pub struct Standing {
    /// Whether all is available that should be.
    pub well: bool,
    /// A line about it: `no assertion; 0 of 1 deployments available: web 0/3`.
    pub text: String,
}

/// How the workloads stand at the end of a run of a scenario without assertions; nothing of one that has some.
pub fn of_run(scenario: &Scenario, objects: &ObjectSet) -> Option<Standing> {
    (!scenario.asserts()).then(|| {
        let (well, counts) = counts(objects);
        let text = std::iter::once("no assertion".to_owned()).chain(counts).collect::<Vec<_>>().join("; ");
        Standing { well, text }
    })
}

/// Of deployments, and of replica sets and pods that no controller looks after, how many are as they should be, and
/// which are not.
fn counts(objects: &ObjectSet) -> (bool, Vec<String>) {
    let name = |key: &Key| {
        if key.ns.is_empty() || key.ns == "default" {
            key.name.to_string()
        } else {
            format!("{}/{}", key.ns, key.name)
        }
    };
    let words = [("deployments", "available"), ("replica sets", "ready"), ("pods", "ready or done")];
    let mut found: [(usize, Vec<String>); 3] = Default::default();
    for (key, obj) in objects.iter().filter(|(_, o)| o.meta().controller().is_none()) {
        let (at, lacks) = match obj {
            Obj::Deployment(d) => {
                let (have, want) = (d.status.available_replicas, d.spec.replicas.unwrap_or(1));
                (0, (have < want).then(|| format!("{have}/{want}")))
            }
            Obj::ReplicaSet(r) => {
                let (have, want) = (r.status.ready_replicas, r.spec.replicas.unwrap_or(1));
                (1, (have < want).then(|| format!("{have}/{want}")))
            }
            Obj::Pod(p) => {
                let fine = p.ready() || p.status.phase == PodPhase::Succeeded;
                (2, (!fine).then(|| pod_summary(p).status))
            }
            Obj::Node(_)
            | Obj::Namespace(_)
            | Obj::ConfigMap(_)
            | Obj::Secret(_)
            | Obj::ServiceAccount(_)
            | Obj::Lease(_)
            | Obj::Event(_)
            | Obj::Inert(_) => continue,
        };
        found[at].0 += 1;
        found[at].1.extend(lacks.map(|l| format!("{} {l}", name(key))));
    }
    let well = found.iter().all(|(_, lacking)| lacking.is_empty());
    let told =
        found.iter().zip(words).filter(|((all, _), _)| *all > 0).map(|((all, lacking), (what, how))| {
            let mut line = format!("{} of {all} {what} {how}", all - lacking.len());
            if !lacking.is_empty() {
                let more = lacking.len().saturating_sub(NAMED);
                let names = lacking.iter().take(NAMED).cloned().chain((more > 0).then(|| format!("+{more}")));
                line.push_str(&format!(": {}", names.collect::<Vec<_>>().join(", ")));
            }
            line
        });
    (well, told.collect())
}
