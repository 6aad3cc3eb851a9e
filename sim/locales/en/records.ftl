# Sentences for all records that are not notes.

## Roots: where a chain of causes begins

root-start = The cluster is switched on.
root-user = Somebody types: { $command }
timer-bookmarks = From time to time the API server tells its watchers how far they are.
timer-client-timeout = An answer from the API server is overdue.
timer-compaction = From time to time etcd forgets old versions.
timer-lease-expiry = In etcd the life of an entry is over.
timer-lease-renewal = Every few seconds { $actor } renews its node's lease: that is its heartbeat.
timer-node-monitor = Every few seconds { $actor } looks at the leases of all nodes.
timer-node-status = From time to time { $actor } looks at how its node is.
timer-scheduler-back-off = A pod has waited long enough: the scheduler may try again.
timer-scheduler-retry-of-unschedulable-pods = From time to time the scheduler tries again with pods that have fitted nowhere for long.
# A timer that has no sentence of its own below.
root-timer = A timer of { $actor } goes off: { $name }.

## Faults and their repair; the id ends in the fault's name

fault-nodeCrash = The machine { $target } crashes.
fault-nodeRestart = The machine { $target } is switched off and on again.
fault-kubeletStop = The kubelet on { $target } stops. Its containers go on running.
fault-apiServerDown = The API server goes down. What runs goes on running, but nothing can be changed.
fault-etcdDown = etcd goes down. The API server can no longer write or read anything for sure.
fault-etcdSlow = etcd becomes slow: each write takes longer.
fault-controllerManagerDown = The controller manager goes down. Nobody repairs or scales any more.
fault-schedulerDown = The scheduler goes down. New pods stay without a node.
fault-containerCrash = A container of pod { $target } crashes.
fault-imageMissing = The image { $target } is gone from the registry.
fault-partition = The network between { $target } and the control plane is cut.
fault-other = Something breaks: { $what }.
mend-nodeCrash = The machine { $target } is on again; its kubelet starts.
mend-nodeRestart = The machine { $target } has started again.
mend-kubeletStop = The kubelet on { $target } runs again.
mend-apiServerDown = The API server is back.
mend-etcdDown = etcd is back, with all that it had written.
mend-etcdSlow = etcd is as fast as usual again.
mend-controllerManagerDown = The controller manager is back.
mend-schedulerDown = The scheduler is back.
mend-containerCrash = No container of pod { $target } is made to crash any more.
mend-imageMissing = The image { $target } is in the registry again.
mend-partition = The network between { $target } and the control plane works again.
mend-other = Mended: { $what }.

## Messages that got lost

lost-message = A message to { $to } is lost ({ $label }): { $why }.
lost-unknown = A message is lost: { $why }.

## Writes: pods

write-pod-created = Pod { $name } is created. It is only an entry in etcd: it has no node yet.
write-pod-created-on-node = Pod { $name } is created, for { $node } from the start.
write-pod-bound = Pod { $name } is bound to { $node }.
write-pod-running = Pod { $name } is Running on { $node }, but not ready yet.
write-pod-ready = Pod { $name } is Running and ready on { $node }.
write-pod-unready = Pod { $name } is no longer ready.
write-pod-succeeded = Pod { $name } has Succeeded: all its containers are done.
write-pod-failed = Pod { $name } has Failed.
write-pod-failed-reason = Pod { $name } has Failed: { $reason }.
write-pod-pending = Pod { $name } is Pending again.
write-pod-lost = Nobody knows how pod { $name } is: its phase is Unknown.
write-pod-waiting = Container { $container } of pod { $name } waits: { $reason }.
write-pod-restarted =
    { $restart ->
        [one] The kubelet reports one restart of pod { $name }. It is still the same pod.
       *[other] The kubelet reports { $restart } restarts of pod { $name }. It is still the same pod.
    }
write-pod-deletion-asked =
    { $seconds ->
        [0] Pod { $name } is marked for deletion, without any time to stop.
       *[other] Pod { $name } is marked for deletion: it has { $seconds } s to stop.
    }
write-pod-removed = Pod { $name } is removed from the cluster.

## Writes: nodes

write-node-created = Node { $name } is known to the cluster now.
write-node-ready = Node { $name } is Ready.
write-node-not-ready = Node { $name } is not Ready ({ $reason }).
write-node-unknown = Nobody knows how node { $name } is: its Ready condition is Unknown.
write-node-tainted = Node { $name } carries the taints { $taints }.
write-node-taints-left = Node { $name } still carries the taints { $taints }.
write-node-untainted = Node { $name } has no taint any more.
write-node-cordoned = Node { $name } is cordoned: it takes no new pods.
write-node-uncordoned = Node { $name } takes new pods again.
write-node-removed = Node { $name } is removed from the cluster.

## Writes: deployments and replica sets

write-deployment-created =
    { $replicas ->
        [one] Deployment { $name } is created: it wants one replica.
       *[other] Deployment { $name } is created: it wants { $replicas } replicas.
    }
write-deployment-scaled = Deployment { $name } shall have { $to } replicas instead of { $from }.
write-deployment-template = Deployment { $name } gets a new pod template.
write-deployment-image = Deployment { $name } shall run { $to } instead of { $from }.
write-deployment-paused = The rollout of deployment { $name } is paused.
write-deployment-resumed = The rollout of deployment { $name } goes on.
write-deployment-available = Deployment { $name }: { $have } of { $want } replicas are available.
write-replicaset-created =
    { $replicas ->
        [one] Replica set { $name } is created: it wants one pod.
       *[other] Replica set { $name } is created: it wants { $replicas } pods.
    }
write-replicaset-scaled = Replica set { $name } shall have { $to } pods instead of { $from }.

## Writes: everything else

write-created = The { $kind } { $name } is created.
write-changed = The { $kind } { $name } is changed.
write-deletion-asked = The { $kind } { $name } is marked for deletion.
write-removed = The { $kind } { $name } is deleted.

## The scheduler's decisions

decision-placed =
    { $looked ->
        [one] The scheduler chooses { $node } for pod { $name }: { $feasible } of { $looked } node fits. Score { $score }.
       *[other] The scheduler chooses { $node } for pod { $name }: { $feasible } of { $looked } nodes fit. Score { $score }.
    }
decision-refused = The scheduler finds no node for pod { $name }; { $looked } looked at: { $reasons }.
decision-no-nodes = The scheduler finds no node for pod { $name }: the cluster has none.

## Refused requests

refused-conflict = The API server refuses to { $verb } { $thing }: somebody else has changed it in the meantime. The sender reads it again and tries once more.
refused-notFound = The API server cannot { $verb } { $thing }: it does not exist.
refused-alreadyExists = The API server refuses to { $verb } { $thing }: the name is taken.
refused-invalid = The API server refuses to { $verb } { $thing }: it is not valid. { $message }
refused-forbidden = The API server does not allow anyone to { $verb } { $thing }: { $message }
refused-badRequest = The API server does not understand the request to { $verb } { $thing }: { $message }
refused-expired = The API server no longer remembers the revision from which { $thing } should be read on: list again.
refused-timeout = No answer to the request to { $verb } { $thing } came in time.
refused-unreachable = The API server cannot be reached: the request to { $verb } { $thing } fails.
refused-internal = The API server fails to { $verb } { $thing }: { $message }
refused-other = The API server refuses to { $verb } { $thing } ({ $code } { $reason }): { $message }

## What is asked about, as the headline of a "why?"

why-pod-running = Pod { $name } runs on { $node }. Why?
why-pod-starting = Pod { $name } is on { $node }, but does not run yet. Why?
why-pod-pending = Pod { $name } is Pending and has no node. Why?
why-pod-leaving = Pod { $name } is to go. Why?
why-pod-ended = Pod { $name } has ended: { $phase }. Why?
why-node-ready = Node { $name } is Ready. Why?
why-node-not-ready = Node { $name } is not Ready. Why?
why-deployment = Deployment { $name }: { $have } of { $want } replicas are available. Why?
why-replicaset = Replica set { $name }: { $have } of { $want } pods are ready. Why?
why-exists = There is the { $kind } { $name }. Why?
why-leaving = The { $kind } { $name } is to go. Why?
why-gone = The { $kind } { $name } is gone. Why?
why-record = Why did this happen?
