//! The colours that belong to an account's accent, as a stylesheet. Whatever the accent is, what is written in it or on it can be
//! read: WCAG 2.2 asks for a contrast of 4.5 of text (1.4.3) and of 3 of the edge of a button (1.4.11).

use std::fmt;

/// What text needs.
const TEXT: f64 = 4.5;

/// What the edge of a button needs.
const EDGE: f64 = 3.0;

const BLACK: Colour = Colour([0; 3]);
const WHITE: Colour = Colour([255; 3]);

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour([u8; 3]);

impl fmt::Display for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Colour {
    /// The relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio of two colours (WCAG 2.2), 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// So many sixteenths of the way to another.
    fn towards(self, other: Self, sixteenths: u16) -> Self {
        let mixed = |from: u8, to: u8| {
            let sum = u16::from(from) * (16 - sixteenths) + u16::from(to) * sixteenths;
            u8::try_from(sum / 16).unwrap_or(u8::MAX)
        };
        let ([r, g, b], [to_r, to_g, to_b]) = (self.0, other.0);
        Self([mixed(r, to_r), mixed(g, to_g), mixed(b, to_b)])
    }

    /// The nearest on the way to another that can be read on every one of these grounds.
    fn readable(self, other: Self, grounds: [Self; 2]) -> Self {
        let is_readable = |colour: &Self| grounds.iter().all(|ground| colour.contrast(*ground) >= TEXT);
        let nearer = (0..16).map(|sixteenths| self.towards(other, sixteenths));
        nearer.into_iter().find(is_readable).unwrap_or(other)
    }
}

/// What pages are drawn on, and the edge of a field, as `pages.css` has them.
struct Scheme {
    page: Colour,
    card: Colour,
    field: Colour,
    /// The end to which a colour goes that cannot be read here.
    far: Colour,
}

const LIGHT: Scheme = Scheme {
    page: Colour([0xf4, 0xf5, 0xf7]),
    card: Colour([0xff, 0xff, 0xff]),
    field: Colour([0x8a, 0x93, 0xa2]),
    far: BLACK,
};

const DARK: Scheme = Scheme {
    page: Colour([0x14, 0x18, 0x1f]),
    card: Colour([0x1d, 0x23, 0x2d]),
    field: Colour([0x7f, 0x8a, 0x9a]),
    far: WHITE,
};

/// Everything that is made of an accent.
struct Palette {
    accent: Colour,
    /// What is written on it.
    on_accent: Colour,
    /// A button under the pointer: further from what is written on it.
    hover: Colour,
    light: InScheme,
    dark: InScheme,
}

struct InScheme {
    link: Colour,
    edge: Colour,
}

impl Palette {
    fn of(accent: [u8; 3]) -> Self {
        let accent = Colour(accent);
        let on_accent = if accent.contrast(WHITE) >= accent.contrast(BLACK) { WHITE } else { BLACK };
        let away = if on_accent == WHITE { BLACK } else { WHITE };
        let within = |scheme: &Scheme| InScheme {
            link: accent.readable(scheme.far, [scheme.page, scheme.card]),
            edge: if accent.contrast(scheme.card) >= EDGE { accent } else { scheme.field },
        };
        Self { accent, on_accent, hover: accent.towards(away, 2), light: within(&LIGHT), dark: within(&DARK) }
    }
}

/// The contrast ratio of two colours, each as red, green and blue (WCAG 2.2), 1 to 21.
pub fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    Colour(one).contrast(Colour(other))
}

/// The stylesheet of an account with this accent: sets colours by their names and nothing else.
pub fn accent_style(accent: [u8; 3]) -> String {
    let Palette { accent, on_accent, hover, light, dark } = Palette::of(accent);
    format!(
        ":root {{ --accent: {accent}; --accent-hover: {hover}; --on-accent: {on_accent}; --edge: {}; --link: {}; }}\n\
         @media (prefers-color-scheme: dark) {{ :root {{ --edge: {}; --link: {}; }} }}\n",
        light.edge, light.link, dark.edge, dark.link
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::STYLE;

    /// The colours of this name in the stylesheet: of the light scheme first.
    fn in_stylesheet(name: &str) -> Vec<Colour> {
        let before = format!("--{name}: #");
        let values = STYLE.split(before.as_str()).skip(1);
        let digits = values.map(|rest| rest.split(';').next().unwrap());
        let full = digits.map(|digits| match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => digits.to_owned(),
        });
        let part = |digits: &str, at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        full.map(|digits: String| Colour([0, 2, 4].map(|at| part(&digits, at)))).collect()
    }

    /// Every accent: a bit of each colour is cheap, and all of them are too many.
    fn accents() -> impl Strategy<Value = [u8; 3]> {
        prop_oneof![any::<[u8; 3]>(), any::<u8>().prop_map(|grey| [grey; 3])]
    }

    #[test]
    fn the_grounds_are_those_of_the_stylesheet() {
        assert_eq!(in_stylesheet("page"), [LIGHT.page, DARK.page]);
        assert_eq!(in_stylesheet("card"), [LIGHT.card, DARK.card]);
        assert_eq!(in_stylesheet("field"), [LIGHT.field, DARK.field]);
    }

    #[test]
    fn the_colours_of_nobody_in_particular_can_be_read() {
        let [accent, on_accent] = [in_stylesheet("accent")[0], in_stylesheet("on-accent")[0]];
        assert!(accent.contrast(on_accent) >= TEXT);
        assert!(in_stylesheet("accent-hover")[0].contrast(on_accent) >= TEXT);
        for name in ["text", "muted", "link", "good", "bad"] {
            for (colour, scheme) in in_stylesheet(name).into_iter().zip([LIGHT, DARK]) {
                assert!(colour.contrast(scheme.page) >= TEXT, "{name}");
                assert!(colour.contrast(scheme.card) >= TEXT, "{name}");
            }
        }
    }

    #[test]
    fn black_on_white_is_21_and_grey_as_told() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 1e-9);
        // The grey that is given as the darkest that does not do on white.
        assert!((Colour([0x77; 3]).contrast(WHITE) - 4.478).abs() < 1e-3);
    }

    #[test]
    fn an_accent_that_can_be_read_is_left_as_it_is() {
        let style = accent_style([0x2b, 0x57, 0x97]);
        assert!(style.starts_with(
            ":root { --accent: #2b5797; --accent-hover: #254c84; --on-accent: #ffffff; --edge: #2b5797; --link: #2b5797; }"
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn every_accent_can_be_read_in_both_schemes(accent in accents()) {
            let made = Palette::of(accent);
            prop_assert_eq!(made.accent.0, accent);
            prop_assert!(made.on_accent.contrast(made.accent) >= TEXT);
            prop_assert!(made.on_accent.contrast(made.hover) >= TEXT);
            for (made, scheme) in [(made.light, LIGHT), (made.dark, DARK)] {
                prop_assert!(made.link.contrast(scheme.page) >= TEXT);
                prop_assert!(made.link.contrast(scheme.card) >= TEXT);
                prop_assert!(made.edge.contrast(scheme.card) >= EDGE);
            }
        }

        /// Nothing of a colour can end the rule that it stands in.
        #[test]
        fn a7_a_stylesheet_holds_colours_and_nothing_else(accent in accents()) {
            let style = accent_style(accent);
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" :;#{}()@-\n".contains(&byte);
            prop_assert!(style.bytes().all(plain));
            prop_assert_eq!(style.matches(['{', '}']).count(), 6);
        }
    }
}
