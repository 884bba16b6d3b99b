//! `gatehouse`: the headless gateway and every operation from a terminal.

fn main() {}
