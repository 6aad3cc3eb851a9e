# Words that go into sentences.

## Kinds of objects

kind-Namespace = namespace
kind-Node = node
kind-Lease = lease
kind-Pod = pod
kind-ReplicaSet = replica set
kind-Deployment = deployment
kind-ConfigMap = config map
kind-Secret = secret
kind-ServiceAccount = service account
kind-Event = event
# An object by kind and name.
thing = { $kind } { $name }

## Who acts: as a label, and (.the) inside a sentence

actor-world = world
    .the = the world
actor-user = kubectl
    .the = kubectl
actor-api = API server
    .the = the API server
actor-etcd = etcd
    .the = etcd
actor-scheduler = scheduler
    .the = the scheduler
actor-kcm = controller manager
    .the = the controller manager
actor-kubelet = kubelet on { $node }
    .the = the kubelet on { $node }
actor-runtime = runtime on { $node }
    .the = the runtime on { $node }
part-deployment-controller = deployment controller
    .the = the deployment controller
part-replicaset-controller = replica set controller
    .the = the replica set controller
part-node-lifecycle-controller = node lifecycle controller
    .the = the node lifecycle controller
part-taint-eviction-controller = taint eviction controller
    .the = the taint eviction controller
part-namespace-controller = namespace controller
    .the = the namespace controller
part-garbage-collector-controller = garbage collector
    .the = the garbage collector

## Lengths of time

span-ms = { $ms } ms
span-s = { $s } s
span-min = { $min } min
span-min-s = { $min } min { $s } s
span-h = { $h } h
span-h-min = { $h } h { $min } min

## Why a node does not fit

reason-insufficient =
    { $count ->
        [one] one node has too little { $what } free
       *[other] { $count } nodes have too little { $what } free
    }
reason-too-many-pods =
    { $count ->
        [one] one node is full of pods
       *[other] { $count } nodes are full of pods
    }
reason-taint =
    { $count ->
        [one] one node has a taint that the pod does not tolerate{ $what }
       *[other] { $count } nodes have a taint that the pod does not tolerate{ $what }
    }
reason-affinity =
    { $count ->
        [one] one node does not match the pod's node selector or affinity
       *[other] { $count } nodes do not match the pod's node selector or affinity
    }
reason-unschedulable =
    { $count ->
        [one] one node is cordoned
       *[other] { $count } nodes are cordoned
    }
reason-ports =
    { $count ->
        [one] one node has the port in use already
       *[other] { $count } nodes have the port in use already
    }
reason-spread =
    { $count ->
        [one] one node would break the pod's spread constraints
       *[other] { $count } nodes would break the pod's spread constraints
    }
reason-pod-affinity =
    { $count ->
        [one] one node does not suit the pod's rules about its neighbours
       *[other] { $count } nodes do not suit the pod's rules about its neighbours
    }
reason-other = { $count } × { $what }
# Between two reasons.
reason-and = ;{" "}

## Reasons that the world gives

phrase-machine-off = the machine is off
phrase-kubelet-stopped = its kubelet has stopped
phrase-link-cut = the network is cut
phrase-nobody = nobody is there to take it
phrase-expired = the API server no longer remembers that revision
phrase-refused = the API server could not be reached
phrase-timeout = no answer came

## What has changed, for a pod that waits for a node

phrase-node-added = a node has joined
phrase-node-removed = a node is gone
phrase-node-room = a node has other resources now
phrase-node-labels = a node has other labels now
phrase-node-taints = a node has other taints now
phrase-node-condition = a node has another condition now
phrase-pod-added = a pod has got its node
phrase-pod-removed = a pod has left its node
phrase-pod-labels = a pod has other labels now
phrase-pod-tolerations = its tolerations are others now
phrase-pod-gates = the last of its gates was lifted
phrase-pod-smaller = a pod asks for less
phrase-volume-claim = a volume claim has come or changed
phrase-volume = a volume has come or changed
phrase-storage-class = a storage class has come or changed
phrase-csi-node = the storage drivers of a node have changed
phrase-csi-driver = a storage driver has changed
phrase-csi-capacity = there is other storage capacity now
phrase-volume-detached = a volume was detached
