//! Tells the program which compiler built it.

use std::process::Command;

fn main() {
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(compiler).arg("--version").output().ok();
    let version = output.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let version = version.split_whitespace().nth(1).unwrap_or("unknown").to_owned();
    // Read by Cargo, not by people.
    let mut out = std::io::stdout();
    let _ =
        std::io::Write::write_all(&mut out, format!("cargo:rustc-env=BENCH_RUSTC={version}\n").as_bytes());
}
