//! Lines on their way to where the log goes: bounded in bytes, never waited for by whoever logs, none lost in silence.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long [`Queue::finish`] waits while nothing is taken, and how many times it does so while something is.
const PATIENCE: Duration = Duration::from_secs(1);
const PATIENCES: usize = 10;

thread_local! {
    /// How many dropped lines the line tells of that this thread is about to log.
    static TELLS: Cell<u64> = const { Cell::new(0) };
}

/// Lines that wait, and what became of others.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    written: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Line>,
    bytes: usize,
    most_bytes: usize,
    /// A line is being written.
    is_writing: bool,
    /// How many lines have been written.
    written: u64,
    /// Lines that were dropped, and that no line has told of yet.
    untold: u64,
}

#[derive(Debug)]
struct Line {
    text: Vec<u8>,
    tells: u64,
}

/// Whether a line waits for its turn only where there is room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It is dropped where there is none.
    AsThereIs,
    /// It is kept all the same.
    Always,
}

impl Queue {
    /// For so many bytes.
    pub(super) fn of_at_most(most_bytes: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            most_bytes,
            is_writing: false,
            written: 0,
            untold: 0,
        };
        let (arrived, written) = (Condvar::new(), Condvar::new());
        Self { state: Mutex::new(state), arrived, written, dropped: AtomicU64::new(0) }
    }

    /// One more line, with its end. Never waits.
    pub(super) fn push(&self, text: &[u8], room: Room) {
        let tells = TELLS.take();
        let mut state = self.state();
        if room == Room::AsThereIs && state.bytes + text.len() > state.most_bytes {
            self.drop_line(&mut state, tells);
            return;
        }
        state.bytes += text.len();
        state.waiting.push_back(Line { text: text.to_vec(), tells });
        drop(state);
        self.arrived.notify_one();
    }

    /// From now on everything is kept: the end is near, and somebody wants to know why.
    pub(super) fn make_room(&self) {
        self.state().most_bytes = usize::MAX;
    }

    /// How many lines were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything is written, unless nobody takes it.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        for _ in 0..PATIENCES {
            let written = state.written;
            let waited = self.written.wait_timeout_while(state, PATIENCE, |state| !state.is_idle());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.is_idle() || state.written == written {
                return;
            }
        }
    }

    /// Writes line by line to `out`, for ever.
    pub(super) fn write_to(&self, out: &mut impl Write) {
        let mut writer = LineWriter { out, is_torn: false };
        loop {
            self.write_next(&mut writer);
        }
    }

    fn write_next(&self, writer: &mut LineWriter<'_, impl Write>) {
        let line = self.next();
        let outcome = writer.write(&line.text);
        let mut state = self.state();
        let told = if outcome.is_ok() {
            state.written += 1;
            state.take_untold()
        } else {
            self.drop_line(&mut state, line.tells);
            0
        };
        drop(state);
        if told > 0 {
            TELLS.set(told);
            tracing::error!(dropped_lines = told, "lines of the log were dropped, because nobody took them");
            // Where nothing is logged at all there is no line to tell of it.
            TELLS.set(0);
        }
        self.state().is_writing = false;
        self.written.notify_all();
    }

    fn next(&self) -> Line {
        let mut state = self.state();
        loop {
            if let Some(line) = state.waiting.pop_front() {
                state.bytes -= line.text.len();
                state.is_writing = true;
                return line;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts a line that is gone, and with it those that it would have told of.
    fn drop_line(&self, state: &mut State, tells: u64) {
        state.untold += tells + 1;
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.is_writing
    }

    /// How many dropped lines can be told of now: once half of the room is free again, lest one of two lines tells of
    /// others.
    fn take_untold(&mut self) -> u64 {
        if self.bytes > self.most_bytes / 2 { 0 } else { std::mem::take(&mut self.untold) }
    }
}

/// Writes whole lines; what is left of one that could not be finished is ended before the next.
struct LineWriter<'a, W> {
    out: &'a mut W,
    is_torn: bool,
}

impl<W: Write> LineWriter<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.write_all(b"\n")?;
        }
        self.write_all(line)
    }

    fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        let mut rest = text;
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            self.is_torn = !rest.is_empty();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, then nothing more.
    struct Disk {
        taken: Vec<u8>,
        left: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.left);
            if count == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.taken.extend_from_slice(&bytes[..count]);
            self.left -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn write_what_waits(queue: &Queue, disk: &mut Disk) {
        let mut writer = LineWriter { out: disk, is_torn: false };
        while !queue.state().is_idle() {
            queue.write_next(&mut writer);
        }
    }

    #[test]
    fn a_line_that_finds_no_room_is_dropped_and_counted() {
        let queue = Queue::of_at_most(8);
        for _ in 0..3 {
            queue.push(b"abc\n", Room::AsThereIs);
        }
        assert_eq!((queue.state().waiting.len(), queue.dropped()), (2, 1));
    }

    #[test]
    fn a_last_word_is_kept_however_full_it_is() {
        let queue = Queue::of_at_most(4);
        queue.push(b"abc\n", Room::AsThereIs);
        queue.push(b"why\n", Room::Always);
        queue.make_room();
        queue.push(b"end\n", Room::AsThereIs);
        assert_eq!((queue.state().waiting.len(), queue.dropped()), (3, 0));
    }

    #[test]
    fn a_line_that_cannot_be_written_is_counted() {
        let queue = Queue::of_at_most(100);
        queue.push(b"abc\n", Room::AsThereIs);
        write_what_waits(&queue, &mut Disk { taken: Vec::new(), left: 0 });
        assert_eq!(queue.dropped(), 1);
    }

    #[test]
    fn a_line_that_was_cut_short_is_ended_before_the_next() {
        let queue = Queue::of_at_most(100);
        let mut disk = Disk { taken: Vec::new(), left: 2 };
        let mut writer = LineWriter { out: &mut disk, is_torn: false };
        queue.push(b"abc\n", Room::AsThereIs);
        queue.write_next(&mut writer);
        writer.out.left = 100;
        queue.push(b"def\n", Room::AsThereIs);
        queue.write_next(&mut writer);
        assert_eq!(disk.taken, b"ab\ndef\n");
    }
}
