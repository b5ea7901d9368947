//! The variables that the program itself looks at; those with credentials are the library's business.

use std::ffi::OsString;

use crate::failure::Failure;

/// The first of these variables that is set and not empty. One that is no text is refused, not passed over.
pub(crate) fn variable(names: &[&str]) -> Result<Option<String>, Failure> {
    for name in names {
        match std::env::var_os(name).map(OsString::into_string) {
            Some(Ok(value)) if !value.trim().is_empty() => return Ok(Some(value)),
            Some(Ok(_)) | None => {}
            // The value may be a secret.
            Some(Err(_)) => return Err(Failure::usage(format!("the value of {name} is not valid UTF-8"))),
        }
    }
    Ok(None)
}
