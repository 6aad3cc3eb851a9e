# Words of the window. Nothing in podium-sim reads them; the ids all begin with "view-".

## The bar above

view-clock = The run's time
view-theme-light = Light
view-theme-dark = Dark
view-presenter = Present
view-presenter-off = End presentation
view-legend = Legend
view-inspector = Inspector
view-workloads = Workloads
view-still = No motion
view-blank = Blank

## Keys: what they do, and how a hint on a button names them

view-hint = { $what } ({ $key })
view-hint-answer = Answer with key { $key }
view-key-space = Space
view-act-play = Play or pause
view-act-step-on = One record forward
view-act-step-back = One record back
view-act-beat-on = To the next event worth telling
view-act-beat-back = To the last event worth telling
view-act-chapter-on = To the next chapter
view-act-chapter-back = To the start of the chapter
view-act-first = To the beginning
view-act-last = To the end
view-act-go-on = Let the cluster go on for a minute beyond the end
view-act-faster = Twice as fast
view-act-slower = Half as fast
view-act-pace = Story time or clock time
view-act-loop = Play in a loop
view-act-heartbeats = Show or hide heartbeats
view-act-language = Change the language
view-act-theme = Light or dark
view-act-presenter = Presenter mode: large type, no panels
view-act-blank = Blank the screen; any key brings it back
view-act-still = Reduced motion
view-act-inspector = Open or close the inspector
view-act-workloads = Open or close the workloads
view-act-legend = Show or hide the legend
view-act-whole = Show all nodes again
view-act-help = Show these keys
view-act-close = Close what is open
view-act-answer = Answer the question
view-help-title = Keys
view-help-mouse = Click anything on the picture to look at it. Drag to move, turn the wheel to zoom, double-click to see it all. Drag along the timeline to go through time.
view-close = Close

## Time

view-timeline = Timeline
view-speed = Speed: from an eighth of normal to 64 times as fast
view-pace-story = Story time
view-pace-clock = Clock time
view-loop = Loop
view-go-on = Go on
view-went-on = The cluster has gone on until { $time }.
view-heartbeats = Heartbeats
view-mark-failure = failure
view-mark-scaling = scaling
view-mark-decision = scheduling
view-mark-user = command
view-future-first = as it happened
view-future-follow = Follow this future: { $name }
view-futures = Futures ({ $count })
view-now = now
view-ago = { $span } ago
view-nothing-yet = Nothing has happened yet. Press Space to start.

## The lesson's text

view-lesson-about = What it is about

## The lesson's question

view-question-first = Time stands still until the question is answered or skipped.
view-question-sealed = Your answer is sealed. The run will show whether it is right.
view-question-skipped = The question was skipped.
view-question-passed = You went past the question: it counts as skipped.
view-question-later = It will be asked on the way.
view-question-now = Time stands still. Make your guess.
view-question-guess = Sealed: { $guess }
view-question-none = No guess this time. { $said }
view-question-unanswered = This run gives no answer to the question.
view-question-skip = Skip
view-question-again = Ask again

## What somebody can do

view-do = Do something
view-do-hint = It is done at the moment that is shown. Another future begins there; the one that you know stays.
view-do-delete = Delete pod { $name }
view-do-crash = Cut the power of { $name }
view-do-mend = Repair { $name }
view-do-cordon = Cordon { $name }
view-do-uncordon = Uncordon { $name }
view-do-scale = Scale { $name } to { $replicas }
view-acted = Another future begins here. The one before stays on the timeline.
view-act-no-scenario = This trace does not contain a scenario that can be played again, so it can only be watched.
view-act-differs = This trace was made by another version of podium: played again, it differs from { $time } on. It can only be watched.

## What the pointer is on

view-tip-node =
    { $pods ->
        [one] one pod · asked for: { $cpu } % of the CPU, { $memory } % of the memory
       *[other] { $pods } pods · asked for: { $cpu } % of the CPU, { $memory } % of the memory
    }
view-tip-namespace = namespace { $name }
view-tip-owner = belongs to { $name }
view-tip-on = on { $node }

## Workloads

view-workloads-none = There is no deployment yet.
view-workload-counts = wanted { $want } · updated { $updated } · ready { $ready } · available { $available }
view-workload-set = revision { $revision } · { $have } of { $want }
view-workload-available = available pods over time

## The inspector

view-inspector-empty = Click anything on the picture to see what it is and why it is so.
view-back = Back
view-tab-facts = Facts
view-tab-why = Why?
view-tab-events = Events
view-tab-conditions = Conditions
view-tab-yaml = YAML
view-object-gone = It does not exist at this moment.
view-events-none = There is no event about it.
view-since = for { $age }
view-age = { $age } ago
view-message = Message to { $to }: { $label }
view-record = Record { $number }
view-fact-status = Status
view-fact-containers = Containers ready
view-fact-restarts = Restarts
view-fact-node = Node
view-fact-ip = Address
view-fact-images = Images
view-fact-requests = Asked for
view-fact-offers = Offers
view-fact-taints = Taints
view-fact-pod = Pod
view-fact-wanted = Wanted
view-fact-updated = Updated
view-fact-ready = Ready
view-fact-available = Available
view-fact-replicas = Pods
view-fact-owner = Belongs to
view-fact-labels = Labels
view-fact-age = Age
view-fact-version = Revision
view-node-unknown = not registered
view-node-kubelet = kubelet stopped
view-node-cut = network cut

## What the parts of a cluster are for

view-part-last = What it did last
view-part-world = What nobody inside the cluster can know: power, cables, time. Faults come from here.
view-part-user = Somebody with kubectl. It only talks to the API server: it asks for something, and others make it so.
view-part-api = The API server is the only door to the cluster's state. It checks each request, writes to etcd, and tells all who watch what has changed.
view-part-etcd = etcd keeps the state of the cluster: every object, with a revision number that grows with each write. Only the API server talks to it.
view-part-scheduler = The scheduler watches for pods that have no node. For each it leaves out the nodes that do not fit, scores the others, and writes down the best.
view-part-kcm = The controller manager runs the controllers. Each compares what is wanted with what there is, and does something about the difference.
view-part-kubelet = The kubelet looks after the pods of its node: it has containers started and stopped, probes them, and reports. Its heartbeat says that the node is alive.
view-part-runtime = The container runtime does what its kubelet asks: it pulls images and starts and stops containers. It knows nothing of Kubernetes.

## Why

view-why-unknown = The trace does not say anything about it yet.
view-why-hint = Go to that moment and look at what it is about

## A decision of the scheduler

view-decision-title = How the scheduler decided
view-decision-counts = { $looked } looked at, { $feasible } fit
view-decision-winner = Chosen: { $node }, score { $score }
view-decision-filter = Does it fit?
view-decision-score = Score × weight
view-decision-total = Total
view-decision-raw = raw score { $raw }, counts { $weighted }
view-decision-unseen = The search ended before it came to this node.
view-decision-only = Only one node fits, so there was nothing to score.
view-decision-tie = { $count } nodes share the highest total: chance decides.
view-decision-more =
    { $count ->
        [one] … and one more node
       *[other] … and { $count } more nodes
    }

view-revision = revision { $revision }
