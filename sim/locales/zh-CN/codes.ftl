# 每种记录（Code）一句话；id 是 code 文本，“.” 换成 “-”。
# 变量：record.rs 里为该 code 列出的参数；$name 是对象名；kubelet-… 还有 $node。

## 节点

node-registered = 节点 { $name } 加入集群：它的 kubelet 向 API 服务器完成注册。
node-silent = 节点 { $name } 不再发来心跳：{ $why }。
node-lease-expired = 节点生命周期控制器已有 { $silence }没有看到 { $name } 续租，超过了 { $grace }的宽限期：节点被视为未就绪。
node-back = 节点 { $name } 又开始续租：节点生命周期控制器认定它已恢复就绪。
node-tainted = 节点生命周期控制器给 { $name } 打上污点：{ $taints }。
# 有增有减、只减不增时，分别代替 node-tainted。
node-retainted = 节点生命周期控制器给 { $name } 打上污点：{ $taints }；同时去掉：{ $lifted }。
node-untainted = 节点生命周期控制器去掉 { $name } 上的污点：{ $lifted }。

## 驱逐

pod-eviction-scheduled =
    { $seconds ->
        [0] Pod { $name } 不容忍 { $node } 的污点 { $taint }：将立即被驱逐。
       *[other] Pod { $name } 可以容忍 { $node } 的污点 { $taint } { $seconds } 秒：开始计时。
    }
pod-eviction-cancelled = { $node } 的污点已经去掉：Pod { $name } 可以留下。
pod-evicted =
    { $seconds ->
        [0] Pod { $name } 不容忍污点 { $taint }，被逐出 { $node }。
       *[other] Pod { $name } 对 { $node } 的污点 { $taint } 已容忍满 { $seconds } 秒，时间到：它被驱逐。
    }

## ReplicaSet 与 Deployment

replicaset-missing =
    { $create ->
       *[other] ReplicaSet { $name } 应有 { $want } 个副本，现有 { $have } 个：控制器补建 { $create } 个 Pod。
    }
replicaset-surplus =
    { $delete ->
       *[other] ReplicaSet { $name } 只需 { $want } 个副本，现有 { $have } 个：控制器删掉 { $delete } 个 Pod。
    }
deployment-revision = Deployment { $name } 的模板变了：控制器为第 { $revision } 版创建 ReplicaSet { $replicaset }。
deployment-revision-reused = Deployment { $name } 回到了用过的模板：重新启用 ReplicaSet { $replicaset }，记为第 { $revision } 版。
deployment-scaled = Deployment 控制器把 { $name } 的 ReplicaSet { $replicaset } 从 { $from } 个副本调整为 { $to } 个。
deployment-complete = Deployment { $name } 发布完成：所有副本都用上了新模板，并且可用。
deployment-stalled = Deployment { $name } 已有 { $seconds } 秒没有进展：这次发布被判定为失败。

## 清理

# 属主还在、正等它先删完时，用这一句代替 gc-collected。
gc-collected-first = { $owner } 要等属于它的对象都删完才删除：垃圾收集器先删除 { $thing }。
gc-collected = { $thing } 的属主（{ $owner }）已不存在：垃圾收集器把它也删除。
namespace-emptied =
    { $left ->
        [0] 命名空间 { $name } 已清空。
       *[other] 命名空间控制器正在清空 { $name }：还剩 { $left } 个对象。
    }

## 调度器

scheduler-backoff = 调度器先把 Pod { $name } 放到一边，至少 { $wait }后再试。
scheduler-retried = 情况有变（{ $event }）：调度器再次尝试调度 Pod { $name }。
# 只因等待已久而重试时，代替 scheduler-retried。
scheduler-retried-anyway = 没有任何有利于 Pod { $name } 的变化，但它已等了很久：调度器照例再试一次。
scheduler-nominated =
    { $victims ->
        [0] 等正在离开 { $node } 的 Pod 走后，Pod { $name } 就能用上这个节点。
       *[other] Pod { $name } 现在放不下，但只要 { $node } 上少 { $victims } 个优先级更低的 Pod 就行：调度器提名它到这个节点。
    }
scheduler-preempted = 调度器把 Pod { $name } 从 { $node } 上驱逐：优先级为 { $priority } 的 Pod { $by } 要用它的位置。
scheduler-withdrawn = Pod { $name } 不再能用 { $node }：优先级更高的 Pod { $by } 需要这个位置。

## kubelet

kubelet-pod-seen = { $node } 上的 kubelet 看到 Pod { $name } 分配给了自己的节点。
kubelet-rejected = { $node } 上的 kubelet 拒绝接收 Pod { $name }：{ $reason }。
kubelet-pulling = { $node } 上的 kubelet 请容器运行时拉取镜像 { $image }。
kubelet-pulled = 镜像 { $image }（{ $bytes }）用时 { $took }拉取到了 { $node }。
kubelet-image-present = 镜像 { $image } 在 { $node } 上已经有了，不用再拉取。
kubelet-pull-failed = 拉不到 Pod { $name } 所需的镜像 { $image }：{ $message }。
kubelet-sandbox = Pod { $name } 的沙箱已在 { $node } 上建好，Pod 的地址是 { $ip }。
kubelet-created = { $node } 上的容器运行时已创建 Pod { $name } 的容器 { $container }。
kubelet-started =
    { $restart ->
        [0] Pod { $name } 的容器 { $container } 在 { $node } 上运行起来了。
       *[other] Pod { $name } 的容器 { $container } 在 { $node } 上第 { $restart } 次重启后又运行起来了。
    }
kubelet-exited =
    { $code ->
        [0] Pod { $name } 的容器 { $container } 正常结束。
       *[other] Pod { $name } 的容器 { $container } 自己退出了，退出码 { $code }（{ $reason }）。
    }
# 被要求停止、随机器一起消失时，分别代替 kubelet-exited。
kubelet-exited-asked =
    { $code ->
        [0] Pod { $name } 的容器 { $container } 按要求停止了。
       *[other] Pod { $name } 的容器 { $container } 被停止，退出码 { $code }（{ $reason }）。
    }
kubelet-exited-lost = Pod { $name } 的容器 { $container } 随它的机器一起停了；{ $node } 上的 kubelet 记作退出码 { $code }（{ $reason }）。
kubelet-backoff = { $node } 上的 kubelet 要先等 { $wait }，再重启 Pod { $name } 的容器 { $container }（第 { $restart } 次重启）。
kubelet-ready = Pod { $name } 的容器 { $container } 通过了就绪探针。
kubelet-unready = Pod { $name } 的容器 { $container } 没有通过就绪探针（连续 { $failures } 次）：暂时不给它分配流量。
kubelet-liveness-failed = Pod { $name } 的容器 { $container } 连续 { $failures } 次没有通过存活探针：{ $node } 上的 kubelet 将它杀死。
kubelet-killing = { $node } 上的 kubelet 要求 Pod { $name } 的容器 { $container } 停止，给它 { $grace }的宽限期（{ $reason }）。
kubelet-pod-gone = { $node } 上已经没有 Pod { $name } 的任何东西。

## API 的客户端

client-relist = { $actor }对 { $kind } 的监视（watch）断开了（{ $why }）：重新列出（list）全部对象。
