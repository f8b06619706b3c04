//! What `vestibule dev` shows of the command line works as it is shown; completions know every command.

use std::process::Command;

use super::Operator;
use crate::support::{run, vestibule};

#[test]
fn the_lines_that_are_shown_for_the_command_line_work() {
    let operator = Operator::stranger();
    let out = operator.server.out();
    let shown = out.split("\n# The same with the command line").nth(1).unwrap();
    let lines: Vec<&str> = shown.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 3, "{shown}");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_vestibule"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    for line in lines {
        let mut command = Command::new("sh");
        command.args(["-c", line]).env("PATH", &path).env("XDG_CONFIG_HOME", operator.folder.path("config"));
        let outcome = run(&mut command);
        assert_eq!(outcome.code, Some(0), "{line}: {}", outcome.err);
    }
    assert_eq!(operator.json(&["administration-token", "list"])[0]["name"], "mine-too");
}

#[test]
fn completions_know_the_commands_that_ask_a_service() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(vestibule().args(["completions", shell])).out;
        for word in ["administration-token", "end-sessions", "why", "token-stdin", "opened-since"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
