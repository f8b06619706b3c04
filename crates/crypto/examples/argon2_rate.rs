//! Hashes per second and thread of every way to compute Argon2id that was considered: run with
//! `cargo run --release --example argon2_rate -p vestibule-crypto`. Takes about two minutes.
//!
//! The contenders take turns within a round and the order moves on from round to round, so that what else the
//! machine does falls on all of them; the medians over the rounds are printed. Beside the rate by the clock
//! stands the rate by the processor time that the thread was given (Linux only), which on a busy machine is the
//! one to compare.
#![expect(clippy::print_stdout, reason = "printing figures is what this program is for")]
#![expect(clippy::expect_used, reason = "a measurement that fails has nothing to go on with")]

use std::sync::Barrier;
use std::time::{Duration, Instant};

use vestibule_crypto::{Argon2Params, Engine, PasswordHasher, self_check};

const ROUNDS: usize = 9;
const SLICE: Duration = Duration::from_millis(500);
const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: [u8; 16] = *b"sixteen bytes...";

/// A way to hash, made anew on each thread.
type Hash = Box<dyn FnMut()>;

/// Hashes per second of one thread.
#[derive(Clone, Copy, Default)]
struct Rate {
    by_clock: f64,
    by_processor: f64,
}

struct Contender {
    name: &'static str,
    build: fn(Argon2Params) -> Hash,
}

const CONTENDERS: [Contender; 5] = [
    Contender { name: "argon2, allocating", build: portable_allocating },
    Contender { name: "argon2, reused, not wiped", build: portable_not_wiped },
    Contender {
        name: "argon2, reused, wiped (engine portable)",
        build: |params| ours(Engine::Portable, params),
    },
    Contender { name: "argon2-rust, allocating", build: simd_allocating },
    Contender {
        name: "argon2-rust, reused, wiped (engine simd)",
        build: |params| ours(Engine::Simd, params),
    },
];

fn main() {
    for engine in [Engine::Portable, Engine::Simd] {
        self_check(engine).expect("the engine computes wrong tags");
    }
    print_machine();
    let (default, larger) =
        (Argon2Params::default(), Argon2Params { memory_kib: 65_536, iterations: 3, parallelism: 1 });
    for (params, threads) in [(default, 1), (default, 2), (larger, 1), (larger, 2)] {
        println!("\n{params}, threads: {threads}; hashes per second and thread: median (least to most)");
        for (contender, rates) in CONTENDERS.iter().zip(measure(params, threads)) {
            let by_clock = summary(rates.iter().map(|rate| rate.by_clock));
            let by_processor = summary(rates.iter().map(|rate| rate.by_processor));
            println!("  {:<40} clock {by_clock}   processor {by_processor}", contender.name);
        }
    }
    println!("\nload at the end: {}", read("/proc/loadavg"));
}

/// Median, least and most.
fn summary(rates: impl Iterator<Item = f64>) -> String {
    let mut rates: Vec<_> = rates.collect();
    rates.sort_by(f64::total_cmp);
    let (median, least, most) = (rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1]);
    format!("{median:>6.1} {:<16}", format!("({least:.1} to {most:.1})"))
}

/// The rates of every contender in all rounds.
fn measure(params: Argon2Params, threads: usize) -> [Vec<Rate>; CONTENDERS.len()] {
    let mut rates = CONTENDERS.map(|_| Vec::new());
    let turns = (0..ROUNDS).flat_map(|round| (0..CONTENDERS.len()).map(move |turn| round + turn));
    for which in turns.map(|turn| turn % CONTENDERS.len()) {
        rates[which].push(rate(&CONTENDERS[which], params, threads));
    }
    rates
}

/// The mean rate of `threads` threads that hash at the same time.
fn rate(contender: &Contender, params: Argon2Params, threads: usize) -> Rate {
    let start = Barrier::new(threads);
    let one_thread = || {
        let mut hash = (contender.build)(params);
        hash();
        start.wait();
        count(&mut hash)
    };
    let rates: Vec<Rate> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one_thread)).collect();
        running.into_iter().map(|thread| thread.join().expect("a thread panicked")).collect()
    });
    #[expect(clippy::cast_precision_loss, reason = "a handful of threads")]
    let mean = |of: fn(&Rate) -> f64| rates.iter().map(of).sum::<f64>() / threads as f64;
    Rate { by_clock: mean(|rate| rate.by_clock), by_processor: mean(|rate| rate.by_processor) }
}

/// Hashes for a slice of time.
#[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
fn count(hash: &mut Hash) -> Rate {
    let (start, processor_start) = (Instant::now(), processor_time());
    let mut hashes = 0.0;
    while start.elapsed() < SLICE {
        hash();
        hashes += 1.0;
    }
    Rate {
        by_clock: hashes / start.elapsed().as_secs_f64(),
        by_processor: hashes / processor_time().saturating_sub(processor_start).as_secs_f64(),
    }
}

/// How long this thread has run.
fn processor_time() -> Duration {
    let nanoseconds =
        read("/proc/thread-self/schedstat").split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

fn ours(engine: Engine, params: Argon2Params) -> Hash {
    let mut hasher = PasswordHasher::new(engine);
    Box::new(move || {
        std::hint::black_box(hasher.hash(params, SALT, PASSWORD).expect("hashing failed"));
    })
}

fn portable(params: Argon2Params) -> argon2::Argon2<'static> {
    let Argon2Params { memory_kib, iterations, parallelism } = params;
    let params = argon2::Params::new(memory_kib, iterations, parallelism, Some(32)).expect("bad parameters");
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
}

fn portable_allocating(params: Argon2Params) -> Hash {
    let argon2 = portable(params);
    Box::new(move || {
        let mut tag = [0; 32];
        argon2.hash_password_into(PASSWORD, &SALT, &mut tag).expect("hashing failed");
        std::hint::black_box(tag);
    })
}

fn portable_not_wiped(params: Argon2Params) -> Hash {
    let argon2 = portable(params);
    let mut blocks = vec![argon2::Block::new(); argon2.params().block_count()];
    Box::new(move || {
        let mut tag = [0; 32];
        argon2
            .hash_password_into_with_memory(PASSWORD, &SALT, &mut tag, &mut blocks[..])
            .expect("hashing failed");
        std::hint::black_box(tag);
    })
}

fn simd_allocating(params: Argon2Params) -> Hash {
    let params = argon2_rust::Params::builder()
        .memory(argon2_rust::params::Memory::kib(u64::from(params.memory_kib)))
        .passes(params.iterations)
        .lanes(params.parallelism)
        .build()
        .expect("bad parameters");
    let (algorithm, version) = (argon2_rust::Algorithm::Argon2id, argon2_rust::Version::V0x13);
    let argon2 = argon2_rust::Argon2::new(algorithm, version, params);
    Box::new(move || {
        let mut tag = [0; 32];
        argon2.hash_into(PASSWORD, &SALT, &mut tag).expect("hashing failed");
        std::hint::black_box(tag);
    })
}

fn print_machine() {
    let processor = read("/proc/cpuinfo");
    let model = processor.lines().find_map(|line| line.strip_prefix("model name"));
    println!("processor: {}", model.map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':'])));
    println!("processors: {}", std::thread::available_parallelism().map_or(0, std::num::NonZero::get));
    println!(
        "argon2-rust uses {} and {}",
        argon2_rust::detected_backend(),
        argon2_rust::detected_blake2b_backend()
    );
    let lock = read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    for name in ["argon2", "argon2-rust"] {
        let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map(|(_, rest)| rest);
        println!("{name} {}", entry.and_then(|rest| rest.split('"').next()).unwrap_or("of unknown version"));
    }
    println!("load at the start: {}", read("/proc/loadavg"));
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim_end().to_owned()
}
