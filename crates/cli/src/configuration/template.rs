//! The file that `config init` writes.

use crate::settings::Key;

/// A configuration file with one profile, in which everything but the profile's name is commented out.
pub(crate) fn template(profile: &str) -> String {
    // A dot would make it a table in a table.
    let table = match profile.contains('.') {
        true => format!("\"{profile}\""),
        false => profile.to_owned(),
    };
    let mut text = format!(
        "\
# Settings of session-export. A flag wins over a variable, a variable over this file.
# `session-export config show --explain` says what counts and why; docs/configuration.md has the details.
#
# Nothing secret belongs here: passwords, keys and tokens stay where `credentials` looks for them.

# The profile that is used when neither --profile nor SESSION_EXPORT_PROFILE names one.
default_profile = \"{profile}\"

[profiles.{table}]
"
    );
    for key in Key::all() {
        let row = key.row();
        text.push_str(&format!("\n# {}\n# {} = {}\n", row.help, row.name, row.example));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file::parse;
    use super::*;

    #[test]
    fn a_new_file_is_valid_as_it_is_and_with_every_line_of_a_setting() {
        for profile in ["work", "a.b"] {
            let text = template(profile);
            let home = Some(Path::new("/home/u"));
            let file = parse(&text, Path::new("/c"), home).unwrap();
            assert_eq!(file.default_profile.as_deref(), Some(profile));
            assert!(file.profiles[profile].is_empty());
            let all: String = text
                .lines()
                .map(|line| match line.strip_prefix("# ") {
                    Some(setting) if setting.contains(" = ") => format!("{setting}\n"),
                    _ => format!("{line}\n"),
                })
                .collect();
            let file = parse(&all, Path::new("/c"), home).unwrap();
            assert_eq!(file.profiles[profile].len(), Key::all().count());
        }
    }
}
