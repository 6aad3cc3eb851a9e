# One sentence for each code of a note; the id is the code's text with "-" for ".".
# Variables: what record.rs lists as the code's args; $name is the subject's name; in kubelet-… also $node.

## Nodes

node-registered = Node { $name } joins the cluster: its kubelet registers it with the API server.
node-silent = No more heartbeats come from { $name }: { $why }.
node-lease-expired = For { $silence } the node lifecycle controller has seen no renewal of the lease of { $name }. The limit is { $grace }: the node counts as not ready.
node-back = Node { $name } renews its lease again: the node lifecycle controller counts it as ready.
node-tainted = The node lifecycle controller taints { $name }: { $taints }.
# Told instead of node-tainted when taints are set and others lifted, and when they are only lifted.
node-retainted = The node lifecycle controller taints { $name }: { $taints }. It lifts { $lifted }.
node-untainted = The node lifecycle controller lifts from { $name }: { $lifted }.

## Eviction

pod-eviction-scheduled =
    { $seconds ->
        [0] Pod { $name } does not tolerate the taint { $taint } of { $node }: it will be evicted at once.
       *[other] Pod { $name } tolerates the taint { $taint } of { $node } for { $seconds } s: the clock starts.
    }
pod-eviction-cancelled = The taint of { $node } is gone: pod { $name } may stay.
pod-evicted =
    { $seconds ->
        [0] Pod { $name } is evicted from { $node }: it does not tolerate the taint { $taint }.
       *[other] Pod { $name } has tolerated the taint { $taint } of { $node } for { $seconds } s. The time is up: it is evicted.
    }

## Replica sets and deployments

replicaset-missing =
    { $create ->
        [one] Replica set { $name } has { $have } of { $want } pods: its controller creates one more.
       *[other] Replica set { $name } has { $have } of { $want } pods: its controller creates { $create } more.
    }
replicaset-surplus =
    { $delete ->
        [one] Replica set { $name } wants { $want } and has { $have }: its controller deletes one pod.
       *[other] Replica set { $name } wants { $want } and has { $have }: its controller deletes { $delete } pods.
    }
deployment-revision = The template of deployment { $name } is new: its controller makes replica set { $replicaset } for revision { $revision }.
deployment-revision-reused = Deployment { $name } goes back to a template that it has had before: replica set { $replicaset } is taken up again as revision { $revision }.
deployment-scaled = The deployment controller scales replica set { $replicaset } of { $name } from { $from } to { $to }.
deployment-complete = Deployment { $name } is done: all its replicas have the new template and are available.
deployment-stalled = Deployment { $name } has made no progress for { $seconds } s: its rollout counts as failed.

## Cleaning up

# Told instead of gc-collected when the owner is still there and waits.
gc-collected-first = { $owner } is to be deleted after all that belongs to it: the garbage collector deletes { $thing } first.
gc-collected = The owner of { $thing } is gone ({ $owner }): the garbage collector deletes it too.
namespace-emptied =
    { $left ->
        [0] Namespace { $name } is empty now.
        [one] The namespace controller empties namespace { $name }: one object is left.
       *[other] The namespace controller empties namespace { $name }: { $left } objects are left.
    }

## Scheduler

scheduler-backoff = The scheduler puts pod { $name } aside and tries again in { $wait } at the earliest.
scheduler-retried = Something has changed ({ $event }): the scheduler gives pod { $name } another try.
# Told instead of scheduler-retried when it is only for the time that has passed.
scheduler-retried-anyway = Nothing has changed that would let pod { $name } fit, but it has waited for long: the scheduler gives it another try all the same.
scheduler-nominated =
    { $victims ->
        [0] Pod { $name } is to get { $node } once the pods that are leaving it have gone.
        [one] Pod { $name } fits nowhere, but would on { $node } without one pod of lower priority: the scheduler nominates it to that node.
       *[other] Pod { $name } fits nowhere, but would on { $node } without { $victims } pods of lower priority: the scheduler nominates it to that node.
    }
scheduler-preempted = The scheduler evicts pod { $name } from { $node }: pod { $by }, of priority { $priority }, takes its place.
scheduler-withdrawn = Pod { $name } is no longer to get { $node }: pod { $by }, of higher priority, needs the room.

## Kubelet

kubelet-pod-seen = The kubelet on { $node } sees that pod { $name } has been given to its node.
kubelet-rejected = The kubelet on { $node } does not take pod { $name }: { $reason }.
kubelet-pulling = The kubelet on { $node } asks the runtime to pull { $image }.
kubelet-pulled = The image { $image } ({ $bytes }) has arrived on { $node } after { $took }.
kubelet-image-present = The image { $image } is on { $node } already: nothing to pull.
kubelet-pull-failed = The image { $image } for pod { $name } cannot be had: { $message }.
kubelet-sandbox = The sandbox of pod { $name } stands on { $node }; the pod has the address { $ip }.
kubelet-created = The runtime on { $node } has created container { $container } of pod { $name }.
kubelet-started =
    { $restart ->
        [0] Container { $container } of pod { $name } runs on { $node }.
        [one] Container { $container } of pod { $name } runs again on { $node }, after one restart.
       *[other] Container { $container } of pod { $name } runs again on { $node }, after { $restart } restarts.
    }
kubelet-exited =
    { $code ->
        [0] Container { $container } of pod { $name } has finished without an error.
       *[other] Container { $container } of pod { $name } has ended by itself with exit code { $code } ({ $reason }).
    }
# Told instead of kubelet-exited when somebody stopped it, and when it was lost with its machine.
kubelet-exited-asked =
    { $code ->
        [0] Container { $container } of pod { $name } has stopped, as it was asked to.
       *[other] Container { $container } of pod { $name } has been stopped; its exit code is { $code } ({ $reason }).
    }
kubelet-exited-lost = Container { $container } of pod { $name } went down with its machine; the kubelet on { $node } notes that as exit code { $code } ({ $reason }).
kubelet-backoff = The kubelet on { $node } waits { $wait } before it starts container { $container } of pod { $name } again (restart { $restart }).
kubelet-ready = Container { $container } of pod { $name } has passed its readiness probe.
kubelet-unready = Container { $container } of pod { $name } has failed its readiness probe ({ $failures } in a row): it gets no traffic for now.
kubelet-liveness-failed = Container { $container } of pod { $name } has failed its liveness probe too often ({ $failures } in a row): the kubelet on { $node } kills it.
kubelet-killing = The kubelet on { $node } asks container { $container } of pod { $name } to stop and gives it { $grace } ({ $reason }).
kubelet-pod-gone = Nothing of pod { $name } is left on { $node }.

## Clients of the API

client-relist = A watch on { $kind } objects has broken off ({ $why }): { $actor } lists them all again.
