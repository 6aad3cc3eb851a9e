# 除 note 以外各种记录的句子。

## 根：因果链从这里开始

root-start = 集群开机。
root-user = 有人输入命令：{ $command }
timer-bookmarks = API 服务器定期告诉监视者：现在到了哪个版本。
timer-client-timeout = API 服务器的答复迟迟没有来。
timer-compaction = etcd 定期丢弃旧版本。
timer-lease-expiry = etcd 里一条记录的有效期到了。
timer-lease-renewal = 每隔几秒，{ $actor } 就为自己的节点续租：这就是心跳。
timer-node-monitor = 每隔几秒，{ $actor }就查看一遍所有节点的租约。
timer-node-status = { $actor } 定期检查自己节点的状态。
timer-scheduler-back-off = 有 Pod 已经等够了时间：调度器可以再试一次。
timer-scheduler-retry-of-unschedulable-pods = 调度器定期重试那些长时间没有合适节点的 Pod。
# 下面没有专门句子的定时器。
root-timer = { $actor }的定时器到点：{ $name }。

## 故障与修复；id 以故障名结尾

fault-nodeCrash = 机器 { $target } 宕机。
fault-nodeRestart = 机器 { $target } 重启。
fault-kubeletStop = { $target } 上的 kubelet 停止。它的容器仍在运行。
fault-apiServerDown = API 服务器停机。已在运行的继续运行，但什么都改不了。
fault-etcdDown = etcd 停机。API 服务器无法再可靠地读写数据。
fault-etcdSlow = etcd 变慢：每次写入都要更久。
fault-controllerManagerDown = 控制器管理器停机。没有人再去修复或扩缩容。
fault-schedulerDown = 调度器停机。新的 Pod 得不到节点。
fault-containerCrash = Pod { $target } 的一个容器崩溃。
fault-imageMissing = 镜像 { $target } 从镜像仓库中消失。
fault-partition = { $target } 与控制平面之间的网络断开。
fault-other = 发生故障：{ $what }。
mend-nodeCrash = 机器 { $target } 重新开机，它的 kubelet 随之启动。
mend-nodeRestart = 机器 { $target } 已重新启动。
mend-kubeletStop = { $target } 上的 kubelet 重新运行。
mend-apiServerDown = API 服务器恢复。
mend-etcdDown = etcd 恢复，写入过的数据都在。
mend-etcdSlow = etcd 恢复到平常的速度。
mend-controllerManagerDown = 控制器管理器恢复。
mend-schedulerDown = 调度器恢复。
mend-containerCrash = 不再让 Pod { $target } 的容器崩溃。
mend-imageMissing = 镜像 { $target } 重新出现在镜像仓库中。
mend-partition = { $target } 与控制平面之间的网络恢复。
mend-other = 故障已修复：{ $what }。

## 丢失的消息

lost-message = 一条发往{ $to }的消息丢失（{ $label }）：{ $why }。
lost-unknown = 一条消息丢失：{ $why }。

## 写入：Pod

write-pod-created = 创建了 Pod { $name }。它目前只是 etcd 里的一条记录，还没有节点。
write-pod-created-on-node = 创建了 Pod { $name }，一开始就指定在 { $node } 上。
write-pod-bound = Pod { $name } 绑定到 { $node }。
write-pod-running = Pod { $name } 在 { $node } 上进入 Running，但尚未就绪。
write-pod-ready = Pod { $name } 在 { $node } 上运行并已就绪。
write-pod-unready = Pod { $name } 不再就绪。
write-pod-succeeded = Pod { $name } 成功结束（Succeeded）：所有容器都已完成。
write-pod-failed = Pod { $name } 失败（Failed）。
write-pod-failed-reason = Pod { $name } 失败（Failed）：{ $reason }。
write-pod-pending = Pod { $name } 又回到 Pending。
write-pod-lost = 没有人知道 Pod { $name } 的情况：阶段为 Unknown。
write-pod-waiting = Pod { $name } 的容器 { $container } 在等待：{ $reason }。
write-pod-restarted =
    { $restart ->
       *[other] kubelet 报告：Pod { $name } 已重启 { $restart } 次。它还是同一个 Pod。
    }
write-pod-deletion-asked =
    { $seconds ->
        [0] Pod { $name } 被标记为删除，没有宽限期。
       *[other] Pod { $name } 被标记为删除，有 { $seconds } 秒宽限期。
    }
write-pod-removed = Pod { $name } 从集群中移除。

## 写入：节点

write-node-created = 集群里登记了节点 { $name }。
write-node-ready = 节点 { $name } 就绪（Ready）。
write-node-not-ready = 节点 { $name } 未就绪（{ $reason }）。
write-node-unknown = 没有人知道节点 { $name } 的情况：Ready 状况为 Unknown。
write-node-tainted = 节点 { $name } 上有污点 { $taints }。
write-node-taints-left = 节点 { $name } 上还有污点 { $taints }。
write-node-untainted = 节点 { $name } 上不再有污点。
write-node-cordoned = 节点 { $name } 被设为不可调度：不再接收新的 Pod。
write-node-uncordoned = 节点 { $name } 恢复可调度：可以接收新的 Pod。
write-node-removed = 节点 { $name } 从集群中移除。

## 写入：Deployment 与 ReplicaSet

write-deployment-created =
    { $replicas ->
       *[other] 创建了 Deployment { $name }：期望 { $replicas } 个副本。
    }
write-deployment-scaled = Deployment { $name } 的期望副本数从 { $from } 改为 { $to }。
write-deployment-template = Deployment { $name } 换了新的 Pod 模板。
write-deployment-image = Deployment { $name } 的镜像从 { $from } 换成 { $to }。
write-deployment-paused = Deployment { $name } 的发布已暂停。
write-deployment-resumed = Deployment { $name } 的发布继续进行。
write-deployment-available = Deployment { $name }：{ $want } 个副本中有 { $have } 个可用。
write-replicaset-created =
    { $replicas ->
       *[other] 创建了 ReplicaSet { $name }：期望 { $replicas } 个 Pod。
    }
write-replicaset-scaled = ReplicaSet { $name } 的期望 Pod 数从 { $from } 改为 { $to }。

## 写入：其他对象

write-created = 创建了{ $kind } { $name }。
write-changed = { $kind } { $name } 有改动。
write-deletion-asked = { $kind } { $name } 被标记为删除。
write-removed = { $kind } { $name } 已删除。

## 调度器的决定

decision-placed =
    { $looked ->
       *[other] 调度器为 Pod { $name } 选中 { $node }：{ $looked } 个节点中有 { $feasible } 个合适，得分 { $score }。
    }
decision-refused = 调度器没有为 Pod { $name } 找到节点；看过 { $looked } 个：{ $reasons }。
decision-no-nodes = 调度器没有为 Pod { $name } 找到节点：集群里一个节点也没有。

## 被拒绝的请求

refused-conflict = API 服务器拒绝了对{ $thing } 的 { $verb } 请求：期间别人已经改过它。发送方重新读取后再试。
refused-notFound = API 服务器无法对{ $thing } 执行 { $verb }：它不存在。
refused-alreadyExists = API 服务器拒绝了对{ $thing } 的 { $verb } 请求：这个名字已被占用。
refused-invalid = API 服务器拒绝了对{ $thing } 的 { $verb } 请求：内容无效。{ $message }
refused-forbidden = API 服务器禁止对{ $thing } 执行 { $verb }：{ $message }
refused-badRequest = API 服务器看不懂对{ $thing } 的 { $verb } 请求：{ $message }
refused-expired = API 服务器已经不记得从哪个版本继续读取{ $thing }：需要重新 list。
refused-timeout = 对{ $thing } 的 { $verb } 请求没有及时得到答复。
refused-unreachable = 无法连接 API 服务器，对{ $thing } 的 { $verb } 请求没有送达。
refused-internal = API 服务器处理对{ $thing } 的 { $verb } 请求时出错：{ $message }
refused-other = API 服务器拒绝了对{ $thing } 的 { $verb } 请求（{ $code } { $reason }）：{ $message }

## “为什么？”的标题

why-pod-running = Pod { $name } 运行在 { $node } 上。为什么？
why-pod-starting = Pod { $name } 分到了 { $node }，但还没有运行。为什么？
why-pod-pending = Pod { $name } 处于 Pending，还没有节点。为什么？
why-pod-leaving = Pod { $name } 将被删除。为什么？
why-pod-ended = Pod { $name } 已经结束：{ $phase }。为什么？
why-node-ready = 节点 { $name } 就绪。为什么？
why-node-not-ready = 节点 { $name } 未就绪。为什么？
why-deployment = Deployment { $name }：{ $want } 个副本中有 { $have } 个可用。为什么？
why-replicaset = ReplicaSet { $name }：{ $want } 个 Pod 中有 { $have } 个就绪。为什么？
why-exists = 有这个{ $kind } { $name }。为什么？
why-leaving = { $kind } { $name } 将被删除。为什么？
why-gone = { $kind } { $name } 已经不在了。为什么？
why-record = 为什么会发生这件事？
