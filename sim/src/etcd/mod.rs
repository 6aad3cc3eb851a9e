//! etcd.
/// A request to etcd.
#[derive(Clone, Debug)]
pub struct EtcdRequest;
impl EtcdRequest { /// name
pub fn name(&self) -> &'static str { "txn" } }
/// An answer.
#[derive(Clone, Debug)]
pub struct EtcdReply;
impl EtcdReply { /// name
pub fn name(&self) -> &'static str { "committed" } }
/// timers
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtcdTimer {}
