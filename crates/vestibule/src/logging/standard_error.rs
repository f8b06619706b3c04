//! Standard error without its lock: a writer that is stuck in it must not stop others from having their last word.

use std::io::{self, Write};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Writes where standard error goes. Waits where that does not wait by itself.
pub(super) struct StandardError;

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(rustix::stdio::stderr(), bytes) {
                // Whoever started us may share a descriptor with us that never waits.
                Err(Errno::AGAIN) => wait_for_room()?,
                outcome => return Ok(outcome?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn wait_for_room() -> io::Result<()> {
    let stderr = rustix::stdio::stderr();
    match poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
