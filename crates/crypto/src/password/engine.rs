//! The two engines behind one trait. Both compute lanes one after another on the calling thread, reuse their
//! memory, wipe it after every hash, and give back what is more than [`HELD_KIB`].

use argon2::Block;
use argon2_rust::params::{Memory, TagLen};
use zeroize::Zeroize;

use super::{Argon2Params, Engine, PasswordError};

/// The most memory that is kept between hashes, in KiB: 64 MiB.
const HELD_KIB: usize = 64 * 1024;

/// Computes Argon2id, version 1.3, without secret and associated data.
pub(super) trait Argon2id: Send {
    /// Fills `tag`. The cost has been checked.
    fn compute(
        &mut self,
        params: Argon2Params,
        salt: &[u8],
        password: &[u8],
        tag: &mut [u8],
    ) -> Result<(), PasswordError>;

    /// How much memory is held, in KiB.
    fn held_kib(&self) -> usize;
}

/// A fresh engine.
pub(super) fn build(engine: Engine) -> Box<dyn Argon2id> {
    match engine {
        Engine::Simd => Box::new(Simd(None)),
        Engine::Portable => Box::new(Portable(Vec::new())),
    }
}

/// The argon2-rust crate. Its hasher keeps and wipes the memory by itself.
struct Simd(Option<argon2_rust::Hasher>);

impl Argon2id for Simd {
    fn compute(
        &mut self,
        params: Argon2Params,
        salt: &[u8],
        password: &[u8],
        tag: &mut [u8],
    ) -> Result<(), PasswordError> {
        let failed = |error| match error {
            argon2_rust::Error::MemoryAllocationError => PasswordError::OutOfMemory(params.memory_kib),
            other => PasswordError::Engine(other.into()),
        };
        let settings = argon2_rust::Params::builder()
            .memory(Memory::kib(u64::from(params.memory_kib)))
            .passes(params.iterations)
            .lanes(params.parallelism)
            .threads(1)
            .tag_len(TagLen::bytes(tag.len() as u64))
            .build()
            .map_err(failed)?;
        let argon2 =
            argon2_rust::Argon2::new(argon2_rust::Algorithm::Argon2id, argon2_rust::Version::V0x13, settings);
        let hasher = self.0.get_or_insert_with(|| argon2.hasher());
        hasher.set_argon2(argon2);
        let outcome = hasher.hash_into(password, salt, tag).map_err(failed);
        if hasher.reserved_blocks() > HELD_KIB {
            hasher.clear();
        }
        outcome
    }

    fn held_kib(&self) -> usize {
        self.0.as_ref().map_or(0, argon2_rust::Hasher::reserved_blocks)
    }
}

/// The argon2 crate of `RustCrypto`, over memory that is ours: blocks of 1 KiB, zero between hashes.
struct Portable(Vec<Block>);

impl Portable {
    /// At least `count` blocks.
    fn blocks(&mut self, count: usize) -> Result<&mut [Block], std::collections::TryReserveError> {
        let missing = count.saturating_sub(self.0.len());
        self.0.try_reserve_exact(missing)?;
        self.0.resize(self.0.len() + missing, Block::new());
        Ok(&mut self.0[..count])
    }
}

impl Argon2id for Portable {
    fn compute(
        &mut self,
        params: Argon2Params,
        salt: &[u8],
        password: &[u8],
        tag: &mut [u8],
    ) -> Result<(), PasswordError> {
        let failed = |error: argon2::Error| PasswordError::Engine(error.into());
        let Argon2Params { memory_kib, iterations, parallelism } = params;
        let settings =
            argon2::Params::new(memory_kib, iterations, parallelism, Some(tag.len())).map_err(failed)?;
        let count = settings.block_count();
        let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, settings);
        let blocks = self.blocks(count).map_err(|_| PasswordError::OutOfMemory(memory_kib))?;
        let outcome =
            argon2.hash_password_into_with_memory(password, salt, tag, &mut *blocks).map_err(failed);
        blocks.iter_mut().for_each(Zeroize::zeroize);
        if self.0.len() > HELD_KIB {
            self.0 = Vec::new();
        }
        outcome
    }

    fn held_kib(&self) -> usize {
        self.0.len()
    }
}
