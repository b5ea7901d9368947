//! The emulator's fault scripts.

use session_export_emulator::FaultScript;

use crate::input::{shown, text};

/// A script that is accepted is the same after it was written and read again; one that is refused says so in a text of
/// bounded length.
///
/// # Panics
///
/// When that does not hold.
pub fn fault_script(data: &[u8]) {
    let text = text(data);
    match FaultScript::from_json(&text) {
        Ok(script) => {
            let written = script.to_json();
            let again = FaultScript::from_json(&written).expect("what was written can be read");
            assert_eq!(again, script, "{written}");
            assert_eq!(again.to_json(), written);
            assert!(text.trim_start().starts_with('{'), "a script is an object");
        }
        Err(error) => {
            let shown = shown(&error);
            assert!(!error.to_string().contains(char::is_control), "{error}");
            assert!(shown.len() <= 4_096 + 4 * text.len(), "{} bytes", shown.len());
        }
    }
}
