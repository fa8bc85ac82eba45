//! How many calls it takes to answer one trace of polls, by policy, beside what a clairvoyant would need.
//!
//! 300 customers (sizes by Zipf's law, exponent 1) have 30,000 open orders. Each sweeps all of its orders every 30 to 300 s
//! (log-uniform, each sweep up to 2 % of that early or late), in requests of 1 to 100 ids (log-uniform), one after the other:
//! the next request comes 50 ms after the answer. A fact is fresh for 60 s; a call takes 200 ms and holds up to 100 ids; who
//! has waited 1.5 s gets the last facts. An hour is measured after 10 minutes. Time is virtual, and a run repeats.
//!
//! Before that, [`looks`]: what it takes to see orders end that nobody polls.

mod bound;
mod clients;
mod entries;
mod knobs;
mod looks;
mod memory;
mod policy;
mod report;
mod tally;
mod trace;
mod world;

fn main() {
    looks::looks();
    report::economy();
}
