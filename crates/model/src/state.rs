//! The state of a session.

use crate::open_enum::open_enum;

open_enum!(
    /// The state of a session (`session_state`).
    ///
    /// API page, table 3. The page calls it the *application* state; its values are those of the session. The
    /// published examples show `AppcInit` for sessions that were created successfully.
    ///
    /// ```
    /// use session_export_model::SessionState;
    ///
    /// assert_eq!(SessionState::from("Active"), SessionState::Active);
    /// let new = SessionState::from("Hibernated");
    /// assert!(!new.is_known());
    /// assert_eq!(new.as_str(), "Hibernated");
    /// ```
    SessionState {
        /// The user is logged in and works.
        Active = "Active",
        /// The user is logged in, but not connected.
        Disconnected = "Disconnected",
        /// The session is being initialised.
        AppcInit = "AppcInit",
        /// The session has been logged off.
        SignedOut = "SignedOut",
        /// The session could not be initialised.
        InitFail = "InitFail",
    }
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_five_names_of_the_page() {
        let names: Vec<_> = SessionState::KNOWN.iter().map(SessionState::as_str).collect();
        assert_eq!(
            names,
            ["Active", "Disconnected", "AppcInit", "SignedOut", "InitFail"]
        );
        assert!(!SessionState::from("active").is_known());
    }

    proptest! {
        #[test]
        fn any_name_comes_back_unchanged(name in ".*") {
            let state = SessionState::from(name.as_str());
            prop_assert_eq!(state.as_str(), &name);
            let json = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(serde_json::from_str::<SessionState>(&json).unwrap(), state);
        }
    }
}
