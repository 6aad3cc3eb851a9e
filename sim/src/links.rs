//! How long a message takes from one component to another.

use crate::rng::Rng;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// The classes of hops that exist. There is none between the scheduler and a kubelet, or between
/// anyone but the API server and etcd: such a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum LinkClass {
    UserApi,
    ApiEtcd,
    ControlPlaneApi,
    KubeletApi,
    KubeletRuntime,
}

/// Latency by class of hop, as the name of a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LatencyProfile {
    /// Everything arrives at once (one nanosecond later).
    Instant,
    /// A data centre's network: fractions of a millisecond.
    #[default]
    Lan,
    /// Slow enough to watch: tenths of a second.
    Classroom,
}

/// A long-tailed spread of a latency around its base, in thousandths, at 16 even quantiles.
/// Integers, so that the same seed gives the same latency on every platform.
const SPREAD: [u64; 16] =
    [820, 860, 890, 910, 930, 950, 970, 985, 1000, 1020, 1045, 1075, 1120, 1190, 1320, 1700];

impl LatencyProfile {
    /// All profiles, with the name that the command line takes.
    pub const ALL: [(&'static str, LatencyProfile); 3] =
        [("instant", Self::Instant), ("lan", Self::Lan), ("classroom", Self::Classroom)];

    /// The usual time of one hop of a class, without its spread.
    pub fn base(self, class: LinkClass) -> Span {
        match self {
            Self::Instant => Span(1),
            Self::Lan => match class {
                LinkClass::UserApi => Span::us(1_000),
                LinkClass::ApiEtcd => Span::us(400),
                LinkClass::ControlPlaneApi => Span::us(250),
                LinkClass::KubeletApi => Span::us(500),
                LinkClass::KubeletRuntime => Span::us(100),
            },
            Self::Classroom => match class {
                LinkClass::UserApi => Span::ms(300),
                LinkClass::ApiEtcd => Span::ms(150),
                LinkClass::ControlPlaneApi => Span::ms(200),
                LinkClass::KubeletApi => Span::ms(250),
                LinkClass::KubeletRuntime => Span::ms(100),
            },
        }
    }

    /// One hop's time, drawn from a component's stream.
    pub fn sample(self, class: LinkClass, rng: &mut Rng) -> Span {
        let base = self.base(class);
        if self == Self::Instant {
            return base;
        }
        Span(base.0 * SPREAD[(rng.next() >> 60) as usize] / 1000)
    }
}
