# 前端用语：导览和终端视图。podium-sim 内部不读取它们；id 都以 “ui-” 开头。

## 导览：九十秒认识一个集群

ui-tour-title = 一个节点坏了，看看 Kubernetes 怎么办。
ui-tour-intro =
    你的终端里有一个 Kubernetes 集群：一个控制平面和 { $nodes ->
       *[other] { $nodes } 个节点
    }。这里的时间是虚拟的：可以放慢、加快，也可以倒回去。
ui-tour-deploy = 先要 { $replicas } 份小型 Web 服务器。没有人指定它们该在哪里运行。
ui-tour-continue = 按回车键继续。
ui-tour-skip = （当前不是终端，自动继续）
ui-tour-end = 演示到此结束。你看到的一切都由集群自己推演得出；换成你自己的文件，也可以照样再来一遍。

## 预测

ui-question-title = 先猜一猜，再看结果。
ui-question-replacement = Kubernetes 要多久才会补上一个新的 Pod？
ui-option-5s = 大约 5 秒
ui-option-50s = 大约 50 秒
ui-option-over-5min = 超过 5 分钟
ui-option-line = { $number }）{ $text }
ui-question-prompt = 你的猜测（1、2 或 3）：
ui-answer-right = 猜对了！宕机之后 { $took }，补位的 Pod 才被创建。
ui-answer-wrong = 差一点：你猜的是{ $guess }，实际用了 { $took }。
ui-answer-none = 这次没有猜。实际用了 { $took }。
ui-answer-why-so-long = 为什么这么有耐心？网线松了一分钟，不该让几百个 Pod 跟着折腾。
ui-answer-new-pod = 注意：没有任何 Pod “搬家”。{ $new } 和 { $old } 不是同一个 Pod；旧的那个会以 Terminating 状态留在列表里，直到它的节点恢复。

## 旁白

ui-paused = 已暂停

## 小结

ui-summary-title = 发生了什么

## 终端视图的按键

## 面板

ui-panel-control-plane = 控制平面
ui-panel-story = 正在发生
ui-panel-why = 为什么？

## 组件及其状态

ui-api-server = API 服务器
ui-etcd = etcd
ui-scheduler = 调度器
ui-controller-manager = 控制器管理器
ui-kubelet = kubelet
ui-runtime = 容器运行时

## Pod 与节点的状态

ui-pod-pending = 等待中
ui-pod-pulling = 拉取镜像
ui-pod-creating = 创建容器
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
ui-node-cordoned = 不可调度
ui-unscheduled = 尚无节点
ui-empty = （无）

## “为什么？”

## 终端导览的步骤与按键

ui-tour-stopped = { $node } 断电了。时间静止。
ui-lapse-noticed = 没有心跳，控制平面才认定 { $node } 未就绪
ui-lapse-tainted = 之后给 { $node } 打上污点，要求 Pod 离开
ui-lapse-evicted = 内 { $old } 容忍这个污点，然后被驱逐
ui-lapse-running = 之后 { $new } 接替它运行
ui-your-turn = 轮到你了
ui-next-own = 你自己的 YAML，在三个节点上运行
ui-next-why = 那个 Pod 为什么在那里？

## 画面

ui-node-off = 断电
ui-too-small = 画面至少需要 60 × 20 个字符，当前窗口是 { $width } × { $height }。请放大窗口，或按 q 退出：`podium tour --plain` 会用文字讲同一个故事。
ui-bar-silence = 沉默 { $took }
ui-bar-taint = 打上污点 { $took }
ui-bar-toleration = 容忍 { $took }
ui-and-more =
    { $count ->
       *[other] （另有 { $count } 个相同）
    }

## 按键，以及按下之后发生的事

ui-your-turn-keys =
    d  删除一个 Pod                 s  扩缩 Deployment
    k  让一个节点断电               r  恢复供电
    ←  后退 10 秒                   →  前进 10 秒
    w  这个 Pod 为什么在这里？（↑ ↓ 换一个 Pod）
    f  32 倍速                      +  加快   -  减慢
    空格  暂停时间                  q  退出   ?  按键说明
ui-tape-keys =
    ←  后退 10 秒                   →  前进 10 秒
    w  这个 Pod 为什么在这里？（↑ ↓ 换一个 Pod）
    f  32 倍速                      +  加快   -  减慢
    空格  暂停时间                  q  退出   ?  按键说明
ui-keys-tour = 任意键：跳过   q：退出
ui-keys-free = d 删 Pod  k 断电  r 恢复  s 扩缩  ← → 时间  w 为什么  ? 按键  q 退出
ui-keys-tape = ← → 时间  w 为什么  f 快进  + - 速度  空格 暂停  ? 按键  q 退出
ui-keys-why = ↑ ↓ 换一个 Pod   其他任意键：关闭   q：退出
ui-keys-close = 任意键：关闭   q：退出
ui-did-delete = 你删除了 Pod { $name }。
ui-did-kill = 你切断了 { $name } 的电源。按 f 快进，看看会怎样。
ui-did-repair = 你重新接通了 { $name } 的电源。
ui-did-scale = 现在你要 { $name } 有 { $replicas } 个副本。
ui-did-back = 回到 { $time }。在这里做任何事，都会产生另一个未来。
ui-did-rewind = 回到 { $time }。
ui-did-forward = 前进到 { $time }。
ui-did-future = 从这里起是另一个未来。
ui-did-nothing = 现在没有可以这样操作的对象。
ui-left-early = 你在 { $time } 离开了。整个运行到 { $end } 为止，全程如下：
ui-did-end = 运行到此结束。按 ← 可以往回看。

## 课程里的问题

ui-quiz-right = 答对了：{ $answer }
ui-quiz-wrong = 差一点。你的猜测：{ $guess }。运行结果：{ $answer }
ui-quiz-none = 运行结果：{ $answer }

## 接下来

ui-next-lesson = 在窗口里看一课：观看、倒回、点击任何东西
