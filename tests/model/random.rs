//! Repeatable numbers: splitmix64, whose whole state is the seed.

#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `most`, without it; the skew of small numbers is nothing here.
    pub fn below(&mut self, most: usize) -> usize {
        let most = u64::try_from(most).expect("fits");
        usize::try_from(self.next() % most).expect("fits")
    }
}
