//! The oracle against every path that the SIMD engine chooses between on x86-64: the comparisons of `tests.rs`, run once more
//! on emulated processors that have less than this machine. `./test` installs what emulates them.
//!
//! An emulator has no AVX-512: that path is compared where the machine itself has it. Scalar code fills no memory on
//! x86-64, where every processor has SSE2.

#![cfg(target_arch = "x86_64")]

use std::process::Command;

/// Names the path that an emulated run must choose.
const EXPECTED: &str = "ARGON2_PATH_EXPECTED";

/// What is run on each processor, the sign first.
const RUN: [&str; 5] = [
    "the_path_is_the_one_that_this_processor_is_for",
    "both_engines_make_the_same_hashes",
    "both_engines_agree_on_foreign_lengths",
    "each_engine_verifies_the_hashes_of_the_other",
    "the_simd_engine_passes",
];

/// The code that fills memory and the code that hashes what goes in and comes out, as this process has chosen them.
fn path() -> String {
    format!("{:?}, {:?}", argon2_rust::detected_backend(), argon2_rust::detected_blake2b_backend())
}

#[test]
#[ignore = "only an emulated processor is for a path"]
fn the_path_is_the_one_that_this_processor_is_for() {
    assert_eq!(path(), std::env::var(EXPECTED).unwrap());
}

/// Runs this very program on another processor.
fn agree_on(processor: &str, expected: &str) {
    let mut emulated = Command::new("qemu-x86_64");
    emulated.args(["-cpu", processor]).arg(std::env::current_exe().unwrap());
    emulated.args(["--include-ignored", "--test-threads", "1"]).args(RUN);
    let output = emulated.env(EXPECTED, expected).env("PROPTEST_CASES", "24").output();
    let output = output.expect("qemu-x86_64 (Debian package qemu-user, which ./test installs)");
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let passed = format!("{} passed", RUN.len());
    assert!(output.status.success() && told.contains(&passed), "{processor}: {told}{errors}");
}

#[test]
fn both_engines_agree_with_avx2() {
    agree_on("Haswell", "Avx2, Avx2");
}

#[test]
fn both_engines_agree_with_sse41() {
    agree_on("Nehalem", "Sse2, Sse41");
}

#[test]
fn both_engines_agree_with_ssse3() {
    agree_on("Conroe", "Sse2, Scalar");
}

#[test]
fn both_engines_agree_with_sse2_alone() {
    agree_on("Opteron_G1", "Sse2, Scalar");
}
