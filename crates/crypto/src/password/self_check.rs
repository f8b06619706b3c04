//! The known-answer check of an engine, run at start: code that picks its instructions on the spot is only
//! trusted after it has computed the right tags on this very machine.

use super::engine::{self, Argon2id};
use super::{Argon2Params, Engine, PasswordError};

/// An input and the tag it must give.
struct Known {
    params: Argon2Params,
    password: &'static [u8],
    salt: &'static [u8],
    tag: [u8; 32],
}

/// Known answers, all computed with the Argon2 reference implementation. The first two stand in its own tests
/// (`src/test.c`, Argon2id, version 1.3), one with one lane and one with two. The third has segments of 512
/// blocks, more than the 128 that one block of addresses serves, and is as long as real inputs are.
const KNOWN: [Known; 3] = [
    Known {
        params: Argon2Params { memory_kib: 256, iterations: 2, parallelism: 1 },
        password: b"password",
        salt: b"somesalt",
        tag: [
            0x9d, 0xfe, 0xb9, 0x10, 0xe8, 0x0b, 0xad, 0x03, 0x11, 0xfe, 0xe2, 0x0f, 0x9c, 0x0e, 0x2b, 0x12,
            0xc1, 0x79, 0x87, 0xb4, 0xca, 0xc9, 0x0c, 0x2e, 0xf5, 0x4d, 0x5b, 0x30, 0x21, 0xc6, 0x8b, 0xfe,
        ],
    },
    Known {
        params: Argon2Params { memory_kib: 256, iterations: 2, parallelism: 2 },
        password: b"password",
        salt: b"somesalt",
        tag: [
            0x6d, 0x09, 0x3c, 0x50, 0x1f, 0xd5, 0x99, 0x96, 0x45, 0xe0, 0xea, 0x3b, 0xf6, 0x20, 0xd7, 0xb8,
            0xbe, 0x7f, 0xd2, 0xdb, 0x59, 0xc2, 0x0d, 0x9f, 0xff, 0x95, 0x39, 0xda, 0x2b, 0xf5, 0x70, 0x37,
        ],
    },
    Known {
        params: Argon2Params { memory_kib: 2048, iterations: 3, parallelism: 1 },
        password: b"a \0 and more",
        salt: b"sixteen bytes...",
        tag: [
            0x0d, 0x4f, 0x5b, 0x1a, 0x99, 0xf7, 0x45, 0xc3, 0xe1, 0x2c, 0xcd, 0xfe, 0x7f, 0x24, 0x66, 0x1d,
            0xe6, 0x05, 0xb3, 0xc2, 0x2e, 0x98, 0xd7, 0x44, 0x0a, 0xbf, 0xec, 0xa8, 0xa7, 0xb9, 0xb9, 0x3f,
        ],
    },
];

/// Checks an engine against known answers, twice each, so that reused memory is checked too. Costs a few
/// milliseconds and 2 MiB. A program whose engine fails must not start with it.
pub fn self_check(engine: Engine) -> Result<(), PasswordError> {
    if passes(engine::build(engine).as_mut())? { Ok(()) } else { Err(PasswordError::WrongAnswer(engine)) }
}

fn passes(engine: &mut dyn Argon2id) -> Result<bool, PasswordError> {
    for Known { params, password, salt, tag: expected } in KNOWN.iter().chain(&KNOWN) {
        let mut tag = [0; 32];
        engine.compute(*params, salt, password, &mut tag)?;
        if tag != *expected {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine with a fault: right at first, then wrong in one bit.
    struct Faulty(Box<dyn Argon2id>, usize);

    impl Argon2id for Faulty {
        fn compute(
            &mut self,
            params: Argon2Params,
            salt: &[u8],
            password: &[u8],
            tag: &mut [u8],
        ) -> Result<(), PasswordError> {
            self.1 += 1;
            self.0.compute(params, salt, password, tag)?;
            tag[31] ^= u8::from(self.1 > KNOWN.len());
            Ok(())
        }

        fn held_kib(&self) -> usize {
            0
        }
    }

    #[test]
    fn the_simd_engine_passes() {
        self_check(Engine::Simd).unwrap();
    }

    #[test]
    fn the_portable_engine_passes() {
        self_check(Engine::Portable).unwrap();
    }

    #[test]
    fn an_engine_that_is_wrong_only_on_reused_memory_fails() {
        let mut faulty = Faulty(engine::build(Engine::Portable), 0);
        assert!(!passes(&mut faulty).unwrap());
    }
}
