//! How many of something are different, in little more than a kilobyte: `HyperLogLog`, of hashes of 32 bits.
//!
//! Up to [`MOST_HASHES`] the hashes themselves are kept, beyond that the registers; the count is estimated as by O. Ertl, "New
//! cardinality estimation algorithms for `HyperLogLog` sketches" (2017), section 2.4. Adding up is a union: in whatever order, and
//! however often, the same comes out. What was noted cannot be read out of it, but whoever has it can try whether something may be in it.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "bits of hashes, ranks up to 22, and estimates far below what a number of 52 bits holds"
)]

use std::fmt;
use std::net::IpAddr;

use vestibule_model::UserId;

/// Bits of a hash that choose its register.
const LG_REGISTERS: u32 = 11;

const REGISTERS: usize = 1 << LG_REGISTERS;

/// The highest rank: every other bit is zero.
const MOST: u8 = 33 - LG_REGISTERS as u8;

/// What is kept as it is takes no more than the registers do, which are five bits each.
const MOST_HASHES: usize = REGISTERS * 5 / 32;

const HASHES: u8 = 1;
const PACKED: u8 = 2;

/// Addresses or users, as far as it has to be told how many are different.
#[derive(Clone, PartialEq, Eq)]
pub struct DistinctSketch(Kept);

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// In ascending order.
    Hashes(Vec<u32>),
    /// The highest rank of each register.
    Registers(Box<[u8; REGISTERS]>),
}

/// Bytes that are no sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no sketch of what is different")]
pub struct NoSketch;

impl DistinctSketch {
    /// The standard error of [`DistinctSketch::count`], in parts of it: 1.04 divided by the root of the number of registers.
    /// Up to 320 it is exact, but for one in ten thousand cases.
    pub const STANDARD_ERROR: f64 = 0.023;

    /// Notes an address. An IPv4 address is the same written as IPv6.
    pub fn note_address(&mut self, address: IpAddr) {
        let octets = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        self.note_hash(hash(octets.to_bits()));
    }

    /// Notes a user. A sketch has either addresses or users.
    pub fn note_user(&mut self, UserId(user): UserId) {
        self.note_hash(hash(u128::from(user.cast_unsigned())));
    }

    fn note_hash(&mut self, hash: u32) {
        match &mut self.0 {
            Kept::Registers(registers) => raise(registers, hash),
            Kept::Hashes(hashes) => {
                let Err(place) = hashes.binary_search(&hash) else { return };
                if hashes.len() < MOST_HASHES {
                    hashes.insert(place, hash);
                } else {
                    let mut registers = Box::new([0; REGISTERS]);
                    hashes.iter().chain([&hash]).for_each(|hash| raise(&mut registers, *hash));
                    self.0 = Kept::Registers(registers);
                }
            }
        }
    }

    /// Notes those of another one.
    pub fn add(&mut self, other: &Self) {
        match &other.0 {
            Kept::Hashes(hashes) => {
                for hash in hashes {
                    self.note_hash(*hash);
                }
            }
            Kept::Registers(theirs) => match &mut self.0 {
                Kept::Registers(own) => {
                    for (own, their) in own.iter_mut().zip(theirs.iter()) {
                        *own = (*own).max(*their);
                    }
                }
                Kept::Hashes(hashes) => {
                    let mut registers = theirs.clone();
                    for hash in hashes {
                        raise(&mut registers, *hash);
                    }
                    self.0 = Kept::Registers(registers);
                }
            },
        }
    }

    /// How many are different, about.
    pub fn count(&self) -> u64 {
        match &self.0 {
            Kept::Hashes(hashes) => hashes.len() as u64,
            Kept::Registers(registers) => estimate(registers),
        }
    }

    /// To be kept; empty: nothing was noted.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Kept::Hashes(hashes) if hashes.is_empty() => Vec::new(),
            Kept::Hashes(hashes) => {
                [HASHES].into_iter().chain(hashes.iter().flat_map(|hash| hash.to_be_bytes())).collect()
            }
            Kept::Registers(registers) => {
                // Eight registers are five bytes.
                let eight =
                    |eight: &[u8]| eight.iter().fold(0_u64, |bits, rank| bits << 5 | u64::from(*rank));
                let packed = registers
                    .chunks_exact(8)
                    .flat_map(|ranks| eight(ranks).to_be_bytes().into_iter().skip(3));
                [PACKED].into_iter().chain(packed).collect()
            }
        }
    }

    /// What was kept.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoSketch> {
        let Some((form, bytes)) = bytes.split_first() else { return Ok(Self::default()) };
        match *form {
            HASHES if bytes.len() % 4 == 0 && bytes.len() <= MOST_HASHES * 4 => {
                let mut hashes: Vec<u32> =
                    bytes.as_chunks().0.iter().map(|hash| u32::from_be_bytes(*hash)).collect();
                hashes.sort_unstable();
                hashes.dedup();
                Ok(Self(Kept::Hashes(hashes)))
            }
            PACKED if bytes.len() == REGISTERS / 8 * 5 => {
                let mut registers = Box::new([0; REGISTERS]);
                for (ranks, packed) in registers.chunks_exact_mut(8).zip(bytes.chunks_exact(5)) {
                    let bits = packed.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
                    for (rank, place) in ranks.iter_mut().zip((0..8).rev()) {
                        *rank = ((bits >> (5 * place)) as u8 & 31).min(MOST);
                    }
                }
                Ok(Self(Kept::Registers(registers)))
            }
            _ => Err(NoSketch),
        }
    }
}

impl Default for DistinctSketch {
    /// Nothing.
    fn default() -> Self {
        Self(Kept::Hashes(Vec::new()))
    }
}

impl fmt::Debug for DistinctSketch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "DistinctSketch({})", self.count())
    }
}

/// The same at all times and on all machines.
fn hash(bits: u128) -> u32 {
    let (high, low) = ((bits >> 64) as u64, bits as u64);
    (mixed(mixed(high).wrapping_add(low)) >> 32) as u32
}

/// The finalizer of `SplitMix64`: every bit in depends on every bit before.
const fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A register has the highest rank: the place of the first bit that is set behind those that choose it, from 1.
fn raise(registers: &mut [u8; REGISTERS], hash: u32) {
    let rank = ((hash << LG_REGISTERS).leading_zeros() as u8 + 1).min(MOST);
    let register = &mut registers[(hash >> (32 - LG_REGISTERS)) as usize];
    *register = (*register).max(rank);
}

/// Ertl's improved raw estimator.
fn estimate(registers: &[u8; REGISTERS]) -> u64 {
    let mut of_rank = [0.0; MOST as usize + 1];
    for rank in registers {
        of_rank[usize::from(*rank)] += 1.0;
    }
    let all = REGISTERS as f64;
    let mut sum = all * tau(1.0 - of_rank[usize::from(MOST)] / all);
    for count in of_rank[1..usize::from(MOST)].iter().rev() {
        sum = 0.5 * (sum + count);
    }
    sum += all * sigma(of_rank[0] / all);
    (all * all / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
}

/// What registers add that are still zero; `share` of them is less than 1.
fn sigma(share: f64) -> f64 {
    let (mut power, mut weight, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let before = sum;
        sum += power * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

/// What registers add that are at their highest; `share` of them are not.
fn tau(share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let (mut root, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        root = root.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn of(addresses: impl IntoIterator<Item = u32>) -> DistinctSketch {
        let mut sketch = DistinctSketch::default();
        addresses.into_iter().for_each(|address| sketch.note_address(Ipv4Addr::from_bits(address).into()));
        sketch
    }

    #[test]
    fn few_addresses_are_counted_as_they_are() {
        assert_eq!(DistinctSketch::default().count(), 0);
        assert_eq!(of([1, 2, 3, 2, 1]).count(), 3);
        assert_eq!(of(0..MOST_HASHES as u32).count(), MOST_HASHES as u64);
    }

    #[test]
    fn an_address_is_the_same_in_either_form() {
        let mut sketch = of([7]);
        sketch.note_address(Ipv4Addr::from_bits(7).to_ipv6_mapped().into());
        sketch.note_address(Ipv6Addr::from_bits(7).into());
        assert_eq!(sketch.count(), 2);
    }

    #[test]
    fn users_are_told_apart() {
        let mut sketch = DistinctSketch::default();
        (0..100).chain(50..150).for_each(|user| sketch.note_user(UserId(user)));
        assert_eq!(sketch.count(), 150);
    }

    /// Of a hundred sets of each size, the root of the mean square is the standard error, and none is farther off than four of them.
    #[test]
    fn many_addresses_are_counted_within_the_error_that_is_stated() {
        for count in [400_u32, 2_000, 5_000, 20_000, 300_000] {
            let off = |set: u32| {
                let first = set * 1_000_000;
                let counted = of(first..first + count).count() as f64;
                counted / f64::from(count) - 1.0
            };
            let off: Vec<f64> = (0..100).map(off).collect();
            let mean_square = off.iter().map(|off| off * off).sum::<f64>() / 100.0;
            let farthest = off.iter().fold(0.0, |far: f64, off| far.max(off.abs()));
            assert!(
                mean_square.sqrt() < 1.15 * DistinctSketch::STANDARD_ERROR,
                "{count}: {}",
                mean_square.sqrt()
            );
            assert!(farthest < 4.0 * DistinctSketch::STANDARD_ERROR, "{count}: {farthest}");
        }
    }

    #[test]
    fn a_sketch_takes_no_more_than_1281_bytes() {
        for count in [1, 300, 320, 321, 5_000, 200_000] {
            assert!(of(0..count).to_bytes().len() <= 1_281, "{count}");
        }
    }

    #[test]
    fn what_is_no_sketch_is_refused() {
        let registers = of(0..2_000).to_bytes();
        for bytes in [&[3, 0, 0, 0, 0][..], &[HASHES, 1, 2], &registers[1..], &registers[..1_280]] {
            assert_eq!(DistinctSketch::from_bytes(bytes), Err(NoSketch));
        }
    }

    proptest! {
        #[test]
        fn a_sketch_is_read_as_it_is_written(count in 0..2_000_u32) {
            let sketch = of(0..count);
            prop_assert_eq!(DistinctSketch::from_bytes(&sketch.to_bytes()), Ok(sketch));
        }

        #[test]
        fn the_sum_is_the_sketch_of_both(one in 0..1_000_u32, first in 0..1_000_u32, other in 0..1_000_u32) {
            let (mut sum, other_sketch) = (of(0..one), of(first..first + other));
            sum.add(&other_sketch);
            sum.add(&other_sketch);
            prop_assert_eq!(&sum, &of((0..one).chain(first..first + other)));
            let mut other_way = other_sketch;
            other_way.add(&of(0..one));
            prop_assert_eq!(sum, other_way);
        }

        #[test]
        fn no_bytes_make_it_panic(form in 0..4_u8, bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80), prop::collection::vec(any::<u8>(), 1_280),
        ]) {
            if let Ok(mut sketch) = DistinctSketch::from_bytes(&[&[form], &bytes[..]].concat()) {
                sketch.add(&of(0..9));
                let _ = (sketch.count(), sketch.to_bytes());
            }
        }
    }
}
