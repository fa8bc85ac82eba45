//! The calls under way at once.

use super::class::Class;

/// Counts the calls under way. With more than one slot, one is never Money's: `status` goes on while a panel is slow to
/// take orders.
#[derive(Debug)]
pub(crate) struct Slots {
    limit: u32,
    taken: u32,
    money: u32,
}

impl Slots {
    /// All free.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit: limit.max(1),
            taken: 0,
            money: 0,
        }
    }

    /// Whether there is one for this class.
    pub(crate) const fn has_one_for(&self, class: Class) -> bool {
        let free = self.taken < self.limit;
        match class {
            Class::Money if self.limit > 1 => free && self.money + 1 < self.limit,
            Class::Money | Class::Status | Class::Upkeep => free,
        }
    }

    /// Takes one.
    pub(crate) const fn take(&mut self, class: Class) {
        self.taken += 1;
        if matches!(class, Class::Money) {
            self.money += 1;
        }
    }

    /// Gives one back.
    pub(crate) const fn give_back(&mut self, class: Class) {
        self.taken -= 1;
        if matches!(class, Class::Money) {
            self.money -= 1;
        }
    }

    /// Another limit from now on; what is taken stays taken.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit.max(1);
    }

    /// How many are taken.
    pub(crate) const fn taken(&self) -> u32 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_by(class: Class, limit: u32) -> u32 {
        let mut slots = Slots::new(limit);
        while slots.has_one_for(class) {
            slots.take(class);
        }
        slots.taken()
    }

    #[test]
    fn one_slot_is_never_moneys_if_there_are_several() {
        assert_eq!(taken_by(Class::Money, 0), 1);
        assert_eq!(taken_by(Class::Money, 1), 1);
        assert_eq!(taken_by(Class::Money, 8), 7);
        assert_eq!(taken_by(Class::Status, 8), 8);
    }

    #[test]
    fn a_lower_limit_waits_for_slots_to_come_back() {
        let mut slots = Slots::new(3);
        for _ in 0..3 {
            slots.take(Class::Status);
        }
        slots.set_limit(1);
        slots.give_back(Class::Status);
        slots.give_back(Class::Status);
        assert!(!slots.has_one_for(Class::Upkeep));
        slots.give_back(Class::Status);
        assert!(slots.has_one_for(Class::Upkeep));
    }
}
