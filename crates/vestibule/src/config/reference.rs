//! The reference of the configuration, in Markdown: what `config.default.toml` says, for people who look a key up.
//!
//! Owns how the shipped file is read as prose: comments belong to the keys under them, up to the next comment.

use std::fmt::Write as _;

use toml::Table;

use super::{DEFAULT, environment, ranges};

/// What stands above everything.
const HEAD: &str = "\
# Configuration

<!-- Written by `vestibule config reference` from the defaults that the program ships. Change those, then run
UPDATE_GOLDEN=1 cargo test -p vestibule --test program reference -->
";

/// Keys that stand together, and what is said about them.
#[derive(Debug, Default)]
struct Group<'a> {
    words: Vec<&'a str>,
    keys: Vec<&'a str>,
}

/// A section, its name and its groups.
#[derive(Debug)]
struct Section<'a> {
    name: &'a str,
    groups: Vec<Group<'a>>,
}

/// The whole text.
pub(crate) fn reference() -> String {
    let values: Table = toml::from_str(DEFAULT).unwrap_or_default();
    let (intro, sections) = read(DEFAULT);
    let mut out = String::from(HEAD);
    for paragraph in intro.split(|line| line.is_empty()) {
        let _ = writeln!(out, "\n{}", paragraph.join("\n"));
    }
    for section in &sections {
        let _ = writeln!(out, "\n## [{}]", section.name);
        for group in &section.groups {
            write_group(&mut out, section.name, group, &values);
        }
    }
    out
}

fn read(text: &str) -> (Vec<&str>, Vec<Section<'_>>) {
    let (mut intro, mut sections) = (Vec::new(), Vec::<Section<'_>>::new());
    let mut words = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push(Section { name, groups: Vec::new() });
        } else if let Some(comment) = line.strip_prefix('#') {
            let target = if sections.is_empty() { &mut intro } else { &mut words };
            target.push(comment.trim_start());
        } else if let (Some((key, _)), Some(section)) = (line.split_once(" = "), sections.last_mut()) {
            if !words.is_empty() || section.groups.is_empty() {
                section.groups.push(Group { words: std::mem::take(&mut words), keys: Vec::new() });
            }
            if let Some(group) = section.groups.last_mut() {
                group.keys.push(key);
            }
        }
    }
    (intro, sections)
}

fn write_group(out: &mut String, section: &str, group: &Group<'_>, values: &Table) {
    let keys = group.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(out, "\n### {keys}\n\n{}\n", group.words.join("\n"));
    let _ = writeln!(out, "| key | environment variable | value | default |\n|---|---|---|---|");
    for key in &group.keys {
        let value = values.get(section).and_then(|keys| keys.get(*key));
        let name = format!("{section}.{key}");
        let (kind, default) =
            value.map_or_else(Default::default, |value| (ranges::kind(&name, value), value.to_string()));
        let variable = environment::variable(section, key);
        let _ = writeln!(out, "| `{section}.{key}` | `{variable}` | {kind} | `{default}` |");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_row_under_words() {
        let (_, sections) = read(DEFAULT);
        let values: Table = toml::from_str(DEFAULT).unwrap();
        for (name, keys) in &values {
            let section = sections.iter().find(|section| section.name == name).unwrap();
            let read: Vec<&str> = section.groups.iter().flat_map(|group| group.keys.clone()).collect();
            let mut expected: Vec<&String> = keys.as_table().unwrap().keys().collect();
            expected.sort_by_key(|key| read.iter().position(|read| read == key));
            assert_eq!(read, expected);
            assert!(section.groups.iter().all(|group| !group.words.is_empty()), "[{name}]");
        }
    }
}
