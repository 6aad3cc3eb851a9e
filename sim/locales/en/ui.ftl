# Words of the front doors: the guided tour and the terminal view. Nothing in podium-sim reads them;
# the ids all begin with "ui-".

## The tour: three minutes with a cluster

ui-tour-title = A node fails. Watch what Kubernetes does.
ui-tour-intro =
    This is a Kubernetes cluster inside your terminal: a control plane and { $nodes ->
        [one] one node
       *[other] { $nodes } nodes
    }. Time is virtual: it can be slowed down, hurried and wound back.
ui-tour-deploy = First we ask for { $replicas } copies of a small web server. Nobody says where they should run.
ui-tour-running = All { $replicas } copies run. Now we pull the plug of { $node }.
ui-tour-continue = Press Enter to go on.
ui-tour-skip = (not a terminal: going on by itself)
ui-tour-end = That was it. Everything that you saw was worked out by the cluster itself, and you can do it again with your own files.

## The prediction

ui-question-title = Make a guess before you see it.
ui-question-replacement = How long until Kubernetes makes a replacement?
ui-option-5s = about 5 seconds
ui-option-40s = about 40 seconds
ui-option-over-5min = over 5 minutes
ui-option-line = { $number }) { $text }
ui-question-prompt = Your guess (1, 2 or 3):
ui-question-again = Please type 1, 2 or 3.
ui-question-sealed = Your guess is noted. Now let it run.
ui-answer-right = Right! The replacement was created { $took } after the crash.
ui-answer-wrong = Not quite: you said { $guess }, and it took { $took }.
ui-answer-none = No guess this time. It took { $took }.
ui-answer-5s = A container that crashes is started again within seconds, by the kubelet of its own node. But here the kubelet is dead too, and all that the control plane has is silence.
ui-answer-40s = After { $grace } without a heartbeat the node counts as not ready. That alone moves nothing: the pods tolerate it for { $seconds } s more, in case the node comes back.
ui-answer-over-5min = First { $grace } of silence until the node counts as not ready, then { $seconds } s during which the pods tolerate it. Only then are they evicted, and the replica set makes new ones.
ui-answer-why-so-long = Why so patient? A cable that is out for a minute should not set hundreds of pods in motion.
ui-answer-new-pod = Note: no pod has moved. { $new } is another pod than { $old }; the old one stays on the list as Terminating until its node returns.

## Narration

ui-now = { $time }
ui-time-lapse = … { $span } pass …
ui-time-lapse-until = … { $span } pass, until { $what } …
ui-speed = speed × { $speed }
ui-paused = paused
ui-live = live
ui-end = end of the run

## Summary

ui-summary-title = What happened
ui-summary-crash = the node crashed
ui-summary-not-ready = the control plane noticed
ui-summary-evicted = the pods were evicted
ui-summary-replaced = the replacement was created
ui-summary-ready = the replacement was ready
ui-summary-line = { $after } after the crash: { $what }
ui-summary-counts =
    { $records ->
        [one] One record
       *[other] { $records } records
    }, { $writes ->
        [one] one write
       *[other] { $writes } writes
    } to etcd, { $messages ->
        [one] one message
       *[other] { $messages } messages
    } between components.
ui-summary-repeat = The same run again, to the nanosecond: { $command }
ui-summary-next = Ask why: { $command }
ui-summary-passed = All assertions hold.
ui-summary-failed =
    { $count ->
        [one] One assertion does not hold.
       *[other] { $count } assertions do not hold.
    }

## Keys of the terminal view

ui-keys-title = Keys
ui-key-pause = space: pause or go on
ui-key-step = → or n: next step
ui-key-back = ← or p: one step back
ui-key-faster = +: faster
ui-key-slower = -: slower
ui-key-why = w: why is it so?
ui-key-select = ↑ ↓: choose
ui-key-open = Enter: details
ui-key-crash = c: crash the chosen node
ui-key-language = l: 中文
ui-key-help = ?: help
ui-key-quit = q: quit

## Panels

ui-panel-control-plane = Control plane
ui-panel-nodes = Nodes
ui-panel-pods = Pods
ui-panel-workloads = Workloads
ui-panel-messages = Messages
ui-panel-story = What happens
ui-panel-why = Why?
ui-panel-decision = The scheduler's decision
ui-panel-details = Details
ui-panel-events = Events
ui-panel-timeline = Timeline

## Components and their states

ui-api-server = API server
ui-etcd = etcd
ui-scheduler = scheduler
ui-controller-manager = controller manager
ui-kubelet = kubelet
ui-runtime = runtime
ui-component-up = up
ui-component-down = down

## States of pods and nodes

ui-pod-pending = Pending
ui-pod-scheduled = Scheduled
ui-pod-pulling = Pulling
ui-pod-creating = ContainerCreating
ui-pod-running = Running
ui-pod-ready = Ready
ui-pod-not-ready = not ready
ui-pod-backoff = CrashLoopBackOff
ui-pod-image-backoff = ImagePullBackOff
ui-pod-terminating = Terminating
ui-pod-succeeded = Succeeded
ui-pod-failed = Failed
ui-pod-unknown = Unknown
ui-node-ready = Ready
ui-node-not-ready = NotReady
ui-node-unknown = Unknown
ui-node-cordoned = SchedulingDisabled
ui-node-tainted = tainted
ui-unscheduled = without a node
ui-empty = (nothing)

## "why?"

ui-why-because = because
ui-why-root-user = It goes back to what somebody typed.
ui-why-root-fault = It goes back to a fault.
ui-why-root-mend = It goes back to a repair.
ui-why-root-timer = It goes back to a timer.
ui-why-root-start = It goes back to the start of the cluster.
ui-why-not-found = There was no { $what } at { $time }.

## Added for the terminal: the tour's steps and keys

ui-tour-stopped = { $node } has lost its power. Time stands still.
ui-lapse-noticed = of silence until the control plane counts { $node } as not ready
ui-lapse-tainted = until { $node } is tainted, so that pods must leave
ui-lapse-evicted = during which { $old } tolerates the taint; then it is evicted
ui-lapse-running = until { $new } runs in its place
ui-since-crash = since { $node } died:
ui-your-turn = Your turn
ui-your-turn-keys =
    d  delete a pod
    k  kill a node
    s  scale the deployment
    ←  go back 10 seconds, → go on 10 seconds
    w  why is the newest pod there?
    f  32 times as fast, + faster, - slower, space stops time
    q  quit
ui-keys-tour = any key: skip ahead   q: quit
ui-keys-free = d delete pod  k kill node  s scale  ← back  w why  f fast  +/- speed  space stop  q quit
ui-keys-tape = ← back 10 s  → on 10 s  w why  f fast  +/- speed  space stop  q quit
ui-next-own = your own YAML, on three nodes
ui-next-window = a lesson as a live picture
ui-next-why = why is that pod there?
