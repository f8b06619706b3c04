//! How an account's pages look: a name, a colour, a picture, and whom to ask.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// What the pages for people show of an account. Nothing of it has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Look {
    /// The name in the head of every page.
    pub name: Option<String>,
    /// The colour of buttons; every other that belongs to it is made of it.
    pub accent: Option<Accent>,
    /// Whom somebody asks who has forgotten a password: an address for mail, an https address, or any other words.
    pub contact: Option<String>,
    /// The picture in the head of every page, in the place of the name. Kept apart: it is no text.
    #[serde(skip)]
    pub logo: Option<Logo>,
}

impl Look {
    /// The longest name, in characters: it stands in one line.
    pub const LONGEST_NAME: usize = 64;

    /// The longest text about whom to ask, in characters.
    pub const LONGEST_CONTACT: usize = 200;
}

/// A colour: red, green and blue of sRGB. Written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent(pub [u8; 3]);

/// What is no colour. Does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this has to be a colour such as #2b5797")]
pub struct NoColour;

impl FromStr for Accent {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(NoColour)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NoColour);
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| NoColour)?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Accent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Serialize for Accent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Accent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A picture, as the bytes of its file.
#[derive(Clone, Eq)]
pub struct Logo {
    bytes: Arc<[u8]>,
    digest: [u8; 16],
}

impl Logo {
    /// The longest, in bytes.
    pub const LONGEST: usize = 64 * 1024;

    /// The widest and the highest, in pixels.
    pub const LARGEST: usize = 1024;

    /// A picture of these bytes, whatever they are: whether it is one that may be shown, the rules say.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let whole: [u8; 32] = Sha256::digest(&bytes).into();
        let mut digest = [0; 16];
        digest.copy_from_slice(&whole[..16]);
        Self { bytes, digest }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Of which kind it is, by its first bytes; None: of none that is shown.
    pub fn kind(&self) -> Option<LogoKind> {
        LogoKind::ALL.into_iter().find(|kind| kind.begins(&self.bytes))
    }

    /// Names these bytes and no others, in 32 hexadecimal digits: the first half of their SHA-256.
    pub fn digest(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.digest))
    }
}

impl PartialEq for Logo {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Logo({} bytes, {})", self.bytes.len(), self.digest())
    }
}

/// A format of pictures that every browser shows and that holds nothing but a picture. SVG is none: it may hold scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl LogoKind {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Webp];

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    fn begins(self, bytes: &[u8]) -> bool {
        match self {
            // The signature, and the chunk that has to be the first (PNG 3rd edition §5.2, §5.6): the size stands in it.
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"),
            Self::Jpeg => bytes.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Webp => {
                let first = bytes.get(8..16);
                let is_first = |chunk: &[u8; 8]| first == Some(chunk);
                bytes.starts_with(b"RIFF")
                    && (is_first(b"WEBPVP8 ") || is_first(b"WEBPVP8L") || is_first(b"WEBPVP8X"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_and_written() {
        let accent: Accent = "#2B5797".parse().unwrap();
        assert_eq!((accent.0, accent.to_string()), ([0x2b, 0x57, 0x97], "#2b5797".to_owned()));
        for text in ["", "#", "2b5797", "#2b579", "#2b57971", "#+b5797", "#2b579g", "#ümläu", "red", "#fff"]
        {
            assert_eq!(text.parse::<Accent>(), Err(NoColour), "{text}");
        }
    }

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        let kind = |bytes: &[u8]| Logo::new(bytes).kind();
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR..."), Some(LogoKind::Png));
        assert_eq!(kind(b"\xff\xd8\xff\xe0"), Some(LogoKind::Jpeg));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBPVP8 "), Some(LogoKind::Webp));
        for other in [
            &b""[..],
            b"GIF89a",
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dtEXt",
            b"RIFF\0\0\0\0WEBPALPH",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"RIFF\0\0\0\0WAVE",
        ] {
            assert_eq!(kind(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_picture_is_named_by_what_it_holds() {
        let (one, same, other) = (Logo::new(*b"a"), Logo::new(*b"a"), Logo::new(*b"b"));
        assert_eq!((one.digest(), &one), (same.digest(), &same));
        assert_ne!((one.digest(), &one), (other.digest(), &other));
        assert_eq!(one.digest(), "ca978112ca1bbdcafac231b39a23dc4d");
    }

    #[test]
    fn a_look_is_json_without_its_picture() {
        let look =
            Look { accent: Some(Accent([255, 0, 9])), logo: Some(Logo::new(*b"x")), ..Look::default() };
        let json = serde_json::to_value(&look).unwrap();
        assert_eq!(json, serde_json::json!({ "name": null, "accent": "#ff0009", "contact": null }));
        let read: Look = serde_json::from_value(json).unwrap();
        assert_eq!(read, Look { logo: None, ..look });
    }
}
