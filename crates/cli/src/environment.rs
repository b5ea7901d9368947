//! The variables that the program itself looks at; those with credentials are the library's business.

use session_export::Environment;

use crate::failure::Failure;

/// Variables whose names have none of the prefixes that the library keeps.
const MORE: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "XDG_CONFIG_HOME",
    "APPDATA",
];

/// The variables of this process that the program or the library knows.
pub(crate) fn of_process() -> Environment {
    let mut environment = Environment::of_process();
    environment.extend(
        MORE.iter()
            .filter_map(|name| Some((*name, std::env::var_os(name)?))),
    );
    environment
}

/// The first of these variables that is set and not empty. One that is no text is refused, not passed over.
pub(crate) fn variable(environment: &Environment, names: &[&str]) -> Result<Option<String>, Failure> {
    for name in names {
        match environment.get(name) {
            Ok(Some(value)) => return Ok(Some(value.to_owned())),
            Ok(None) => {}
            // The value may be a secret.
            Err(error) => return Err(Failure::usage(error.to_string())),
        }
    }
    Ok(None)
}
