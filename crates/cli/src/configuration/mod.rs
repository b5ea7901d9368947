//! The configuration file: where it is, what it says, and which of its profiles is meant.

mod file;
mod place;
mod template;
mod unknown;

use std::path::Path;

use session_export::Environment;

pub(crate) use file::{Profile, is_name, parse};
pub(crate) use place::{CONFIG, Place};
pub(crate) use template::template;

use crate::environment::variable;
use crate::failure::Failure;
use crate::shown::shown;

/// Chooses a profile, if `--profile` does not.
pub(crate) const PROFILE: &str = "SESSION_EXPORT_PROFILE";

/// The configuration file and the profile that was chosen.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) place: Place,
    /// Whether there is a file.
    pub(crate) exists: bool,
    /// The profile that counts, if any.
    pub(crate) chosen: Option<Chosen>,
    /// The names of all profiles of the file.
    pub(crate) profiles: Vec<String>,
    /// Something to put right.
    pub(crate) warning: Option<String>,
}

/// A profile, and who chose it.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) name: String,
    /// `--profile`, `SESSION_EXPORT_PROFILE` or `default_profile`.
    pub(crate) by: &'static str,
    pub(crate) settings: Profile,
}

impl Configuration {
    /// Reads the file, if there is one, and chooses the profile: by the flag, the variable, or the file itself.
    pub(crate) fn find(environment: &Environment, flag: Option<&str>) -> Result<Self, Failure> {
        let place = Place::find(environment)?;
        let named = match flag {
            Some(name) => Some((name.to_owned(), "--profile")),
            None => variable(environment, &[PROFILE])?.map(|name| (name, PROFILE)),
        };
        let Some((path, text)) = read(&place)? else {
            if let Some((name, by)) = named {
                return Err(Failure::configuration(nothing_to_choose_from(&place, &name, by)));
            }
            return Ok(Self {
                place,
                exists: false,
                chosen: None,
                profiles: Vec::new(),
                warning: None,
            });
        };
        let directory = path.parent().unwrap_or(Path::new(""));
        let mut file = parse(&text, directory, environment.home()).map_err(|problems| {
            let lines = problems.iter().map(ToString::to_string).collect();
            Failure::configuration(format!("the configuration file {} is not valid", shown(path)))
                .with_details(lines)
        })?;
        let chosen = named.or_else(|| Some((file.default_profile.clone()?, "default_profile")));
        let chosen = match chosen {
            None => None,
            Some((name, by)) => match file.profiles.remove_entry(&name) {
                Some((name, settings)) => Some(Chosen { name, by, settings }),
                None => {
                    return Err(Failure::configuration(format!(
                        "{by}: there is no profile {name:?} in {}{}",
                        shown(path),
                        file.names()
                    )));
                }
            },
        };
        let mut profiles: Vec<_> = file.profiles.into_keys().collect();
        profiles.extend(chosen.as_ref().map(|chosen| chosen.name.clone()));
        profiles.sort_unstable();
        Ok(Self {
            exists: true,
            chosen,
            profiles,
            warning: writable_by_others(path),
            place,
        })
    }

    /// The chosen profile with its settings, which are then no longer here.
    pub(crate) fn take_settings(&mut self) -> Option<Chosen> {
        let chosen = self.chosen.as_mut()?;
        Some(Chosen {
            name: chosen.name.clone(),
            by: chosen.by,
            settings: std::mem::take(&mut chosen.settings),
        })
    }

    /// As if there were no file.
    pub(crate) fn none() -> Self {
        Self {
            place: Place::Off,
            exists: false,
            chosen: None,
            profiles: Vec::new(),
            warning: None,
        }
    }
}

/// The file's text; none where there is no file and none has to be.
fn read(place: &Place) -> Result<Option<(&Path, String)>, Failure> {
    let Some(path) = place.path() else {
        return Ok(None);
    };
    match file::read(path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error)
            if matches!(place, Place::Usual(_))
                && matches!(
                    error.kind(),
                    // A home such as /dev/null.
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
        {
            Ok(None)
        }
        Err(error) => {
            let by = match place {
                Place::Named(_) => format!("; {CONFIG} names it"),
                _ => String::new(),
            };
            Err(Failure::configuration(format!(
                "the configuration file {} cannot be read: {error}{by}",
                shown(path)
            )))
        }
    }
}

fn nothing_to_choose_from(place: &Place, name: &str, by: &str) -> String {
    let why = match place {
        Place::Usual(path) | Place::Named(path) => format!(
            "there is no configuration file {}; make one with `session-export config init`, or choose a section of the \
             credentials file with --credentials-profile",
            shown(path)
        ),
        Place::Off => format!("{CONFIG} is off"),
        Place::Nowhere => {
            format!("there is no home directory; set {CONFIG} to the path of the configuration file")
        }
    };
    format!("{by} names the profile {name:?}, but {why}")
}

/// Who can change the file can send tokens elsewhere: it names endpoints and proxies.
fn writable_by_others(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = path.metadata().ok()?.permissions().mode();
        if mode & 0o022 != 0 {
            let path = shown(path);
            return Some(format!(
                "other users can change {path}, and with it where secrets are sent; close it with `chmod go-w {path}`"
            ));
        }
    }
    let _ = path;
    None
}
