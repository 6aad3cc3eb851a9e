//! Random streams: one for each component, so that adding one does not shift the others.

use rand_core::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A component's own stream. Raw draws only: distributions of other crates change between versions.
#[derive(Clone, Debug)]
pub struct Rng(Pcg64Mcg);

impl Rng {
    /// The stream of a name under a seed.
    pub fn new(seed: u64, name: &str) -> Rng {
        // FNV-1a, 64 bit, over the name; then mixed with the seed by the generator's own seeding.
        let h =
            name.bytes().fold(0xcbf29ce484222325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100000001b3));
        Rng(Pcg64Mcg::seed_from_u64(seed ^ h.rotate_left(17)))
    }
    /// 64 random bits.
    #[allow(clippy::should_implement_trait, reason = "a stream of bits has no end, and is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0.next_u64()
    }
    /// 128 random bits.
    pub fn next_u128(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
    /// A number below `n`, evenly drawn (Lemire's multiplication; the bias is under n/2^64).
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
    /// A suffix as the API server appends to `generateName`
    /// (`k8s.io/apiserver/pkg/storage/names`: 5 of 27 characters without vowels and look-alikes).
    pub fn name_suffix(&mut self) -> [u8; 5] {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        std::array::from_fn(|_| ALPHABET[self.below(27) as usize])
    }
}
