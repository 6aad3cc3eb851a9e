//! What a workload does over time: deletions and updates at a rate, and churn.

use super::model::Labels as Wanted;
use super::objects::Maker;
use super::plan::make;
use super::run::{Done, Runner, fits};
use super::template::Env;
use crate::api_util::Time;
use crate::object::{Obj, Str, Uid, lit};
use crate::time::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that is done bit by bit.
pub(super) enum Task {
    Delete {
        pods: Vec<Uid>,
        next: usize,
        every: Span,
    },
    Churn {
        recreate: bool,
        number: u64,
        every: Span,
        namespace: Str,
        makers: Vec<Arc<Maker>>,
        round: u64,
        live: Vec<BTreeMap<u64, Obj>>,
    },
    Update {
        namespace: Str,
        maker: Arc<Maker>,
        env: Env,
        count: u64,
        next: u64,
        every: Span,
    },
}

impl Runner<'_> {
    pub(super) fn delete(
        &mut self,
        namespace: &Str,
        labels: &Wanted,
        per_second: u64,
        skip_wait: bool,
    ) -> Done {
        let all = self.by_namespace.get(namespace).cloned().unwrap_or_default();
        let fit = |uid: &Uid| self.pods.get(uid).is_some_and(|t| fits(labels, &t.labels));
        let pods: Vec<Uid> = all.into_iter().filter(fit).collect();
        if per_second == 0 {
            for uid in pods {
                self.delete_one(uid);
            }
            return Ok(());
        }
        let every = Span(1_000_000_000 / per_second);
        let end = self.machine.now() + Span(every.0.saturating_mul(pods.len() as u64 + 1));
        self.later(every, Task::Delete { pods, next: 0, every });
        while !skip_wait && self.machine.now() < end {
            self.turn(self.slice, end)?;
        }
        Ok(())
    }

    /// Deletes a pod: with finalizers it stays, and is being deleted.
    pub(super) fn delete_one(&mut self, uid: Uid) {
        let Some(pod) = self.machine.pod(uid) else { return };
        if pod.metadata.finalizers.is_empty() {
            self.remove(uid);
        } else if !pod.metadata.deleting() {
            let mut pod = (*pod).clone();
            pod.metadata.deletion_timestamp = Some(Time((self.machine.now().0 / 1_000_000_000) as i64));
            self.metered(|m| m.update_pod(Arc::new(pod)));
        }
    }

    pub(super) fn update_all(
        &mut self,
        namespace: &Str,
        maker: &Arc<Maker>,
        count: u64,
        rate: u64,
        env: &Env,
    ) -> Done {
        let mut task = Task::Update {
            namespace: namespace.clone(),
            maker: maker.clone(),
            env: env.clone(),
            count,
            next: 0,
            every: Span(1_000_000_000_u64.checked_div(rate).unwrap_or(0)),
        };
        if rate == 0 {
            for _ in 0..count {
                if let Some(next) = self.tick(task)? {
                    task = next;
                } else {
                    break;
                }
            }
            return Ok(());
        }
        let every = Span(1_000_000_000 / rate);
        let end = self.machine.now() + Span(every.0.saturating_mul(count + 1));
        self.later(every, task);
        while self.machine.now() < end {
            self.turn(self.slice, end)?;
        }
        Ok(())
    }

    /// Does what is due of a task and puts the rest back on the agenda.
    pub(super) fn task(&mut self, task: Task) -> Done {
        let every = match &task {
            Task::Delete { every, .. } | Task::Churn { every, .. } | Task::Update { every, .. } => *every,
        };
        if let Some(rest) = self.tick(task)? {
            self.later(every, rest);
        }
        Ok(())
    }

    pub(super) fn tick(&mut self, mut task: Task) -> Result<Option<Task>, String> {
        match &mut task {
            Task::Delete { pods, next, .. } => {
                let Some(uid) = pods.get(*next).copied() else { return Ok(None) };
                *next += 1;
                self.delete_one(uid);
            }
            Task::Churn { recreate, number, namespace, makers, round, live, .. } => {
                if !*recreate && *number > 0 && *round >= *number {
                    return Ok(None);
                }
                for (maker, live) in makers.iter().zip(live) {
                    let slot = *round % (*number).max(1);
                    if *recreate && let Some(old) = live.remove(&slot) {
                        self.drop_object(&old);
                        continue;
                    }
                    let obj =
                        make(maker, &Env::new(), *round, (*number).max(1)).map_err(|e| e.to_string())?;
                    let obj = self.create(obj, namespace)?;
                    if *recreate {
                        live.insert(slot, obj);
                    }
                }
                *round += 1;
            }
            Task::Update { namespace, maker, env, count, next, .. } => {
                if *next >= *count {
                    return Ok(None);
                }
                let obj = make(maker, env, *next, *count).map_err(|e| e.to_string())?;
                *next += 1;
                self.update(obj, namespace)?;
            }
        }
        Ok(Some(task))
    }

    pub(super) fn drop_object(&mut self, obj: &Obj) {
        match obj {
            Obj::Pod(p) => self.remove(p.metadata.uid),
            Obj::Node(n) => self.metered(|m| m.remove_node(&n.metadata.name)),
            other => self.metered(|m| m.remove_object(other)),
        }
    }

    pub(super) fn update(&mut self, obj: Obj, namespace: &Str) -> Done {
        let missing = |what: &str, name: &str| format!("updateAny: there is no {what} {name}");
        match obj {
            Obj::Pod(mut p) => {
                let key = (namespace.clone(), p.metadata.name.clone());
                let uid = self.by_name.get(&key).copied();
                let old = uid.and_then(|u| self.machine.pod(u));
                let (Some(uid), Some(old)) = (uid, old) else { return Err(missing("pod", &key.1)) };
                let pod = Arc::make_mut(&mut p);
                pod.metadata.uid = uid;
                pod.metadata.namespace = namespace.clone();
                pod.metadata.finalizers = old.metadata.finalizers.clone();
                if let Some(t) = self.pods.get_mut(&uid) {
                    t.labels = pod.metadata.labels.clone();
                }
                self.metered(|m| m.update_pod(p));
            }
            Obj::Node(mut n) => {
                let name = n.metadata.name.clone();
                if !self.machine.has_node(&name) {
                    return Err(missing("node", &name));
                }
                let labels = &mut Arc::make_mut(&mut n).metadata.labels;
                if labels.get("kubernetes.io/hostname").is_none() {
                    labels.insert(lit!("kubernetes.io/hostname"), name);
                }
                self.metered(|m| m.set_node(n));
            }
            other => self.metered(|m| m.add_object(&other)),
        }
        Ok(())
    }
}
