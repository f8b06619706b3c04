//! Hexadecimal in lower case, without tables and without branches on secret digits.

/// The two digits of a byte.
pub(crate) const fn digits(byte: u8) -> [u8; 2] {
    [digit(byte >> 4), digit(byte & 0x0f)]
}

/// Writes `bytes` as hexadecimal into `out`, which is twice as long.
pub(crate) fn write(bytes: &[u8], out: &mut [u8]) {
    debug_assert_eq!(out.len(), 2 * bytes.len());
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&digits(*byte));
    }
}

/// Reads 64 lower-case digits; None if there is anything else among them.
pub(crate) fn read(text: &[u8; 64]) -> Option<[u8; 32]> {
    read_exactly(text)
}

/// Reads twice as many lower-case digits as there are bytes; None for any other text.
pub(crate) fn read_exactly<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    let mut bad = 0;
    for (byte, pair) in bytes.iter_mut().zip(text.as_chunks::<2>().0) {
        let (high, low) = (value(pair[0]), value(pair[1]));
        bad |= (high | low) & 0xf0;
        *byte = (high << 4) | (low & 0x0f);
    }
    (bad == 0).then_some(bytes)
}

/// The digit of a value below 16.
const fn digit(value: u8) -> u8 {
    // 0xff for 10 and above, 0 below: (9 - value) borrows exactly then.
    let letter = 9_u8.wrapping_sub(value) >> 7;
    b'0' + value + letter * (b'a' - b'0' - 10)
}

/// The value of a lower-case digit; above 15 for anything else.
const fn value(digit: u8) -> u8 {
    let number = digit.wrapping_sub(b'0');
    let letter = digit.wrapping_sub(b'a');
    match (number < 10, letter < 6) {
        (true, _) => number,
        (_, true) => letter + 10,
        _ => 0xff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_as_the_standard_library_writes_it() {
        for byte in 0..=u8::MAX {
            assert_eq!(std::str::from_utf8(&digits(byte)).unwrap(), format!("{byte:02x}"));
        }
    }

    #[test]
    fn every_byte_is_read_back() {
        for byte in 0..=u8::MAX {
            let mut text = [0; 64];
            write(&[byte; 32], &mut text);
            assert_eq!(read(&text), Some([byte; 32]));
        }
    }

    #[test]
    fn only_lower_case_digits_are_read() {
        for byte in 0..=u8::MAX {
            let mut text = [b'0'; 64];
            text[63] = byte;
            let is_digit = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert_eq!(read(&text).is_some(), is_digit, "{byte:#04x}");
        }
    }

    #[test]
    fn two_that_are_no_digits_do_not_make_up_for_each_other() {
        for index in [0, 1, 62] {
            let mut text = [b'0'; 64];
            text[index] = b'-';
            text[index + 1] = b'-';
            assert_eq!(read(&text), None, "{index}");
        }
    }
}
