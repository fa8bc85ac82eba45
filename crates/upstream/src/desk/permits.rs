//! The calls under way at once.

use super::class::Class;

/// Counts the calls under way. With more than one slot, one is never Money's, so that `status` goes on while a panel is slow
/// to take orders, and one is only Money's, so that orders go on while it is slow to tell of them.
#[derive(Debug)]
pub(crate) struct Slots {
    limit: u32,
    money: u32,
    others: u32,
}

impl Slots {
    /// All free.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit: limit.max(1),
            money: 0,
            others: 0,
        }
    }

    /// Whether there is one for this class.
    pub(crate) const fn has_one_for(&self, class: Class) -> bool {
        let of_its_kind = match class {
            Class::Money => self.money,
            Class::Status | Class::Upkeep => self.others,
        };
        self.taken() < self.limit && (self.limit == 1 || of_its_kind + 1 < self.limit)
    }

    /// Takes one.
    pub(crate) const fn take(&mut self, class: Class) {
        *self.of_kind(class) += 1;
    }

    /// Gives one back.
    pub(crate) const fn give_back(&mut self, class: Class) {
        *self.of_kind(class) -= 1;
    }

    /// Another limit from now on; what is taken stays taken.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit.max(1);
    }

    /// How many are taken.
    pub(crate) const fn taken(&self) -> u32 {
        self.money + self.others
    }

    const fn of_kind(&mut self, class: Class) -> &mut u32 {
        match class {
            Class::Money => &mut self.money,
            Class::Status | Class::Upkeep => &mut self.others,
        }
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
    fn of_several_slots_neither_money_nor_the_others_get_all() {
        for class in Class::ALL {
            assert_eq!(taken_by(class, 0), 1);
            assert_eq!(taken_by(class, 1), 1);
            assert_eq!(taken_by(class, 2), 1);
            assert_eq!(taken_by(class, 8), 7);
        }
    }

    #[test]
    fn together_they_get_all_and_no_more() {
        let mut slots = Slots::new(8);
        for class in [Class::Status, Class::Upkeep, Class::Money] {
            while slots.has_one_for(class) {
                slots.take(class);
            }
        }
        assert_eq!(slots.taken(), 8);
    }

    #[test]
    fn a_lower_limit_waits_for_slots_to_come_back() {
        let mut slots = Slots::new(4);
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
