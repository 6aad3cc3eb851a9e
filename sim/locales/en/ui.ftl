# Words of the front doors: the guided tour and the terminal view. Nothing in podium-sim reads them;
# the ids all begin with "ui-".

## The tour: 90 seconds with a cluster

ui-tour-title = A node fails. Watch what Kubernetes does.
ui-tour-intro =
    This is a Kubernetes cluster inside your terminal: a control plane and { $nodes ->
        [one] one node
       *[other] { $nodes } nodes
    }. Time is virtual: it can be slowed down, hurried and wound back.
ui-tour-deploy = First we ask for { $replicas } copies of a small web server. Nobody says where they should run.
ui-tour-continue = Press Enter to go on.
ui-tour-skip = (not a terminal: going on by itself)
ui-tour-end = That was it. Everything that you saw was worked out by the cluster itself, and you can do it again with your own files.

## The prediction

ui-question-title = Make a guess before you see it.
ui-question-replacement = How long until Kubernetes makes a replacement?
ui-option-5s = about 5 seconds
ui-option-50s = about 50 seconds
ui-option-over-5min = over 5 minutes
ui-option-line = { $number }) { $text }
ui-question-prompt = Your guess (1, 2 or 3):
ui-answer-right = Right! The replacement was created { $took } after the crash.
ui-answer-wrong = Not quite: you said { $guess }, and it took { $took }.
ui-answer-none = No guess this time. It took { $took }.
ui-answer-why-so-long = Why so patient? A cable that is out for a minute should not set hundreds of pods in motion.
ui-answer-new-pod = Note: no pod has moved. { $new } is another pod than { $old }; the old one stays on the list as Terminating until its node returns.

## Narration

ui-paused = paused

## Summary

ui-summary-title = What happened

## Keys of the terminal view

## Panels

ui-panel-control-plane = Control plane
ui-panel-story = What happens
ui-panel-why = Why?

## Components and their states

ui-api-server = API server
ui-etcd = etcd
ui-scheduler = scheduler
ui-controller-manager = controller manager
ui-kubelet = kubelet
ui-runtime = runtime

## States of pods and nodes

ui-pod-pending = Pending
ui-pod-pulling = Pulling
ui-pod-creating = ContainerCreating
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
ui-node-cordoned = SchedulingDisabled
ui-unscheduled = without a node
ui-empty = (nothing)

## "why?"

## Added for the terminal: the tour's steps and keys

ui-tour-stopped = { $node } has lost its power. Time stands still.
ui-lapse-noticed = of silence until the control plane counts { $node } as not ready
ui-lapse-tainted = until { $node } is tainted, so that pods must leave
ui-lapse-evicted = during which { $old } tolerates the taint; then it is evicted
ui-lapse-running = until { $new } runs in its place
ui-your-turn = Your turn
ui-next-own = your own YAML, on three nodes
ui-next-why = why is that pod there?

## The picture

ui-node-off = power off
ui-too-small = The picture needs a window of 60 × 20 characters; this one has { $width } × { $height }. Make it larger, or press q: `podium tour --plain` tells the story in lines.
ui-bar-silence = silence { $took }
ui-bar-taint = until the taint { $took }
ui-bar-toleration = toleration { $took }
ui-and-more =
    { $count ->
        [one] (and one more)
       *[other] (and { $count } more)
    }

## Keys, and what they have done

ui-your-turn-keys =
    d  delete a pod                 s  scale the deployment
    k  kill a node                  r  repair it
    ←  10 seconds back              →  10 seconds on
    w  why is this pod there? (↑ ↓ another pod)
    f  32 times as fast             +  faster   -  slower
    space  stop time                q  quit     ?  these keys
ui-tape-keys =
    ←  10 seconds back              →  10 seconds on
    w  why is this pod there? (↑ ↓ another pod)
    f  32 times as fast             +  faster   -  slower
    space  stop time                q  quit     ?  these keys
ui-keys-tour = any key: skip ahead   q: quit
ui-keys-free = d delete pod  k kill node  r repair  s scale  ← → time  w why  ? keys  q quit
ui-keys-tape = ← → time  w why  f fast  + - speed  space stop  ? keys  q quit
ui-keys-why = ↑ ↓ another pod   any other key: close   q: quit
ui-keys-close = any key: close   q: quit
ui-did-delete = You delete pod { $name }.
ui-did-kill = You cut the power of { $name }. Press f to see what comes of it.
ui-did-repair = You switch { $name } on again.
ui-did-scale = You want { $replicas } replicas of { $name } now.
ui-did-back = Back at { $time }. Whatever you do here makes another future.
ui-did-rewind = Back at { $time }.
ui-did-forward = On to { $time }.
ui-did-future = From here on it is another future.
ui-did-nothing = There is nothing to do that to just now.
ui-left-early = You left at { $time }. The run goes on to { $end }; this is how it goes in full:
ui-did-end = The run ends here. Press ← to go back.

## A lesson's question

ui-quiz-right = Right: { $answer }
ui-quiz-wrong = Not quite. You said: { $guess }. The run says: { $answer }
ui-quiz-none = The run says: { $answer }

## What to do next

ui-next-lesson = a lesson in a window: watch, wind back, click anything
