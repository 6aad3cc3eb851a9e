# 图形窗口的用语。podium-sim 内部不读取它们；id 都以 “view-” 开头。

## 顶栏

view-clock = 运行时间
view-theme-light = 浅色
view-theme-dark = 深色
view-presenter = 演示
view-presenter-off = 结束演示
view-legend = 图例
view-inspector = 检视
view-workloads = 工作负载
view-still = 减少动画
view-blank = 黑屏

## 按键：作用，以及按钮提示里的写法

view-hint = { $what }（{ $key }）
view-hint-answer = 按 { $key } 键作答
view-key-space = 空格
view-act-play = 播放或暂停
view-act-step-on = 前进一条记录
view-act-step-back = 后退一条记录
view-act-beat-on = 到下一件要事
view-act-beat-back = 到上一件要事
view-act-chapter-on = 到下一章
view-act-chapter-back = 到本章开头
view-act-first = 到开头
view-act-last = 到结尾
view-act-go-on = 让集群在结尾之后再运行一分钟
view-act-faster = 加快一倍
view-act-slower = 放慢一半
view-act-pace = 按情节或按时钟播放
view-act-loop = 循环播放
view-act-heartbeats = 显示或隐藏心跳
view-act-language = 切换语言
view-act-theme = 浅色或深色
view-act-presenter = 演示模式：大字，不显示面板
view-act-blank = 黑屏；按任意键恢复
view-act-still = 减少动画
view-act-inspector = 打开或关闭检视面板
view-act-workloads = 打开或关闭工作负载面板
view-act-legend = 显示或隐藏图例
view-act-whole = 重新显示全部节点
view-act-help = 显示按键说明
view-act-close = 关闭打开的窗口
view-act-answer = 回答问题
view-help-title = 按键
view-help-mouse = 点击画面上的任何东西，就能查看它。拖动可以移动画面，滚轮缩放，双击看全貌。沿时间轴拖动，可以前后走动。
view-close = 关闭

## 时间

view-timeline = 时间轴
view-speed = 速度：从八分之一到 64 倍
view-pace-story = 按情节
view-pace-clock = 按时钟
view-loop = 循环
view-go-on = 再运行一分钟
view-went-on = 集群已继续运行到 { $time }。
view-heartbeats = 心跳
view-mark-failure = 故障
view-mark-scaling = 扩缩
view-mark-decision = 调度
view-mark-user = 命令
view-future-first = 原来的经过
view-future-follow = 转到这个未来：{ $name }
view-futures = 未来（{ $count }）
view-now = 此刻
view-ago = { $span }前
view-nothing-yet = 还什么都没有发生。按空格键开始。

## 课程的文字

view-lesson-about = 本课内容

## 课程里的问题

view-question-first = 先回答或跳过这个问题，时间才会继续。
view-question-sealed = 答案已封存。对不对，由运行结果说了算。
view-question-skipped = 这个问题跳过了。
view-question-passed = 你越过了这个问题：记为跳过。
view-question-later = 走到那里时会提问。
view-question-now = 时间已停住，请先猜一猜。
view-question-guess = 已封存的答案：{ $guess }
view-question-none = 这次没有猜。{ $said }
view-question-unanswered = 这次运行没有给出答案。
view-question-skip = 跳过
view-question-again = 重新提问

## 可以做的事

view-do = 动手
view-do-hint = 操作发生在当前显示的时刻。从那里起是另一个未来，原来的那个会保留。
view-do-delete = 删除 Pod { $name }
view-do-crash = 切断 { $name } 的电源
view-do-mend = 修复 { $name }
view-do-cordon = 将 { $name } 设为不可调度
view-do-uncordon = 恢复 { $name } 的调度
view-do-scale = 把 { $name } 调整为 { $replicas } 个副本
view-acted = 从这里起是另一个未来。原来的那个仍留在时间轴上。
view-act-no-scenario = 这份记录里没有可以重新运行的场景，只能观看。
view-act-differs = 这份记录由另一个版本的 podium 生成：重新运行时，从 { $time } 起就不一样了。只能观看。

## 指针所指之物

view-tip-node =
    { $pods ->
       *[other] { $pods } 个 Pod · 已申请：CPU { $cpu }%，内存 { $memory }%
    }
view-tip-namespace = 命名空间 { $name }
view-tip-owner = 属于 { $name }
view-tip-on = 在 { $node }

## 工作负载

view-workloads-none = 还没有 Deployment。
view-workload-counts = 期望 { $want } · 已更新 { $updated } · 就绪 { $ready } · 可用 { $available }
view-workload-set = 第 { $revision } 版 · { $have } / { $want }
view-workload-available = 可用 Pod 数随时间的变化

## 检视面板

view-inspector-empty = 点击画面上的任何东西，看看它是什么、为什么会这样。
view-back = 返回
view-tab-facts = 概况
view-tab-why = 为什么？
view-tab-events = 事件
view-tab-conditions = 状况
view-tab-yaml = YAML
view-object-gone = 此刻它不存在。
view-events-none = 没有关于它的事件。
view-since = 已持续 { $age }
view-age = { $age } 前
view-message = 发往{ $to }的消息：{ $label }
view-record = 第 { $number } 条记录
view-fact-status = 状态
view-fact-containers = 就绪的容器
view-fact-restarts = 重启次数
view-fact-node = 节点
view-fact-ip = 地址
view-fact-images = 镜像
view-fact-requests = 已申请
view-fact-offers = 可提供
view-fact-taints = 污点
view-fact-pod = Pod
view-fact-wanted = 期望
view-fact-updated = 已更新
view-fact-ready = 就绪
view-fact-available = 可用
view-fact-replicas = Pod 数
view-fact-owner = 属于
view-fact-labels = 标签
view-fact-age = 存在时间
view-fact-version = 版本号
view-node-unknown = 尚未注册
view-node-kubelet = kubelet 已停止
view-node-cut = 网络断开

## 集群各个部分的作用

view-part-last = 它最近做了什么
view-part-world = 集群内部谁也无法知道的事：电源、网线、时间。故障从这里来。
view-part-user = 使用 kubectl 的人。它只和 API 服务器说话：提出要求，由别的组件去实现。
view-part-api = API 服务器是通往集群状态的唯一入口。它检查每个请求，写入 etcd，再把变化告诉所有在监视的组件。
view-part-etcd = etcd 保存集群的状态：每个对象，以及每写一次就增大的版本号。只有 API 服务器和它说话。
view-part-scheduler = 调度器寻找还没有节点的 Pod。对每一个 Pod，它先排除不合适的节点，再给其余的打分，写下最好的那个。
view-part-kcm = 控制器管理器运行着各种控制器。每个控制器都把期望的样子和现状对照，并着手消除差距。
view-part-kubelet = kubelet 照看自己节点上的 Pod：让容器启动和停止，做探测，并上报结果。它的心跳表明节点还活着。
view-part-runtime = 容器运行时听从 kubelet：拉取镜像，启动和停止容器。它对 Kubernetes 一无所知。

## 为什么

view-why-unknown = 关于它，目前还没有任何记录。
view-why-hint = 回到那个时刻，看看它说的是什么

## 调度器的决定

view-decision-title = 调度器是怎样决定的
view-decision-counts = 看过 { $looked } 个节点，{ $feasible } 个合适
view-decision-winner = 选中 { $node }，得分 { $score }
view-decision-filter = 合适吗？
view-decision-score = 得分 × 权重
view-decision-total = 总分
view-decision-raw = 原始分 { $raw }，计入 { $weighted }
view-decision-unseen = 还没有查到这个节点，搜索就结束了。
view-decision-only = 只有一个节点合适，不需要打分。
view-decision-tie = { $count } 个节点并列最高分：随机选一个。
view-decision-more =
    { $count ->
       *[other] …… 还有 { $count } 个节点
    }

view-revision = 修订号 { $revision }
