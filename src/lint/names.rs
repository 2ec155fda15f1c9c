//! Every name of a zone once, as a small number.

use std::hash::BuildHasher;
use std::num::NonZeroU32;

use foldhash::quality::RandomState;

/// Names are about this long, in octets.
const USUAL_NAME: usize = 32;

/// The number of a name in its [`Names`], from 1, so that none at all costs no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(NonZeroU32);

impl NameId {
    /// The name at `index`, from 0.
    pub fn at(index: usize) -> Self {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        NameId(NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX))
    }

    /// Where it stands among all names, from 0.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A set of names in wire form and lower case: a million of them cost their octets and some twenty more each.
#[derive(Debug, Default)]
pub struct Names {
    octets: Vec<u8>,
    /// Where each name ends in `octets`.
    ends: Vec<u32>,
    /// Open addressing: 0 is free, else the upper half of the hash and the number of the name.
    table: Vec<u64>,
    hasher: RandomState,
}

impl Names {
    /// Makes room for about so many names, since to grow would be to have them twice for a moment.
    pub fn reserve(&mut self, names: usize) {
        self.ends.reserve(names);
        self.octets.reserve(names * USUAL_NAME);
        if names * 4 > self.table.len() * 3 {
            self.rebuild((names * 4 / 3 + 1).next_power_of_two());
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The octets of a name; the root for a number that there is not.
    pub fn get(&self, id: NameId) -> &[u8] {
        let index = id.index();
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
        let end = self.ends.get(index).copied().unwrap_or(start);
        let name = self.octets.get(start as usize..end as usize).unwrap_or_default();
        if name.is_empty() { crate::model::wire::ROOT } else { name }
    }

    /// The number of `name`, if it is in the set.
    pub fn find(&self, name: &[u8]) -> Option<NameId> {
        if self.table.is_empty() {
            return None;
        }
        self.probe(name, self.hasher.hash_one(name)).ok()
    }

    /// The number of `name`, which is taken in if it is new.
    pub fn intern(&mut self, name: &[u8]) -> NameId {
        if (self.ends.len() + 1) * 4 > self.table.len() * 3 {
            self.rebuild((self.table.len() * 2).max(64));
        }
        let hash = self.hasher.hash_one(name);
        match self.probe(name, hash) {
            Ok(id) => id,
            Err(slot) => {
                let id = NameId::at(self.ends.len());
                self.octets.extend_from_slice(name);
                self.ends.push(self.octets.len() as u32);
                self.table[slot] = pack(hash, id);
                id
            }
        }
    }

    /// The number of `name`, or the free slot where it belongs.
    fn probe(&self, name: &[u8], hash: u64) -> Result<NameId, usize> {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let entry = self.table[slot];
            if entry == 0 {
                return Err(slot);
            }
            let id = NameId::at((entry as u32 - 1) as usize);
            if entry >> 32 == hash >> 32 && self.get(id) == name {
                return Ok(id);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Gives the table so many slots, a power of two.
    fn rebuild(&mut self, size: usize) {
        self.table = vec![0; size];
        for id in (0..self.ends.len()).map(NameId::at) {
            let hash = self.hasher.hash_one(self.get(id));
            let mut slot = hash as usize & (size - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.table[slot] = pack(hash, id);
        }
    }
}

fn pack(hash: u64, id: NameId) -> u64 {
    (hash >> 32) << 32 | u64::from(id.0.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::wire;

    #[test]
    fn each_name_once() {
        let mut names = Names::default();
        assert_eq!(names.find(b"\x01a\0"), None);
        let all: Vec<Vec<u8>> = (0..5000).map(|i| wire::from_text(&format!("host{i}.example.com")).unwrap()).collect();
        let ids: Vec<NameId> = all.iter().map(|n| names.intern(n)).collect();
        for (name, id) in all.iter().zip(&ids) {
            assert_eq!(names.intern(name), *id);
            assert_eq!(names.find(name), Some(*id));
            assert_eq!(names.get(*id), &name[..]);
        }
        assert_eq!(names.len(), 5000);
        assert_eq!(names.find(&wire::from_text("host5000.example.com").unwrap()), None);
    }
}
