//! The thread that writes the witness's file. A disk that hangs holds this thread, and nobody else.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Testimony;

/// Writes testimonies.
#[derive(Debug)]
pub(super) struct Hand {
    /// None only while it is being dropped.
    orders: Option<Sender<Testimony>>,
    outcomes: Receiver<io::Result<()>>,
    /// It has not said yet what became of the last one.
    is_busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Hand {
    pub(super) fn start(put: impl FnMut(&Testimony) -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (orders, ordered) = mpsc::channel::<Testimony>();
        let (done, outcomes) = mpsc::channel();
        let mut put = put;
        let thread = thread::Builder::new().name("witness-file".into());
        let thread = thread.spawn(move || {
            for testimony in ordered {
                // Nobody waits any more when the store was closed meanwhile.
                let _ = done.send(put(&testimony));
            }
        })?;
        Ok(Self { orders: Some(orders), outcomes, is_busy: false, thread: Some(thread) })
    }

    /// Writes a testimony, and answers when it is durable; an error when that takes longer than `patience`, and then at
    /// once until it has come to an end.
    pub(super) fn put(&mut self, testimony: Testimony, patience: Duration) -> io::Result<()> {
        if self.is_busy {
            match self.outcomes.try_recv() {
                Ok(_) => self.is_busy = false,
                Err(TryRecvError::Empty) => return Err(hangs()),
                Err(TryRecvError::Disconnected) => return Err(gone()),
            }
        }
        let orders = self.orders.as_ref().ok_or_else(gone)?;
        orders.send(testimony).map_err(|_| gone())?;
        self.is_busy = true;
        match self.outcomes.recv_timeout(patience) {
            Ok(outcome) => {
                self.is_busy = false;
                outcome
            }
            Err(RecvTimeoutError::Timeout) => Err(hangs()),
            Err(RecvTimeoutError::Disconnected) => Err(gone()),
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        drop(self.orders.take());
        if !self.is_busy {
            drop(self.thread.take().map(JoinHandle::join));
        }
        // One that hangs is left to itself: the process ends without it.
    }
}

fn hangs() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "its disk does not answer")
}

fn gone() -> io::Error {
    io::Error::other("the thread that writes it has ended")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::super::DatabaseId;
    use super::*;
    use crate::chain::Witness;

    fn testimony(sequence: i64) -> Testimony {
        Testimony { database: DatabaseId([1; 16]), newest: Witness { sequence, mac: [0; 32] }, folded: 0 }
    }

    #[test]
    fn a_disk_that_hangs_is_waited_for_once_and_used_again_when_it_answers() {
        let (gate, opened) = channel::<()>();
        let (entered, written) = channel();
        let put = move |testimony: &Testimony| {
            let _ = opened.recv();
            entered.send(testimony.newest.sequence).map_err(io::Error::other)
        };
        let mut hand = Hand::start(put).unwrap();
        let (short, long) = (Duration::from_millis(1), Duration::from_mins(1));
        assert_eq!(hand.put(testimony(1), short).unwrap_err().kind(), io::ErrorKind::TimedOut);
        // At once: longer than this nobody may wait for it.
        let (said, heard) = channel();
        let waiting = thread::spawn(move || {
            said.send(hand.put(testimony(2), long).map_err(|error| error.kind())).unwrap();
            hand
        });
        let outcome = heard.recv_timeout(Duration::from_secs(20));
        drop(gate);
        assert_eq!(outcome, Ok(Err(io::ErrorKind::TimedOut)));
        let mut hand = waiting.join().unwrap();
        assert_eq!(written.recv().unwrap(), 1);
        // Its outcome may still be under way.
        let mut again = hand.put(testimony(3), long);
        while again.is_err() {
            again = hand.put(testimony(3), long);
        }
        assert_eq!(written.recv().unwrap(), 3);
    }

    #[test]
    fn closing_does_not_wait_for_a_disk_that_hangs() {
        let (gate, opened) = channel::<()>();
        let put = move |_: &Testimony| {
            let _ = opened.recv();
            Ok(())
        };
        let mut hand = Hand::start(put).unwrap();
        assert!(hand.put(testimony(1), Duration::from_millis(1)).is_err());
        drop(hand);
        drop(gate);
    }
}
