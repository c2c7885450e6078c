//! Finds the parts of a command that a shell or another interpreter reads as code. Values from the server must never get there, because
//! they are not quoted.

/// A program that takes code as an argument.
struct Interpreter {
    names: &'static [&'static str],
    /// The letters of the options that code follows.
    letters: &'static str,
    /// Whether its first argument that is no option is a script.
    takes_script: bool,
}

const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        names: &["sh", "bash", "dash", "ash", "hush", "ksh", "mksh", "zsh", "fish", "csh", "tcsh", "python"],
        letters: "c",
        takes_script: true,
    },
    Interpreter { names: &["perl", "ruby", "lua"], letters: "eE", takes_script: true },
    Interpreter { names: &["node"], letters: "ep", takes_script: true },
    Interpreter { names: &["php"], letters: "r", takes_script: true },
    Interpreter { names: &["su", "runuser", "script", "flock"], letters: "c", takes_script: false },
    Interpreter { names: &["env"], letters: "S", takes_script: false },
];

/// The first word that an interpreter reads as code and that has one of the placeholders. `{file}` may be a script by itself: it is signed.
pub(crate) fn code_with_placeholder<'w>(words: &'w [String], placeholders: &[&str]) -> Option<&'w str> {
    let mut code = words.iter().enumerate().flat_map(|(at, word)| match interpreter(word) {
        Some(interpreter) => code_of(interpreter, &words[at + 1..]),
        None => &[],
    });
    code.find(|word| {
        let named = placeholders.iter().filter(|placeholder| word.contains(**placeholder));
        let is_script = word.as_str() == "{file}";
        !is_script && named.count() > 0
    })
    .map(String::as_str)
}

/// The interpreter that a word names: `sh`, `/bin/sh`, `python3.12`. It may come after `env`, `busybox`, `nice` or anything else, so any
/// word may name one.
fn interpreter(word: &str) -> Option<&'static Interpreter> {
    let name =
        word.rsplit('/').next()?.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    INTERPRETERS.iter().find(|known| known.names.contains(&name))
}

/// All words from the interpreter up to the code that it runs, which comes after an option for it (`sh -c -e code`,
/// `bash -o pipefail -c code`, `su root -c code`), or is the name of a script.
fn code_of<'w>(interpreter: &Interpreter, words: &'w [String]) -> &'w [String] {
    let is_option = |word: &String| word.len() > 1 && word.starts_with(['-', '+']);
    let asks = |word: &String| match word.strip_prefix("--") {
        Some(_) => is_long(word),
        None => is_option(word) && word.contains(|letter| interpreter.letters.contains(letter)),
    };
    let first = words.iter().position(|word| !is_option(word));
    let is_script = interpreter.takes_script && first == Some(0);
    let code = match words.iter().position(asks).filter(|_| !is_script) {
        Some(asked) => words[asked + 1..].iter().position(|word| !is_option(word)).map(|at| asked + 1 + at),
        None if interpreter.takes_script => first,
        None => return &[],
    };
    &words[..code.map_or(words.len(), |code| code + 1)]
}

/// `--command`, `--eval`, `--split-string` and their like.
fn is_long(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    ["--command", "--session-command", "--eval", "--print", "--run", "--split-string"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(command: &str) -> Option<String> {
        let words: Vec<_> = command.split('|').map(str::to_owned).collect();
        code_with_placeholder(&words, &["{file}", "{version}", "{metadata}"]).map(str::to_owned)
    }

    #[test]
    fn code_with_a_placeholder_is_found_however_the_shell_is_called() {
        for shell in [
            "sh|-c",
            "/bin/sh|-c",
            "bash|-ec",
            "bash|-o|pipefail|-c",
            "dash|-c|-e",
            "ash|-xc",
            "busybox|sh|-c",
            "/bin/busybox|ash|-c",
            "env|sh|-c",
            "/usr/bin/env|-i|PATH=/bin|sh|-c",
            "nice|-n|5|sh|-c",
            "timeout|5|zsh|+x|-c",
            "su|root|-c",
            "su|--command",
            "flock|/run/lock|-c",
            "python3|-c",
            "python3.12|-Ic",
            "perl|-we",
            "node|--eval",
            "env|-S",
        ] {
            let code = "install {version}";
            assert_eq!(found(&format!("{shell}|{code}")).as_deref(), Some(code), "{shell}");
            assert_eq!(found(&format!("{shell}|install \"$1\"|x|{{version}}")), None, "{shell}");
        }
        assert_eq!(found("sh|-c|cat {file}").as_deref(), Some("cat {file}"));
        assert_eq!(found("sh|-e|{metadata}").as_deref(), Some("{metadata}"));
        assert_eq!(found("env|-S|sh -c 'x {version}'").as_deref(), Some("sh -c 'x {version}'"));
    }

    #[test]
    fn words_that_no_interpreter_reads_may_have_placeholders() {
        for command in [
            "swupdate|-i|{file}",
            "cp|{file}|slots/{version}.bin",
            "sh|{file}|{version}",
            "sh|install.sh|{version}",
            "python3|-u|install.py|--version|{version}",
            "python3|install.py|-c|{version}",
            "env|VERSION={version}|install.sh",
            "finish|-c|{version}",
            "sh",
        ] {
            assert_eq!(found(command), None, "{command}");
        }
    }
}
