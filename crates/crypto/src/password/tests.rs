use proptest::prelude::*;

use super::*;
use crate::testing::SeededRng;

const CHEAP: Argon2Params = Argon2Params { memory_kib: 32, iterations: 1, parallelism: 1 };
const SALT: [u8; 16] = *b"sixteen bytes...";
const ENGINES: [Engine; 2] = [Engine::Simd, Engine::Portable];

fn hash(engine: Engine, password: &[u8]) -> String {
    PasswordHasher::new(engine).hash(CHEAP, SALT, password).unwrap()
}

fn verify(engine: Engine, phc: &str, password: &[u8]) -> bool {
    PasswordHasher::new(engine).verify(phc, password).unwrap()
}

/// A hash of the given cost that is in order otherwise.
fn phc_of_cost(cost: &str) -> String {
    hash(Engine::Simd, b"pw").replace("m=32,t=1,p=1", cost)
}

#[test]
fn a_hash_is_a_standard_phc_string() {
    let phc = hash(Engine::Simd, b"pw");
    assert!(phc.starts_with("$argon2id$v=19$m=32,t=1,p=1$c2l4dGVlbiBieXRlcy4uLg$"), "{phc}");
}

/// Written by the reference implementation.
#[test]
fn a_hash_of_the_reference_implementation_verifies() {
    let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    for engine in ENGINES {
        assert!(verify(engine, phc, b"password"), "{engine}");
    }
}

#[test]
fn a_wrong_password_does_not_verify() {
    for engine in ENGINES {
        assert!(!verify(engine, &hash(engine, b"right"), b"wrong"), "{engine}");
    }
}

#[test]
fn the_empty_password_is_a_password_like_others() {
    for engine in ENGINES {
        let phc = hash(engine, b"");
        assert!(verify(engine, &phc, b""), "{engine}");
        assert!(!verify(engine, &phc, b"\0"), "{engine}");
    }
}

#[test]
fn a_password_does_not_end_at_a_nul() {
    for engine in ENGINES {
        assert!(!verify(engine, &hash(engine, b"before\0after"), b"before\0other"), "{engine}");
    }
}

#[test]
fn a_password_of_a_mebibyte_counts_to_its_last_byte() {
    let mut long = vec![b'x'; 1 << 20];
    for engine in ENGINES {
        let phc = hash(engine, &long);
        assert!(verify(engine, &phc, &long), "{engine}");
        long[(1 << 20) - 1] ^= 1;
        assert!(!verify(engine, &phc, &long), "{engine}");
    }
}

#[test]
fn a_hash_that_costs_too_much_is_refused() {
    for cost in
        ["m=4294967295,t=1,p=1", "m=262145,t=1,p=1", "m=8,t=17,p=1", "m=64,t=1,p=5", "m=262144,t=5,p=1"]
    {
        for engine in ENGINES {
            let outcome = PasswordHasher::new(engine).verify(&phc_of_cost(cost), b"pw");
            assert!(matches!(outcome, Err(PasswordError::Cost(_))), "{engine} {cost}");
        }
    }
}

#[test]
fn a_refused_hash_costs_no_memory() {
    for engine in ENGINES {
        let mut hasher = PasswordHasher::new(engine);
        let _ = hasher.verify(&phc_of_cost("m=4294967295,t=1,p=1"), b"pw");
        assert_eq!(hasher.held_kib(), 0, "{engine}");
    }
}

#[test]
fn parameters_out_of_bounds_are_refused_when_hashing() {
    let params = Argon2Params { memory_kib: 7, ..CHEAP };
    let outcome = PasswordHasher::new(Engine::Simd).hash(params, SALT, b"pw");
    assert!(matches!(outcome, Err(PasswordError::Cost(refused)) if refused == params));
}

#[test]
fn what_is_no_argon2id_hash_of_version_1_3_is_an_error() {
    let good = hash(Engine::Simd, b"pw");
    let cases = [
        String::new(),
        "plain".to_owned(),
        "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
        good.replace("argon2id", "argon2i"),
        good.replace("v=19", "v=16"),
        good.replace("v=19$", ""),
        good.replace("m=32,t=1,p=1", "t=1,m=32,p=1"),
        good.replace("m=32,t=1,p=1", "m=32,t=1"),
        good.replace("p=1", "p=1,keyid=AAAA"),
        good.replace("p=1", "p=1,p=2"),
        good.replace("t=1", "t=01"),
        good.replace("t=1", "t=-1"),
        good.replace("c2l4dGVlbiBieXRlcy4uLg", "c2hvcnQ"),
        good.rsplit_once('$').unwrap().0.to_owned(),
        format!("{}$AAAAAAAAAAAAAA", good.rsplit_once('$').unwrap().0),
        format!("{good}$"),
        format!("{good}="),
    ];
    for phc in cases {
        let outcome = PasswordHasher::new(Engine::Simd).verify(&phc, b"pw");
        assert!(matches!(outcome, Err(PasswordError::Malformed(_))), "{phc} {outcome:?}");
    }
}

#[test]
fn a_hasher_holds_no_memory_before_its_first_hash() {
    for engine in ENGINES {
        assert_eq!(PasswordHasher::new(engine).held_kib(), 0, "{engine}");
    }
}

#[test]
fn a_hasher_keeps_its_memory_between_hashes() {
    for engine in ENGINES {
        let mut hasher = PasswordHasher::new(engine);
        hasher.hash(CHEAP, SALT, b"pw").unwrap();
        assert_eq!(hasher.held_kib(), 32, "{engine}");
    }
}

#[test]
fn a_hasher_gives_back_what_an_unusually_large_hash_took() {
    let large = Argon2Params { memory_kib: 64 * 1024 + 4, ..CHEAP };
    for engine in ENGINES {
        let mut hasher = PasswordHasher::new(engine);
        hasher.hash(large, SALT, b"pw").unwrap();
        assert_eq!(hasher.held_kib(), 0, "{engine}");
    }
}

#[test]
fn a_hasher_keeps_what_a_hash_of_64_mib_took() {
    let large = Argon2Params { memory_kib: 64 * 1024, ..CHEAP };
    for engine in ENGINES {
        let mut hasher = PasswordHasher::new(engine);
        hasher.hash(large, SALT, b"pw").unwrap();
        assert_eq!(hasher.held_kib(), 64 * 1024, "{engine}");
    }
}

#[test]
fn the_work_done_is_memory_times_passes_of_every_hash() {
    let mut hasher = PasswordHasher::new(Engine::Portable);
    assert_eq!(hasher.filled_kib(), 0);
    hasher.hash(Argon2Params { memory_kib: 64, iterations: 3, parallelism: 1 }, SALT, b"pw").unwrap();
    assert_eq!(hasher.filled_kib(), 192);
    hasher.hash(Argon2Params { memory_kib: 32, iterations: 2, parallelism: 1 }, SALT, b"pw").unwrap();
    assert_eq!(hasher.filled_kib(), 256);
}

#[test]
fn a_hash_says_what_verifying_against_it_costs_if_it_can_be_verified() {
    assert_eq!(cost_of(&hash(Engine::Portable, b"pw")), Some(CHEAP));
    let beyond =
        "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert_eq!(cost_of(beyond), None);
    assert_eq!(cost_of("no hash"), None);
}

#[test]
fn an_engine_is_shown_by_its_name() {
    assert_eq!(format!("{:>5}|{:<9}|", Engine::Simd, Engine::Portable), " simd|portable |");
}

#[test]
fn a_hash_of_the_current_parameters_needs_no_rehash() {
    assert!(!needs_rehash(&hash(Engine::Simd, b"pw"), CHEAP));
}

#[test]
fn a_hash_of_other_parameters_needs_a_rehash() {
    assert!(needs_rehash(&hash(Engine::Simd, b"pw"), Argon2Params::default()));
}

#[test]
fn a_hash_with_a_short_salt_needs_a_rehash() {
    let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert!(needs_rehash(phc, Argon2Params { memory_kib: 256, iterations: 2, parallelism: 1 }));
}

#[test]
fn what_is_no_hash_needs_a_rehash() {
    assert!(needs_rehash("", CHEAP));
}

#[test]
fn no_password_verifies_against_a_decoy() {
    let decoy = decoy(CHEAP, &SeededRng::new(1)).unwrap();
    assert!(!verify(Engine::Simd, &decoy, b""));
}

#[test]
fn a_decoy_has_the_form_and_cost_of_a_real_hash() {
    let decoy = decoy(CHEAP, &SeededRng::new(1)).unwrap();
    assert!(!needs_rehash(&decoy, CHEAP));
}

#[test]
fn engines_are_named_in_settings() {
    for engine in ENGINES {
        assert_eq!(engine.name().parse(), Ok(engine));
    }
}

#[test]
fn an_unknown_engine_is_an_error() {
    assert_eq!("fast".parse::<Engine>(), Err(UnknownEngine("fast".to_owned())));
}

/// Any cost up to 256 KiB, three passes and four lanes.
fn params() -> impl Strategy<Value = Argon2Params> {
    (1_u32..=4, 1_u32..=3).prop_flat_map(|(parallelism, iterations)| {
        (8 * parallelism..=256).prop_map(move |memory_kib| Argon2Params {
            memory_kib,
            iterations,
            parallelism,
        })
    })
}

proptest! {
    /// The portable engine is the oracle of the other. Both hashers live through several costs, so that memory
    /// that was larger or smaller before is part of what is compared.
    #[test]
    fn both_engines_make_the_same_hashes(
        inputs in prop::collection::vec((params(), any::<[u8; 16]>(), any::<Vec<u8>>()), 1..6),
    ) {
        let [mut simd, mut portable] = ENGINES.map(PasswordHasher::new);
        for (params, salt, password) in inputs {
            let expected = portable.hash(params, salt, &password).unwrap();
            prop_assert_eq!(simd.hash(params, salt, &password).unwrap(), expected);
        }
    }

    #[test]
    fn each_engine_verifies_the_hashes_of_the_other(params in params(), password in any::<Vec<u8>>()) {
        let [mut simd, mut portable] = ENGINES.map(PasswordHasher::new);
        let by_simd = simd.hash(params, SALT, &password).unwrap();
        prop_assert!(portable.verify(&by_simd, &password).unwrap());
        let by_portable = portable.hash(params, SALT, &password).unwrap();
        prop_assert!(simd.verify(&by_portable, &password).unwrap());
    }

    /// Tags and salts of every length that is read, not only those that are written.
    #[test]
    fn both_engines_agree_on_foreign_lengths(
        params in params(),
        salt in prop::collection::vec(any::<u8>(), 8..=48),
        password in any::<Vec<u8>>(),
        length in 16_usize..=64,
    ) {
        let [mut simd, mut portable] = ENGINES.map(PasswordHasher::new);
        let mut tag = vec![0; length];
        portable.engine.compute(params, &salt, &password, &mut tag).unwrap();
        let phc = phc::write(params, &salt, &tag).unwrap();
        prop_assert!(simd.verify(&phc, &password).unwrap());
        prop_assert!(portable.verify(&phc, &password).unwrap());
    }

    #[test]
    fn a_changed_byte_of_a_hash_never_verifies_and_never_panics(index: prop::sample::Index, byte in 0_u8..128) {
        let good = hash(Engine::Simd, b"pw");
        let mut bytes = good.clone().into_bytes();
        let index = index.index(bytes.len());
        prop_assume!(bytes[index] != byte);
        bytes[index] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(!PasswordHasher::new(Engine::Simd).verify(&changed, b"pw").unwrap_or(false), "{}", changed);
    }

    #[test]
    fn garbage_is_an_error(text in ".{0,100}") {
        prop_assert!(PasswordHasher::new(Engine::Simd).verify(&text, b"pw").is_err());
    }
}
