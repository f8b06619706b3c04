//! Asking whoever sits at the terminal, and reading secrets from standard input. Prompts go to the terminal, never to
//! standard output, which may be a file.

use std::io::{self, BufRead, IsTerminal, Read};

use anyhow::{Context, bail};

use super::secret::Secret;
use crate::input_error::InputError;
use crate::screen;

/// The longest line that is read as a secret, in bytes.
const LONGEST: u64 = 8 * 1024;

/// A line that may be seen, such as a name. `instead` is what to write where nobody can be asked.
pub(crate) fn ask(question: &str, instead: &str) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        return Err(
            InputError::new(instead, "nobody can be asked here, standard input is no terminal").into()
        );
    }
    screen::ask(question);
    let mut line = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut line).context("cannot read from the terminal")?;
    Ok(line.trim().to_owned())
}

/// A line that nobody sees.
pub(crate) fn ask_secret(question: &str, instead: &str) -> anyhow::Result<Secret> {
    match rpassword::prompt_password(question) {
        Ok(text) if text.is_empty() => bail!("nothing was entered"),
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            let reason = format_args!("there is no terminal to ask at ({error})");
            Err(InputError::new(instead, reason).into())
        }
    }
}

/// The same, twice, because it is new and was not seen.
pub(crate) fn ask_secret_twice(question: &str, instead: &str) -> anyhow::Result<Secret> {
    let first = ask_secret(question, instead)?;
    if ask_secret("again: ", instead)? != first {
        bail!("the two are not the same; nothing was changed");
    }
    Ok(first)
}

/// The first line of standard input. `flag` asked for it.
pub(crate) fn secret_from_stdin(flag: &str) -> anyhow::Result<Secret> {
    read_secret(&mut io::stdin().lock(), flag)
}

/// The line of standard input behind the first; None: there is none.
pub(crate) fn next_secret_from_stdin(flag: &str) -> anyhow::Result<Option<Secret>> {
    let mut input = io::stdin().lock();
    let is_there =
        !input.fill_buf().with_context(|| format!("{flag}: cannot read standard input"))?.is_empty();
    is_there.then(|| read_secret(&mut input, flag)).transpose()
}

fn read_secret(input: &mut impl BufRead, flag: &str) -> anyhow::Result<Secret> {
    let mut line = String::new();
    let read = input.take(LONGEST).read_line(&mut line);
    let secret = Secret::new(line.trim_end_matches(['\r', '\n']).to_owned());
    drop(zeroize::Zeroizing::new(line));
    read.with_context(|| format!("{flag}: cannot read standard input"))?;
    if secret.reveal().is_empty() {
        return Err(InputError::new(flag, "the first line of standard input is empty").into());
    }
    Ok(secret)
}

/// Goes on if whoever sits there says yes, or said so beforehand with `--yes`.
pub(crate) fn confirm(question: &str, said: bool) -> anyhow::Result<()> {
    if said {
        return Ok(());
    }
    let answer = ask(&format!("{question} [y/N] "), "--yes")?;
    if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(crate::exit_code::Refusal::new("not confirmed; nothing was changed").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut input: &[u8]) -> anyhow::Result<Secret> {
        read_secret(&mut input, "--password-stdin")
    }

    #[test]
    fn a_secret_is_the_first_line_without_its_end() {
        for text in ["pass word", "pass word\n", "pass word\r\n", "pass word\nmore\n"] {
            assert_eq!(read(text.as_bytes()).unwrap().reveal(), "pass word", "{text:?}");
        }
    }

    #[test]
    fn spaces_belong_to_a_secret() {
        assert_eq!(read(b" p \n").unwrap().reveal(), " p ");
    }

    #[test]
    fn an_empty_line_is_refused() {
        assert!(read(b"").is_err() && read(b"\nsecond").is_err());
    }

    #[test]
    fn what_is_no_text_is_refused_without_being_shown() {
        let refusal = format!("{:#}", read(b"hunter2\xff\n").unwrap_err());
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}
