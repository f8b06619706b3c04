//! How much is logged: a level, and others for parts of the program.

use std::collections::BTreeMap;
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

/// The parts of the program that log: its crates.
const PARTS: [&str; 10] = [
    "vestibule",
    "vestibule_auth",
    "vestibule_console",
    "vestibule_crypto",
    "vestibule_http",
    "vestibule_model",
    "vestibule_outgoing",
    "vestibule_serve",
    "vestibule_store",
    "vestibule_store_sqlite",
];

const LEVELS: [(&str, LevelFilter); 5] = [
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// Levels that leave no part without its errors.
#[derive(Clone, Debug)]
pub(crate) struct LogLevels {
    everything: LevelFilter,
    parts: BTreeMap<&'static str, LevelFilter>,
}

impl LogLevels {
    /// As a filter.
    pub(crate) fn targets(&self) -> Targets {
        let parts = self.parts.iter().map(|(part, level)| (*part, *level));
        Targets::new().with_default(self.everything).with_targets(parts)
    }
}

impl FromStr for LogLevels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut everything, mut parts) = (None, BTreeMap::new());
        for word in text.split(',').map(str::trim) {
            let twice = match word.split_once('=') {
                None => everything.replace(level(word)?).is_some(),
                Some((name, word)) => parts.insert(part(name.trim())?, level(word.trim())?).is_some(),
            };
            if twice {
                return Err(format!("there are two levels for the same in \"{text}\""));
            }
        }
        let Some(everything) = everything else {
            return Err(format!(
                "\"{text}\" has no level for the rest of the program: write one first, such as \"info,{text}\""
            ));
        };
        Ok(Self { everything, parts })
    }
}

fn level(word: &str) -> Result<LevelFilter, String> {
    let found = LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    let found = found.map(|(_, level)| *level);
    found.ok_or_else(|| {
        format!("there is no level \"{word}\": write \"error\", \"warn\", \"info\", \"debug\" or \"trace\"")
    })
}

fn part(name: &str) -> Result<&'static str, String> {
    let found = PARTS.iter().find(|part| **part == name).copied();
    found.ok_or_else(|| format!("there is no part \"{name}\" of the program: there are {}", PARTS.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<LogLevels>().unwrap_err()
    }

    #[test]
    fn a_level_and_parts_are_understood() {
        let levels: LogLevels = "Info, vestibule_serve=debug".parse().unwrap();
        assert_eq!(levels.targets().to_string(), "vestibule_serve=debug,info");
    }

    #[test]
    fn an_unknown_level_is_refused_with_those_that_there_are() {
        for word in ["warning", "loud", "off", "3", "", "info,vestibule_serve=verbose"] {
            assert!(refusal(word).contains("write \"error\", \"warn\","), "{word}");
        }
    }

    #[test]
    fn an_unknown_part_is_refused_with_those_that_there_are() {
        assert!(
            refusal("info,vestibule_htpp=debug")
                .contains("\"vestibule_htpp\" of the program: there are vestibule,")
        );
    }

    #[test]
    fn a_part_alone_would_silence_the_rest() {
        assert!(refusal("vestibule_serve=debug").contains("such as \"info,vestibule_serve=debug\""));
    }

    #[test]
    fn two_levels_for_the_same_are_refused() {
        assert!(refusal("info,debug").contains("two levels"));
        assert!(refusal("info,vestibule=debug,vestibule=warn").contains("two levels"));
    }

    #[test]
    fn every_crate_of_the_program_is_a_part() {
        let crates = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
        let name = |folder: String| match folder.as_str() {
            "vestibule" => folder,
            _ => format!("vestibule_{}", folder.replace('-', "_")),
        };
        let names = crates.map(|entry| name(entry.unwrap().file_name().into_string().unwrap()));
        // Those of protocols write no log: they answer what they found.
        let silent = [
            "vestibule_ext_authz",
            "vestibule_oauth1",
            "vestibule_oidc",
            "vestibule_pages",
            "vestibule_saml",
            "vestibule_testkit",
        ];
        let mut names: Vec<String> = names.filter(|name| !silent.contains(&name.as_str())).collect();
        names.sort();
        assert_eq!(names, PARTS);
    }
}
