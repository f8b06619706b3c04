//! What decoders of JSON and TOML say of a value, in words of the interface and without those of the language that this is written
//! in.

/// What a value would have had to be, such as `true or false`, from the message of a decoder, where it follows the value, which may be
/// anything and is not repeated. None: the message names no type of the interface.
pub fn expected_kind(text: &str) -> Option<String> {
    let (_, expected) = text.rsplit_once(", expected ")?;
    let expected = expected.split_once(" at line ").map_or(expected, |(expected, _)| expected);
    if let Some(words) = expected.strip_prefix("one of ").filter(|words| is_list_of_words(words)) {
        return Some(format!("one of {words}"));
    }
    let known = match expected {
        "a string" | "a borrowed string" | "str" => "a string",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more, that is not too large",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number that is not too large",
        "a sequence" => "a list",
        "a map" | "an object" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ if is_list_of_words(expected) => return Some(expected.to_owned()),
        _ => return None,
    };
    Some(known.to_owned())
}

/// Words between back quotes with commas or `or` between them: the values of a choice. No caller's value is among them.
fn is_list_of_words(text: &str) -> bool {
    let mut parts = text.split(", ").flat_map(|part| part.split(" or "));
    let is_word = |part: &str| part.len() > 2 && part.starts_with('`') && part.ends_with('`');
    parts.all(is_word)
}
