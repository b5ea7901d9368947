//! Where the configuration file is.

use std::path::{Path, PathBuf};

use session_export::Environment;

use crate::environment::variable;
use crate::failure::Failure;

/// Names another configuration file; `off` for none.
pub(crate) const CONFIG: &str = "SESSION_EXPORT_CONFIG";

const NAME: &str = "config.toml";
const DIRECTORY: &str = "session-export";

/// Where the configuration file is, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `SESSION_EXPORT_CONFIG` names it, so it has to exist.
    Named(PathBuf),
    /// Where this kind of system keeps a program's settings.
    Usual(PathBuf),
    /// `SESSION_EXPORT_CONFIG` says `off`.
    Off,
    /// There is no home directory.
    Nowhere,
}

/// The kinds of systems that keep settings in different places.
#[derive(Clone, Copy, Debug)]
enum System {
    Unix,
    MacOs,
    Windows,
}

const THIS: System = if cfg!(windows) {
    System::Windows
} else if cfg!(target_os = "macos") {
    System::MacOs
} else {
    System::Unix
};

impl Place {
    pub(crate) fn find(environment: &Environment) -> Result<Self, Failure> {
        match variable(environment, &[CONFIG])? {
            Some(off) if off == "off" => return Ok(Self::Off),
            Some(path) => return Ok(Self::Named(path.into())),
            None => {}
        }
        let directory = match THIS {
            System::Windows => variable(environment, &["APPDATA"])?,
            System::Unix | System::MacOs => variable(environment, &["XDG_CONFIG_HOME"])?,
        };
        Ok(usual(THIS, directory.as_deref(), environment.home()).map_or(Self::Nowhere, Self::Usual))
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Named(path) | Self::Usual(path) => Some(path),
            Self::Off | Self::Nowhere => None,
        }
    }
}

/// `directory` is what the system's own variable says: `XDG_CONFIG_HOME` or `APPDATA`. One that is not absolute is passed
/// over, as the XDG specification wants it.
fn usual(system: System, directory: Option<&str>, home: Option<&Path>) -> Option<PathBuf> {
    let named = directory
        .map(PathBuf::from)
        .filter(|directory| directory.is_absolute());
    let parent = match (named, system) {
        (Some(directory), _) => directory,
        (None, System::Unix) => home?.join(".config"),
        (None, System::MacOs) => home?.join("Library").join("Application Support"),
        (None, System::Windows) => home?.join("AppData").join("Roaming"),
    };
    Some(parent.join(DIRECTORY).join(NAME))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_place() {
        let home = Some(Path::new("/home/u"));
        for (system, directory, home, expected) in [
            (
                System::Unix,
                None,
                home,
                Some("/home/u/.config/session-export/config.toml"),
            ),
            (
                System::Unix,
                Some("/x"),
                home,
                Some("/x/session-export/config.toml"),
            ),
            (
                System::Unix,
                Some("/x"),
                None,
                Some("/x/session-export/config.toml"),
            ),
            (
                System::Unix,
                Some("x"),
                home,
                Some("/home/u/.config/session-export/config.toml"),
            ),
            (System::Unix, None, None, None),
            (
                System::MacOs,
                None,
                home,
                Some("/home/u/Library/Application Support/session-export/config.toml"),
            ),
            (
                System::MacOs,
                Some("/x"),
                home,
                Some("/x/session-export/config.toml"),
            ),
            (
                System::Windows,
                None,
                home,
                Some("/home/u/AppData/Roaming/session-export/config.toml"),
            ),
            (
                System::Windows,
                Some("/a"),
                home,
                Some("/a/session-export/config.toml"),
            ),
        ] {
            assert_eq!(
                usual(system, directory, home),
                expected.map(PathBuf::from),
                "{system:?} {directory:?}"
            );
        }
    }

    #[test]
    fn a_variable_names_another_file_or_none() {
        let find = |pairs: &[(&str, &str)]| Place::find(&pairs.iter().copied().collect()).unwrap();
        let named = find(&[("SESSION_EXPORT_CONFIG", "c.toml"), ("HOME", "/home/u")]);
        assert_eq!(named, Place::Named("c.toml".into()));
        assert_eq!(
            find(&[("SESSION_EXPORT_CONFIG", "off"), ("HOME", "/home/u")]),
            Place::Off
        );
        assert!(matches!(
            find(&[("SESSION_EXPORT_CONFIG", " "), ("HOME", "/home/u")]),
            Place::Usual(_)
        ));
        assert_eq!(find(&[]), Place::Nowhere);
    }
}
