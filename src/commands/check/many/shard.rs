//! One part of a list that several machines share.

use std::str::FromStr;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};

/// Part `index` of `count`. Which domain is in which part depends on its name alone, so it is the same on every machine
/// and in every version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// Whether `domain` is in this part.
    pub(super) fn has(self, domain: &Name) -> bool {
        self.count < 2 || stable(name::show(domain).as_bytes()) % self.count == self.index
    }

    /// How many of `total` there will be, about.
    pub(super) fn share(self, total: u64) -> u64 {
        total / self.count.max(1)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad =
            || Error::usage("it is not I/N with I from 0 to N-1: with 0/4, 1/4, 2/4 and 3/4 four runs share a list");
        let (index, count) = text.split_once('/').ok_or_else(bad)?;
        let shard = Shard { index: index.parse().map_err(|_| bad())?, count: count.parse().map_err(|_| bad())? };
        if shard.index < shard.count { Ok(shard) } else { Err(bad()) }
    }
}

/// FNV-1a, 64 bits, its upper half folded into the lower: the remainder looks at the lowest bits.
fn stable(octets: &[u8]) -> u64 {
    let hash = octets.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_is_in_one_part() {
        let shards: Vec<Shard> = (0..4).map(|i| format!("{i}/4").parse().unwrap()).collect();
        let mut sizes = [0; 4];
        for i in 0..4000 {
            let domain = name::domain(&format!("d{i}.example")).unwrap();
            let of: Vec<usize> = (0..4).filter(|s| shards[*s].has(&domain)).collect();
            assert_eq!(of.len(), 1);
            sizes[of[0]] += 1;
        }
        assert!(sizes.iter().all(|n| (850..1150).contains(n)), "{sizes:?}");
    }

    #[test]
    fn the_parts_are_the_same_tomorrow() {
        for (domain, part) in [("example.com", 1), ("Example.COM.", 1), ("example.net", 0), ("example.org", 0)] {
            let domain = name::domain(domain).unwrap();
            let of = (0..5u64).find(|i| Shard { index: *i, count: 5 }.has(&domain));
            assert_eq!(of, Some(part), "{domain}");
        }
    }

    #[test]
    fn what_is_no_part() {
        for text in ["", "1", "1/", "/2", "2/2", "-1/2", "0/0", "1/2/3", "a/b", "0 /2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("0/1".parse::<Shard>().unwrap(), Shard { index: 0, count: 1 });
    }
}
