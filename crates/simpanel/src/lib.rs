//! A simulated upstream panel with faults and books of its own
