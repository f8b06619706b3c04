//! The program. Everything is in the library, so that its parts can be tested.

use std::process::ExitCode;

use mimalloc::MiMalloc;

// A request makes a few small allocations; the system's allocator costs it about a twentieth of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    vestibule::run()
}
