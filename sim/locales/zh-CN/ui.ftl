# 前端用语：导览和终端视图。podium-sim 内部不读取它们；id 都以 “ui-” 开头。

## 导览：三分钟认识一个集群

ui-tour-title = 一个节点坏了，看看 Kubernetes 怎么办。
ui-tour-intro =
    你的终端里有一个 Kubernetes 集群：一个控制平面和 { $nodes ->
       *[other] { $nodes } 个节点
    }。这里的时间是虚拟的：可以放慢、加快，也可以倒回去。
ui-tour-deploy = 先要 { $replicas } 份小型 Web 服务器。没有人指定它们该在哪里运行。
ui-tour-running = { $replicas } 份都运行起来了。现在拔掉 { $node } 的电源。
ui-tour-continue = 按回车键继续。
ui-tour-skip = （当前不是终端，自动继续）
ui-tour-end = 演示到此结束。你看到的一切都由集群自己推演得出；换成你自己的文件，也可以照样再来一遍。

## 预测

ui-question-title = 先猜一猜，再看结果。
ui-question-replacement = Kubernetes 要多久才会补上一个新的 Pod？
ui-option-5s = 大约 5 秒
ui-option-40s = 大约 40 秒
ui-option-over-5min = 超过 5 分钟
ui-option-line = { $number }）{ $text }
ui-question-prompt = 你的猜测（1、2 或 3）：
ui-question-again = 请输入 1、2 或 3。
ui-question-sealed = 已记下你的猜测。现在开始运行。
ui-answer-right = 猜对了！宕机之后 { $took }，补位的 Pod 才被创建。
ui-answer-wrong = 差一点：你猜的是{ $guess }，实际用了 { $took }。
ui-answer-none = 这次没有猜。实际用了 { $took }。
ui-answer-5s = 容器崩溃后，所在节点的 kubelet 几秒内就会重启它。但这一次 kubelet 也一起没了，控制平面能察觉到的只有沉默。
ui-answer-40s = 连续 { $grace }收不到心跳，节点才被视为未就绪。光这样还不会有任何 Pod 离开：Pod 还会再容忍 { $seconds } 秒，万一节点又回来了呢。
ui-answer-over-5min = 先是 { $grace }的沉默，节点才被视为未就绪；接着 Pod 还要容忍 { $seconds } 秒。之后它们才被驱逐，由 ReplicaSet 补建新的 Pod。
ui-answer-why-so-long = 为什么这么有耐心？网线松了一分钟，不该让几百个 Pod 跟着折腾。
ui-answer-new-pod = 注意：没有任何 Pod “搬家”。{ $new } 和 { $old } 不是同一个 Pod；旧的那个会以 Terminating 状态留在列表里，直到它的节点恢复。

## 旁白

ui-now = { $time }
ui-time-lapse = …… 过了 { $span } ……
ui-time-lapse-until = …… 过了 { $span }，直到{ $what } ……
ui-speed = 速度 × { $speed }
ui-paused = 已暂停
ui-live = 实时
ui-end = 运行结束

## 小结

ui-summary-title = 发生了什么
ui-summary-crash = 节点宕机
ui-summary-not-ready = 控制平面察觉
ui-summary-evicted = Pod 被驱逐
ui-summary-replaced = 补位的 Pod 被创建
ui-summary-ready = 补位的 Pod 就绪
ui-summary-line = 宕机后 { $after }：{ $what }
ui-summary-counts =
    { $records ->
       *[other] 共 { $records } 条记录
    }，{ $writes ->
       *[other] { $writes } 次写入 etcd
    }，{ $messages ->
       *[other] 组件之间 { $messages } 条消息
    }。
ui-summary-repeat = 把同一次运行原样再来一遍，精确到纳秒：{ $command }
ui-summary-next = 想问为什么：{ $command }
ui-summary-passed = 所有断言都成立。
ui-summary-failed =
    { $count ->
       *[other] 有 { $count } 条断言不成立。
    }

## 终端视图的按键

ui-keys-title = 按键
ui-key-pause = 空格：暂停或继续
ui-key-step = → 或 n：下一步
ui-key-back = ← 或 p：退一步
ui-key-faster = +：加快
ui-key-slower = -：放慢
ui-key-why = w：为什么会这样？
ui-key-select = ↑ ↓：选择
ui-key-open = 回车：详情
ui-key-crash = c：让选中的节点宕机
ui-key-language = l：English
ui-key-help = ?：帮助
ui-key-quit = q：退出

## 面板

ui-panel-control-plane = 控制平面
ui-panel-nodes = 节点
ui-panel-pods = Pod
ui-panel-workloads = 工作负载
ui-panel-messages = 消息
ui-panel-story = 正在发生
ui-panel-why = 为什么？
ui-panel-decision = 调度器的决定
ui-panel-details = 详情
ui-panel-events = 事件
ui-panel-timeline = 时间线

## 组件及其状态

ui-api-server = API 服务器
ui-etcd = etcd
ui-scheduler = 调度器
ui-controller-manager = 控制器管理器
ui-kubelet = kubelet
ui-runtime = 容器运行时
ui-component-up = 运行中
ui-component-down = 已停机

## Pod 与节点的状态

ui-pod-pending = 等待中
ui-pod-scheduled = 已调度
ui-pod-pulling = 拉取镜像
ui-pod-creating = 创建容器
ui-pod-running = 运行中
ui-pod-ready = 就绪
ui-pod-not-ready = 未就绪
ui-pod-backoff = 崩溃退避
ui-pod-image-backoff = 拉取退避
ui-pod-terminating = 终止中
ui-pod-succeeded = 已成功
ui-pod-failed = 已失败
ui-pod-unknown = 未知
ui-node-ready = 就绪
ui-node-not-ready = 未就绪
ui-node-unknown = 未知
ui-node-cordoned = 不可调度
ui-node-tainted = 有污点
ui-unscheduled = 尚无节点
ui-empty = （无）

## “为什么？”

ui-why-because = 因为
ui-why-root-user = 追到头，是有人输入的命令。
ui-why-root-fault = 追到头，是一次故障。
ui-why-root-mend = 追到头，是一次修复。
ui-why-root-timer = 追到头，是一个定时器。
ui-why-root-start = 追到头，是集群开机。
ui-why-not-found = { $time } 时没有 { $what }。

## 终端导览的步骤与按键

ui-tour-stopped = { $node } 断电了。时间静止。
ui-lapse-noticed = 没有心跳，控制平面才认定 { $node } 未就绪
ui-lapse-tainted = 之后给 { $node } 打上污点，要求 Pod 离开
ui-lapse-evicted = 内 { $old } 容忍这个污点，然后被驱逐
ui-lapse-running = 之后 { $new } 接替它运行
ui-since-crash = { $node } 宕机已过：
ui-your-turn = 轮到你了
ui-your-turn-keys =
    d  删除一个 Pod
    k  让一个节点断电
    s  扩缩 Deployment
    ←  后退 10 秒，→ 前进 10 秒
    w  最新的 Pod 为什么在那里？
    f  32 倍速，+ 加快，- 减慢，空格暂停时间
    q  退出
ui-keys-tour = 任意键：跳过   q：退出
ui-keys-free = d 删 Pod  k 断电  s 扩缩  ← 后退  w 为什么  f 快进  +/- 速度  空格 暂停  q 退出
ui-keys-tape = ← 后退 10 秒  → 前进 10 秒  w 为什么  f 快进  +/- 速度  空格 暂停  q 退出
ui-next-own = 你自己的 YAML，在三个节点上运行
ui-next-window = 以动态画面观看一课
ui-next-why = 那个 Pod 为什么在那里？
