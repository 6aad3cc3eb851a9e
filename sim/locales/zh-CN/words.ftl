# 嵌入句子的词语。

## 对象种类

kind-Namespace = 命名空间
kind-Node = 节点
kind-Lease = 租约
kind-Pod = Pod
kind-ReplicaSet = ReplicaSet
kind-Deployment = Deployment
kind-ConfigMap = ConfigMap
kind-Secret = Secret
kind-ServiceAccount = 服务账号
kind-Event = 事件
# 由种类和名字表示的对象。
thing = { $kind } { $name }

## 谁在行动：作标签，以及（.the）放在句中

actor-world = 世界
    .the = 世界
actor-user = kubectl
    .the = kubectl
actor-api = API 服务器
    .the = API 服务器
actor-etcd = etcd
    .the = etcd
actor-scheduler = 调度器
    .the = 调度器
actor-kcm = 控制器管理器
    .the = 控制器管理器
actor-kubelet = { $node } 的 kubelet
    .the = { $node } 上的 kubelet
actor-runtime = { $node } 的容器运行时
    .the = { $node } 上的容器运行时
part-deployment-controller = Deployment 控制器
    .the = Deployment 控制器
part-replicaset-controller = ReplicaSet 控制器
    .the = ReplicaSet 控制器
part-node-lifecycle-controller = 节点生命周期控制器
    .the = 节点生命周期控制器
part-taint-eviction-controller = 污点驱逐控制器
    .the = 污点驱逐控制器
part-namespace-controller = 命名空间控制器
    .the = 命名空间控制器
part-garbage-collector-controller = 垃圾收集器
    .the = 垃圾收集器

## 时间长度

span-ms = { $ms } 毫秒
span-s = { $s } 秒
span-min = { $min } 分钟
span-min-s = { $min } 分 { $s } 秒
span-h = { $h } 小时
span-h-min = { $h } 小时 { $min } 分

## 节点为什么不合适

reason-insufficient =
    { $count ->
       *[other] { $count } 个节点的可用 { $what } 不足
    }
reason-too-many-pods =
    { $count ->
       *[other] { $count } 个节点的 Pod 数已满
    }
reason-taint =
    { $count ->
       *[other] { $count } 个节点带有 Pod 不容忍的污点{ $what }
    }
reason-affinity =
    { $count ->
       *[other] { $count } 个节点不符合 Pod 的节点选择器或亲和性
    }
reason-unschedulable =
    { $count ->
       *[other] { $count } 个节点被设为不可调度
    }
reason-ports =
    { $count ->
       *[other] { $count } 个节点上端口已被占用
    }
reason-spread =
    { $count ->
       *[other] { $count } 个节点会违反 Pod 的拓扑分布约束
    }
reason-pod-affinity =
    { $count ->
       *[other] { $count } 个节点不满足 Pod 间的亲和或反亲和规则
    }
reason-other = { $what }（{ $count } 个节点）
# 两个原因之间。
reason-and = ；

## 世界给出的原因

phrase-machine-off = 机器断电了
phrase-kubelet-stopped = 它的 kubelet 停了
phrase-link-cut = 网络断了
phrase-nobody = 对方不在
phrase-expired = API 服务器已经不记得那个版本
phrase-refused = 连不上 API 服务器
phrase-timeout = 没有等到答复

## 对等待节点的 Pod 来说，什么变了

phrase-node-added = 有新节点加入
phrase-node-removed = 有节点被移除
phrase-node-room = 有节点的资源变了
phrase-node-labels = 有节点的标签变了
phrase-node-taints = 有节点的污点变了
phrase-node-condition = 有节点的状况变了
phrase-pod-added = 有 Pod 分到了节点
phrase-pod-removed = 有 Pod 离开了节点
phrase-pod-labels = 有 Pod 的标签变了
phrase-pod-tolerations = 它的容忍度变了
phrase-pod-gates = 它的最后一道调度门已打开
phrase-pod-smaller = 有 Pod 要的资源少了
phrase-volume-claim = 有卷申领新建或变化
phrase-volume = 有卷新建或变化
phrase-storage-class = 有存储类新建或变化
phrase-csi-node = 有节点的存储驱动变了
phrase-csi-driver = 有存储驱动变了
phrase-csi-capacity = 存储容量变了
phrase-volume-detached = 有卷已卸下
