//! Random numbers with a seed, by which a failing test can be repeated.

use std::env;

use rand::{SeedableRng, rngs::StdRng};

/// Returns the seed of a test: that of `VENTANILLA_SEED`, or a new one. A failing test prints it.
///
/// # Panics
///
/// If `VENTANILLA_SEED` isn't an integer.
#[must_use]
pub fn seed() -> u64 {
    let given = env::var("VENTANILLA_SEED").ok();
    let seed = given.map_or_else(rand::random, |seed| seed.parse().expect("an integer is a seed"));
    // Shown where the test fails, and with `--nocapture`.
    println!("VENTANILLA_SEED={seed}");
    seed
}

/// Returns the random numbers of a seed for one of the tasks of a test, which draw independently.
#[must_use]
pub fn rng(seed: u64, task: u64) -> StdRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&task.to_le_bytes());
    StdRng::from_seed(bytes)
}
