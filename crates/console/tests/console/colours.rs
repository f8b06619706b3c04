//! Colours of both stylesheets: what is written in one of them can be read, in both schemes (WCAG 2.2: 1.4.3, 1.4.11).

use std::collections::BTreeMap;

use vestibule_pages::contrast;

const TEXT: f64 = 4.5;
const PART: f64 = 3.0;

const PAGES: &str = vestibule_pages::STYLE;
const CONSOLE: &str = include_str!("../../src/console.css");

/// What is written or drawn in which colour, on which.
const PAIRS: [(&str, &[&str], f64); 11] = [
    ("text", &["card", "page", "hover"], TEXT),
    ("muted", &["card", "page", "hover"], TEXT),
    ("link", &["card", "page", "hover"], TEXT),
    ("good", &["card", "page", "good-back"], TEXT),
    ("bad", &["card", "page", "bad-back"], TEXT),
    ("warn", &["card", "page", "warn-back"], TEXT),
    ("on-accent", &["accent", "accent-hover"], TEXT),
    ("card", &["bad"], TEXT),
    ("field", &["card", "page"], PART),
    ("chart-1", &["card"], PART),
    ("chart-2", &["card"], PART),
];

type Colours = BTreeMap<String, [u8; 3]>;

/// Colours by their names: those of a sheet for a dark scheme, or those for any.
fn colours(sheet: &str, is_dark: bool) -> Colours {
    let (mut within, mut found) = (false, Colours::new());
    for line in sheet.lines() {
        let is_block = !line.ends_with('}');
        match line {
            _ if line.starts_with("@media (prefers-color-scheme: dark)") && is_block => within = true,
            "}" => within = false,
            _ if within == is_dark => found.extend(colour(line)),
            _ => {}
        }
    }
    found
}

fn colour(line: &str) -> Option<(String, [u8; 3])> {
    let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
    let digits: Vec<u8> = value.strip_suffix(';')?.chars().map(digit).collect();
    let colour = match digits[..] {
        [r, g, b] => [r, g, b].map(|digit| digit * 17),
        [r, more_r, g, more_g, b, more_b] => [r * 16 + more_r, g * 16 + more_g, b * 16 + more_b],
        _ => return None,
    };
    Some((name.to_owned(), colour))
}

fn digit(digit: char) -> u8 {
    u8::try_from(digit.to_digit(16).unwrap()).unwrap()
}

/// Those of the console, which has both sheets, its own the later.
fn scheme(is_dark: bool) -> Colours {
    let mut all = colours(PAGES, false);
    all.extend(colours(CONSOLE, false));
    if is_dark {
        all.extend(colours(PAGES, true));
        all.extend(colours(CONSOLE, true));
    }
    all
}

#[test]
fn everything_can_be_read_in_both_schemes() {
    for is_dark in [false, true] {
        let colours = scheme(is_dark);
        for (fore, grounds, floor) in PAIRS {
            for ground in grounds {
                let found = contrast(colours[fore], colours[*ground]);
                assert!(found >= floor, "{fore} on {ground}, dark: {is_dark}: {found:.2}");
            }
        }
    }
}

/// A colour that is set for one scheme alone is that of the other on a ground that it was not made for. What stands on an accent is the
/// same in both.
#[test]
fn every_colour_is_made_for_both_schemes() {
    let is_of_both = |name: &String| ["accent", "accent-hover", "on-accent"].contains(&name.as_str());
    for sheet in [PAGES, CONSOLE] {
        let (light, dark) = (colours(sheet, false), colours(sheet, true));
        let missing: Vec<_> =
            light.keys().filter(|name| !dark.contains_key(*name) && !is_of_both(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn the_console_names_its_colours() {
    for line in CONSOLE.lines().filter(|line| !line.trim_start().starts_with("--")) {
        assert!(!line.contains('#') && !line.contains("rgb("), "{line}");
    }
}
