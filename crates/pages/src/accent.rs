//! An account's accent colour: any that white letters can be read on.

use std::fmt;
use std::str::FromStr;

/// The least contrast of white letters on the colour (WCAG 2.2, 1.4.3, level AA).
const LEAST_CONTRAST: f64 = 4.5;

/// A colour of which white letters stand out: that of buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent([u8; 3]);

/// A text that is no accent colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccentError {
    /// Not `#` and six hexadecimal digits.
    Form,
    /// White letters on it have less contrast than 4.5 to 1.
    TooLight,
}

impl fmt::Display for AccentError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Form => "a colour is # and six hexadecimal digits, such as #2b5797",
            Self::TooLight => "white letters on this colour cannot be read well: take a darker one (contrast of at least 4.5 to 1)",
        })
    }
}

impl std::error::Error for AccentError {}

impl FromStr for Accent {
    type Err = AccentError;

    fn from_str(text: &str) -> Result<Self, AccentError> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(AccentError::Form)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(AccentError::Form);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| AccentError::Form)?;
        let [_, red, green, blue] = number.to_be_bytes();
        let accent = Self([red, green, blue]);
        if accent.contrast_of_white() < LEAST_CONTRAST { Err(AccentError::TooLight) } else { Ok(accent) }
    }
}

impl fmt::Display for Accent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Accent {
    /// The stylesheet of an account.
    pub fn style(self) -> String {
        format!(":root {{ --accent: {self}; }}\n")
    }

    /// WCAG 2.2, "contrast ratio" with white.
    fn contrast_of_white(self) -> f64 {
        let linear = |channel: u8| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        1.05 / (luminance + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_that_white_stands_out_from_is_taken() {
        for (text, written) in
            [("#2b5797", "#2b5797"), ("#000000", "#000000"), ("#767676", "#767676"), ("#C00000", "#c00000")]
        {
            assert_eq!(text.parse::<Accent>().map(|accent| accent.to_string()).as_deref(), Ok(written));
        }
    }

    #[test]
    fn a_light_colour_is_refused() {
        // #767676 is the lightest grey that WCAG passes.
        for text in ["#777777", "#ffffff", "#ffcc00", "#00cc66"] {
            assert_eq!(text.parse::<Accent>(), Err(AccentError::TooLight), "{text}");
        }
    }

    #[test]
    fn a7_nothing_but_six_digits_is_a_colour() {
        for text in ["", "2b5797", "#2b579", "#2b57977", "#+b5797", "red", "#2b5797;}", "#2b579é"] {
            assert_eq!(text.parse::<Accent>(), Err(AccentError::Form), "{text}");
        }
    }
}
